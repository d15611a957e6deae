#!/usr/bin/env python3
"""What people notice of a running box: start, memory, first words, forms. Medians, least and most.

    python benches/serve.py target/release/privatestack MODEL.gguf

Starts a box of its own on a free port, in a temporary folder, and asks it over /v1 as clients do,
guards included. Needs nothing but Python.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request

WORDS = "The pump in the north hall was repaired and the invoice was paid on time. "
# Of these an answer repeats much, and little.
LIST = "".join(f"{n}. {what}, shelf {n * 7 % 10}, box {n * 3 % 8}, {n * 13 % 90} pieces\n" for n, what in enumerate(
    ["brass screws", "copper washers", "rubber seals", "steel bolts", "plastic caps", "fuses", "hose clamps"], 1))
REPEATING = {"a list said again": f"Here is a list.\n{LIST}\nWrite the whole list again, line by line, unchanged.",
             "a story": "Tell me a long story about a lighthouse keeper and a storm."}
SCHEMA = {
    "type": "object",
    "properties": {"items": {"type": "array", "minItems": 40, "items": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "count": {"type": "integer"}, "found": {"type": "boolean"}},
        "required": ["name", "count", "found"], "additionalProperties": False,
    }}},
    "required": ["items"], "additionalProperties": False,
}


class Box:
    def __init__(self, binary, model, folder):
        self.binary, self.data = binary, folder / "data"
        password = folder / "password"
        password.write_text("correct horse battery staple\n")
        person = "ada@example.org"
        self.command("setup", "--email", person, "--password-file", password)
        self.key = self.command("key", "create", "--user", person, "--name", "bench")["key"]
        self.model = self.command("model", "import", model)["models"][0]["id"]

    def command(self, *arguments):
        line = [self.binary, "--data", self.data, "--json", *arguments]
        return json.loads(subprocess.run(list(map(str, line)), check=True, capture_output=True, text=True).stdout)

    def start(self, guesses=0):
        """Seconds until it says that it is ready. It guesses none of an answer, so that all are made one
        token after the other, or so many tokens at a time."""
        environment = {**os.environ, "PRIVATESTACK_ENGINE__GUESSED_TOKENS": str(guesses)}
        begun = time.perf_counter()
        self.process = subprocess.Popen(
            [self.binary, "--data", self.data, "serve", "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1, env=environment)
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                self.url = found[0]
                break
        else:
            raise SystemExit("the box went down while starting")
        while True:
            try:
                with urllib.request.urlopen(self.url + "/readyz", timeout=5) as reply:
                    if reply.status == 200:
                        return time.perf_counter() - begun
            except OSError:
                time.sleep(0.005)

    def stop(self):
        self.process.terminate()
        if self.process.wait(60) != 0:
            raise SystemExit("the box did not stop cleanly")

    def resident(self):
        """Megabytes of the process: now, and at the most so far."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return [int(re.search(rf"{name}:\s+(\d+)", status)[1]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM")]

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ask(self, messages, tokens, **more):
        """Seconds that an answer of so many tokens takes, its usage, its text."""
        body = {"model": self.model, "messages": messages, "max_tokens": tokens, "temperature": 0, **more}
        request = urllib.request.Request(self.url + "/v1/chat/completions", json.dumps(body).encode())
        request.add_header("content-type", "application/json")
        request.add_header("authorization", f"Bearer {self.key}")
        begun = time.perf_counter()
        with urllib.request.urlopen(request, timeout=600) as reply:
            answer = json.load(reply)
        return time.perf_counter() - begun, answer["usage"], answer["choices"][0]["message"]["content"]


def person(text):
    return {"role": "user", "content": text}


def second_turn(box, number, repeats):
    """A conversation that nobody had before, then its second turn: seconds, and tokens kept."""
    talk = [person(f"Case {number}. " + WORDS * repeats)]
    first, _, answer = box.ask(talk, 1)
    talk += [{"role": "assistant", "content": answer}, person("And what was paid for it in the end?")]
    second, usage, _ = box.ask(talk, 1)
    return first, second, usage["prompt_tokens"], usage["prompt_tokens_details"]["cached_tokens"]


