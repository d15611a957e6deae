#!/usr/bin/env python3
"""Model files of usual shapes and random weights, for measuring speed where no model can be fetched.

    pip install llama-cpp-python gguf numpy
    python benches/shapes.py FOLDER                      # all shapes and formats, about 5 GB
    python benches/shapes.py FOLDER smollm2-135m Q8_0

llama.cpp's own quantiser makes the formats; the tokenizer knows single bytes and filler.
"""
import argparse
import ctypes
import os
import pathlib

import gguf
import llama_cpp as llama
import numpy as np

#                    architecture, width, layers, heads, key heads, inner, vocabulary, context, rope base, eps, tied, bias
SHAPES = {
    "smollm2-135m": ("llama", 576, 30, 9, 3, 1536, 49152, 8192, 1e5, 1e-5, True, False),
    "qwen2.5-0.5b": ("qwen2", 896, 24, 14, 2, 4864, 151936, 32768, 1e6, 1e-6, True, True),
    "tinyllama-1.1b": ("llama", 2048, 22, 32, 4, 5632, 32000, 2048, 1e4, 1e-5, False, False),
}
HEAD = 64
FORMATS = {"Q8_0": 7, "Q4_0": 2, "Q4_1": 3, "Q4_K_M": 15}  # llama_ftype


def vocabulary(size):
    """Bytes, then as many made-up words as are wanted."""
    tokens, kinds = [b"<unk>", b"<s>", b"</s>"], [2, 3, 3]
    tokens += [b"<0x%02X>" % byte for byte in range(256)]
    kinds += [6] * 256
    for number in range(size - len(tokens)):
        word, rest = "", number
        while True:
            word, rest = chr(97 + rest % 26) + word, rest // 26 - 1
            if rest < 0:
                break
        tokens.append((word if number < 26 else "\u2581" + word).encode())
        kinds.append(1)
    return tokens, [-float(max(0, at - 259)) for at in range(size)], kinds


def write(name, path):
    family, width, layers, heads, key_heads, inner, vocab, context, base, eps, tied, bias = SHAPES[name]
    random = np.random.default_rng(1)
    file = gguf.GGUFWriter(path, family)
    file.add_name(f"random-{name}")
    file.add_context_length(context)
    file.add_embedding_length(width)
    file.add_block_count(layers)
    file.add_feed_forward_length(inner)
    file.add_head_count(heads)
    file.add_head_count_kv(key_heads)
    file.add_rope_freq_base(base)
    file.add_layer_norm_rms_eps(eps)
    file.add_rope_dimension_count(HEAD)
    file.add_key_length(HEAD)
    file.add_value_length(HEAD)
    file.add_vocab_size(vocab)
    file.add_file_type(1)
    tokens, scores, kinds = vocabulary(vocab)
    file.add_tokenizer_model("llama")
    file.add_tokenizer_pre("default")
    file.add_token_list(tokens)
    file.add_token_scores(scores)
    file.add_token_types(kinds)
    file.add_bos_token_id(1)
    file.add_eos_token_id(2)
    file.add_unk_token_id(0)

    def matrix(tensor, rows, columns, gain=1.0):
        values = random.standard_normal((rows, columns), dtype=np.float32) * np.float32(gain / np.sqrt(columns))
        file.add_tensor(tensor, values.astype(np.float16))

    def vector(tensor, length, middle=1.0):
        file.add_tensor(tensor, (middle + 0.1 * random.standard_normal(length)).astype(np.float32))

    matrix("token_embd.weight", vocab, width, gain=np.sqrt(width) * 0.5)
    for layer in range(layers):
        part = f"blk.{layer}."
        vector(part + "attn_norm.weight", width)
        vector(part + "ffn_norm.weight", width)
        for side, count in (("q", heads), ("k", key_heads), ("v", key_heads)):
            matrix(f"{part}attn_{side}.weight", count * HEAD, width)
            if bias:
                vector(f"{part}attn_{side}.bias", count * HEAD, middle=0.0)
        matrix(part + "attn_output.weight", width, heads * HEAD, 0.7)
        matrix(part + "ffn_gate.weight", inner, width)
        matrix(part + "ffn_up.weight", inner, width)
        matrix(part + "ffn_down.weight", width, inner, 0.7)
    vector("output_norm.weight", width)
    if not tied:
        matrix("output.weight", vocab, width)
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file(progress=False)
    file.close()


def quantise(source, target, name):
    settings = llama.llama_model_quantize_default_params()
    settings.ftype, settings.nthread = FORMATS[name], os.cpu_count()
    settings.pure = name in ("Q4_0", "Q4_1")  # all of it, the table of tokens included
    if llama.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(settings)) != 0:
        raise SystemExit(f"llama.cpp could not make {target}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("shape", nargs="?", choices=SHAPES)
    parser.add_argument("format", nargs="?", choices=FORMATS)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    quiet = llama.llama_log_callback(lambda level, text, data: None)
    llama.llama_log_set(quiet, ctypes.c_void_p(0))
    for name in [args.shape] if args.shape else SHAPES:
        whole = args.folder / f".{name}.F16.gguf"
        write(name, whole)
        for kind in [args.format] if args.format else FORMATS:
            target = args.folder / f"{name}.{kind}.gguf"
            quantise(whole, target, kind)
            print(f"{target}, {target.stat().st_size / 1e6:.0f} MB", flush=True)
        whole.unlink()


if __name__ == "__main__":
    main()
