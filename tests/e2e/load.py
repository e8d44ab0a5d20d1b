"""Load on a server, by wrk: many connections that call functions until they are stopped."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
from collections import Counter

END_SECONDS_MAX = 60


def call(function, export=None, args=()):
    """What load_of takes: a function's path and a payload."""
    payload = {"args": list(args)} if export is None else {"export": export, "args": list(args)}
    return f"/v1/functions/{function}/invoke {json.dumps(payload)}"


class Load:
    """Use load_of."""

    def __init__(self, server, calls, connections):
        self._server = server
        script = pathlib.Path(__file__).with_name("load.lua")
        command = ["wrk", "-t1", f"-c{connections}", "-d1800s", "--timeout", "60s", "-s", script, f"http://127.0.0.1:{server.port}"]
        self._process = subprocess.Popen(command, env={**os.environ, "CALLS": "\n".join(calls)}, stdout=subprocess.PIPE, text=True)

    def answered(self):
        """How many calls the server has answered since it began, whoever made them."""
        page = self._server.request("GET", "/metrics").body.decode()
        return sum(map(int, re.findall(r'^weft_http_requests_total\{route="invoke",status="\d+"\} (\d+)$', page, re.M)))

    def wait_for(self, more):
        """Until so many more are answered."""
        target = self.answered() + more
        while self.answered() < target:
            assert self._process.poll() is None

    def stop(self):
        """How often each answer came ("200 BODY", "502 CODE"), and how many calls got none."""
        self._process.send_signal(signal.SIGINT)
        out = self._process.communicate(timeout=END_SECONDS_MAX)[0]
        answers = Counter()
        for count, answer in re.findall(r"^answer (\d+) (.*)$", out, re.M):
            answers[answer] += int(count)
        return answers, int(re.search(r"^failed (\d+)$", out, re.M).group(1))

    def end(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._process.stdout.close()


@contextlib.contextmanager
def load_of(server, calls, connections=16):
    """Calls by chance of `calls`, from here on."""
    load = Load(server, calls, connections)
    try:
        yield load
    finally:
        load.end()
