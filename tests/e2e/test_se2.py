"""Plugins of Suborbital Extension Engine 2, of several languages: on a server, and in `weft run`."""

import os
import subprocess

import pytest
from conftest import BINARY, ROOT

SOURCES = ROOT / "tests/guests/se2"
GUESTS = ROOT / "build/guests"
PYTHON = ROOT / "build/python/out"
LOG = "error: an error\nwarning: a warning\ninfo: a message\ndebug: a detail\nprinted\n"


@pytest.fixture(scope="module")
def rust(tmp_path_factory):
    """With the published crate. Debian's tools, beside which others may come first in PATH."""
    folder = tmp_path_factory.mktemp("rust")
    sources = {"source.crates-io.replace-with": "vendored", "source.vendored.directory": str(GUESTS / "crates")}
    subprocess.run(
        ["/usr/bin/cargo", "build", "--release", "--offline", "--locked", "--quiet", "--target=wasm32-wasi",
         "--manifest-path", SOURCES / "Cargo.toml", "--target-dir", folder,
         *(word for name, value in sources.items() for word in ("--config", f'{name}="{value}"'))],
        env={**os.environ, "RUSTC": "/usr/bin/rustc", "RUSTFLAGS": ""}, check=True, timeout=600)
    return folder / "wasm32-wasi/release/se2_plugin.wasm"


@pytest.fixture(scope="module")
def assemblyscript(tmp_path_factory):
    module = tmp_path_factory.mktemp("assemblyscript") / "plugin.wasm"
    subprocess.run([GUESTS / "npm/node_modules/.bin/asc", "-O", "-o", module, SOURCES / "plugin.ts"], check=True, timeout=300)
    return module


def invoke(server, name, payload):
    return server.request("POST", f"/v1/functions/{name}/invoke", payload)


def log_of(server, answer):
    return server.request("GET", f"/v1/invocations/{answer.headers['weft-invocation']}/logs").body.decode()


def run(module, payload, *options):
    return subprocess.run([BINARY, "run", *options, module], input=payload, capture_output=True, timeout=60)


def test_a_plugin_in_rust_answers(server, rust):
    assert server.deploy("rust", rust.read_bytes())["dialect"] == "se2"
    for payload in (b"hello", b"", b"\xff\x00", b"x" * 1_000_000):
        answer = invoke(server, "rust", payload)
        assert (answer.status, answer.body) == (200, payload)
    assert server.request("GET", "/f/rust/any/path", b"body").body == b"body"
    answer = invoke(server, "rust", b"log")
    assert answer.body == b"logged" and answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert log_of(server, answer) == LOG


def test_what_a_plugin_in_rust_returns_as_an_error_is_the_calls(server, rust):
    server.deploy("failing", rust.read_bytes())
    answer = invoke(server, "failing", b"fail")
    assert answer.status == 502
    problem = answer.json()
    assert (problem["code"], problem["detail"]) == ("guest_error", "short and stout (code 418)")
    answer = invoke(server, "failing", b"panic")
    assert answer.json()["code"] == "guest_trap"
    assert "this plugin panics" in log_of(server, answer)
    assert invoke(server, "failing", b"next").body == b"next"


def test_a_plugin_in_assemblyscript_answers(server, assemblyscript):
    server.deploy("script", assemblyscript.read_bytes())
    for payload, result in {"hello": "HELLO", "": "", "ü" * 100_000: "Ü" * 100_000}.items():
        assert invoke(server, "script", payload.encode()).body.decode() == result
    assert invoke(server, "script", b"fail").json()["detail"] == "no (code -7)"
    assert "the guest aborted: thrown" in invoke(server, "script", b"throw").json()["detail"]
    assert log_of(server, invoke(server, "script", b"log")) == "warning: a message\n"


def test_many_calls_are_alike(server, rust, assemblyscript):
    for name, module, change in (("many-r", rust, bytes), ("many-s", assemblyscript, bytes.upper)):
        for state in ("fresh", "warm"):
            deployed = server.deploy(f"{name}-{state}", module.read_bytes(), **({"state": "warm"} if state == "warm" else {}))
            assert deployed["dialect"] == "se2"
            for i in range(300):
                payload = f"call {i} ".encode() * (i % 50)
                assert invoke(server, f"{name}-{state}", payload).body == change(payload)


def test_the_command_line_invokes_a_plugin(server, rust):
    server.deploy("command", rust.read_bytes())
    done = subprocess.run([BINARY, "invoke", "command", "--data", "hello", "--server", f"http://127.0.0.1:{server.port}"],
                          capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "hello"), done.stderr


def test_a_plugin_runs_without_a_server(rust):
    done = run(rust, b"hello")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"hello", b"")
    done = run(rust, b"log")
    assert (done.returncode, done.stdout, done.stderr.decode()) == (0, b"logged", LOG)
    done = run(rust, b"fail")
    assert done.returncode == 1 and b"short and stout (code 418)" in done.stderr


PLUGIN = '''
import json
import sdk

def run_e(payload, ident):
    if payload == "fail":
        sdk.return_error(9, "no", ident)
    else:
        sdk.return_result(json.dumps({"got": payload}), ident)
'''


@pytest.mark.skipif(not (PYTHON / "se2.wasm").exists(), reason="guests/python/build makes what is tested here")
def test_the_python_guest_for_hosts_of_se2_runs(server, tmp_path):
    (tmp_path / "plugin.py").write_text(PLUGIN)
    options = ["--dir", f"{tmp_path}:/plugin:ro", "--dir", f"{PYTHON / 'usr'}:/usr:ro"]
    done = run(PYTHON / "se2.wasm", "hé".encode(), *options)
    assert (done.returncode, done.stdout) == (0, b'{"got": "h\\u00e9"}'), done.stderr
    done = run(PYTHON / "se2.wasm", b"fail", *options)
    assert done.returncode == 1 and b"no (code 9)" in done.stderr
    # A function has no directories, so that no plugin is found there: it says so.
    server.deploy("python", (PYTHON / "se2.wasm").read_bytes())
    problem = invoke(server, "python", b"x").json()
    assert problem["code"] == "guest_error" and "plugin" in problem["detail"], problem
