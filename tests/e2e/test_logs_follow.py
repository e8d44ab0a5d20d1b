"""weft logs -f shows every call that ends, in whatever order calls end."""

import json
import os
import select
import subprocess
import threading

import pytest
from conftest import ANSWER_SECONDS_MAX, BINARY

# One export runs until its deadline. The other fails at once: under load not every success is recorded.
MODULE = """(module
  (func (export "slow") (loop (br 0)))
  (func (export "fast") unreachable))"""


class Follower:
    """A running `weft logs -f`, read a call at a time."""

    def __init__(self, server, name, errors=None):
        self.process = subprocess.Popen(
            [BINARY, "logs", name, "-f", "--json", "--server", f"http://127.0.0.1:{server.port}"],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, stderr=errors)
        self.received = b""

    def next_export(self):
        while b"\n" not in self.received:
            ready, _, _ = select.select([self.process.stdout], [], [], ANSWER_SECONDS_MAX)
            assert ready, "nothing more is shown"
            self.received += os.read(self.process.stdout.fileno(), 65536)
        line, _, self.received = self.received.partition(b"\n")
        return json.loads(line)["export"]

    def stop(self):
        self.process.terminate()
        self.process.communicate()


@pytest.fixture
def follow(server):
    followers = []

    def start(name, of=None, errors=None):
        followers.append(Follower(of or server, name, errors))
        return followers[-1]

    yield start
    for each in followers:
        each.stop()


def wait_until_in_flight(server):
    while b"weft_invocations_in_flight 1" not in server.request("GET", "/metrics").body:
        pass


@pytest.mark.parametrize("calls_between", [1, 130], ids=["one faster call", "more calls than a page holds"])
def test_a_slow_call_that_ends_behind_faster_ones_is_shown(server, follow, calls_between):
    name = f"follow-{calls_between}"
    server.deploy(name, MODULE, limits={"deadline_ms": 3_000})
    server.invoke(name, "fast")
    follower = follow(name)
    assert follower.next_export() == "fast"
    slow = threading.Thread(target=server.invoke, args=(name, "slow"))
    slow.start()
    wait_until_in_flight(server)
    for _ in range(calls_between):
        server.invoke(name, "fast")
    assert [follower.next_export() for _ in range(calls_between)] == ["fast"] * calls_between
    assert follower.next_export() == "slow"
    slow.join()


def test_a_server_that_is_started_again_is_followed_on(own_server, follow):
    own_server.deploy("again", MODULE)
    own_server.invoke("again", "fast")
    follower = follow("again", of=own_server, errors=subprocess.PIPE)
    assert follower.next_export() == "fast"
    own_server.stop()
    url = f"http://127.0.0.1:{own_server.port}"
    hint = json.loads(follower.process.stderr.readline())
    assert hint == {"hint": f"lost {url}: trying to reach it again for 60 s"}
    own_server.arguments += ["--listen", f"127.0.0.1:{own_server.port}"]
    own_server.start()
    own_server.invoke("again", "fast")
    assert json.loads(follower.process.stderr.readline()) == {"hint": f"{url} answers again"}
    assert follower.next_export() == "fast"
