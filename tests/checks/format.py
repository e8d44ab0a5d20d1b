#!/usr/bin/env python3
"""clang-format-19 would change nothing. `script/format` makes it so."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from source import Finding, cpp_files, main

TOOL = "clang-format-19"
REPORT = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+):\d+: error: code should be clang-formatted", re.MULTILINE)


def check(root: Path) -> list[Finding]:
    names = cpp_files(root)
    if not names:
        return []
    run = subprocess.run([TOOL, "--dry-run", "-Werror", *names], cwd=root, capture_output=True, text=True, check=False)
    first: dict[str, int] = {}
    for match in REPORT.finditer(run.stderr):
        first.setdefault(match["path"], int(match["line"]))
    if run.returncode and not first:
        return [Finding(".clang-format", 0, run.stderr.strip()[-500:])]
    return [Finding(path, line, "not formatted from here on: run script/format") for path, line in first.items()]


if __name__ == "__main__":
    main("format", check, __doc__)
