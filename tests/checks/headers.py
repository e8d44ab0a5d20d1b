#!/usr/bin/env python3
"""Every header compiles alone, with the flags that the release build gives its module.

A header that its own .cc includes first is compiled alone by every build; this compiles the others.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from compile_commands import DATABASE, in_parallel, load, module_of
from source import ROOT, Finding, cpp_files, read, report, without_comments


def built_first(root: Path, header: str, commands: dict[str, list[str]]) -> bool:
    """Whether the build compiles a .cc beside the header that includes it before anything else."""
    source = header.removesuffix(".h") + ".cc"
    if source not in commands:
        return False
    first = re.search(r'#[ \t]*include[ \t]*["<]([^">]+)', without_comments(read(root, source)))
    return first is not None and f"src/{first[1]}" == header


def compile_alone(root: Path, flags: list[str], name: str) -> list[Finding]:
    include = name.removeprefix("src/")
    run = subprocess.run([*flags, "-fsyntax-only", "-fno-color-diagnostics", "-I", str(root), "-x", "c++", "-"], cwd=root,
                         input=f'#include "{include}"\n', capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return []
    error = next((line for line in run.stderr.splitlines() if "error:" in line), run.stderr[-300:])
    return [Finding(name, 0, f"does not compile alone: {error}")]


def check(root: Path, database: Path) -> list[Finding]:
    commands = load(database, root)
    of_module = {module_of(name): flags for name, flags in reversed(sorted(commands.items()))}
    # A header beside .c files is C, which the flags of a C++ build do not fit.
    headers = [name for name in cpp_files(root) if name.endswith(".h") and not any((root / name).parent.glob("*.c"))]
    findings = [Finding(name, 0, f"the release build compiles nothing of {module_of(name)}: see src/CMakeLists.txt")
                for name in headers if module_of(name) not in of_module]
    known = [name for name in headers if module_of(name) in of_module and not built_first(root, name, commands)]
    for found in in_parallel(lambda name: compile_alone(root, of_module[module_of(name)], name), known):
        findings += found
    return findings


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder")
    parser.add_argument("--database", type=Path, help=f"compile_commands.json (default: {DATABASE})")
    arguments = parser.parse_args()
    sys.exit(report("headers", check(arguments.root, arguments.database or arguments.root / DATABASE)))
