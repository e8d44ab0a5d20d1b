"""What the checks share: which files belong to the project, C++ without comments and literals, and findings."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable

ROOT = Path(__file__).resolve().parent.parent.parent
NOT_OURS = {".git", "build", "node_modules", "dist", "target", "__pycache__", ".venv"}
CPP = (".h", ".cc")


@dataclass(frozen=True)
class Finding:
    path: str  # relative to the project
    line: int  # from 1; 0 for the whole file
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


def files(root: Path) -> list[str]:
    """The files under version control and those that would be added; outside a checkout, all but what tools make."""
    if (root / ".git").exists():
        # safe.directory: a checkout may belong to another user than the one who runs the tests.
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, capture_output=True, check=True).stdout.decode().split("\0")
        return sorted({name for name in listed if name and (root / name).is_file()})
    found = []
    for directory, subdirectories, names in os.walk(root):
        subdirectories[:] = [name for name in subdirectories if name not in NOT_OURS]
        found += [str((Path(directory) / name).relative_to(root)) for name in names]
    return sorted(found)


def cpp_files(root: Path) -> list[str]:
    return [name for name in files(root) if name.endswith(CPP)]


def read(root: Path, name: str) -> str:
    return (root / name).read_text(encoding="utf-8", errors="replace")


_TOKEN = re.compile(
    r"""(?P<include>^[ \t]*\#[ \t]*include[ \t]*"[^"\n]*")  # names what is included
      | //[^\n]*                                          # line comment
      | /\*.*?\*/                                         # block comment
      | (?:u8|[uUL])?R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"   # raw string
      | "(?:\\.|[^"\\\n])*"                               # string
      | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'               # character, not a digit separator
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE)


def without_comments(text: str) -> str:
    """C++ `text` with comments and literals turned into spaces; lines and columns stay."""

    def blank(match: re.Match[str]) -> str:
        return match.group() if match["include"] else re.sub(r"[^\n]", " ", match.group())

    return _TOKEN.sub(blank, text)


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def allowances(root: Path, name: str) -> dict[str, str]:
    """The exceptions of a check: lines `SUBJECT  reason` of tests/checks/NAME. A line without a reason counts not."""
    path = root / "tests/checks" / name
    allowed = {}
    if path.exists():
        for line in path.read_text().splitlines():
            subject, _, reason = line.partition(" ")
            if subject and not subject.startswith("#") and reason.strip():
                allowed[subject] = reason.strip()
    return allowed


def report(name: str, findings: Iterable[Finding]) -> int:
    found = sorted(findings, key=lambda finding: (finding.path, finding.line, finding.message))
    for finding in found:
        print(finding)
    print(f"{name}: {len(found)} findings" if found else f"{name}: clean")
    return 1 if found else 0


def main(name: str, check: Callable[[Path], Iterable[Finding]], what: str) -> None:
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder")
    arguments = parser.parse_args()
    sys.exit(report(name, check(arguments.root)))
