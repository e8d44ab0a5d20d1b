"""Everything that clients and guests can do wrong gets a typed answer, and the server goes on."""

import json
import socket

import conftest
import pytest

ADD = '(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'
ADD_WASM = bytes.fromhex(
    "0061736d01000000 0107 01 60 02 7f 7f 01 7f 0302 01 00 0707 01 03 616464 00 00 0a09 01 07 00 20 00 20 01 6a 0b"
)


def problem(answer, status, code):
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["code"] == code
    assert document["status"] == status
    assert document["title"] and document["detail"]
    return document


@pytest.mark.parametrize(
    "module, status, code, says",
    [
        (b"", 400, "invalid_argument", "empty"),
        (b"\x89PNG\r\n\x1a\n", 400, "invalid_argument", "neither a WebAssembly module"),
        (b"hello", 400, "invalid_argument", "neither a WebAssembly module"),
        (ADD_WASM[:20], 400, "invalid_argument", "not a valid module"),
        (b"\0asm\x07\0\0\0", 400, "invalid_argument", "version"),
        (ADD_WASM.replace(b"\x6a\x0b", b"\x7c\x0b"), 400, "invalid_argument", "type mismatch"),
        (b"(module (func (result i33)))", 400, "invalid_argument", "line 1, column 23"),
        (b"(module (memory 1 2 shared))", 422, "unsupported", "threads"),
        (b"(component)", 422, "unsupported", "component"),
    ],
)
def test_what_is_no_usable_module_is_refused_at_upload(server, module, status, code, says):
    assert says in problem(server.request("POST", "/v1/modules", module), status, code)["detail"]
    server.assert_serves()


def test_a_module_that_is_too_large_is_refused_by_name(server):
    connection = server.connect()
    connection.putrequest("POST", "/v1/modules")
    connection.putheader("Content-Length", str(1 << 40))
    connection.endheaders()
    answer = connection.getresponse()
    document = json.loads(answer.read())
    assert (answer.status, document["code"]) == (413, "too_large")
    connection.close()
    server.assert_serves()


def test_a_missing_import_is_named_with_who_would_provide_it(server):
    module = server.upload('(module (import "env" "emscripten_memcpy_js" (func (param i32 i32 i32))))')
    document = problem(server.request("PUT", "/v1/functions/missing", {"module": module}), 422, "unsupported")
    assert "env.emscripten_memcpy_js" in document["detail"]
    assert "emscripten" in document["detail"].split("provided", 1)[1]
    info = server.request("GET", f"/v1/modules/{module}").json()
    assert info["imports"][0]["provided_by"] == ["emscripten"]


@pytest.mark.parametrize(
    "payload, says",
    [
        ('{"export":"add","args":[2]}', "expected 2 arguments"),
        ('{"export":"add","args":[2,3,4]}', "expected 2 arguments"),
        ('{"export":"add","args":["2",3]}', "argument 1"),
        ('{"export":"add","args":[2,3.5]}', "argument 2"),
        ('{"export":"add","args":[2,99999999999]}', "argument 2"),
        ('{"export":"add","args":[2,null]}', "argument 2"),
        ('{"export":"add","args":{}}', "args"),
        ('{"export":"add","argz":[]}', "argz"),
        ('{"export":"add","args":[2,3]', "line 1"),
        ("[]", "object"),
        ("\x00", "line 1"),
    ],
)
def test_wrong_arguments_are_refused_with_their_place(server, payload, says):
    server.deploy("adder", ADD)
    answer = server.request("POST", "/v1/functions/adder/invoke", payload)
    assert says in problem(answer, 400, "invalid_argument")["detail"]


def test_an_unknown_export_or_function_is_not_found(server):
    server.deploy("adder", ADD)
    assert "add" in problem(server.invoke("adder", "sub"), 404, "not_found")["detail"]
    problem(server.invoke("nobody"), 404, "not_found")
    problem(server.request("GET", "/v1/nothing"), 404, "not_found")


def test_a_trap_has_words_names_and_lines(server):
    server.deploy("divider", '(module\n (func $quotient (export "div") (param i32 i32) (result i32)\n'
                             "  (i32.div_s (local.get 0) (local.get 1))))")
    document = problem(server.invoke("divider", args=[1, 0]), 502, "guest_trap")
    assert document["detail"] == "integer divide by zero"
    assert document["backtrace"][0]["function"] == "quotient"
    assert document["backtrace"][0]["line"] == 3
    record = server.request("GET", f"/v1/invocations/{document['invocation']}")
    server.assert_serves()
    assert record.status in (200, 404)