def pace(box, more, question="List forty things that lie in a workshop, with how many there are of each."):
    """Tokens per second after the first few, of an answer of up to 136 tokens, and the answer."""
    talk = [person(question)]
    short, few, _ = box.ask(talk, 8, **more)
    long, many, text = box.ask(talk, 136, **more)
    return (many["completion_tokens"] - few["completion_tokens"]) / (long - short), text


def guessing(box, rounds):
    """How many times as fast answers come whose tokens are guessed ahead where they repeat something."""
    ratios = {what: [] for what in REPEATING}
    for _ in range(rounds):
        paces = {}
        for guesses in (0, 7):
            box.start(guesses)
            box.ask([person("Hello")], 1)
            paces[guesses] = {what: pace(box, {}, question) for what, question in REPEATING.items()}
            box.stop()
        for what in REPEATING:
            (plain, said), (guessed, same) = paces[0][what], paces[7][what]
            if said != same:
                raise SystemExit(f"{what}: another answer with guesses than without")
            ratios[what].append(guessed / plain)
    return [(f"with guesses, {what}, times as fast", spread(all, 2)) for what, all in ratios.items()]


def spread(values, digits=0):
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def measure(box, rounds, tokens):
    rows = []
    box.start()
    box.stop()  # The very first start compiles the guards.
    starts = []
    for _ in range(rounds):
        starts.append(box.start() * 1e3)
        box.stop()
    box.start()
    rows.append(("from start to `/readyz`, ms", spread(starts)))
    box.ask([person("Hello")], 1)
    time.sleep(1)
    before = box.processor_seconds()
    time.sleep(10)
    idle = (box.processor_seconds() - before) / 10
    rows.append(("resident with the model loaded (peak), MB", "{:,.0f} ({:,.0f})".format(*box.resident())))
    rows.append(("idle: share of one core", f"{idle:.2%}"))
    few, many = [box.ask([person(WORDS * count)], 1)[1]["prompt_tokens"] for count in (8, 16)]
    repeats = max(1, round(tokens * 8 / (many - few)))
    turns = [second_turn(box, number, repeats) for number in range(rounds)]
    first, second, length, kept = zip(*turns)
    rows.append(("first turn of a conversation, one token after, ms", spread([s * 1e3 for s in first])))
    what = f"its second turn of {length[-1]:,} tokens, {kept[-1]:,} of them kept, ms"
    rows.append((what, spread([s * 1e3 for s in second])))
    rows.append(("times sooner", spread([a / b for a, b in zip(first, second)], 1)))
    form = {"response_format": {"type": "json_schema", "json_schema": {"name": "things", "schema": SCHEMA}}}
    pace(box, form)  # The first one makes the tree of the model's tokens.
    free, held = zip(*[(pace(box, {})[0], pace(box, form)[0]) for _ in range(rounds)])
    rows.append(("decode, free, tokens/s", spread(free)))
    rows.append(("decode, held to a JSON schema, tokens/s", spread(held)))
    rows.append(("held / free", spread([h / f for h, f in zip(held, free)], 2)))
    rows.append(("peak after all of this, MB", f"{box.resident()[1]:,.0f}"))
    box.stop()
    return rows + guessing(box, rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("model")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--conversation", type=int, default=1500, help="tokens of the first turn, about")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        box = Box(args.binary, args.model, pathlib.Path(folder))
        try:
            rows = measure(box, args.rounds, args.conversation)
        finally:
            if getattr(box, "process", None) and box.process.poll() is None:
                box.process.kill()
    print(f"| {box.model}, {args.rounds} rounds | |\n|---|---|")
    for what, value in rows:
        print(f"| {what} | {value} |")


if __name__ == "__main__":
    main()
