"""Guests that wait take no thread: others are answered meanwhile, and each goes on with what it waited for."""

import json
import socket
import subprocess

import pytest
from conftest import BINARY, ROOT, Server

WAITING = 200

CONNECTING = (ROOT / "tests/guests/waiting/connect.wat").read_text()

ADD = '(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'


@pytest.fixture
def server(tmp_path):
    """With one thread for all requests."""
    running = Server(tmp_path / "data", ["--threads", "1"]).start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def backend():
    with socket.create_server(("127.0.0.1", 0), backlog=WAITING) as listener:
        yield listener


def start_call(server, name, port):
    """A connection on which the call is under way."""
    connection = server.connect()
    connection.request("POST", f"/v1/functions/{name}/invoke", json.dumps({"args": [port]}))
    return connection


def test_many_guests_wait_for_a_socket_and_others_are_answered(server, backend):
    port = backend.getsockname()[1]
    rule = f"127.0.0.1:{port}"
    deployed = server.deploy("connect", CONNECTING, grants={"network": [rule]},
                             limits={"in_flight": WAITING, "deadline_ms": 600000})
    assert deployed["grants"] == {"network": [rule]}
    server.deploy("add", ADD)
    calls = []
    for _ in range(WAITING):
        calls.append((start_call(server, "connect", port), backend.accept()[0]))
    assert server.invoke("add", args=[2, 3]).json() == {"results": [5]}
    assert "weft_invocations_in_flight 200\n" in server.request("GET", "/metrics").body.decode()
    for number, (connection, peer) in reversed(list(enumerate(calls))):
        peer.sendall(bytes([number]))
        response = connection.getresponse()
        assert (response.status, json.loads(response.read())) == (200, {"results": [number]})
        connection.close()
        peer.close()
    assert "weft_invocations_in_flight 0\n" in server.request("GET", "/metrics").body.decode()


def test_a_client_that_goes_away_ends_the_guest_that_waits_for_it(server, backend):
    port = backend.getsockname()[1]
    server.deploy("connect", CONNECTING, grants={"network": ["127.0.0.1"]}, limits={"deadline_ms": 600000})
    connection = start_call(server, "connect", port)
    peer, _ = backend.accept()
    connection.close()
    peer.settimeout(60)
    assert peer.recv(1) == b""  # The guest's socket is closed, long before its deadline.
    peer.close()


def test_a_guest_that_waits_is_ended_at_its_deadline(server, backend):
    server.deploy("connect", CONNECTING, grants={"network": ["127.0.0.1"]}, limits={"deadline_ms": 200})
    answer = server.invoke("connect", args=[backend.getsockname()[1]])
    assert (answer.status, answer.json()["code"]) == (504, "deadline_exceeded")


def test_a_server_that_stops_does_not_wait_for_guests_that_do(tmp_path, backend):
    server = Server(tmp_path / "data", ["--drain", "100ms"]).start()
    server.deploy("connect", CONNECTING, grants={"network": ["127.0.0.1"]}, limits={"deadline_ms": 600000})
    connection = start_call(server, "connect", backend.getsockname()[1])
    peer, _ = backend.accept()
    assert server.stop() == 0
    assert json.loads(connection.getresponse().read())["code"] == "cancelled"
    peer.close()


def test_a_grant_on_the_command_line_is_kept_shown_and_taken_away(server, tmp_path):
    module = tmp_path / "connect.wat"
    module.write_text(CONNECTING)
    environment = {"WEFT_SERVER": f"http://127.0.0.1:{server.port}", "PATH": "/usr/bin:/bin"}

    def weft(*words):
        return subprocess.run([BINARY, *words], env=environment, capture_output=True, text=True, timeout=60)

    assert weft("deploy", "c", module, "--allow-net", "127.0.0.1:1-9", "--allow-net", "10.0.0.0/8").returncode == 0
    shown = weft("show", "c").stdout
    assert "network   127.0.0.1:1-9\nnetwork   10.0.0.0/8\n" in shown
    assert "c keeps 1 grant of version 1; --fresh begins with the defaults\n" in weft("deploy", "c", module).stderr
    assert "network   127.0.0.1:1-9\n" in weft("show", "c").stdout
    assert weft("deploy", "c", module, "--deny-net").returncode == 0
    assert "network" not in weft("show", "c").stdout
    refused = weft("deploy", "c", module, "--allow-net", "10.0.0.0/99")
    assert refused.returncode == 2
    assert "10.0.0.0/99" in refused.stderr


def test_programs_of_c_sleep_and_talk_as_functions(server, tmp_path):
    module = tmp_path / "sockets.wasm"
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-O2", "-o", module, ROOT / "tests/guests/waiting/nap.c"],
                   check=True, timeout=300)
    server.deploy("nap", module.read_bytes())
    naps = [server.connect() for _ in range(20)]
    for connection in naps:
        connection.request("POST", "/v1/functions/nap/invoke", b"50")
    for connection in naps:
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"slept for at least 50 ms\n")
        connection.close()
