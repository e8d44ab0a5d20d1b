#!/usr/bin/env python3
"""Files, functions and parameter lists stay small (STYLE.md). Exceptions, with reasons: sizes.allow.

Function lengths and parameters come from universal-ctags: exact for ordinary code, approximate around macros.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from source import Finding, allowances, cpp_files, main, read

HEADER_LINES_MAX = 400
SOURCE_LINES_MAX = 800
TEST_LINES_MAX = 1600
FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 5


def lines_max(name: str) -> int:
    if name.endswith(".h"):
        return HEADER_LINES_MAX
    return TEST_LINES_MAX if name.endswith("_test.cc") else SOURCE_LINES_MAX


def count_parameters(signature: str) -> int:
    """How many parameters "(int a, std::map<K, V> b)" has."""
    inner = signature[signature.find("(") + 1:signature.rfind(")")].strip()
    if inner in ("", "void"):
        return 0
    depth, count = 0, 1
    for character in inner.replace("->", "  "):
        if character in "<([{":
            depth += 1
        elif character in ">)]}":
            depth -= 1
        elif character == "," and depth == 0:
            count += 1
    return count


def check_function(tag: dict) -> list[tuple[str, str]]:
    """Pairs of subject and message for one function that ctags found."""
    name = f"{tag['scope']}::{tag['name']}" if "scope" in tag else tag["name"]
    subject = f"{tag['path']}:{tag['name']}"
    found = []
    length = tag.get("end", tag["line"]) - tag["line"] + 1
    if length > FUNCTION_LINES_MAX:
        found.append((subject, f"{name} has {length} lines, more than {FUNCTION_LINES_MAX}: take a step of it out"))
    parameters = count_parameters(tag.get("signature", ""))
    if parameters > PARAMETERS_MAX:
        found.append((subject, f"{name} has {parameters} parameters, more than {PARAMETERS_MAX}: "
                      "pass a struct of options"))
    return found


def function_tags(root: Path, names: list[str]) -> list[dict]:
    """What ctags says about the functions defined or declared in these files."""
    command = ["ctags", "--output-format=json", "--fields=+neS", "--kinds-C++=fp", "--language-force=C++",
               "--sort=no", "-L", "-", "-f", "-"]
    listed = subprocess.run(command, cwd=root, input="\n".join(names), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in listed.stdout.splitlines()]


def check(root: Path) -> list[Finding]:
    allowed = allowances(root, "sizes.allow")
    names = cpp_files(root)
    findings = []
    used = set()
    for name in names:
        count = read(root, name).count("\n")
        if count > lines_max(name):
            used.add(name)
            if name not in allowed:
                findings.append(Finding(name, 0, f"{count} lines, more than {lines_max(name)}: split it by concern"))
    for tag in function_tags(root, names) if names else []:
        for subject, message in check_function(tag):
            used.add(subject)
            if subject not in allowed:
                findings.append(Finding(tag["path"], tag["line"], message))
    for subject in sorted(set(allowed) - used):
        findings.append(Finding("tests/checks/sizes.allow", 0, f"{subject} needs no exception any more: remove it"))
    return findings


if __name__ == "__main__":
    main("sizes", check, __doc__)
