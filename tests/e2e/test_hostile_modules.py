"""Modules that attack those who read them: the server answers with a typed error, or well, and goes on."""

import http.client
import json
import select
import threading

import pytest
import wasm
from conftest import Server


@pytest.mark.parametrize(
    "sections", [wasm.nested_debug_info(20_000), wasm.exploding_name(30, 12)], ids=["nested DWARF", "exploding name"]
)
def test_describing_a_trap_stays_within_bounds(server, sections):
    server.deploy("hostile", wasm.trapping_module(sections))
    answer = server.invoke("hostile")
    assert (answer.status, answer.json()["code"]) == (502, "guest_trap")
    assert len(answer.body) < 10_000
    server.assert_serves()


def test_names_that_multiply_are_refused_by_their_limit(server):
    answer = server.request("POST", "/v1/modules", wasm.many_exports_of_many_names(1_900, 500))
    assert (answer.status, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["limit"]["name"] == "description_bytes"
    server.assert_serves()


def test_a_long_text_without_lines_is_taken_in_reasonable_time(server):
    text = "(module (func (export \"f\") (result i32) i32.const 0" + " i32.const 1 i32.add" * 60_000 + "))"
    server.deploy("long", text)
    assert server.invoke("long").json() == {"results": [60_000]}


def test_objects_on_the_heap_are_state(server):
    function = server.deploy(
        "objects",
        "(module (type $box (struct (field (mut i32)))) "
        "(func (export \"f\") (result i32) (struct.get $box 0 (struct.new $box (i32.const 5)))))",
    )
    assert function["state"] == "fresh"
    assert server.invoke("objects").json() == {"results": [5]}


def test_an_exception_that_nothing_catches_is_an_error_of_the_guest(server):
    server.deploy("thrower", '(module (tag $t) (func (export "f") (throw $t)))')
    answer = server.invoke("thrower")
    assert (answer.status, answer.json()["code"]) == (502, "guest_error")
    server.assert_serves()


def test_what_a_failing_program_printed_is_in_its_log(server):
    server.deploy(
        "fails",
        '(module (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))'
        ' (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))'
        ' (memory (export "memory") 1) (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00") (data (i32.const 16) "reason")'
        ' (func (export "_start") (drop (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))'
        " (call $exit (i32.const 3))))",
    )
    answer = server.request("POST", "/v1/functions/fails/invoke")
    assert (answer.status, answer.json()["code"]) == (502, "guest_error")
    assert server.request("GET", f"/v1/invocations/{answer.json()['invocation']}/logs").body == b"reason"


HOSTILE = {
    "50,000 locals": wasm.many_locals(50_000),
    "a branch of 7,000,000 ways": wasm.branch_tables(1, 7_000_000),
    "100 branches of 50,000 ways": wasm.branch_tables(100, 50_000),
    "types that are trees of 2^500": wasm.exponential_types(500, in_one_group=False),
    "a group of such types": wasm.exponential_types(500, in_one_group=True),
    "a component of such types": wasm.component_types(90),
}


@pytest.fixture(scope="module")
def quick_to_refuse(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("hostile") / "data", ["--compile-time", "4s"]).start()
    yield running
    assert running.stop() == 0


@pytest.mark.parametrize("module", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_module_is_refused_or_works_while_others_are_uploaded(quick_to_refuse, module):
    server = quick_to_refuse
    answers = []

    def attack():
        uploaded = server.request("POST", "/v1/modules", module)
        answers.append(uploaded)
        if uploaded.status < 300:
            answers.append(server.request("PUT", "/v1/functions/hostile", {"module": uploaded.json()["id"]}))

    attacking = threading.Thread(target=attack)
    attacking.start()
    others = 0
    while attacking.is_alive() or others == 0:
        others += 1
        name = f"other-{others}"
        server.deploy(name, f'(module (func (export "f") (result i32) (i32.const {others})))')
        assert server.invoke(name).json() == {"results": [others]}
    attacking.join()
    if answers[-1].status < 300:
        assert server.invoke("hostile", "f").json() == {"results": []}
    else:
        assert answers[-1].status in (400, 413, 422), answers[-1].body
        assert answers[-1].json()["code"] in ("invalid_argument", "too_large", "unsupported")
        assert len(answers[-1].body) < 10_000
    server.assert_serves()


def test_a_module_that_takes_too_long_to_compile_is_refused_and_others_are_not(tmp_path):
    """The compiler is another process: neither its time nor its memory is the server's."""
    running = Server(tmp_path / "data", ["--compile-time", "3s"]).start()
    try:
        body = {"module": running.upload(wasm.slow_to_compile())}
        answers = []
        slow = threading.Thread(target=lambda: answers.append(running.request("PUT", "/v1/functions/slow", body)))
        slow.start()
        running.assert_serves()
        slow.join()
        assert (answers[0].status, answers[0].json()["code"]) == (413, "too_large")
        assert "to compile" in answers[0].json()["detail"]
        running.assert_serves()
    finally:
        assert running.stop() == 0


ENDLESS = '(module (memory 1) (func (export "_initialize") (loop br 0)) (func (export "f")))'
STRAIGHT_LINE = """(module (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 64)
  (func (export "f") %s))""" % ("(drop (call $random (i32.const 0) (i32.const 4194304)))" * 1000)


def test_deployments_that_take_long_delay_neither_others_nor_the_end(tmp_path):
    running = Server(tmp_path / "data").start()
    body = json.dumps({"module": running.upload(ENDLESS), "limits": {"deadline_ms": 60_000}})
    slow = [http.client.HTTPConnection("127.0.0.1", running.port, timeout=90) for _ in range(6)]
    try:
        for number, connection in enumerate(slow):
            connection.request("PUT", f"/v1/functions/endless-{number}", body, {"Content-Type": "application/json"})
        running.assert_serves()
        assert running.request("GET", "/v1/functions").status == 200
        early, _, _ = select.select([connection.sock for connection in slow], [], [], 0)
        assert not early, "a slow one ended before the quick one"
    finally:
        assert running.stop() == 0
        for connection in slow:
            connection.close()


def test_a_guest_that_only_calls_its_host_keeps_its_deadline(server):
    body = {"module": server.upload(STRAIGHT_LINE), "limits": {"deadline_ms": 100}}
    assert server.request("PUT", "/v1/functions/straight", body).status == 201
    answer = server.request("POST", "/v1/functions/straight/invoke", {"args": []})
    assert (answer.status, answer.json()["code"]) == (504, "deadline_exceeded")
