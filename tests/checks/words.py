#!/usr/bin/env python3
"""Names that do not belong into weft's files, each with what to use instead. Exceptions, with reasons: words.allow."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from source import Finding, allowances, files, line_of, main, read, without_comments

SELF = ("tests/checks/words.py", "tests/checks/self_test.py")


@dataclass(frozen=True)
class Ban:
    pattern: re.Pattern[str]
    instead: str
    allowed: tuple[str, ...] = field(default=())  # beginnings or ends of paths where it is right


def ban(pattern: str, instead: str, *allowed: str) -> Ban:
    return Ban(re.compile(pattern), instead, allowed)


TESTS = ("_test.cc", "_fuzz.cc", "tests/")

# In C++, comments and literals aside.
CODE = [
    ban(r"\bstd::w?regex|<regex>", "a parser of its own: std::regex recurses on what comes from outside"),
    ban(r"<iostream>|<(o|i)stream>|\bstd::(cout|cerr|clog|cin)\b", "base/log.h; fmt::print in cli", "src/cli/"),
    ban(r"(?<![\w.>])(?:std::|fmt::)?(?:f|v|vf|d)?(?:printf|puts|putchar|fputs)\s*\(|\bfmt::print(ln)?\s*\(",
        "base/log.h; output for people comes from cli", "src/cli/", "src/base/assert.cc",
        "tests/fuzz_replay_main.cc", "tests/split_agrees.cc", "tests/bench/"),
    ban(r"\b(?:secure_)?(?:get|set|unset|put)env\s*\(", "a setting that cli reads and passes on", "src/cli/"),
    ban(r"(?<!operator )\bnew\b\s+[\w:]+|(?<!operator )(?<!= )\bdelete\b(\s*\[\s*\])?\s+[\w(*]",
        "std::make_unique, or Handle for objects of C libraries; std::unique_ptr<T>(new T(…)) for private constructors"),
    ban(r"(?<!operator )\bnew\s*\(", "std::construct_at, where memory is there already"),
    ban(r"(?<![\w.>:])(?:std::|::)?(?:malloc|calloc|realloc|free)\s*\(",
        "std::vector or std::string, or Handle for what a C library allocates"),
    ban(r"\bstd::j?thread\b(?!::)|\bpthread_create\b|\bstd::async\b", "base/work_pool.h", "src/base/", "src/net/",
        *TESTS),
    ban(r"\bsleep_(for|until)\b|(?<![\w.>:])u?sleep\s*\(", "waiting for the event itself", "src/base/"),
    ban(r"\b(s?rand|drand48)\s*\(|\bstd::random_device\b", "base/id.h's Random, an argument", "src/base/"),
    ban(r"\b(system_clock|steady_clock|high_resolution_clock)::now\b|(?<![\w.>])(?:std::)?time\s*\(\s*(nullptr|0|NULL)",
        "base/clock.h's Clock, an argument", "src/base/clock.cc", *TESTS),
    ban(r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca)\s*\(", "std::string and {fmt}"),
    ban(r"\b(atoi|atol|atof|strtol|strtoul|strtod)\s*\(|\bstd::sto(i|l|ll|ul|ull|f|d)\b",
        "std::from_chars: it neither throws nor depends on the locale"),
    ban(r"\bthrow\b(?!\s*\()\s+\w|\bthrow\s*;", "a Result: exceptions stay in the file that wraps a library"),
    ban(r"<(format|print)>|\bstd::(format|print|println)\b", "{fmt}: libstdc++ 12 has neither"),
    ban(r"\busing\s+namespace\s+std\b", "the names themselves"),
    ban(r"\bassert\s*\(|<cassert>|<assert\.h>", "WEFT_ASSERT of base/assert.h"),
]

# The one way to build an object whose constructor is private.
OWNED_NEW = re.compile(r"(\bunique_ptr<[^;{}]*>\s*\w*\s*[({]\s*)new\b")

# In every text file, comments included.
TEXT = [
    ban(r"\bFIXME\b|\bXXX\b|\bHACK\b", "a fix now, or TODO(perf|security|cleanup|test): with the reason"),
    ban(r"\bTODO\b(?!\((perf|security|cleanup|test)\): \S)", "TODO(perf|security|cleanup|test): with the reason",
        "STYLE.md"),
    ban(r"(?<![\w.$}{~*-])/(root|work)/", "a path relative to the project, or one that an option gives"),
    ban(r"\b(registry\.(npmjs\.org|yarnpkg\.com)|(static|index)?\.?crates\.io|(files\.)?pythonhosted\.org|pypi\.org"
        r"|proxy\.golang\.org|(deb|security|snapshot)\.debian\.org)\b",
        "the registry's everyday name: where packages come from is the machine's setting"),
    ban(r"^(<{7} |>{7} |={7}$)", "the merge, finished"),
]

# Lock files name where a package is from; only the public registries may be named there.
LOCKS = ("Cargo.lock", "package-lock.json")
LOCK_HOST = re.compile(r"https?://([^/\"\s]+)")
LOCK_HOSTS = {"registry.npmjs.org", "github.com"}
LOCK_PLACE = re.compile(r'"(resolved|source)": "|^source = ')

FOLDERS = {"util", "utils", "common", "misc", "helper", "helpers"}
# Images belong to the web pages and the documents.
BINARIES = (".png", ".ico", ".woff2", ".webp")


def is_allowed(ban_: Ban, name: str) -> bool:
    return any(name.startswith(place) or name.endswith(place) for place in ban_.allowed)


def search(name: str, text: str, bans: list[Ban]) -> list[Finding]:
    findings = []
    for ban_ in bans:
        if not is_allowed(ban_, name):
            for match in re.finditer(ban_.pattern.pattern, text, re.MULTILINE):
                word = " ".join(match.group().split())
                findings.append(Finding(name, line_of(text, match.start()), f"`{word}`: use {ban_.instead}"))
    return findings


def check_lock(name: str, text: str) -> list[Finding]:
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        if LOCK_PLACE.search(line.strip()):
            for host in LOCK_HOST.findall(line):
                if host not in LOCK_HOSTS:
                    findings.append(Finding(name, number, f"locks a package to {host}: lock against the public registry"))
    return findings


def check_file(root: Path, name: str) -> list[Finding]:
    folders = FOLDERS & set(name.lower().split("/")[:-1])
    findings = [Finding(name, 0, f"a folder {folder} says nothing: name what is in it") for folder in sorted(folders)]
    if b"\0" in (root / name).read_bytes():
        if not name.endswith(BINARIES):
            findings.append(Finding(name, 0, "a binary file: commit its source and a step that makes it"))
        return findings
    text = read(root, name)
    if name.split("/")[-1] in LOCKS:
        return findings + check_lock(name, text)
    findings += search(name, text, TEXT)
    if name.endswith((".h", ".cc")):
        code = OWNED_NEW.sub(lambda match: match[1] + "   ", without_comments(text))
        findings += search(name, code, CODE)
    return findings


def check(root: Path) -> list[Finding]:
    allowed = allowances(root, "words.allow")
    findings = []
    used = set()
    for name in files(root):
        if name in SELF or name == "LICENSE" or name.startswith("tests/corpus/"):
            continue
        for finding in check_file(root, name):
            word = finding.message.split("`")[1] if "`" in finding.message else ""
            subjects = {name, f"{name}:{word.replace(' ', '_')}"} & set(allowed)
            used |= subjects
            if not subjects:
                findings.append(finding)
    for subject in sorted(set(allowed) - used):
        findings.append(Finding("tests/checks/words.allow", 0, f"{subject} needs no exception any more: remove it"))
    return findings


if __name__ == "__main__":
    main("words", check, __doc__)
