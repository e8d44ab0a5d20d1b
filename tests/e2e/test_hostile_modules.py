"""Modules that attack those who read them: the server answers with a typed error, or well, and goes on."""

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
