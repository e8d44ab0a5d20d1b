"""`weft inspect --json` and `GET /v1/modules/ID` describe a module with the same document."""

import json
import subprocess

import pytest
from conftest import BINARY, ROOT

# Names one of two parameters, exports what cannot be called, imports, and has state.
MIXED = """(module
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 4)
  (global (export "count") (mut i32) (i32.const 0))
  (func (export "half_named") (param $a i32) (param i64) (result f64) (f64.const 1)))"""


@pytest.mark.parametrize(
    "text", [(ROOT / "examples/add.wat").read_text(), (ROOT / "examples/primes.wat").read_text(), MIXED],
    ids=["add", "primes", "mixed"])
def test_both_describe_a_module_alike(server, text):
    shown = server.request("GET", f"/v1/modules/{server.upload(text)}").json()
    del shown["created"]
    printed = subprocess.run([BINARY, "inspect", "-", "--json"], input=text.encode(), capture_output=True, check=True)
    assert json.loads(printed.stdout) == shown
