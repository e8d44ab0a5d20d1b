#!/usr/bin/env python3
"""Which module includes which: src/LAYERS against every #include.

Finds modules that LAYERS does not declare, cycles in LAYERS, includes upwards or sideways, relative includes, dialects
under src/abi/ that include each other, and third-party headers outside the one module that wraps them.
"""

from __future__ import annotations

import re
from pathlib import Path

from source import Finding, cpp_files, line_of, main, read, without_comments

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)

# Headers of libraries that exactly one module (or some) may see: replacing the library then touches only these.
CONFINED = [
    (re.compile(r"boost/(asio|beast)"), {"net"}),
    (re.compile(r"curl/"), {"net"}),
    (re.compile(r"simdjson"), {"json"}),
    (re.compile(r"(wasm|wasmtime|wasi)(\.h|/)"), {"engine"}),
    (re.compile(r"sqlite3\.h"), {"store"}),
    (re.compile(r"libpq"), {"store"}),
    (re.compile(r"pcre2"), {"json"}),
    (re.compile(r"archive(_entry)?\.h"), {"system"}),
    (re.compile(r"CLI/"), {"cli"}),
    (re.compile(r"toml\+\+"), {"cli", "server"}),
]


def read_layers(text: str) -> tuple[dict[str, list[str]], list[Finding]]:
    """The modules with what each may include, in the order declared."""
    layers: dict[str, list[str]] = {}
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        name, colon, below = line.partition(":")
        if not colon or not re.fullmatch(r"[a-z]+", name):
            findings.append(Finding("src/LAYERS", number, "not of the form `module: modules below it`"))
            continue
        if name in layers:
            findings.append(Finding("src/LAYERS", number, f"declares {name} a second time"))
        for other in below.split():
            # Every module stands below the lines that name it, so a cycle cannot be written down.
            if other not in layers:
                findings.append(Finding("src/LAYERS", number, f"{name} may include {other}, which is not declared "
                                        "above it: modules go from the bottom up, without cycles"))
        layers[name] = below.split()
    return layers, findings


def dialect_of(name: str) -> str | None:
    """"se2" for src/abi/se2/x.cc and abi/se2/x.h; nothing for the files that all dialects share."""
    parts = name.removeprefix("src/").split("/")
    return parts[1] if parts[0] == "abi" and len(parts) > 2 else None


def check_include(name: str, module: str, layers: dict[str, list[str]], quote: str, target: str) -> str | None:
    """What is wrong with `#include "target"` in the file `name`; nothing when it is right."""
    first = target.split("/")[0]
    if quote == "<":
        for header, modules in CONFINED:
            if header.match(target) and module not in modules:
                return f"<{target}> belongs to {' and '.join(sorted(modules))}: use the wrapper there"
        return f'<{target}>: our own headers go in quotes' if first in layers and target.endswith(".h") else None
    if target.startswith(".") or "/" not in target:
        return f'"{target}": includes of ours go from src/, as in "base/result.h"; those of others in <>'
    if first not in layers:
        return f'"{target}": src/LAYERS declares no module {first}; headers of others go in <>'
    if first != module and first not in layers[module]:
        return f'"{target}": {module} may include only {", ".join(layers[module]) or "nothing"} (src/LAYERS)'
    # One .cc beside the dialects may know them all: it chooses among them.
    chooses = dialect_of(name) is None and name.endswith(".cc")
    if module == "abi" and dialect_of(target) and dialect_of(name) != dialect_of(target) and not chooses:
        return f'"{target}": a dialect may include abi/*.h and its own folder, not another dialect'
    return None


def check(root: Path) -> list[Finding]:
    layers, findings = read_layers(read(root, "src/LAYERS"))
    unknown = set()
    for name in cpp_files(root):
        if not name.startswith("src/") or name.count("/") < 2:
            continue
        module = name.split("/")[1]
        if module not in layers:
            if module not in unknown:
                findings.append(Finding(name, 0, f"src/LAYERS declares no module {module}"))
            unknown.add(module)
            continue
        text = without_comments(read(root, name))
        for match in INCLUDE.finditer(text):
            wrong = check_include(name, module, layers, match[1], match[2])
            if wrong:
                findings.append(Finding(name, line_of(text, match.start()), wrong))
    return findings


if __name__ == "__main__":
    main("layers", check, __doc__)
