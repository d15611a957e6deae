#!/usr/bin/env python3
"""Makes tests/golden/minilm_numpy.json: vectors of all-MiniLM-L6-v2 in plain float32.

    pip install numpy
    python tests/reference/minilm_numpy.py FOLDER tests/golden/minilm_numpy.json

FOLDER holds model.safetensors, config.json and tokenizer.json. The file is a list of
{"text", "ids" (with [CLS] and [SEP]), "vector" (mean of the last layer, length 1)}.
"""
import json
import math
import struct
import sys
import unicodedata

import numpy as np

TEXTS = [
    "Where is the spare impeller kept?",
    "The spare impeller is kept in the drawer under the workbench.",
    "a",
    "Die Ersatzteile liegen im Keller.",
    "Invoices over 5,000 EUR need a second signature; ask accounting (ext. 4711).",
    "How many days of holiday do new employees get in their first year?",
    " ".join(["The boiler is serviced every March, and the log is kept beside the door."] * 12),
]


def load(path):
    raw = open(path, "rb").read()
    size = struct.unpack("<Q", raw[:8])[0]
    head = json.loads(raw[8:8 + size])
    head.pop("__metadata__", None)
    return {name: np.frombuffer(raw[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]],
                                "<f4").reshape(t["shape"])
            for name, t in head.items() if t["dtype"] == "F32"}


def wordpiece(text, vocab):
    text = "".join(c for c in unicodedata.normalize("NFD", text.lower())
                   if unicodedata.category(c) != "Mn")
    words = "".join(c if c.isalnum() or c.isspace() else f" {c} " for c in text).split()
    ids = [vocab["[CLS]"]]
    for word in words:
        start = 0
        while start < len(word):
            end = len(word)
            while ("##" if start else "") + word[start:end] not in vocab:
                end -= 1
            ids.append(vocab[("##" if start else "") + word[start:end]])
            start = end
    return ids + [vocab["[SEP]"]]


def norm(x, weights, name, eps):
    x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(eps))
    return x * weights[name + ".weight"] + weights[name + ".bias"]


def linear(x, weights, name):
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def encode(ids, w, config):
    eps, heads = config["layer_norm_eps"], config["num_attention_heads"]
    x = (w["embeddings.word_embeddings.weight"][ids]
         + w["embeddings.position_embeddings.weight"][:len(ids)]
         + w["embeddings.token_type_embeddings.weight"][0])
    x = norm(x, w, "embeddings.LayerNorm", eps)
    erf = np.vectorize(math.erf)
    for layer in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{layer}."
        q, k, v = (linear(x, w, p + "attention.self." + part)
                   .reshape(len(ids), heads, -1).swapaxes(0, 1) for part in ("query", "key", "value"))
        scores = q @ k.swapaxes(1, 2) / np.float32(math.sqrt(q.shape[-1]))
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        out = (scores @ v).swapaxes(0, 1).reshape(len(ids), -1)
        x = norm(x + linear(out, w, p + "attention.output.dense"), w, p + "attention.output.LayerNorm", eps)
        inner = linear(x, w, p + "intermediate.dense")
        inner = (inner * 0.5 * (1 + erf(inner / math.sqrt(2)))).astype("f4")
        x = norm(x + linear(inner, w, p + "output.dense"), w, p + "output.LayerNorm", eps)
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def main():
    folder, out = sys.argv[1:]
    config = json.load(open(folder + "/config.json"))
    vocab = json.load(open(folder + "/tokenizer.json"))["model"]["vocab"]
    weights = load(folder + "/model.safetensors")
    cases = []
    for text in TEXTS:
        ids = wordpiece(text, vocab)
        vector = [round(float(x), 6) for x in encode(ids, weights, config)]
        cases.append({"text": text, "ids": ids, "vector": vector})
    with open(out, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main()
