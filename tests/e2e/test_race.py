"""A program that opens files while its directories are swapped for links that lead out reads nothing from outside."""

import ctypes
import os
import subprocess

import pytest
from conftest import BINARY

SECONDS_MAX = 120
SWAPS_MIN = 300
AT_FDCWD = -100
RENAME_EXCHANGE = 2

# Opens PATH again and again and reads the first letter: exit code 1 when it is the secret's, 2 when it never saw its own.
OPENS = """(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\01\\00\\00\\00")
  (data (i32.const 100) "PATH")
  (func (export "_start") (local $left i32) (local $seen i32)
    (local.set $left (i32.const 20000))
    (loop $again
      (if (i32.eqz (call $open (i32.const 3) (i32.const 1) (i32.const 100) (i32.const SIZE) (i32.const 0)
                               (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 20)))
        (then
          (drop (call $read (i32.load (i32.const 20)) (i32.const 0) (i32.const 1) (i32.const 24)))
          (if (i32.ne (i32.load8_u (i32.const 16)) (i32.const 105)) (then (call $exit (i32.const 1))))
          (local.set $seen (i32.const 1))
          (drop (call $close (i32.load (i32.const 20))))))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (if (i32.eqz (local.get $seen)) (then (call $exit (i32.const 2))))))"""


@pytest.mark.parametrize("path", ["d/x", "l/x", "deep/../d/x", "d/../d/x", "end"])
def test_no_swap_lets_a_running_program_out(tmp_path, path):
    exchange = ctypes.CDLL(None, use_errno=True).renameat2
    (tmp_path / "x").write_text("secret")
    tree = tmp_path / "tree"
    (tree / "d").mkdir(parents=True)
    (tree / "d/x").write_text("inside")
    (tree / "deep").mkdir()
    (tree / "end").write_text("inside")
    pairs = [(tree / "d", tree / "l"), (tree / "end", tree / "out")]
    os.symlink("..", tree / "l")
    os.symlink("../x", tree / "out")
    module = tmp_path / "opens.wat"
    module.write_text(OPENS.replace("PATH", path).replace("SIZE", str(len(path))))
    swaps = 0
    seen = False
    # Until a run has met enough swaps: how often they come depends on the machine.
    while not seen or swaps < SWAPS_MIN:
        with subprocess.Popen([BINARY, "run", "--dir", f"{tree}:/", module], stderr=subprocess.PIPE) as program:
            try:
                while program.poll() is None:
                    for one, other in pairs:
                        assert exchange(AT_FDCWD, bytes(one), AT_FDCWD, bytes(other), RENAME_EXCHANGE) == 0
                    swaps += 1
                _, said = program.communicate(timeout=SECONDS_MAX)
            finally:
                program.kill()
        assert program.returncode in (0, 2), said
        seen = seen or program.returncode == 0
