"""No call finds what another one left: functions of several modules, which share slots for their memories, under load.

Wasmtime's advisory 6wgr: instances of its pool saw what earlier ones left.
"""

import random
import threading

from load import call, load_of

CALLS = 100_000
REPLACED = 30
LEFT_ALONE = 12
DEADLINE_MS = 20

# Writes bytes of 0xa5 where it is told to, and looks for them everywhere. Each of these modules has another memory.
SPY = """(module IMPORTS
  (memory (export "memory") PAGES 400) DATA
  (global $a (mut i32) (i32.const 1)) (global $b (mut v128) (v128.const i64x2 2 3))
  (func $hide (export "hide") (param $where i32) (param $size i32) (param $grow i32)
    (drop (memory.grow (local.get $grow)))
    (global.set $a (i32.const 0xa5)) (global.set $b (i8x16.splat (i32.const 0xa5))) HIDE
    (memory.fill (local.get $where) (i32.const 0xa5) (local.get $size))
    (memory.copy (i32.const 3000) (local.get $where) (i32.const 100)))
  (func (export "spin") (param i32 i32 i32) (call $hide (local.get 0) (local.get 1) (local.get 2)) (loop br 0))
  (func $overflow (export "overflow") (call $hide (i32.const 0) (i32.const 9000) (i32.const 0)) (call $overflow))
  (func (export "search") (param $grow i32) (result i32) (local $i i32) (local $end i32)
    (if (i32.ne (global.get $a) (i32.const 1)) (then (return (i32.const 1))))
    (if (i64.ne (i64x2.extract_lane 1 (global.get $b)) (i64.const 3)) (then (return (i32.const 2))))
    (if (i32.ne (memory.grow (local.get $grow)) (i32.const PAGES)) (then (return (i32.const 3))))
    SEARCH
    (local.set $end (i32.mul (memory.size) (i32.const 65536)))
    (loop
      (if (v128.any_true (i8x16.eq (v128.load (local.get $i)) (i8x16.splat (i32.const 0xa5))))
        (then (return (i32.const 5))))
      (local.set $i (i32.add (local.get $i) (i32.const 16)))
      (br_if 0 (i32.lt_u (local.get $i) (local.get $end))))
    (i32.const 0)))"""
MODULES = {
    "small": {"PAGES": "2", "DATA": '(data (i32.const 1000) "small")', "HIDE": "", "SEARCH": ""},
    # Keeps what its own calls leave, which nobody else may find.
    "warm": {"PAGES": "2", "DATA": '(data (i32.const 1000) "warm")', "HIDE": "", "SEARCH": ""},
    # Is parked for a millisecond while it has something to hide.
    "parked": {
        "IMPORTS": """(import "wasi_snapshot_preview1" "poll_oneoff"
            (func $poll (param i32 i32 i32 i32) (result i32)))""",
        "PAGES": "3",
        "DATA": """(data (i32.const 1040) "\\01") (data (i32.const 1048) "\\40\\42\\0f")""",
        "HIDE": """(memory.fill (local.get $where) (i32.const 0xa5) (i32.const 300))
            (drop (call $poll (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 3072)))""",
        "SEARCH": "",
    },
    # Its start function runs when it is deployed: instances begin with a snapshot.
    "large": {
        "PAGES": "6",
        "DATA": """(data (i32.const 0) "large") (data (i32.const 300000) "end") (start $s)
            (func $s (i32.store (i32.const 70000) (i32.add (i32.load (i32.const 70000)) (i32.const 1))))""",
        "HIDE": "",
        "SEARCH": "(if (i32.ne (i32.load (i32.const 70000)) (i32.const 1)) (then (return (i32.const 6))))",
    },
    # It cannot be put back: each call has another instance, in a slot that the others use too.
    "table": {
        "PAGES": "2",
        "DATA": '(data (i32.const 5000) "table") (data $p "1234") (table $t 5 funcref) (elem declare func $hide)',
        "HIDE": "(table.fill $t (i32.const 0) (ref.func $hide) (i32.const 5)) (data.drop $p)",
        "SEARCH": """(if (i32.eqz (ref.is_null (table.get $t (i32.const 3)))) (then (return (i32.const 7))))
            (memory.init $p (i32.const 5000) (i32.const 0) (i32.const 4))""",
    },
}


def spy(name):
    text = SPY
    for place, content in ({"IMPORTS": ""} | MODULES[name]).items():
        text = text.replace(place, content)
    return text


def deploy(server, name):
    members = {"state": "warm"} if name == "warm" else {}
    return server.deploy(name, spy(name), limits={"deadline_ms": DEADLINE_MS}, **members)


def some_calls(chance):
    """A third of them look for what the others hide; a few of those fail."""
    for name, kind in MODULES.items():
        pages = int(kind["PAGES"])
        for _ in range(120):
            where, size = chance.randrange(pages * 65536), chance.choice([100, 5_000, 20_000, pages * 40_000])
            yield call(name, "hide", [where, size, chance.choice([0, 0, 0, chance.randrange(40)])])
        for _ in range(0 if name == "warm" else 60):
            yield call(name, "search", [chance.choice([0, 1, chance.randrange(40)])])
    yield call("small", "overflow")
    yield call("large", "spin", [0, 9_000, 3])


class Clients:
    """Who calls and goes away before the answer, and who replaces functions by themselves, which ends their instances."""

    def __init__(self, server):
        self._server = server
        self._failures = []
        self._threads = [threading.Thread(target=self._run, args=(work,)) for work in (self._go_away, self._replace)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        for thread in self._threads:
            thread.join()

    def _run(self, work):
        try:
            work()
        except Exception as error:
            self._failures.append(error)

    def _go_away(self):
        self._server.deploy("left", spy("small"))
        for number in range(LEFT_ALONE):
            connection = self._server.connect()
            path, body = call("left", "spin", [100, 50_000, number % 5]).split(" ", 1)
            connection.request("POST", path, body)
            connection.close()
        while self._cancelled() < LEFT_ALONE:
            pass

    def _cancelled(self):
        records = self._server.request("GET", "/v1/invocations?function=left&status=error").json()["items"]
        return sum(record["error"]["code"] == "cancelled" for record in records)

    def _replace(self):
        for number in range(REPLACED):
            name = list(MODULES)[number % len(MODULES)]
            deploy(self._server, name)

    def check(self):
        assert not self._failures


def test_nothing_that_calls_hide_is_found_in_a_hundred_thousand_others(own_server):
    server = own_server
    for name in MODULES:
        deploy(server, name)
        assert server.invoke(name, "search", [0]).json() == {"results": [0]}
    states = {name: server.request("GET", f"/v1/functions/{name}").json()["state"] for name in MODULES}
    assert states == {
        "small": "pristine", "warm": "warm", "parked": "pristine", "large": "pristine", "table": "fresh"}
    assert server.request("GET", "/v1/functions/large").json()["initialization"]["when"] == "deployment"
    with load_of(server, list(some_calls(random.Random(5)))) as load:
        with Clients(server) as clients:
            load.wait_for(CALLS)
        answers, failed = load.stop()
    clients.check()
    assert failed == 0
    assert set(answers) == {
        '200 {"results":[]}', '200 {"results":[0]}', "502 guest_trap", "504 deadline_exceeded"}, answers
    assert answers['200 {"results":[0]}'] > CALLS / 5
    server.assert_serves()
