"""A function is replaced while it is called: no call fails, and each is answered by a version that was deployed."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
from collections import Counter

import pytest

DEPLOYMENTS = 50
ROLLBACK_EVERY = 6  # not after the last
CONNECTIONS = 16
# Between two changes, so that each version meets the load.
CALLS_BETWEEN = 200

# Each answers with `N`, and with something else when it sees what an earlier call did.
KINDS = {
    "stateless": '(module (func (export "f") (result i32) (i32.const N)))',
    "pristine": """(module (memory (export "memory") 1) (data (i32.const 500) "begin") (global $g (mut i32) (i32.const N))
        (func (export "f") (result i32)
          (if (i32.ne (i32.load8_u (i32.const 500)) (i32.const 98)) (then (return (i32.const -1))))
          (memory.fill (i32.const 0) (i32.const 7) (i32.const 60000))
          (global.get $g) (global.set $g (i32.const -2))))""",
    "fresh": """(module (table 1 funcref)
        (func $f (export "f") (result i32)
          (if (i32.eqz (ref.is_null (table.get (i32.const 0)))) (then (return (i32.const -3))))
          (table.set (i32.const 0) (ref.func $f)) (i32.const N)))""",
}


class Load:
    """wrk, which calls a function until it is stopped, and what it was answered."""

    def __init__(self, server, function):
        self._server = server
        url = f"http://127.0.0.1:{server.port}/v1/functions/{function}/invoke"
        script = pathlib.Path(__file__).with_name("load.lua")
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", "-d600s", "--timeout", "60s", "-s", script, url]
        self._process = subprocess.Popen(command, env={**os.environ, "BODY": "{}"}, stdout=subprocess.PIPE, text=True)

    def calls(self):
        """How many the server has answered since it began, whoever made them."""
        page = self._server.request("GET", "/metrics").body.decode()
        return sum(map(int, re.findall(r'^weft_http_requests_total\{route="invoke",status="\d+"\} (\d+)$', page, re.M)))

    def wait_for_calls(self, more):
        target = self.calls() + more
        while self.calls() < target:
            assert self._process.poll() is None

    def stop(self):
        """How often each answer came, and how many calls got none."""
        self._process.send_signal(signal.SIGINT)
        out = self._process.communicate(timeout=60)[0]
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
def load_of(server, function):
    load = Load(server, function)
    try:
        yield load
    finally:
        load.end()


def answer_of(number):
    return f'200 {{"results":[{number}]}}'


@pytest.mark.parametrize("kinds", [("stateless", "pristine"), ("pristine", "pristine"), ("fresh", "pristine")], ids="-".join)
def test_no_call_fails_while_versions_replace_each_other(own_server, kinds):
    server = own_server
    modules = [KINDS[kind].replace("N", str(100 + number)) for number, kind in enumerate(kinds)]
    server.deploy("hot", modules[1])

    def expect(number):
        """Whoever asks after a change is answered by the new version."""
        assert server.invoke("hot").json() == {"results": [100 + number]}

    with load_of(server, "hot") as load:
        for deployment in range(DEPLOYMENTS):
            load.wait_for_calls(CALLS_BETWEEN)
            version = server.deploy("hot", modules[deployment % 2])["version"]
            expect(deployment % 2)
            if deployment % ROLLBACK_EVERY == 0:
                load.wait_for_calls(CALLS_BETWEEN)
                back = server.request("POST", "/v1/functions/hot/rollback", {"version": version - 1})
                assert (back.status, back.json()["version"]) == (200, version - 1)
                expect(1 - deployment % 2)
        load.wait_for_calls(CALLS_BETWEEN)
        answers, failed = load.stop()
    assert failed == 0
    assert set(answers) == {answer_of(100), answer_of(101)}, answers
    assert answers.total() > DEPLOYMENTS * CALLS_BETWEEN

    with load_of(server, "hot") as load:
        load.wait_for_calls(5 * CALLS_BETWEEN)
        answers, failed = load.stop()
    assert failed == 0
    assert set(answers) == {answer_of(100 + (DEPLOYMENTS - 1) % 2)}, answers
