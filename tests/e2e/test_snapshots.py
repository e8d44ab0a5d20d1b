"""A library in C that fills a table when it is deployed: each call begins with it, over restarts and roll-backs."""

import subprocess
import zlib

import pytest
from conftest import BINARY, ROOT

SOURCE = ROOT / "tests/guests/c/crc.c"


@pytest.fixture(scope="module")
def crc(tmp_path_factory):
    module = tmp_path_factory.mktemp("crc") / "crc.wasm"
    compiler = ["clang-19", "--target=wasm32-wasi"]
    # In two steps: linking with -O2, clang runs Binaryen where that is installed, which drops the names of functions.
    subprocess.run([*compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-c", "-o", module.with_suffix(".o"), SOURCE],
                   check=True, timeout=600)
    subprocess.run([*compiler, "-mexec-model=reactor", "-o", module, module.with_suffix(".o")], check=True, timeout=600)
    return module


def weft(server, *words):
    return subprocess.run([BINARY, *words, "--server", f"http://127.0.0.1:{server.port}"], capture_output=True,
                          text=True, timeout=120, check=False)


def call(server, name, *args):
    answer = server.invoke("crc", name, args)
    assert answer.status == 200, answer.body
    results = answer.json()["results"]
    return results[0] if results else None


def check(server):
    for number in (5, 2**63 - 1):
        expected = zlib.crc32(number.to_bytes(8, "little"))
        assert call(server, "crc", number) % 2**32 == expected
        # No call sees that there was another one.
        assert call(server, "called") == 0
    # The constructors and the export have run once.
    assert call(server, "built") == 101
    assert call(server, "drawn_now") != call(server, "drawn_now")


def test_a_table_is_built_once_and_outlives_the_server(own_server, crc):
    done = weft(own_server, "deploy", "crc", crc, "--init", "build")
    assert done.returncode == 0, done.stderr
    shown = own_server.request("GET", "/v1/functions/crc").json()
    assert (shown["state"], shown["init"]) == ("pristine", "build")
    assert shown["initialization"]["exports"] == ["_initialize", "build"]
    assert shown["initialization"]["when"] == "deployment"
    check(own_server)
    drawn = call(own_server, "drawn_then")
    own_server.kill()
    own_server.start()
    check(own_server)
    assert call(own_server, "drawn_then") == drawn
    # Another version draws another number; the first one's comes back with it.
    assert weft(own_server, "deploy", "crc", crc).returncode == 0
    assert call(own_server, "drawn_then") != drawn
    assert weft(own_server, "rollback", "crc").returncode == 0
    check(own_server)
    assert call(own_server, "drawn_then") == drawn


def test_a_warm_function_counts_its_calls(server, crc):
    assert weft(server, "deploy", "crc", crc, "--init", "build", "--state", "warm").returncode == 0
    for calls in range(3):
        assert call(server, "called") == calls
        call(server, "crc", 1)
    assert call(server, "built") == 101


def test_an_initialisation_that_fails_or_never_ends_refuses_the_deployment(server, crc):
    failed = weft(server, "deploy", "failing", crc, "--init", "build", "--env", "FAIL=1")
    assert failed.returncode == 134
    assert "initialisation failed in build" in failed.stderr
    assert "at abort" in failed.stderr
    endless = server.upload('(module (func $spin (export "_initialize") (loop br 0)) (func (export "f")))')
    refused = server.request("PUT", "/v1/functions/failing", {"module": endless, "limits": {"deadline_ms": 200}})
    assert refused.status == 504
    assert refused.json()["limit"] == {"name": "deadline_ms", "value": 200}
    assert refused.json()["backtrace"][0]["function"] == "spin"
    assert server.request("GET", "/v1/functions/failing").status == 404
    server.assert_serves()
