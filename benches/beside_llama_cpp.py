#!/usr/bin/env python3
"""The same file on this engine and on llama.cpp, in turn; medians, spread and ratios.

    pip install llama-cpp-python        # built from source for this machine
    python benches/beside_llama_cpp.py target/release/privatestack MODEL.gguf --threads 2

Each round runs both, so that a busy machine disturbs both. llama.cpp runs with its defaults.
"""
import argparse
import ctypes
import json
import os
import statistics
import subprocess
import time

import llama_cpp as llama


class LlamaCpp:
    def __init__(self, path):
        self.model = llama.llama_model_load_from_file(path.encode(), llama.llama_model_default_params())

    def round(self, prompt, generate, threads, sequences):
        """Prefill of one prompt and decode of so many sequences, tokens per second."""
        settings = llama.llama_context_default_params()
        settings.n_ctx = (prompt + generate + 8) * sequences
        settings.n_batch = settings.n_ubatch = 512
        settings.n_threads = settings.n_threads_batch = threads
        settings.n_seq_max, settings.kv_unified = sequences, True
        context = llama.llama_init_from_model(self.model, settings)
        batch = llama.llama_batch_init(512, 0, sequences)
        first = [0] * sequences
        for sequence in range(sequences):
            start = time.perf_counter()
            self.decode(context, batch, [((i * 7919) % 20000 + 300, i, sequence, i == prompt - 1) for i in range(prompt)])
            first[sequence] = time.perf_counter() - start
        start = time.perf_counter()
        for step in range(generate):
            self.decode(context, batch, [(300 + step, prompt + step, s, True) for s in range(sequences)])
        took = time.perf_counter() - start
        llama.llama_batch_free(batch)
        llama.llama_free(context)
        return prompt / min(first), generate * sequences / took

    @staticmethod
    def decode(context, batch, rows):
        for at in range(0, len(rows), 512):
            part = rows[at:at + 512]
            for i, (token, position, sequence, logits) in enumerate(part):
                batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, position, 1
                batch.seq_id[i][0], batch.logits[i] = sequence, logits
            batch.n_tokens = len(part)
            if llama.llama_decode(context, batch) != 0:
                raise SystemExit("llama_decode failed")
        llama.llama_synchronize(context)


def ours(binary, path, prompt, generate, threads, sequences):
    command = [binary, "model", "bench", path, "--prompt", prompt, "--generate", generate, "--threads", threads,
               "--sequences", sequences, "--rounds", 3, "--conversation", 0, "--json"]
    out = json.loads(subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout)
    return out["prefill_tokens_per_s"], out["decode_tokens_per_s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--prompt", type=int, default=256)
    parser.add_argument("--generate", type=int, default=64)
    parser.add_argument("--sequences", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    quiet = llama.llama_log_callback(lambda level, text, data: None)
    llama.llama_log_set(quiet, ctypes.c_void_p(0))
    print(f"llama-cpp-python {llama.__version__}, {args.threads} threads, {args.sequences} at once, {args.rounds} rounds")
    print("| model | what | ours | llama.cpp | ratio (least to most) |\n|---|---|---|---|---|")
    for path in args.models:
        other = LlamaCpp(path)
        rows = [(ours(args.binary, path, args.prompt, args.generate, args.threads, args.sequences),
                 other.round(args.prompt, args.generate, args.threads, args.sequences)) for _ in range(args.rounds)]
        llama.llama_model_free(other.model)
        kinds = [("prefill", 0), ("decode", 1)] if args.sequences == 1 else [("decode", 1)]
        for what, i in kinds:
            mine, theirs = [r[0][i] for r in rows], [r[1][i] for r in rows]
            ratios = sorted(a / b for a, b in zip(mine, theirs))
            print(f"| {os.path.basename(path)} | {what} | {statistics.median(mine):.0f} | {statistics.median(theirs):.0f} "
                  f"| {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) |", flush=True)


if __name__ == "__main__":
    main()
