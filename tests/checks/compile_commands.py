"""How the build compiles each file, for the checks that run the compiler's front end."""

from __future__ import annotations

import json
import os
import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, Iterable

DATABASE = "build/release/compile_commands.json"


def load(database: Path, root: Path) -> dict[str, list[str]]:
    """For each C++ file of the project, its name and the compiler's arguments without input and output."""
    if not database.exists():
        raise SystemExit(f"{database} is missing: run script/build first")
    commands = {}
    for entry in json.loads(database.read_text()):
        path = Path(entry["directory"], entry["file"]).resolve()
        if path.is_relative_to(root) and path.suffix == ".cc":
            commands[str(path.relative_to(root))] = strip(shlex.split(entry["command"]))
    return commands


def strip(arguments: list[str]) -> list[str]:
    """The compiler and its flags, without a launcher, the input, the output and -c."""
    if os.path.basename(arguments[0]) == "ccache":
        arguments = arguments[1:]
    kept, skip = [], False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in ("-o", "-MF", "-MT", "-MQ"):
            skip = True
        elif argument not in ("-c", "-MD", "-MMD") and not argument.endswith(".cc"):
            kept.append(argument)
    return kept


def module_of(name: str) -> str:
    return "/".join(name.split("/")[:2])


def in_parallel(work: Callable, items: Iterable) -> list:
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return list(pool.map(work, items))
