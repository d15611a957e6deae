#!/usr/bin/env python3
"""The same documents taken in and searched by the box and by the usual Python pipeline, in turn.

    pip install torch sentence-transformers rank_bm25
    export OMP_NUM_THREADS=2
    taskset -c 0,1 python benches/beside_python_search.py target/release/privatestack BOX FOLDER DATA/cranfield DATA/xquad-en

BOX is the data folder of a box that has all-MiniLM-L6-v2 (`privatestack model add`), FOLDER the same
model as sentence-transformers reads it, a folder of DATA holds corpus.jsonl, queries.jsonl and
qrels.tsv as BEIR has them. The other side is sentence-transformers in single precision, BM25Okapi of
rank_bm25, cosines by NumPy, and reciprocal ranks to make one list of two. Each round takes every set
through both, the first in turn, on the same cores, so that a busy machine disturbs both.

Time to take in goes from texts in memory to an index that answers, with the model loaded on both
sides. Ours has in it what the other does not do: uploads, jobs, extraction, a durable store. Both
leave out a text that they have, put the title above each passage, and look at the best 60 passages
of a question; a document stands where its best passage stands, and nDCG@10 has linear gains.
Passages are cut by each side's own rules and differ in number, hence also documents a second: as
many as the file has, on both sides, so that this ratio is that of the times.

Where others compute beside it, threads of torch wait for each other at each small step and one
question takes it hundreds of milliseconds; ours hardly suffers. Such a p50 or p95 says more of the
neighbours than of the engines: wait for a quiet machine, or give both one thread.
"""
import argparse
import json
import math
import os
import re
import statistics
import subprocess
import tempfile
import time

import numpy as np
import sentence_transformers
import torch
from rank_bm25 import BM25Okapi

TARGET = 160  # tokens of a passage, as `rag.passage_tokens` has them
TITLE = 160  # bytes of a title above a passage
BATCH = 64
DEPTH = 60  # passages that are looked at, as in `eval retrieval`
CUT = 10  # documents that count
RRF = 60  # the constant of Cormack, Clarke & Büttcher 2009
SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
WORD = re.compile(r"\w+")


