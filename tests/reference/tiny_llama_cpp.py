#!/usr/bin/env python3
"""Makes tests/golden/tiny_llama_cpp.bin: logits of llama.cpp on tiny models of every kind.

    pip install llama-cpp-python==0.3.36 gguf numpy
    python tests/reference/tiny_llama_cpp.py tests/golden/tiny_llama_cpp.bin

The models are made of chance by a rule simple enough to be written twice: here and in
src/engine/arch/parity/tiny.rs. A quantised tensor's bytes are a stream of SplitMix64 seeded by its
name; only the scales of each block are set, so that weights are of a sensible size. There is one
model for each format, and one of each other family with formats mixed within fused matrices, and
one whose file brings factors of its positions' angles, as Llama 3.1's do.
The output matrix has the deviation 1 / sqrt(width), so that logits have a deviation of about 1: the
divergence that rounding causes grows with its square (docs/PERFORMANCE.md, "How exact").

The file is one line of JSON (what was run; the tokens; the models' names), then for each model the
logits after the last POSITIONS tokens as little-endian half floats, token by token.
"""
import ctypes
import json
import os
import sys
import tempfile

import gguf
import llama_cpp
import numpy as np

WIDTH, INNER, LAYERS, HEADS, KV, SIZE, VOCAB = 256, 512, 2, 4, 2, 64, 512
TOKENS, POSITIONS = 40, 8
EPS, BASE = 1e-5, 10000.0
# Gemma: all layers but every second (Gemma 2) or every sixth see the last tokens only.
WINDOW, CAP, FINAL_CAP, GEMMA_3_LAYERS = 16, 4.0, 6.0, 6
T = gguf.GGMLQuantizationType
FORMATS = [T.F32, T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q4_K, T.Q5_K, T.Q6_K]
MIXED = {"attn_q": T.Q4_K, "attn_k": T.Q6_K, "attn_v": T.Q5_0, "attn_output": T.Q8_0,
         "ffn_gate": T.Q4_0, "ffn_up": T.Q5_K, "ffn_down": T.Q5_1, "token_embd": T.Q6_K, "output": T.Q4_1}
MASK = (1 << 64) - 1


