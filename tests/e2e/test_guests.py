"""Programs of several languages, compiled here, run as the files beside their sources say (tests/guests)."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from conftest import BINARY, ROOT

GUESTS = ROOT / "tests/guests"
RUNNER = BINARY.parent / "weft-conformance"
NPM = ROOT / "build/guests/npm"
WARNINGS = ["-Wall", "-Wextra", "-Werror"]


def compiler(source, module):
    """The command that makes `module` from `source`, and what its environment has beside ours."""
    if source.suffix == ".c":
        return ["clang-19", "--target=wasm32-wasi", "-O2", *WARNINGS, "-o", module, source], {}
    if source.suffix == ".cpp":
        return ["clang++-19", "--target=wasm32-wasi", "-O2", "-fno-exceptions", *WARNINGS, "-o", module, source], {}
    if source.suffix == ".rs":
        # Debian's, beside which another one may come first in PATH.
        return ["/usr/bin/rustc", "--target=wasm32-wasi", "-O", "-D", "warnings", "-o", module, source], {}
    if source.suffix == ".ts":
        # What the shim names is looked for from the current directory on.
        return ["env", f"--chdir={NPM}", "node_modules/.bin/asc", "-O", "--config",
                "node_modules/@assemblyscript/wasi-shim/asconfig.json", "-o", module, source], {}
    return [pathlib.Path(sys.executable).parent / "go", "build", "-o", module, source], {
        "GOOS": "wasip1", "GOARCH": "wasm", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GO111MODULE": "off"}


LANGUAGES = {".c", ".cpp", ".go", ".rs", ".ts"}
SOURCES = sorted(path for path in GUESTS.glob("*/*") if path.with_suffix(".json").exists() and path.suffix in LANGUAGES)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: f"{source.parent.name}-{source.stem}")
def test_a_program_does_what_its_file_says(source, tmp_path):
    module = tmp_path / f"{source.stem}.wasm"
    command, more = compiler(source, module)
    cache = tmp_path.parent / "go-cache"  # One for all: the library of Go takes a while.
    subprocess.run(command, env={**os.environ, "GOCACHE": str(cache), **more}, check=True, timeout=600)
    shutil.copy(source.with_suffix(".json"), tmp_path)
    (tmp_path / "work.dir").mkdir()
    done = subprocess.run([RUNNER, "wasi", tmp_path], capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "exact 1 differing 0 failing 0", done.stdout + done.stderr


def test_there_are_programs():
    assert {source.parent.name for source in SOURCES} == {"assemblyscript", "c", "cpp", "go", "rust"}
