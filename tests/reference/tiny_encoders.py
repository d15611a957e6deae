#!/usr/bin/env python3
"""Makes tests/golden/tiny_encoders.json: vectors of tiny encoders by Hugging Face's own models.

    pip install torch transformers numpy
    python tests/reference/tiny_encoders.py tests/golden/tiny_encoders.json

The models are a BERT whose vector is the row of its first token (as BGE) and an XLM-RoBERTa whose
vector is the mean of all rows (as multilingual E5), both made of chance by the rule that
src/engine/arch/parity/tiny.rs has too: a tensor is a stream of SplitMix64 seeded by its name. The
file has the settings of each (its config.json), the tensors' names and shapes, and for some texts
their tokens and their vectors of length 1, computed in single precision.
"""
import json
import sys

import numpy as np
import torch
import transformers

MASK = (1 << 64) - 1
BERT = dict(vocab_size=300, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
            max_position_embeddings=64, type_vocab_size=2, layer_norm_eps=1e-12, pad_token_id=0)
ROBERTA = dict(BERT, max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1,
               bos_token_id=0, eos_token_id=2)


def floats(name, count):
    """Numbers between -1 and 1 that follow from a name: SplitMix64 seeded by its FNV-1a hash."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) & MASK
    words = np.arange(1, count // 2 + 2, dtype=np.uint64)
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + words * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    words = z.astype("<u8").view("<u4")[:count]
    return (words >> 8).astype(np.float32) / np.float32(1 << 23) - np.float32(1)


def weight(name, shape):
    """Norms are near one, matrices small, so that numbers stay of a sensible size."""
    chance = floats(name, int(np.prod(shape)))
    if name.endswith("LayerNorm.weight"):
        return (np.float32(1) + np.float32(0.2) * chance).reshape(shape)
    return (np.float32(0.25) * chance).reshape(shape)


def record(model, settings, kind, pooling):
    tensors = {}
    state = model.state_dict()
    for name, value in state.items():
        if not name.endswith((".weight", ".bias")):
            continue
        tensors[name] = list(value.shape)
        state[name] = torch.from_numpy(weight(name, value.shape))
    model.load_state_dict(state)
    model.eval()
    cases = []
    for length in (1, 2, 5, 17, 64):
        ids = [5 + (i * i * 7 + 13 * i + length) % 290 for i in range(length)]
        with torch.no_grad():
            rows = model(torch.tensor([ids])).last_hidden_state[0]
        vector = rows[0] if pooling == "cls" else rows.mean(0)
        vector = torch.nn.functional.normalize(vector, dim=0)
        cases.append({"ids": ids, "vector": [round(float(x), 7) for x in vector]})
    return {"pooling": pooling, "config": dict(settings, model_type=kind, hidden_act="gelu"),
            "tensors": tensors, "cases": cases}


def main():
    bert = transformers.BertModel(transformers.BertConfig(**BERT), add_pooling_layer=False)
    roberta = transformers.XLMRobertaModel(transformers.XLMRobertaConfig(**ROBERTA), add_pooling_layer=False)
    models = [record(bert, BERT, "bert", "cls"), record(roberta, ROBERTA, "xlm-roberta", "mean")]
    head = {"transformers": transformers.__version__, "torch": torch.__version__}
    with open(sys.argv[1], "w") as file:
        json.dump(dict(head, models=models), file)
        file.write("\n")


if __name__ == "__main__":
    main()
