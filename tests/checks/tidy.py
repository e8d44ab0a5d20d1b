#!/usr/bin/env python3
"""clang-tidy-19 with .clang-tidy on the C++ files that a change touches; --all for every file.

A change is what differs from the point where the branch left origin/main; on main itself, or without origin/main, the
last commit and what is not yet committed. A header is looked at through its .cc, or through a file that includes it.
What was clean is looked at again only when it, a header that it includes, or .clang-tidy changed.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
from pathlib import Path

from compile_commands import DATABASE, in_parallel, load
from source import ROOT, Finding, cpp_files, read, report

TOOL = "clang-tidy-19"
# A test that looks into an absent optional throws, and so fails as it should; cases grow with what they tell.
# Each check is many statements to the compiler; the check sizes bounds the lines of a case.
NOT_IN_TESTS = ("-bugprone-unchecked-optional-access,-readability-function-cognitive-complexity,"
                "-readability-function-size")
REPORT = re.compile(r"^(?P<path>/[^:\n]+):(?P<line>\d+):\d+: (?:error|warning): (?P<message>.*)$", re.MULTILINE)


def git(root: Path, *arguments: str) -> str | None:
    """What git prints; nothing when it fails."""
    run = subprocess.run(["git", "-c", "safe.directory=*", *arguments], cwd=root, capture_output=True, text=True,
                         check=False)
    return run.stdout.strip() if run.returncode == 0 else None


def changed(root: Path) -> set[str] | None:
    """The files that the change touches; nothing when there is nothing to compare with."""
    head = git(root, "rev-parse", "HEAD")
    base = git(root, "merge-base", "HEAD", "origin/main")
    if base is None or base == head:
        base = git(root, "rev-parse", "HEAD~1")
    if base is None:
        return None
    differing = git(root, "diff", "--name-only", "--diff-filter=d", base) or ""
    untracked = git(root, "ls-files", "--others", "--exclude-standard") or ""
    return set(differing.splitlines()) | set(untracked.splitlines())


def sources_for(root: Path, touched: set[str], sources: list[str]) -> list[str]:
    """The files to run on, so that each touched file is seen."""
    chosen = {name for name in touched if name in sources}
    for header in sorted(name for name in touched if name.endswith(".h")):
        beside = {header.removesuffix(".h") + end for end in (".cc", "_test.cc")} & set(sources)
        if not beside:
            include = f'#include "{header.removeprefix("src/")}"'
            beside = {name for name in sources if include in read(root, name)}
            beside = set(sorted(beside)[:1])
        chosen |= beside
    return sorted(chosen)


class Clean:
    """Remembers what was clean: one empty file per state of a source and everything of ours that it includes."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.folder = folder
        self.config = (root / ".clang-tidy").read_bytes()

    def path(self, name: str, flags: list[str]) -> Path:
        listed = subprocess.run([*flags, "-MM", name], cwd=self.root, capture_output=True, text=True, check=False)
        digest = hashlib.sha256(self.config + "\0".join(flags).encode() + bytes([listed.returncode]))
        for dependency in sorted(set(listed.stdout.replace("\\\n", " ").split()[1:]) | {name}):
            path = self.root / dependency
            digest.update(dependency.encode() + (path.read_bytes() if path.is_file() else b""))
        return self.folder / digest.hexdigest()

    def remember(self, path: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        path.touch()


def run_tidy(root: Path, database: Path, name: str) -> list[Finding]:
    command = [TOOL, "-p", str(database.parent), "--quiet", name]
    if name.endswith("_test.cc"):
        command.append(f"--checks={NOT_IN_TESTS}")
    run = subprocess.run(command, cwd=root, capture_output=True, text=True,
                         check=False)
    findings = []
    for match in REPORT.finditer(run.stdout):
        path = Path(match["path"])
        # The analyzer keeps to itself what it believes to see inside the standard library; the same goes for others,
        # as it cannot follow Asio's coroutines.
        if "[clang-analyzer-" in match["message"] and not path.is_relative_to(root):
            continue
        shown = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
        findings.append(Finding(shown, int(match["line"]), match["message"].replace(",-warnings-as-errors", "")))
    if run.returncode and not REPORT.search(run.stdout):
        findings.append(Finding(name, 0, (run.stdout + run.stderr).strip()[-500:]))
    return findings


def check(root: Path, database: Path, names: list[str]) -> list[Finding]:
    commands = load(database, root)
    clean = Clean(root, root / "build" / "tidy")
    findings = {Finding(name, 0, "the release build does not compile it: see src/CMakeLists.txt")
                for name in names if name not in commands and not name.endswith("_fuzz.cc")}

    def look_at(name: str) -> list[Finding]:
        state = clean.path(name, commands[name])
        if state.exists():
            return []
        found = run_tidy(root, database, name)
        if not found:
            clean.remember(state)
        return found

    for found in in_parallel(look_at, [name for name in names if name in commands]):
        findings.update(found)
    return sorted(findings, key=str)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder")
    parser.add_argument("--database", type=Path, help=f"compile_commands.json (default: {DATABASE})")
    parser.add_argument("--all", action="store_true", help="every file, not only the changed ones")
    parser.add_argument("files", nargs="*", help="these files only")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    sources = [name for name in cpp_files(root) if name.endswith(".cc") and name.startswith("src/")]
    touched = None if arguments.all else set(arguments.files) or changed(root)
    names = sources if touched is None else sources_for(root, touched, sources)
    print(f"tidy: {len(names)} of {len(sources)} files")
    sys.exit(report("tidy", check(root, arguments.database or root / DATABASE, names)))


if __name__ == "__main__":
    main()