def test_an_infinite_loop_ends_at_its_deadline_and_nobody_waits_for_it(server):
    server.deploy("spinner", '(module (func (export "spin") (loop br 0)))', limits={"deadline_ms": 300})
    connection = server.connect()
    connection.request("POST", "/v1/functions/spinner/invoke", "{}")
    server.assert_serves()
    answer = connection.getresponse()
    document = json.loads(answer.read())
    assert (answer.status, document["code"]) == (504, "deadline_exceeded")
    assert document["limit"] == {"name": "deadline_ms", "value": 300}
    connection.close()


def test_a_start_function_that_loops_ends_too(server):
    # It runs once, when the function is deployed,
    looping = '(func $s (loop br 0)) (start $s) (func (export "f"))'
    deployment = {"module": server.upload(f"(module {looping})"), "limits": {"deadline_ms": 50}}
    problem(server.request("PUT", "/v1/functions/stuck", deployment), 504, "deadline_exceeded")
    # or before each call, where a module changes its table and cannot be put back.
    server.deploy("stuck", f"(module (table 1 funcref) {looping} (func (table.set (i32.const 0) (ref.null func))))",
                  limits={"deadline_ms": 50})
    problem(server.invoke("stuck"), 504, "deadline_exceeded")
    server.assert_serves()


def test_a_memory_bomb_is_stopped_at_the_limit(server):
    server.deploy("bomb", '(module (memory 1) (func (export "grow") (loop (if (i32.eq (memory.grow (i32.const 100)) '
                          "(i32.const -1)) (then unreachable)) br 0)))", limits={"memory_bytes": 16 << 20})
    document = problem(server.invoke("bomb"), 502, "guest_limit")
    assert document["limit"] == {"name": "memory_bytes", "value": 16 << 20}
    server.assert_serves()


@pytest.mark.parametrize(
    "text, status, code, says",
    [
        ('(module (memory 60000) (func (export "f")))', 413, "too_large", "weft deploy --memory"),
        ('(module (table 2000000 funcref) (func (export "f")))', 413, "too_large", "2000000 table elements"),
        ('(module (memory (export "memory") 1))', 400, "invalid_argument", "it exports no function"),
    ])
def test_what_can_never_run_is_stored_and_not_deployed(server, text, status, code, says):
    answer = server.request("PUT", "/v1/functions/never", {"module": server.upload(text)})
    assert says in problem(answer, status, code)["detail"]
    assert server.request("GET", "/v1/functions/never").status == 404


def test_a_text_that_is_not_valid_is_told_with_its_place(server):
    answer = server.request("POST", "/v1/modules", b"(module\n  (func (param i64)\n    (drop (i32.eqz (local.get 0)))))")
    document = problem(answer, 400, "invalid_argument")
    assert document["position"] == {"line": 3, "column": 12}


def test_a_stack_overflow_is_a_trap(server):
    server.deploy("deep", '(module (func $f (export "f") call $f))')
    assert problem(server.invoke("deep"), 502, "guest_trap")["detail"] == "call stack exhausted"
    server.assert_serves()


PRINTER = """(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "_start") (local $left i32)
    (i32.store (i32.const 0) (i32.const 65536)) (i32.store (i32.const 4) (i32.const 65536))
    (local.set $left (i32.const 160))
    (loop
      (drop (call $write (i32.const DESCRIPTOR) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br_if 0 (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))"""


@pytest.mark.parametrize("descriptor", ["1", "2"])
def test_ten_megabytes_of_output_are_stopped_at_the_limit(server, descriptor):
    server.deploy("printer", PRINTER.replace("DESCRIPTOR", descriptor))
    document = problem(server.request("POST", "/v1/functions/printer/invoke"), 502, "guest_limit")
    assert document["limit"]["name"] == "output_bytes"
    server.assert_serves()


def test_calls_beyond_the_limit_in_flight_are_refused_with_retry_after(server):
    server.deploy("busy", '(module (func (export "spin") (loop br 0)))', limits={"deadline_ms": 2000, "in_flight": 1})
    both = [server.connect() for _ in range(2)]
    for connection in both:
        connection.request("POST", "/v1/functions/busy/invoke", "{}")
    answers = [conftest.Answer(connection.getresponse()) for connection in both]
    for connection in both:
        connection.close()
    # One of them ran to its deadline, the other came while it did.
    refused, ended = sorted(answers, key=lambda answer: answer.status)
    problem(ended, 504, "deadline_exceeded")
    problem(refused, 429, "resource_exhausted")
    assert int(refused.headers["retry-after"]) >= 1
    server.assert_serves()


