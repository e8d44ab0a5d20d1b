"""Fixtures of the end-to-end tests: real servers of the release build, each on a free port with its own data directory."""

import http.client
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("WEFT_BINARY", ROOT / "build/release/weft"))
ANSWER_SECONDS_MAX = 60


class Answer:
    """One HTTP response, read to its end."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Server:
    """A running server. `kill` is kill -9; `start` again continues on the same data."""

    def __init__(self, data, arguments=()):
        self.data = data
        self.arguments = list(arguments)
        self.process = None
        self.port = None

    def start(self):
        command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--data", self.data, *self.arguments]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        for line in self.process.stderr:
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                # What the server logs later must not fill the pipe.
                self.log = open(pathlib.Path(self.data).with_suffix(".log"), "a")
                self.drain = subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=self.log)
                return self
        raise RuntimeError(f"the server did not start: exit code {self.process.wait()}")

    def _end(self, sent):
        self.process.send_signal(sent)
        code = self.process.wait(ANSWER_SECONDS_MAX)
        self.drain.wait(ANSWER_SECONDS_MAX)
        self.process.stderr.close()
        self.log.close()
        return code

    def kill(self):
        return self._end(signal.SIGKILL)

    def stop(self):
        return self._end(signal.SIGTERM)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS_MAX)

    def request(self, method, path, body=None, headers=None):
        connection = self.connect()
        try:
            if isinstance(body, (dict, list)):
                body = json.dumps(body)
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def upload(self, module):
        answer = self.request("POST", "/v1/modules", module)
        assert answer.status in (200, 201), answer.body
        return answer.json()["id"]

    def deploy(self, name, module, **members):
        answer = self.request("PUT", f"/v1/functions/{name}", {"module": self.upload(module), **members})
        assert answer.status in (200, 201), answer.body
        return answer.json()

    def invoke(self, name, export=None, args=()):
        payload = {"args": list(args)}
        if export is not None:
            payload["export"] = export
        return self.request("POST", f"/v1/functions/{name}/invoke", payload)

    def assert_serves(self):
        """Whatever came before, the server still does its work."""
        assert self.request("GET", "/healthz").status == 200
        self.deploy("still-alive", '(module (func (export "f") (result i32) (i32.const 7)))')
        assert self.invoke("still-alive").json() == {"results": [7]}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("server") / "data").start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def own_server(tmp_path):
    """A server that the test may kill and start again."""
    running = Server(tmp_path / "data").start()
    yield running
    if running.process.poll() is None:
        running.stop()
