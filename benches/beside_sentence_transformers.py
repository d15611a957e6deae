#!/usr/bin/env python3
"""The same texts through MiniLM on this engine, sentence-transformers and onnxruntime int8, in turn.

    pip install torch sentence-transformers onnx onnxruntime onnxscript
    python benches/beside_sentence_transformers.py target/release/privatestack MODEL.whl FOLDER --threads 2

MODEL.whl is the model as `privatestack model add` takes it (a name will do if it was added), FOLDER
the same model as sentence-transformers reads it. Each round runs all of them, so that a busy machine
disturbs all. Texts come from JSON lines with a field "text" (--texts, several), cut to the model's
window, so that nobody gets more than another; every engine tokenizes them itself. The int8 model of
onnxruntime is exported here with torch and quantised with its own dynamic quantiser, per channel;
its batches, like those of sentence-transformers, are sorted by length. Vectors of ours are compared
with those of sentence-transformers in single precision.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

import numpy as np
import onnxruntime as ort
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from sentence_transformers import SentenceTransformer


class Mean(torch.nn.Module):
    """The model up to the mean of its rows, for the export."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, input_ids, attention_mask):
        rows = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(rows.dtype)
        return (rows * mask).sum(1) / mask.sum(1)


class Onnx:
    """onnxruntime with weights of 8 bits, per channel as its guide advises for CPUs with VNNI."""

    def __init__(self, model, scratch, threads):
        plain, small = os.path.join(scratch, "f32.onnx"), os.path.join(scratch, "int8.onnx")
        example = model.tokenizer(["a b c", "d e f g"], padding=True, return_tensors="pt")
        axes = {0: "texts", 1: "tokens"}
        torch.onnx.export(Mean(model[0].auto_model).eval(), (example["input_ids"], example["attention_mask"]), plain,
                          input_names=["input_ids", "attention_mask"], output_names=["vectors"], opset_version=17,
                          dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": {0: "texts"}}, dynamo=False)
        quantize_dynamic(plain, small, weight_type=QuantType.QInt8, per_channel=True)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = ort.InferenceSession(small, options, providers=["CPUExecutionProvider"])
        self.tokenizer, self.window = model.tokenizer, model.max_seq_length

    def encode(self, texts, batch):
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        out = [None] * len(texts)
        for at in range(0, len(texts), batch):
            some = order[at:at + batch]
            rows = self.tokenizer([texts[i] for i in some], padding=True, truncation=True, max_length=self.window,
                                  return_tensors="np")
            vectors = self.session.run(None, {k: rows[k].astype(np.int64) for k in ("input_ids", "attention_mask")})[0]
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            for i, vector in zip(some, vectors):
                out[i] = vector
        return np.array(out)


def ours(args, texts_file, int8, vectors_file):
    command = [args.binary, "model", "bench", args.model, "--texts", texts_file, "--vectors", vectors_file,
               "--threads", str(args.threads), "--rounds", "3", "--json"]
    env = dict(os.environ, PRIVATESTACK_ENGINE__EMBEDDING_INT8="true" if int8 else "false")
    out = subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout
    return json.loads(out)["texts_per_s"]


def read_texts(paths, each, tokenizer, window):
    texts = []
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            rows = [json.loads(line)["text"] for _, line in zip(range(each), lines)]
        for text in (" ".join(row.split()) for row in rows):
            spans = tokenizer(text, return_offsets_mapping=True, truncation=True, max_length=window)["offset_mapping"]
            texts.append(text[:max(end for _, end in spans)])
    return [text for text in texts if text]


def timed(work, count):
    """Texts a second, the median of three runs."""
    rates = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        rates.append(count / (time.perf_counter() - start))
    return statistics.median(rates)


def near(a, b):
    cosines = np.sort((a * b).sum(1))
    return f"{cosines[0]:.5f} / {cosines.mean():.5f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("model")
    parser.add_argument("folder")
    parser.add_argument("--texts", nargs="+", required=True)
    parser.add_argument("--each", type=int, default=50, help="texts of each file")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--batch", type=int, default=32, help="texts that the others take at once")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = SentenceTransformer(args.folder, device="cpu")
    texts = read_texts(args.texts, args.each, model.tokenizer, model.max_seq_length)
    with tempfile.TemporaryDirectory() as scratch, torch.inference_mode():
        onnx = Onnx(model, scratch, args.threads)
        names = [os.path.join(scratch, name) for name in ("texts", "f32", "int8")]
        with open(names[0], "w", encoding="utf-8") as file:
            file.write("\n".join(texts))
        torch_encode = lambda: model.encode(texts, batch_size=args.batch, normalize_embeddings=True)
        exact, small = torch_encode(), onnx.encode(texts, args.batch)
        rounds = []
        for _ in range(args.rounds):
            rounds.append((ours(args, names[0], True, names[2]), ours(args, names[0], False, names[1]),
                           timed(torch_encode, len(texts)), timed(lambda: onnx.encode(texts, args.batch), len(texts))))
        single, bytes_ = [np.array([json.loads(line) for line in open(name)]) for name in names[1:]]
    tokens = sum(map(len, model.tokenizer(texts)["input_ids"]))
    print(f"torch {torch.__version__}, onnxruntime {ort.__version__}, {args.threads} threads, {args.rounds} rounds, "
          f"{len(texts)} texts of {tokens / len(texts):.0f} tokens on average")
    print(f"cosine with sentence-transformers, worst / mean: ours f32 {near(single, exact)}, ours int8 {near(bytes_, exact)}, "
          f"ours int8 with ours f32 {near(single, bytes_)}, onnxruntime int8 {near(small, exact)}")
    print("| ours | texts/s | sentence-transformers | ratio (least to most) | onnxruntime int8 | ratio |\n|---|---|---|---|---|---|")
    for name, mine in [("int8", 0), ("f32", 1)]:
        line = f"| {name} | {statistics.median(r[mine] for r in rounds):.0f} "
        for other in (2, 3):
            ratios = sorted(r[mine] / r[other] for r in rounds)
            line += (f"| {statistics.median(r[other] for r in rounds):.0f} "
                     f"| {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) ")
        print(line + "|")


if __name__ == "__main__":
    main()
