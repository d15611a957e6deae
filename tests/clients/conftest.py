"""A box of its own for the client stories: temporary data folder, real models, free port."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.request

import pytest

PASSWORD = "correct horse battery staple"


class Box:
    """A running box and its admin."""

    def __init__(self, url, setup_token, process):
        self.url, self.process = url, process
        body = {"token": setup_token, "email": "ada@example.org", "name": "Ada", "password": PASSWORD}
        self.token = self.call("POST", "/api/v1/setup", body)["access_token"]
        self.key = self.call("POST", "/api/v1/api-keys", {"name": "tests"})["key"]

    def call(self, method, path, body=None, headers=None):
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("content-type", "application/json")
        if getattr(self, "token", None):
            request.add_header("authorization", f"Bearer {getattr(self, 'key', None) or self.token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(request, data, timeout=120) as response:
            text = response.read().decode()
            return json.loads(text) if text else None

    def upload(self, workspace, name, text):
        """Uploads a document and waits until it is indexed."""
        edge = "boundary-of-the-test"
        body = (
            f"--{edge}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n"
            f"content-type: text/plain\r\n\r\n{text}\r\n--{edge}--\r\n"
        ).encode()
        path = f"{self.url}/api/v1/workspaces/{workspace}/documents"
        request = urllib.request.Request(path, data=body, method="POST")
        request.add_header("content-type", f"multipart/form-data; boundary={edge}")
        request.add_header("authorization", f"Bearer {self.key}")
        with urllib.request.urlopen(request, timeout=60) as response:
            assert response.status == 202
            document = json.load(response)
        path = f"/api/v1/workspaces/{workspace}/documents/{document['id']}"
        for _ in range(600):
            document = self.call("GET", path)
            if document["state"] in ("indexed", "failed"):
                break
            time.sleep(0.1)
        assert document["state"] == "indexed", document
        return document


def wait_ready(url):
    for _ in range(1200):
        try:
            with urllib.request.urlopen(url + "/readyz", timeout=5) as response:
                if response.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError("the box did not get ready")


def lines_until(process, pattern):
    """Reads standard output until a line matches; the box says where it is within seconds."""
    for line in process.stdout:
        match = re.search(pattern, line)
        if match:
            return match
    raise RuntimeError("the box went down while starting")


@pytest.fixture(scope="session")
def box(tmp_path_factory):
    binary = os.environ["PRIVATESTACK_BINARY"]
    data = tmp_path_factory.mktemp("box") / "data"
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    for wheel in sorted((cache / "privatestack" / "models").glob("*.whl")):
        subprocess.run([binary, "--data", data, "model", "import", wheel], check=True, timeout=300)
    process = subprocess.Popen(
        [binary, "--data", data, "serve", "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1,
    )
    try:
        link = lines_until(process, r"(http://127\.0\.0\.1:\d+)/setup#token=(\S+)")
        wait_ready(link[1])
        yield Box(link[1], link[2], process)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, "the box did not stop cleanly"