def stream(name, count):
    """`count` bytes that follow from a name: SplitMix64 seeded by its FNV-1a hash."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) & MASK
    words = np.arange(1, (count + 7) // 8 + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + words * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return z.astype("<u8").view(np.uint8)[:count]


def floats(name, count, spread):
    """Numbers between -spread and spread."""
    words = stream(name, 4 * count).view("<u4")
    unit = (words >> 8).astype(np.float32) / np.float32(1 << 23) - np.float32(1)
    return unit * np.float32(spread)


def half(number):
    return np.array([np.float32(number)], np.float32).astype("<f2").view(np.uint8)


# What one step of a code's scale must be for weights of standard deviation 1, and the minimum in
# such steps.
STEPS = {T.Q8_0: (73.9, None), T.Q4_0: (4.61, None), T.Q4_1: (4.61, -7.5), T.Q5_0: (9.23, None),
         T.Q5_1: (9.23, -15.5), T.Q4_K: (257.0, 7.5), T.Q5_K: (524.0, 15.5), T.Q6_K: (895.0, None)}


def tensor(name, rows, columns, format, deviation):
    """The tensor's bytes, rows of blocks."""
    if format in (T.F32, T.F16, T.BF16):
        weights = floats(name, rows * columns, deviation * 1.7320508)
        if format == T.F32:
            return weights.reshape(rows, columns)
        if format == T.F16:
            return weights.astype("<f2").reshape(rows, columns)
        return (weights.view("<u4") >> 16).astype("<u2").view(np.uint8).reshape(rows, columns * 2)
    block, size = gguf.GGML_QUANT_SIZES[format]
    count = rows * columns // block
    data = stream(name, count * size).copy().reshape(count, size)
    steps, least = STEPS[format]
    scale = half(np.float32(deviation) / np.float32(steps))
    if format == T.Q8_0:
        data[:, 2:][data[:, 2:] == 0x80] = 0x81
    if format == T.Q6_K:
        data[:, 192:208] = 32 + (data[:, 192:208] & 31)
        data[:, 208:] = scale
    else:
        data[:, :2] = scale
    if least is not None:
        data[:, 2:4] = half(np.float32(deviation) / np.float32(steps) * np.float32(least))
    return data.reshape(rows, columns // block * size)


def write(path, arch, name, format_of):
    gemma = arch.startswith("gemma")
    layers = GEMMA_3_LAYERS if arch == "gemma3" else LAYERS
    writer = gguf.GGUFWriter(path, arch)
    writer.add_context_length(256), writer.add_embedding_length(WIDTH), writer.add_block_count(layers)
    writer.add_feed_forward_length(INNER), writer.add_head_count(HEADS), writer.add_head_count_kv(KV)
    writer.add_rope_freq_base(BASE), writer.add_layer_norm_rms_eps(EPS)
    writer.add_rope_dimension_count(SIZE), writer.add_key_length(SIZE), writer.add_value_length(SIZE)
    writer.add_vocab_size(VOCAB)
    if gemma:
        writer.add_sliding_window(WINDOW)
    if arch == "gemma2":
        writer.add_attn_logit_softcapping(CAP), writer.add_final_logit_softcapping(FINAL_CAP)
    if arch == "gemma3":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR), writer.add_rope_scaling_factor(8.0)
    writer.add_tokenizer_model("gpt2"), writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"t{i}" for i in range(VOCAB)]), writer.add_token_types([1] * VOCAB)
    writer.add_token_merges(["t 0"])
    writer.add_eos_token_id(0)

    def matrix(name, rows, columns, deviation):
        kind = name.split(".")[-1]
        format = format_of(kind)
        full = f"{name}.weight"
        writer.add_tensor(full, tensor(full, rows, columns, format, deviation), raw_dtype=format)

    def vector(name, count, base, spread):
        writer.add_tensor(name, (np.float32(base) + floats(name, count, spread)).astype(np.float32))

    # Gemma's output matrix is its embedding, whose rows it multiplies by sqrt(WIDTH).
    matrix("token_embd", VOCAB, WIDTH, 0.0625 if gemma else 0.5)
    if name == "rope_freqs":
        vector("rope_freqs.weight", SIZE // 2, 4, 3)
    for layer in range(layers):
        p = f"blk.{layer}."
        vector(p + "attn_norm.weight", WIDTH, 1, 0.2), vector(p + "ffn_norm.weight", WIDTH, 1, 0.2)
        matrix(p + "attn_q", HEADS * SIZE, WIDTH, 0.08), matrix(p + "attn_k", KV * SIZE, WIDTH, 0.08)
        matrix(p + "attn_v", KV * SIZE, WIDTH, 0.06), matrix(p + "attn_output", WIDTH, HEADS * SIZE, 0.05)
        matrix(p + "ffn_gate", INNER, WIDTH, 0.06), matrix(p + "ffn_up", INNER, WIDTH, 0.06)
        matrix(p + "ffn_down", WIDTH, INNER, 0.04)
        if arch == "qwen2":
            for part, rows in (("q", HEADS * SIZE), ("k", KV * SIZE), ("v", KV * SIZE)):
                vector(p + f"attn_{part}.bias", rows, 0, 0.3)
        if gemma:
            vector(p + "post_attention_norm.weight", WIDTH, 1, 0.2)
            vector(p + "post_ffw_norm.weight", WIDTH, 1, 0.2)
        if arch in ("qwen3", "gemma3"):
            vector(p + "attn_q_norm.weight", SIZE, 1, 0.2), vector(p + "attn_k_norm.weight", SIZE, 1, 0.2)
    vector("output_norm.weight", WIDTH, 1, 0.2)
    if not gemma:
        matrix("output", VOCAB, WIDTH, 0.0625)
    writer.write_header_to_file(), writer.write_kv_data_to_file(), writer.write_tensors_to_file()
    writer.close()


def logits(path, tokens):
    settings = llama_cpp.llama_model_default_params()
    settings.use_extra_bufts = False
    model = llama_cpp.llama_model_load_from_file(path.encode(), settings)
    settings = llama_cpp.llama_context_default_params()
    settings.n_ctx, settings.n_threads, settings.n_threads_batch = 256, 1, 1
    settings.flash_attn_type = 0
    context = llama_cpp.llama_init_from_model(model, settings)
    rows = []
    for token in tokens:
        one = (llama_cpp.llama_token * 1)(token)
        if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(one, 1)) != 0:
            raise SystemExit("llama_decode failed")
        pointer = llama_cpp.llama_get_logits_ith(context, -1)
        rows.append(np.ctypeslib.as_array(pointer, shape=(VOCAB,)).copy())
    llama_cpp.llama_free(context), llama_cpp.llama_model_free(model)
    return np.array(rows)


def main():
    quiet = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
    tokens = [(i * i * 7 + 13 * i + 5) % VOCAB for i in range(TOKENS)]
    models = [("llama", f.name, lambda _, f=f: f) for f in FORMATS]
    models += [(arch, "mixed", MIXED.get) for arch in ("llama", "qwen2", "qwen3")]
    models += [("llama", "rope_freqs", MIXED.get), ("gemma2", "mixed", MIXED.get), ("gemma3", "F16", lambda _: T.F16)]
    names, rows = [], []
    with tempfile.TemporaryDirectory() as folder:
        for arch, name, format_of in models:
            path = os.path.join(folder, "tiny.gguf")
            write(path, arch, name, format_of)
            got = logits(path, tokens)[-POSITIONS:]
            print(arch, name, "standard deviation", got.std())
            names.append([arch, name])
            rows.append(got.astype("<f2").tobytes())
    head = {"llama_cpp_python": llama_cpp.__version__, "tokens": tokens, "positions": POSITIONS,
            "vocab": VOCAB, "models": names}
    with open(sys.argv[1], "wb") as file:
        file.write(json.dumps(head).encode() + b"\n" + b"".join(rows))


if __name__ == "__main__":
    main()
