#!/usr/bin/env python3
"""Makes tests/golden/smollm2_llama_cpp.bin: what llama.cpp computes with the default chat model.

    pip install llama-cpp-python==0.3.36 gguf numpy
    python tests/reference/smollm2_llama_cpp.py SmolLM2-135M-Instruct.Q4_1.gguf tests/golden/smollm2_llama_cpp.bin

Each of twenty prompts is continued by 48 tokens, always the most likely one of llama.cpp run as it
comes. Before each of those 960 tokens two distributions are recorded:

* `quantised`: llama.cpp on the file as it is (its defaults). It rounds activations to int8.
* `single`: llama.cpp on the same weights written out as F32, with keys and values in F32 and no
  flash attention: the model's exact answer, as far as single precision goes.

Rounding to int8 makes llama.cpp differ from the exact answer, and from itself as soon as any
setting moves a last bit: over the first ten of them its mean divergence from `single` is 2.8e-3, and
with flash attention from without it 3.1e-3. So the test asks that our engine in single precision
agrees with `single`, and that quantised it is no further from it than llama.cpp is.

The file is one line of JSON (what was run; the tokens), then for each position, little-endian:
    u32 quantised's most likely token; f32 standard deviation of its logits; f32 gap of its first two
    TOP x u32 the most likely tokens of `single`
    TOP x f32 their log-probabilities in `single`      TOP x f32 the same in `quantised`
All other tokens are compared as one outcome, so what the test computes is a lower bound of the
divergence over the whole vocabulary (llama.cpp's from `single`: 85 % of it).
"""
import argparse
import ctypes
import hashlib
import json
import os
import tempfile

import gguf
import llama_cpp
import numpy as np

TOP = 32
TOKENS = 48
PROMPTS = [
    "<|im_start|>user\nWhere is the spare impeller kept?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>system\nYou answer from the passages.<|im_end|>\n<|im_start|>user\nPassage: The boiler "
    "is serviced every March by Keller Ltd. Question: Who services the boiler?<|im_end|>\n"
    "<|im_start|>assistant\n",
    "<|im_start|>user\nWrite a short poem about the sea.<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nWhat is 17 times 23? Show your steps.<|im_end|>\n<|im_start|>assistant\n",
    "Once upon a time, in a village at the foot of the mountains,",
    "def fibonacci(n):\n    \"\"\"Return the n-th Fibonacci number.\"\"\"\n",
    "The capital of France is Paris. The capital of Italy is Rome. The capital of Japan is",
    "Die Donau ist der zweitlängste Fluss in Europa. Sie entspringt",
    "{\"name\": \"pump\", \"parts\": [{\"id\": 1, \"title\": \"seal\"}, {\"id\": 2,",
    "Abstract. We study the problem of estimating the mean of a distribution from",
    "<|im_start|>user\nTranslate to French: The boats came home with the tide.<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nList five things to check before a voyage.<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nSummarise: The council met on Tuesday and put off the vote on the harbour wall, because "
    "two members were ill and the engineer's report had not come.<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>system\nAnswer in JSON.<|im_end|>\n<|im_start|>user\nName and age of a 30-year-old called "
    "Ada.<|im_end|>\n<|im_start|>assistant\n",
    "Dear Sir or Madam,\n\nI am writing to complain about",
    "SELECT name, COUNT(*) FROM orders",
    "1, 1, 2, 3, 5, 8, 13,",
    "The three laws of thermodynamics are:\n\n1.",
    "# Changelog\n\n## 1.2.0\n\n### Added\n-",
    "\"Who goes there?\" said the guard. \"",
]


class Model:
    """One GGUF file in llama.cpp."""

    def __init__(self, path, exact):
        settings = llama_cpp.llama_model_default_params()
        # Plain kernels: 0.3.36 built for a CPU with AMX crashes on this file otherwise.
        settings.use_extra_bufts = False
        self.model = llama_cpp.llama_model_load_from_file(path.encode(), settings)
        self.vocab = llama_cpp.llama_model_get_vocab(self.model)
        self.exact = exact

    def start(self):
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx = 1024
        settings.n_threads = settings.n_threads_batch = 1
        if self.exact:
            settings.flash_attn_type = 0
            settings.type_k = settings.type_v = llama_cpp.GGML_TYPE_F32
        self.context = llama_cpp.llama_init_from_model(self.model, settings)

    def logits(self, tokens):
        """Appends `tokens`; the logits after the last of them."""
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        batch = llama_cpp.llama_batch_get_one(array, len(tokens))
        if llama_cpp.llama_decode(self.context, batch) != 0:
            raise SystemExit("llama_decode failed")
        count = llama_cpp.llama_vocab_n_tokens(self.vocab)
        pointer = llama_cpp.llama_get_logits_ith(self.context, -1)
        return np.ctypeslib.as_array(pointer, shape=(count,)).astype(np.float64)

    def tokenize(self, text):
        raw, room = text.encode(), 512
        out = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self.vocab, raw, len(raw), out, room, False, True)
        return list(out[:count])


def write_single(source, target):
    """The same model with every weight as F32."""
    reader, writer = gguf.GGUFReader(source), gguf.GGUFWriter(target, "llama")
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key == "general.architecture":
            continue
        if field.types[0] == gguf.GGUFValueType.ARRAY:
            writer.add_array(key, field.contents())
        else:
            writer.add_key_value(key, field.contents(), field.types[0])
    for tensor in reader.tensors:
        weights = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        writer.add_tensor(tensor.name, weights.reshape([int(n) for n in reversed(tensor.shape)]))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def logprobs(logits):
    shifted = logits - logits.max()
    return shifted - np.log(np.exp(shifted).sum())


def record(single, quantised):
    """One position's bytes."""
    best = np.argsort(-quantised, kind="stable")[:2]
    gap = quantised[best[0]] - quantised[best[1]]
    top = np.argsort(-single, kind="stable")[:TOP]
    return (best[:1].astype("<u4").tobytes() + np.array([quantised.std(), gap], "<f4").tobytes()
            + top.astype("<u4").tobytes() + logprobs(single)[top].astype("<f4").tobytes()
            + logprobs(quantised)[top].astype("<f4").tobytes())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("out")
    args = parser.parse_args()

    quiet = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
    cases, rows = [], []
    with tempfile.TemporaryDirectory() as folder:
        written_out = os.path.join(folder, "single.gguf")
        write_single(args.model, written_out)
        quantised, single = Model(args.model, False), Model(written_out, True)
        for prompt in PROMPTS:
            quantised.start(), single.start()
            step, answer = quantised.tokenize(prompt), []
            ids = step
            for _ in range(TOKENS):
                ours, exact = quantised.logits(step), single.logits(step)
                rows.append(record(exact, ours))
                step = [int(ours.argmax())]
                answer += step
            cases.append({"prompt": prompt, "prompt_ids": ids, "answer_ids": answer})
    with open(args.model, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    head = {"model_sha256": digest, "llama_cpp_python": llama_cpp.__version__, "top": TOP,
            "tokens": TOKENS, "cases": cases}
    with open(args.out, "wb") as file:
        file.write(json.dumps(head).encode() + b"\n" + b"".join(rows))


if __name__ == "__main__":
    main()