def read_set(folder):
    """Documents as (id, title, text), questions that somebody judged, and gains by question."""
    rows = lambda name: [json.loads(line) for line in open(os.path.join(folder, name), encoding="utf-8") if line.strip()]
    gains = {}
    with open(os.path.join(folder, "qrels.tsv"), encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            question, document, gain = line.split("\t")[:3]
            if float(gain) > 0:
                gains.setdefault(question, {})[document] = float(gain)
    documents = [(row["_id"], row.get("title", ""), row["text"]) for row in rows("corpus.jsonl")]
    return documents, [(row["_id"], row["text"]) for row in rows("queries.jsonl") if row["_id"] in gains], gains


class Pipeline:
    """What most would write: passages of whole sentences, vectors and BM25 in memory."""

    def __init__(self, model, documents):
        self.model = model
        seen = {}
        for id, title, text in documents:
            seen.setdefault(text, (id, title))
        self.owners, self.passages = [], []
        for (id, title), parts in zip(seen.values(), self.cut(list(seen))):
            above = title.replace("_", " ").encode()[:TITLE].decode(errors="ignore").strip()
            for part in parts:
                self.owners.append(id)
                self.passages.append(f"{above}\n{part}" if above else part)
        self.vectors = self.embed(self.passages)
        self.words = BM25Okapi([words(passage) for passage in self.passages])

    def embed(self, texts):
        return self.model.encode(texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)

    def cut(self, texts):
        """For each text its passages: sentences up to TARGET tokens, a longer sentence in parts."""
        sentences = [[part for part in SENTENCE.split(text) if part.strip()] for text in texts]
        spans = iter(self.model.tokenizer([part for parts in sentences for part in parts] or [""], add_special_tokens=False,
                                          truncation=False, padding=False, return_offsets_mapping=True,
                                          verbose=False)["offset_mapping"])
        for parts in sentences:
            passages, held, length = [], [], 0
            for part in parts:
                tokens = next(spans)
                for at in range(0, len(tokens), TARGET):
                    piece = tokens[at:at + TARGET]
                    if held and length + len(piece) > TARGET:
                        passages.append(" ".join(held))
                        held, length = [], 0
                    held.append(part[piece[0][0]:piece[-1][1]])
                    length += len(piece)
            yield passages + [" ".join(held)] if held else passages

    def search(self, question):
        """Passages, best first: numbers into `passages`."""
        by_words = self.words.get_scores(words(question))
        lists = [[i for i in best(by_words) if by_words[i] > 0], best(self.vectors @ self.embed(question))]
        scores = {}
        for found in lists:
            for rank, i in enumerate(found, 1):
                scores[i] = scores.get(i, 0) + 1 / (RRF + rank)
        return sorted(scores, key=scores.get, reverse=True)[:DEPTH]


def words(text):
    return WORD.findall(text.lower())


def best(scores):
    return np.argsort(-scores, kind="stable")[:DEPTH].tolist()


def ndcg(ranked, gains):
    discounted = lambda values: sum(gain / math.log2(rank + 2) for rank, gain in enumerate(values[:CUT]))
    return discounted([gains.get(id, 0) for id in ranked]) / discounted(sorted(gains.values(), reverse=True))


def percentile(values, share):
    """The value that `share` of the values are not above."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def theirs(model, data):
    documents, questions, gains = data
    start = time.perf_counter()
    pipeline = Pipeline(model, documents)
    ingest, times, scores = time.perf_counter() - start, [], []
    for id, question in questions:
        start = time.perf_counter()
        found = pipeline.search(question)
        times.append((time.perf_counter() - start) * 1e3)
        scores.append(ndcg(list(dict.fromkeys(pipeline.owners[i] for i in found)), gains[id]))
    tokens = model.tokenizer(pipeline.passages, truncation=False, padding=False, verbose=False)["input_ids"]
    lengths = [len(ids) for ids in tokens]
    if max(lengths) > model.max_seq_length:
        raise SystemExit(f"a passage of the other side has {max(lengths)} tokens and the model reads {model.max_seq_length}")
    return measured(len(documents), len(pipeline.passages), ingest, percentile(times, 0.5), percentile(times, 0.95),
                    statistics.mean(scores))


def write_warm_up(folder):
    """A set of one document: a box loads its model when the first text comes."""
    for name, text in [("corpus.jsonl", '{"_id": "1", "text": "The kettle is on the shelf."}'),
                       ("queries.jsonl", '{"_id": "1", "text": "Where is the kettle?"}'),
                       ("qrels.tsv", "query-id\tcorpus-id\tscore\n1\t1\t1")]:
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text + "\n")


def ours(args, warm_up, folder):
    command = [args.binary, "--data", args.box, "eval", "retrieval", warm_up, folder, "--json"]
    env = dict(os.environ, PRIVATESTACK_ENGINE__THREADS=str(args.threads))
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=env).stdout
    one = json.loads(out)[os.path.basename(os.path.normpath(folder))]
    both = one["hybrid"]
    return measured(one["documents"], one["passages"], one["ingest_s"], both["p50_ms"], both["p95_ms"], both["ndcg@10"])


def measured(documents, passages, ingest, p50, p95, score):
    return {"passages": passages, "ingest": ingest, "passages/s": passages / ingest, "documents/s": documents / ingest,
            "p50 ms": p50, "p95 ms": p95, "nDCG@10": score}


def table(name, rounds):
    """Medians of both sides, and how many times faster ours is, with the least and the most."""
    side = lambda which, key: statistics.median(one[which][key] for one in rounds)
    print(f"\n| {name} | ours | Python | ours is faster, times (least to most) |\n|---|---|---|---|")
    for key, digits, sign in [("passages/s", 1, 1), ("documents/s", 1, 1), ("p50 ms", 2, -1), ("p95 ms", 2, -1)]:
        ratios = sorted((one[0][key] / one[1][key]) ** sign for one in rounds)
        print(f"| {key} | {side(0, key):.{digits}f} | {side(1, key):.{digits}f} "
              f"| {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) |")
    for key, digits in [("passages", 0), ("nDCG@10", 4)]:
        print(f"| {key} | {side(0, key):.{digits}f} | {side(1, key):.{digits}f} | |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("box", help="data folder of a box that has the model")
    parser.add_argument("model", help="the model's folder for sentence-transformers")
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = sentence_transformers.SentenceTransformer(args.model, device="cpu").float()
    model.encode(["to load what is loaded late"], show_progress_bar=False)
    sets = {folder: read_set(folder) for folder in args.sets}
    rounds = {folder: [] for folder in sets}
    with tempfile.TemporaryDirectory() as warm_up:
        write_warm_up(warm_up)
        for number in range(args.rounds):
            for folder, data in sets.items():
                sides = [lambda: ours(args, warm_up, folder), lambda: theirs(model, data)]
                order = (0, 1) if number % 2 == 0 else (1, 0)
                results = {which: sides[which]() for which in order}
                rounds[folder].append((results[0], results[1]))
    print(f"torch {torch.__version__}, sentence-transformers {sentence_transformers.__version__}, {args.threads} threads on "
          f"{len(os.sched_getaffinity(0))} cores, {args.rounds} rounds")
    for folder, of_set in rounds.items():
        table(os.path.basename(os.path.normpath(folder)), of_set)


if __name__ == "__main__":
    main()
