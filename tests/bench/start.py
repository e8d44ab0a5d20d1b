#!/usr/bin/env python3
"""script/bench start [--quick] [--only ROW]: how `weft run` starts, and how fast guests run, beside wasmtime.

Prints Markdown tables. Both programs embed the same engine, so kernels run at the same speed unless something of ours
is in the way; in the server, guests can be interrupted, and the table says what that costs. docs/performance.md keeps
the figures of the last good run.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

import measure
import modules
from measure import Goal, Taken, run, say


@dataclass(frozen=True)
class Kernel:
    name: str
    amount: int  # run(amount) takes a few tenths of a second
    result: int


KERNELS = [
    Kernel("matmul", 300, -716378112),
    Kernel("sieve", 250, 19624500),
    Kernel("nbody", 4000, 5558513),
    Kernel("fib", 38, 39088169),
    Kernel("mix", 1200, 1585848826),
    Kernel("chase", 400, -1302606221),
    Kernel("memory", 15000, 2099267861),
    Kernel("mandelbrot", 60, 91629661),
    Kernel("quicksort", 50, -2116841336),
    Kernel("search", 6000, 179181),
    Kernel("lcg", 400, 239467141),
    Kernel("dot", 800, 1740625408),
]

COMPILE = ["clang-19", "--target=wasm32", "-std=c17", "-O2", "-msimd128", "-mbulk-memory", "-ffreestanding",
           "-fno-builtin", "-fno-math-errno", "-Wall", "-Wextra", "-Werror", "-nostdlib", "-Wl,--no-entry",
           "-Wl,-z,stack-size=65536"]


class Bench:
    def __init__(self, quick: bool, directory: Path):
        self.starts = 15 if quick else 80
        self.rounds = 2 if quick else 5
        self.directory = directory
        # Caches of this run alone.
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(directory),
                            "XDG_CACHE_HOME": str(directory / "cache")}
        self.wasmtime = measure.wasmtime()

    def compiled_ahead(self, file: Path) -> Path:
        """What wasmtime makes of a module, for --allow-precompiled."""
        made = file.with_suffix(".cwasm")
        subprocess.run([self.wasmtime, "compile", file, "-o", made], check=True)
        return made

    def kernel(self, kernel: Kernel) -> Path:
        made = self.directory / f"{kernel.name}.wasm"
        subprocess.run([*COMPILE, measure.HERE / "kernels" / f"{kernel.name}.c", "-o", made], check=True)
        return made

    def alternate(self, commands: dict[str, Sequence[str | Path]], rounds: int,
                  expected: str) -> dict[str, list[Taken]]:
        """A B C A B C …, after one that fills the caches."""
        for command in commands.values():
            run(command, self.environment, expected)
        taken: dict[str, list[Taken]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                taken[name].append(run(command, self.environment, expected))
        return taken


def median(taken: list[Taken], of: Callable[[Taken], float]) -> float:
    return statistics.median(of(each) for each in taken)


def least(taken: list[Taken], of: Callable[[Taken], float]) -> float:
    return min(of(each) for each in taken)


def cpu(taken: Taken) -> float:
    return taken.cpu_ms


def wall(taken: Taken) -> float:
    return taken.wall_ms


CACHED = "`wasmtime run -C cache=y`"
AHEAD = "`wasmtime run --allow-precompiled`"


def print_starts(bench: Bench, title: str, taken: dict[str, list[Taken]]) -> None:
    """The first one is ours."""
    base = next(iter(taken.values()))
    rows = [(name, f"{least(each, cpu):.1f}", f"{median(each, cpu):.1f}", f"{least(each, wall):.1f}",
             f"{median(each, wall):.1f}", "" if each is base else f"{median(base, cpu) / median(each, cpu):.2f}",
             "" if each is base else f"{median(base, wall) / median(each, wall):.2f}") for name, each in taken.items()]
    print(f"### {title}, {bench.starts} runs of each\n")
    print(measure.table(("", "CPU ms, least", "median", "wall ms, least", "median", "weft takes × its CPU",
                         "× its wall"), rows))


def compare_starts(bench: Bench, title: str, file: Path, arguments: list[str], expected: str) -> list[Goal]:
    ours, theirs = [measure.WEFT, "run"], [bench.wasmtime, "run"]
    invoked = [] if not arguments else ["--invoke", arguments[0]]
    rest = arguments[1:]
    commands = {"`weft run`": [*ours, *invoked, file, *rest],
                CACHED: [*theirs, "-C", "cache=y", *invoked, file, *rest],
                AHEAD: [*theirs, "--allow-precompiled", *invoked, bench.compiled_ahead(file), *rest]}
    taken = bench.alternate(commands, bench.starts, expected)
    base = taken["`weft run`"]
    print_starts(bench, title, taken)
    return [Goal(f"{title}: CPU of {CACHED}", 1.0, median(base, cpu) / median(taken[CACHED], cpu)),
            Goal(f"{title}: wall of {CACHED}", 1.0, median(base, wall) / median(taken[CACHED], wall))]


def bench_tiny(bench: Bench) -> list[Goal]:
    program, add = bench.directory / "empty.wasm", bench.directory / "add.wasm"
    program.write_bytes(modules.empty_program())
    add.write_bytes(modules.add())
    return [*compare_starts(bench, "A program that does nothing", program, [], ""),
            *compare_starts(bench, "`--invoke add 2 3`", add, ["add", "2", "3"], "5")]


def bench_python(bench: Bench) -> list[Goal]:
    title = "`print(1)` in Python"
    if not measure.GUESTS.exists():
        say("python: left out, for guests/python/build makes what it measures")
        return []
    script = bench.directory / "one.py"
    script.write_text("print(1)\n")
    ours = [measure.WEFT, "run", "--python", measure.GUESTS, script]
    first = run(ours, bench.environment, "1")
    # Not a script in front of it, as version managers have them.
    python = os.path.realpath(sys.executable)
    taken = bench.alternate({"`weft run one.py`": ours, "`python3 -S one.py`": [python, "-S", script],
                             "`python3 one.py`": [python, script]}, bench.starts, "1")
    print_starts(bench, title, taken)
    print(f"The first run, which compiles Python: {first.wall_ms / 1e3:.1f} s, {first.cpu_ms / 1e3:.1f} s of CPU.\n")
    return [Goal(f"{title}: median wall time", 100, median(taken["`weft run one.py`"], wall), "ms")]


def bench_kernels(bench: Bench) -> list[Goal]:
    rows, goals = [], []
    with measure.weft_server(bench.directory / "data", "--threads", "1") as server, server.connect() as connection:
        for kernel in KERNELS:
            say(f"kernel {kernel.name} …")
            file = bench.kernel(kernel)
            measure.deploy(connection, kernel.name, file.read_bytes(), deadline_ms=60_000)
            amount = str(kernel.amount)
            commands = {"weft": [measure.WEFT, "run", "--invoke", "run", file, amount],
                        "wasmtime": [bench.wasmtime, "run", "--allow-precompiled", "--invoke", "run",
                                     bench.compiled_ahead(file), amount]}
            taken = bench.alternate({name: measure.pinned(command, measure.SERVER_CORE)
                                     for name, command in commands.items()}, bench.rounds, str(kernel.result))
            served = [in_server(server, connection, kernel) for _ in range(bench.rounds)]
            ours, theirs = least(taken["weft"], cpu), least(taken["wasmtime"], cpu)
            rows.append((kernel.name, f"{theirs:.0f}", f"{ours:.0f}", f"{theirs / ours:.3f}", f"{min(served):.0f}",
                         f"{min(served) / ours:.2f}"))
            goals.append(Goal(f"{kernel.name}: speed of wasmtime", 0.98, theirs / ours, at_least=True))
    print(f"### Kernels: CPU ms of the whole process, least of {bench.rounds}\n")
    print(measure.table(("kernel", "`wasmtime run`", "`weft run`", "speed of wasmtime's", "in the server",
                         "× `weft run`"), rows))
    ratios = [goal.found for goal in goals]
    print(f"Speed of wasmtime's, geometric mean: {statistics.geometric_mean(ratios):.3f}\n")
    return goals


def in_server(server: measure.Server, connection: measure.Connection, kernel: Kernel) -> float:
    """CPU ms of the server for one call."""
    before = server.cpu_us()
    answer = connection.require("POST", f"/v1/functions/{kernel.name}/invoke",
                                {"export": "run", "args": [kernel.amount]})
    taken = (server.cpu_us() - before) / 1e3
    if json.loads(answer) != {"results": [kernel.result]}:
        raise RuntimeError(f"{kernel.name} in the server: {answer!r}, not {kernel.result}")
    return taken


ROWS = {"tiny": bench_tiny, "python": bench_python, "kernels": bench_kernels}


def main() -> None:
    options = measure.row_options(__doc__.splitlines()[0], ROWS)
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(options.quick, Path(directory))
        version = measure.version_of([bench.wasmtime, "--version"])
        print(f"## Start and speed\n\n{measure.machine()}; wasmtime {version}\n")
        measure.run_rows(ROWS, options.only, bench)


if __name__ == "__main__":
    main()
