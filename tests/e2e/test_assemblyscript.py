"""A module of AssemblyScript without WASI: it computes, and what it throws reaches whoever called it."""

import subprocess

import pytest
from conftest import BINARY, ROOT

COMPILER = ROOT / "build/guests/npm/node_modules/.bin/asc"
SOURCE = ROOT / "tests/guests/assemblyscript/compute.ts"


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    path = tmp_path_factory.mktemp("assemblyscript") / "compute.wasm"
    subprocess.run([COMPILER, "-O", "--debug", "-o", path, SOURCE], check=True, timeout=300)
    return path


def run(module, *arguments):
    return subprocess.run([BINARY, "run", module, "--invoke", *arguments], capture_output=True, text=True, timeout=60)


def test_a_module_computes(module):
    for arguments, result in {("fibonacci", "90"): "2880067194370816120", ("collect", "100000"): "100000"}.items():
        done = run(module, *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{result}\n", "")


def test_what_a_module_throws_reaches_the_person(module):
    done = run(module, "fibonacci", "-3")
    assert done.returncode == 1 and done.stdout == ""
    assert "the guest aborted: n is -3: must not be below 0 … (" in done.stderr, done.stderr
    assert "compute.ts:4:14)" in done.stderr, done.stderr
    done = run(module, "beyond", "3")
    assert "the guest aborted: Index out of range (~lib/" in done.stderr, done.stderr


def test_what_a_function_throws_is_its_answer(server, module):
    server.deploy("compute", module.read_bytes())
    assert server.invoke("compute", "fibonacci", [10]).json() == {"results": ["55"]}
    answer = server.invoke("compute", "fibonacci", [-3])
    assert answer.status == 502
    problem = answer.json()
    assert problem["code"] == "guest_error"
    assert problem["detail"].startswith("the guest aborted: n is -3: must not be below 0 … ("), problem
    assert problem["backtrace"][0]["function"].endswith("fibonacci"), problem