def test_a_page_of_another_origin_cannot_drive_the_server(server):
    evil = {"Origin": "https://evil.example"}
    problem(server.request("POST", "/v1/modules", ADD, evil), 403, "permission_denied")
    rebound = {"Host": "evil.example"}
    problem(server.request("GET", "/v1/functions", None, rebound), 403, "permission_denied")
    own = {"Origin": f"http://127.0.0.1:{server.port}"}
    assert server.request("POST", "/v1/modules", ADD, own).status in (200, 201)


def raw(server, *pieces, half_close=False):
    """Sends bytes and returns all that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        for piece in pieces:
            connection.sendall(piece)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


def test_a_half_closed_connection_still_gets_its_answer(server):
    answer = raw(server, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", half_close=True)
    assert answer.startswith(b"HTTP/1.1 200 ")
    server.assert_serves()


SPIN = '(module (func (export "spin") (loop br 0)))'
INVOKE_SPIN = b"POST /v1/functions/%s/invoke HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"


def wait_for_calls_under_way(server, count):
    wanted = f"weft_invocations_in_flight {count}\n".encode()
    while wanted not in server.request("GET", "/metrics").body:
        pass


def test_a_call_ends_when_its_client_goes_away(server):
    server.deploy("left", SPIN, limits={"deadline_ms": 900_000})
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(INVOKE_SPIN % b"left")
        wait_for_calls_under_way(server, 1)
    wait_for_calls_under_way(server, 0)
    [record] = server.request("GET", "/v1/invocations?function=left").json()["items"]
    assert (record["status"], record["error"]["code"]) == ("error", "cancelled")
    server.assert_serves()


def test_a_half_closed_client_waits_for_a_long_call(server):
    server.deploy("waited", SPIN, limits={"deadline_ms": 3000})
    answer = raw(server, (INVOKE_SPIN % b"waited").replace(b"localhost", b"localhost\r\nConnection: close"),
                 half_close=True)
    # What the server sent to see that the client is there may stand before it.
    final = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert final.startswith(b"HTTP/1.1 504 ") and b"deadline_exceeded" in final


def test_a_call_that_outlives_the_drain_is_cancelled_and_recorded(tmp_path):
    server = conftest.Server(tmp_path / "data", ["--drain", "0s"]).start()
    server.deploy("long", SPIN, limits={"deadline_ms": 900_000})
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(INVOKE_SPIN % b"long")
        wait_for_calls_under_way(server, 1)
        assert server.stop() == 0
        answer = b"".join(iter(lambda: client.recv(10_000), b""))
    server.start()
    [record] = server.request("GET", "/v1/invocations?function=long").json()["items"]
    assert record["error"]["code"] == "cancelled"
    head, _, body = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
    assert b"\r\nConnection: close" in head
    problem = json.loads(body)
    assert (problem["code"], problem["invocation"]) == ("cancelled", record["id"])
    assert server.stop() == 0


def test_a_request_cut_off_in_its_body_leaves_nothing_behind(server):
    before = server.request("GET", "/v1/status").json()["modules"]
    head = b"POST /v1/modules HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
    answer = raw(server, head, ADD.encode(), half_close=True)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    assert server.request("GET", "/v1/status").json()["modules"] == before
    server.assert_serves()


def test_ambiguous_framing_is_refused(server):
    answer = raw(server, b"POST /v1/modules HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    server.assert_serves()


def test_slow_clients_do_not_keep_others_waiting(server):
    slow = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(50)]
    for connection in slow:
        connection.sendall(b"POST /v1/modules HTTP/1.1\r\nHost: lo")
    server.assert_serves()
    for connection in slow:
        connection.close()


def test_a_connection_too_many_is_told_when_to_come_again(tmp_path):
    server = conftest.Server(tmp_path / "data", ["--max-connections", "1"]).start()
    try:
        held = server.connect()
        held.request("GET", "/healthz")
        assert held.getresponse().read()
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as other:
            refusal = b""
            while part := other.recv(65_536):
                refusal += part
        assert refusal.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nRetry-After: 1\r\n" in refusal
        held.close()
    finally:
        assert server.stop() == 0
