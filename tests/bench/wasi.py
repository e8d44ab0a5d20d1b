#!/usr/bin/env python3
"""script/bench wasi [--quick] [--only ROW]: what system calls cost programs, beside native code, wasmtime and node.

Prints Markdown tables. The same C program runs in all of them and takes the time itself, but for whole runs. docs/performance.md keeps the
figures of the last good run.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Callable

import measure
from measure import Goal

FLAGS = ["-O2", "-Wall", "-Wextra", "-Werror"]
READ_FILE_BYTES = 64 * 1024 * 1024
NAMES = ("weft", "native", "wasmtime", "node")


class Bench:
    def __init__(self, quick: bool, directory: Path):
        self.rounds = 3 if quick else 9
        self.scale = 10 if quick else 1
        self.directory = directory
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(directory),
                            "XDG_CACHE_HOME": str(directory / "cache")}
        self.wasmtime = measure.wasmtime()
        self.work = directory / "work"
        self.work.mkdir()

    def compile(self, name: str) -> None:
        source = measure.HERE / "wasi" / f"{name}.c"
        subprocess.run(["clang-19", *FLAGS, source, "-o", self.directory / name], check=True)
        module = self.directory / f"{name}.wasm"
        # In two steps: linking with -O2, clang would run Binaryen where that is installed.
        target, compiled = "--target=wasm32-wasi", module.with_suffix(".o")
        subprocess.run(["clang-19", target, *FLAGS, "-c", source, "-o", compiled], check=True)
        subprocess.run(["clang-19", target, compiled, "-o", module], check=True)
        subprocess.run([self.wasmtime, "compile", module, "-o", module.with_suffix(".cwasm")], check=True)

    def commands(self, name: str, arguments: list[str]) -> dict[str, list[str | Path]]:
        """The program in each of NAMES; "/" in `arguments` is the directory of its files."""
        module = self.directory / f"{name}.wasm"
        host = [str(self.work) + each if each.startswith("/") else each for each in arguments]
        return {
            "weft": [measure.WEFT, "run", "--dir", f"{self.work}:/", module, *arguments],
            "native": [self.directory / name, *host],
            "wasmtime": [self.wasmtime, "run", "--allow-precompiled", "--dir", f"{self.work}::/",
                         module.with_suffix(".cwasm"), *arguments],
            "node": ["node", "--no-warnings", measure.HERE / "peers/wasi.mjs", module, self.work, *arguments],
        }

    def run(self, command: list[str | Path], expected: str | None = None) -> tuple[str, float, float]:
        """What it says on standard error, and its CPU and wall time in ms."""
        with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as output:
            begin = time.perf_counter()
            process = subprocess.Popen(measure.pinned(command, measure.SERVER_CORE), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL if expected is None else output, stderr=errors,
                                       env=self.environment)
            _, status, usage = os.wait4(process.pid, 0)
            wall = (time.perf_counter() - begin) * 1e3
            process.returncode = os.waitstatus_to_exitcode(status)
            errors.seek(0)
            output.seek(0)
            said, printed = errors.read().decode(), output.read().decode().strip()
        if process.returncode != 0 or (expected is not None and printed != expected):
            raise RuntimeError(f"{' '.join(map(str, command))}: exit code {process.returncode}: {said}{printed}")
        return said, (usage.ru_utime + usage.ru_stime) * 1e3, wall

    def alternate(self, commands: dict[str, list[str | Path]], take: Callable, rounds: int = 0) -> dict[str, list]:
        for command in commands.values():
            take(command)
        taken: dict[str, list] = {name: [] for name in commands}
        for _ in range(rounds or self.rounds):
            for name, command in commands.items():
                taken[name].append(take(command))
        return taken


def nanoseconds(bench: Bench, title: str, arguments: list[str], names: tuple[str, ...] = NAMES) -> dict[str, float]:
    """Prints a table of the least and the median of one kind of call, and returns the least."""
    commands = {name: command for name, command in bench.commands("calls", arguments).items() if name in names}
    taken = bench.alternate(commands, lambda command: float(bench.run(command)[0].split()[-1]))
    base = statistics.median(taken["weft"])
    rows = [(name, f"{min(each):.0f}", f"{statistics.median(each):.0f}",
             "" if name == "weft" else f"{base / statistics.median(each):.2f}") for name, each in taken.items()]
    print(f"### {title}, ns each\n")
    print(measure.table(("", "least", "median", "weft takes × its median"), rows))
    return {name: min(each) for name, each in taken.items()}


def bench_write(bench: Bench) -> list[Goal]:
    nanoseconds(bench, "`fd_write` of 16 bytes to /dev/null", ["write16", str(1_000_000 // bench.scale)])
    taken = captured_writes(bench, 100_000)
    print(f"`fd_write` of 16 bytes to the captured output of a function: {min(taken):.0f} ns least, "
          f"{statistics.median(taken):.0f} ns median.\n")
    return [Goal("`fd_write` of 16 B to a captured stream", 100, min(taken), "ns")]


def captured_writes(bench: Bench, count: int) -> list[float]:
    """The same in a server, where the output of a call is kept in memory: nanoseconds each."""
    with measure.weft_server(bench.directory / "data", "--threads", "1") as server, server.connect() as connection:
        measure.deploy(connection, "writes", write_module(count), deadline_ms=60_000)
        taken = []
        for _ in range(bench.rounds + 1):
            before = server.cpu_us()
            connection.require("POST", "/v1/functions/writes/invoke", b"")
            taken.append((server.cpu_us() - before) * 1e3 / count)
    return taken[1:]


def write_module(count: int) -> bytes:
    """A program that writes 16 bytes so often, and nothing else."""
    return f"""(module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\\10\\00\\00\\00\\10\\00\\00\\00")
      (data (i32.const 16) "0123456789abcde\\n")
      (func (export "_start") (local $left i32)
        (local.set $left (i32.const {count}))
        (loop $more
          (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
          (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))""".encode()


def bench_clock(bench: Bench) -> list[Goal]:
    least = nanoseconds(bench, "`clock_time_get`", ["clock", str(3_000_000 // bench.scale)])
    return [Goal("`clock_time_get`", 30, least["weft"], "ns")]


def bench_read(bench: Bench) -> list[Goal]:
    (bench.work / "large").write_bytes(os.urandom(1 << 20) * (READ_FILE_BYTES >> 20))
    least = nanoseconds(bench, "Reads of 64 KiB", ["read64k", str(30_000 // bench.scale), "/large"])
    return [Goal("64 KiB reads: speed of native", 0.8, least["native"] / least["weft"], at_least=True)]


def bench_tree(bench: Bench) -> list[Goal]:
    (bench.work / "tree").mkdir()
    commands = bench.commands("tree", ["/tree"])
    expected = subprocess.run(commands["native"], check=True, capture_output=True, text=True).stdout.strip()
    taken = bench.alternate(commands, lambda command: bench.run(command, expected)[1:])
    cpu = {name: min(each[0] for each in one) for name, one in taken.items()}
    wall = {name: statistics.median(each[1] for each in one) for name, one in taken.items()}
    print("### 5,000 small files: written, walked, hashed and removed\n")
    print(measure.table(("", "CPU ms, least", "wall ms, median", "weft takes × its CPU", "× its wall"),
                        [(name, f"{cpu[name]:.0f}", f"{wall[name]:.0f}",
                          "" if name == "weft" else f"{cpu['weft'] / cpu[name]:.2f}",
                          "" if name == "weft" else f"{wall['weft'] / wall[name]:.2f}") for name in taken]))
    return [Goal("5,000 files: CPU of native", 1.3, cpu["weft"] / cpu["native"]),
            Goal("5,000 files: CPU of wasmtime", 1.0, cpu["weft"] / cpu["wasmtime"]),
            Goal("5,000 files: CPU of node", 1.0, cpu["weft"] / cpu["node"])]


def bench_hello(bench: Bench) -> list[Goal]:
    """A whole run of the smallest program in C; the caches are warm."""
    commands = bench.commands("hello", [])
    ahead = "wasmtime, compiled ahead"
    commands[ahead] = commands.pop("wasmtime")
    commands["wasmtime"] = [bench.wasmtime, "run", "-C", "cache=y", bench.directory / "hello.wasm"]
    rounds = 15 if bench.scale > 1 else 60
    taken = bench.alternate(commands, lambda command: bench.run(command, "hello, world")[1:], rounds)
    cpu, wall = ({name: statistics.median(each[i] for each in one) for name, one in taken.items()} for i in (0, 1))
    print(f"### Hello world, from start to end, {rounds} runs of each, medians\n")
    print(measure.table(("", "CPU ms", "wall ms", "weft takes × its CPU", "× its wall"),
                        [(name, f"{cpu[name]:.1f}", f"{wall[name]:.1f}",
                          "" if name == "weft" else f"{cpu['weft'] / cpu[name]:.2f}",
                          "" if name == "weft" else f"{wall['weft'] / wall[name]:.2f}") for name in taken]))
    return [Goal("hello world: CPU of `wasmtime run` with its cache", 1.0, cpu["weft"] / cpu["wasmtime"]),
            Goal("hello world: wall of `wasmtime run` with its cache", 1.0, wall["weft"] / wall["wasmtime"])]


ROWS = {"hello": bench_hello, "write": bench_write, "clock": bench_clock, "read": bench_read, "tree": bench_tree}


def main() -> None:
    options = measure.row_options(__doc__.splitlines()[0], ROWS)
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(options.quick, Path(directory))
        versions = {name: measure.version_of([program, "--version"])
                    for name, program in (("wasmtime", bench.wasmtime), ("node", "node"))}
        print(f"## System calls of programs\n\n{measure.machine()}; wasmtime {versions['wasmtime']}, "
              f"node {versions['node']}\n")
        for name in ("calls", "hello", "tree"):
            bench.compile(name)
        measure.run_rows(ROWS, options.only, bench)


if __name__ == "__main__":
    main()
