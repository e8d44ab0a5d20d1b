#!/usr/bin/env python3
"""Links of Markdown files to files and headings of the project lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

from source import Finding, files, line_of, main, read

LINK = re.compile(r"!?\[[^\]\n]*\]\(<?(?P<target>[^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]\n]+\]:\s*(?P<named>\S+)", re.MULTILINE)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """The anchors of the headings, as the usual renderers name them."""
    found: set[str] = set()
    for heading in HEADING.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.replace("`", ""))
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        number = 0
        while (name := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(name)
    return found


def check_link(root: Path, name: str, target: str) -> str | None:
    """What is wrong with a link from the file `name` to `target`; nothing when it leads somewhere."""
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return None
    path, _, anchor = target.partition("#")
    base = root if path.startswith("/") else (root / name).parent
    place = (base / path.lstrip("/")) if path else root / name
    if not place.exists():
        return f"{target}: no such file"
    if anchor and place.suffix == ".md" and anchor.lower() not in anchors(place.read_text(encoding="utf-8")):
        return f"{target}: {place.name} has no such heading"
    return None


def check(root: Path) -> list[Finding]:
    findings = []
    for name in files(root):
        if name.endswith(".md"):
            text = CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), read(root, name))
            for match in LINK.finditer(text):
                wrong = check_link(root, name, match["target"] or match["named"])
                if wrong:
                    findings.append(Finding(name, line_of(text, match.start()), wrong))
    return findings


if __name__ == "__main__":
    main("docs", check, __doc__)
