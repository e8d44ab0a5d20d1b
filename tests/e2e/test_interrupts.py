"""Ctrl-C ends `weft run` at once, whatever the program does, and leaves the terminal as it was."""

import os
import pty
import signal
import termios

import pytest
from conftest import BINARY

IMPORTS = """
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
  (data (i32.const 16) "ready\\n")
  ;; A subscription to the monotonic clock, in an hour.
  (data (i32.const 80) "\\01")
  (data (i32.const 88) "\\00\\a0\\b8\\30\\46\\03\\00\\00")"""
DEEDS = {
    "computes": "(loop $on (br $on))",
    "sleeps": "(drop (call $poll (i32.const 64) (i32.const 200) (i32.const 1) (i32.const 300)))",
    "reads": "(drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 300)))",
}


def read_until(terminal, words):
    seen = b""
    while words not in seen:
        part = os.read(terminal, 1024)
        assert part, seen
        seen += part


@pytest.mark.parametrize("deed", DEEDS)
def test_ctrl_c_ends_a_program_that(tmp_path, deed):
    module = tmp_path / "program.wat"
    module.write_text(f"""(module {IMPORTS} (func (export "_start")
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 300))) {DEEDS[deed]}))""")
    process, terminal = pty.fork()
    if process == 0:
        os.execv(BINARY, [BINARY, "run", module])
    try:
        before = termios.tcgetattr(terminal)
        read_until(terminal, b"ready")
        os.write(terminal, b"\x03")
        _, status = os.waitpid(process, 0)
        process = None
        # A shell says 130 of it.
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT, status
        assert termios.tcgetattr(terminal) == before
    finally:
        if process is not None:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        os.close(terminal)
