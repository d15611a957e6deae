#!/usr/bin/env python3
"""Whether vectors of the int8 setting find what exact ones find: nDCG@10 by cosine alone.

    pip install numpy tokenizers
    python benches/retrieval_int8.py target/release/privatestack MODEL.whl FOLDER DATA/cranfield DATA/xquad-en

FOLDER holds the model's tokenizer.json; a folder of DATA holds corpus.jsonl, queries.jsonl and
qrels.tsv as BEIR has them. Texts are cut to the model's window of 256 tokens. "documents f32,
questions int8" is a house that changes the setting and keeps its index.
"""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import tokenizers


def lines(path, cut):
    rows = [json.loads(line) for line in open(path, encoding="utf-8")]
    return [str(row["_id"]) for row in rows], [cut(" ".join(row["text"].split())) for row in rows]


def vectors(binary, model, texts, int8):
    with tempfile.TemporaryDirectory() as scratch:
        source, made = os.path.join(scratch, "texts"), os.path.join(scratch, "vectors")
        with open(source, "w", encoding="utf-8") as file:
            file.write("".join(text + "\n" for text in texts))
        env = dict(os.environ, PRIVATESTACK_ENGINE__EMBEDDING_INT8="true" if int8 else "false")
        subprocess.run([binary, "model", "bench", model, "--texts", source, "--vectors", made, "--rounds", "1", "--json"],
                       check=True, capture_output=True, env=env)
        return np.array([json.loads(line) for line in open(made)], dtype=np.float32)


def ndcg(documents, questions, ids, asked, judged):
    total = []
    for vector, question in zip(questions, asked):
        gains = judged.get(question)
        if not gains:
            continue
        best = np.argsort(-(documents @ vector), kind="stable")[:10]
        got = sum(gains.get(ids[i], 0) / np.log2(rank + 2) for rank, i in enumerate(best))
        most = sum(gain / np.log2(rank + 2) for rank, gain in enumerate(sorted(gains.values(), reverse=True)[:10]))
        total.append(got / most)
    return float(np.mean(total)), len(total)


def main():
    binary, model, folder, *sets = sys.argv[1:]
    tokenizer = tokenizers.Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    cut = lambda text: text[:max(end for _, end in tokenizer.encode(text).offsets)] or "."
    print("| nDCG@10 | questions | f32 | int8 | documents f32, questions int8 | worst / mean cosine |\n|---|---|---|---|---|---|")
    for path in sets:
        (ids, texts), (asked, questions) = (lines(os.path.join(path, f"{name}.jsonl"), cut) for name in ("corpus", "queries"))
        judged = {}
        for line in list(open(os.path.join(path, "qrels.tsv")))[1:]:
            question, document, gain = line.split("\t")[:3]
            if float(gain) > 0:
                judged.setdefault(question, {})[document] = float(gain)
        exact, small = (vectors(binary, model, texts + questions, int8) for int8 in (False, True))
        cosines, n = (exact * small).sum(1), len(texts)
        scores = [ndcg(d[:n], q[n:], ids, asked, judged) for d, q in ((exact, exact), (small, small), (exact, small))]
        print(f"| {os.path.basename(path.rstrip('/'))} | {scores[0][1]} | " + " | ".join(f"{s:.4f}" for s, _ in scores)
              + f" | {cosines.min():.5f} / {cosines.mean():.5f} |", flush=True)


if __name__ == "__main__":
    main()
