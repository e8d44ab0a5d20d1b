#!/usr/bin/env python3
"""shellcheck has nothing to say about our shell scripts."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from source import Finding, files, main


def is_shell(root: Path, name: str) -> bool:
    if name.endswith(".sh"):
        return True
    with open(root / name, "rb") as file:
        first = file.readline(80)
    return first.startswith(b"#!") and (b"bash" in first or first.strip().endswith(b"/sh"))


def check(root: Path) -> list[Finding]:
    scripts = [name for name in files(root) if is_shell(root, name)]
    if not scripts:
        return []
    run = subprocess.run(["shellcheck", "--external-sources", "--format=json", *scripts], cwd=root,
                         capture_output=True, text=True, check=False)
    if run.returncode > 1:
        return [Finding("script", 0, run.stderr.strip())]
    return [Finding(told["file"], told["line"], f"SC{told['code']}: {told['message']}")
            for told in json.loads(run.stdout)]


if __name__ == "__main__":
    main("shell", check, __doc__)
