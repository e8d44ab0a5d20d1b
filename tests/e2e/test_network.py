"""Programs that make sockets themselves go where --allow-net lets them, and nowhere else."""

import socket
import subprocess
import threading
from contextlib import contextmanager

import pytest
from conftest import BINARY, ROOT

SOURCE = ROOT / "tests/guests/wasmedge/sockets.c"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    module = tmp_path_factory.mktemp("network") / "sockets.wasm"
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-O2", "-Wall", "-Wextra", "-Werror", "-o", module, SOURCE],
                   check=True, timeout=300)
    return module


@contextmanager
def echo_servers():
    """Ports on which TCP and UDP come back, each once."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))

        def serve_tcp():
            try:
                connection, _ = tcp.accept()
            except OSError:  # Nobody came, and the test is over.
                return
            with connection:
                connection.sendall(connection.recv(100))
                connection.recv(1)  # Until the other side closes.

        def serve_udp():
            try:
                payload, sender = udp.recvfrom(100)
            except OSError:
                return
            if sender:  # Else the socket was shut down.
                udp.sendto(payload, sender)

        threads = [threading.Thread(target=serve) for serve in (serve_tcp, serve_udp)]
        for thread in threads:
            thread.start()
        try:
            yield tcp.getsockname()[1], udp.getsockname()[1]
        finally:
            for each in (tcp, udp):
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # It is a socket without a connection; the threads wake all the same.
            for thread in threads:
                thread.join()


def run(program, ports, *rules):
    options = [word for rule in rules for word in ("--allow-net", rule)]
    return subprocess.run([BINARY, "run", *options, program, *map(str, ports)], capture_output=True, text=True,
                          timeout=120)


def test_a_program_goes_where_rules_let_it(program):
    with echo_servers() as ports:
        done = run(program, ports, "localhost", "listen:127.0.0.1")
    assert (done.stdout, done.stderr, done.returncode) == ("ok\n", "", 0)


def test_without_a_rule_it_goes_nowhere_and_the_flag_is_named(program):
    with echo_servers() as ports:
        done = run(program, ports)
    assert done.returncode == 1
    assert done.stderr.endswith("weft: the program wanted to use the network: --allow-net HOST:PORT lets it\n")


def test_a_rule_for_another_port_is_not_enough_and_the_right_one_is_named(program):
    with echo_servers() as (tcp, udp):
        done = run(program, (tcp, udp), "localhost:1")
    assert done.returncode == 1
    assert done.stderr.endswith(f"weft: the program wanted to use the network: --allow-net 127.0.0.1:{tcp} lets it\n")


def test_a_rule_that_says_nothing_clear_is_refused(program):
    done = run(program, (1, 2), "10.0.0.0/99")
    assert done.returncode == 2
    assert done.stderr.startswith('weft: --allow-net: "10.0.0.0/99": ')
