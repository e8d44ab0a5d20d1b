#!/usr/bin/env python3
"""Runs shell transcripts against the program weft and compares what it prints.

A transcript (*.t) is a list of commands and of what they answer:

    # a comment
    $ weft run examples/add.wat --invoke add 2 3
    5
    $ cat > bad.wat <<END
    > (module
    > END
    $ weft run bad.wat
    weft: bad.wat: [..]
    ...
    ? 2

A command begins with `$ `, its further lines with `> `. Both streams are compared together, line by line; `[..]` stands
for any text within a line, a line `...` for any lines. `? CODE` is the exit code when it is not 0. Each transcript has
an empty directory with examples/ of the project in it, and a HOME of its own. With a line `# server`, a server on a
free port is what WEFT_SERVER names; it is stopped with SIGTERM and must then exit with 0.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND_SECONDS_MAX = 120


@dataclass
class Step:
    line: int
    command: str
    expected: list[str] = field(default_factory=list)
    code: int = 0


def parse(text: str) -> list[Step]:
    steps: list[Step] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("$ "):
            steps.append(Step(number, line[2:]))
        elif line.startswith("#") or (not line and not steps):
            continue
        elif not steps:
            raise ValueError(f"line {number}: output before the first command")
        elif line.startswith("> ") and not steps[-1].expected:
            steps[-1].command += "\n" + line[2:]
        elif line.startswith("? "):
            steps[-1].code = int(line[2:])
        else:
            steps[-1].expected.append(line)
    for step in steps:
        while step.expected and not step.expected[-1]:
            step.expected.pop()
    return steps


def line_matches(expected: str, line: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in expected.split("[..]"))
    return re.fullmatch(pattern, line) is not None


def matches(expected: list[str], lines: list[str]) -> bool:
    """Whether the lines are as expected; `...` takes as many as it must."""
    reachable = {0}
    for pattern in expected:
        if pattern == "...":
            reachable = set(range(min(reachable), len(lines) + 1))
        else:
            reachable = {i + 1 for i in reachable if i < len(lines) and line_matches(pattern, lines[i])}
        if not reachable:
            return False
    return len(lines) in reachable


class Server:
    """A server of its own on a free port."""

    def __init__(self, weft: Path, directory: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [weft, "serve", "--listen", "127.0.0.1:0", "--data", directory / "data"],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
        assert self.process.stderr is not None
        first = self.process.stderr.readline()
        found = re.fullmatch(r"listening on (http://\S+) \(data in .*\)\n", first)
        if found is None:
            self.process.kill()
            raise RuntimeError(f"the server said {first!r}")
        self.url = found[1]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=COMMAND_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
        return self.process.wait()


def run_step(step: Step, directory: Path, environment: dict[str, str]) -> str | None:
    """What is wrong; nothing when all is as expected."""
    try:
        done = subprocess.run(["bash", "-c", step.command], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=COMMAND_SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired:
        return f"did not end within {COMMAND_SECONDS_MAX} s"
    lines = done.stdout.decode(errors="replace").splitlines()
    while lines and not lines[-1]:
        lines.pop()
    if done.returncode == step.code and matches(step.expected, lines):
        return None
    shown = "\n".join("    " + line for line in lines[:40])
    wanted = "\n".join("    " + line for line in step.expected)
    return f"exit code {done.returncode}, expected {step.code}\n  got:\n{shown}\n  expected:\n{wanted}"


def environment_of(directory: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("WEFT_", "XDG_")) and not name.lower().endswith("_proxy")}
    return kept | {"HOME": str(directory / "home"), "PATH": f"{directory / 'bin'}:{os.environ['PATH']}",
                   "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}


def run_transcript(weft: Path, transcript: Path) -> int:
    text = transcript.read_text(encoding="utf-8")
    failures = 0
    with tempfile.TemporaryDirectory(prefix="weft-cli-") as name:
        directory = Path(name)
        for part in ("bin", "home", "work"):
            (directory / part).mkdir()
        (directory / "bin/weft").symlink_to(weft)
        shutil.copytree(ROOT / "examples", directory / "work/examples")
        environment = environment_of(directory)
        server = None
        if re.search(r"^# server$", text, re.MULTILINE):
            server = Server(weft, directory, environment)
            environment["WEFT_SERVER"] = server.url
        try:
            for step in parse(text):
                wrong = run_step(step, directory / "work", environment)
                if wrong is not None:
                    failures += 1
                    print(f"{transcript.name}:{step.line}: $ {step.command}\n  {wrong}")
        finally:
            if server is not None and (code := server.stop()) != 0:
                failures += 1
                print(f"{transcript.name}: the server exited with {code}")
    return failures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weft", type=Path, help="the program")
    parser.add_argument("transcripts", type=Path, nargs="+")
    arguments = parser.parse_args()
    failures = sum(run_transcript(arguments.weft.resolve(), each) for each in arguments.transcripts)
    print(f"{failures} failures" if failures else "as expected")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
