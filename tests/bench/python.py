#!/usr/bin/env python3
"""script/bench python [--quick] [--only ROW]: what Python functions cost, beside eryx, Pyodide and native Python.

Prints Markdown tables. CPU time is that of whole processes, and the goals about it are judged by the least of the rounds.
docs/performance.md keeps the figures of the last good run.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Callable

import measure
from measure import Figures, Goal, Server, say

PAYLOAD = '{"id":"0123456789","name":"Ada Lovelace","items":[1,2,3,4,5,6,7,8],"note":"a payload of 103 bytes, ok"}'
ECHO = "def handler(event, context):\n    return event\n"
# Three packages in pure Python that weft has not imported before the file is loaded. They are the standard library's, for a
# function is one file; each brings some ten modules.
PACKAGES = ("email.message, email.parser, email.policy", "xml.etree.ElementTree, html.parser", "unittest.mock")
WITH_PACKAGES = "".join(f"import {names}\n" for names in PACKAGES) + ECHO
SLEEP = "import asyncio\n\nasync def handler(event, context):\n    await asyncio.sleep(event)\n    return event\n"
INVOKE = "/v1/functions/{}/invoke"
PROGRAMS = sorted((measure.HERE / "python").glob("*.py"))
IDLE_FUNCTIONS = 1000
INSTANCES = 64
# Longer than instances are kept that nobody uses.
IDLE_SECONDS = 25


class Bench:
    def __init__(self, quick: bool, directory: Path):
        self.quick = quick
        self.rounds = 2 if quick else 5
        self.load_rounds = 3 if quick else 9
        self.load_seconds = 1 if quick else 2
        self.starts = 8 if quick else 40
        self.functions = 100 if quick else IDLE_FUNCTIONS
        self._directory = directory
        self._made = 0
        self._data: Path | None = None
        # Caches of this run alone.
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "XDG_CACHE_HOME": str(directory / "cache"),
                            "PYTHONPYCACHEPREFIX": str(directory / "pycache")}

    def directory(self) -> Path:
        """A new one."""
        self._made += 1
        made = self._directory / str(self._made)
        made.mkdir()
        return made

    def file(self, name: str, content: str) -> Path:
        written = self.directory() / name
        written.write_text(content)
        return written

    def data(self) -> Path:
        """A copy of a data directory on which a Python function has answered, so that the interpreter is compiled."""
        if self._data is None:
            say("The server compiles Python …")
            self._data = self.directory() / "data"
            with python_server(self._data) as server, server.connect() as connection:
                deploy(connection, "echo", ECHO)
                echo(connection, "echo")
        copy = self.directory() / "data"
        shutil.copytree(self._data, copy)
        return copy


def python_server(data: Path, *options: str, core: int | None = None):
    return measure.weft_server(data, "--python", str(measure.GUESTS), *options, core=core)


def deploy(connection: measure.Connection, name: str, source: str, state: str = "pristine", **limits: int) -> None:
    connection.require("PUT", f"/v1/functions/{name}",
                       {"source": source, "language": "python", "state": state, "limits": limits})


def echo(connection: measure.Connection, name: str) -> None:
    answer = connection.require("POST", INVOKE.format(name), PAYLOAD.encode())
    if json.loads(answer) != json.loads(PAYLOAD):
        raise RuntimeError(f"{name} answers {answer!r}, not {PAYLOAD}")


def least_and_median(figures: Figures, digits: int = 1) -> tuple[str, str]:
    return f"{figures.least:,.{digits}f}", f"{figures.median:,.{digits}f}"


# --- a call in the process ---


class Calls:
    """CPU-µs of a call that begins with a fresh interpreter, in each of the ways."""

    WEFT = "weft"
    PACKAGES = "weft, three packages imported"
    ERYX = "eryx"
    PYODIDE = "Pyodide from a memory snapshot, in node"
    NATIVE = "native `python3 -S`, a process"

    def __init__(self, bench: Bench, stack: ExitStack):
        self._bench = bench
        self._native = measure.native_python()
        self._echo = bench.file("echo.py", ECHO)
        self._packages = bench.file("packages.py", WITH_PACKAGES)
        self._cache = bench.directory()
        self.ours: dict[str, list[dict[str, float]]] = {self.WEFT: [], self.PACKAGES: []}
        self.eryx = stack.enter_context(measure.Helper(measure.eryx(self._native)))
        self.pyodide = stack.enter_context(measure.Helper(["node", measure.HERE / "peers/pyodide.mjs", measure.pyodide()]))
        self.pyodide_version = self.pyodide.ask(snapshot=ECHO)["output"]

    def ways(self) -> dict[str, Callable[[], float]]:
        return {self.WEFT: lambda: self._weft(self.WEFT, self._echo),
                self.PACKAGES: lambda: self._weft(self.PACKAGES, self._packages),
                self.ERYX: lambda: self._helper(self.eryx, 200, source=ECHO),
                self.PYODIDE: lambda: self._helper(self.pyodide, 5),
                self.NATIVE: self._process}

    def _weft(self, name: str, file: Path) -> float:
        program = measure.BUILD / "tests/bench/function_calls"
        command = [program, self._cache, measure.GUESTS / "weft.wasm", measure.GUESTS / "usr", file, PAYLOAD, "2000"]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        self.ours[name].append(found)
        return found["whole_us"]

    def _helper(self, helper: measure.Helper, calls: int, **more: str) -> float:
        took = helper.ask(payload=PAYLOAD, calls=calls, **more)
        if json.loads(took["output"]) != json.loads(PAYLOAD):
            raise RuntimeError(f"a peer answers {took['output']!r}")
        return took["cpu_us"] / calls

    def _process(self) -> float:
        command = [self._native, "-S", measure.HERE / "peers/call.py", self._echo]
        expected = json.dumps(json.loads(PAYLOAD))
        taken = [measure.run(command, self._bench.environment, expected, PAYLOAD.encode()) for _ in range(10)]
        return min(each.cpu_ms for each in taken) * 1e3

    def least(self, name: str, figure: str) -> float:
        return min(found[figure] for found in self.ours[name])


def bench_call(bench: Bench) -> list[Goal]:
    with ExitStack() as stack:
        calls = Calls(bench, stack)
        ways = calls.ways()
        for way in ways.values():
            way()  # To warm up.
        figures = measure.alternate(list(ways), bench.rounds, lambda name, _: ways[name]())
    ours, packages = figures[Calls.WEFT].least, figures[Calls.PACKAGES].least
    rows = [(name, f"{calls.least(name, 'first_us'):.1f}" if name in calls.ours else "", *least_and_median(found),
             "" if name == Calls.WEFT else f"{ours / found.least:.4f}") for name, found in figures.items()]
    print(f"### A call with a fresh interpreter, {len(PAYLOAD)} bytes of JSON in and out, CPU-µs\n")
    print(measure.table(("how", "until the answer, least", "in total, least", "median", "weft takes × its least"), rows))
    deployments = {name: calls.least(name, "deploy_ms") for name in calls.ours}
    print(f"Pyodide {calls.pyodide_version}. CPU time of the deployment: {deployments[Calls.WEFT]:.0f} ms, with three packages "
          f"{deployments[Calls.PACKAGES]:.0f} ms.\n")
    return [Goal("fresh echo in process, in total", 45, ours, "µs"),
            Goal("fresh echo in process, until the answer", 15, calls.least(Calls.WEFT, "first_us"), "µs"),
            Goal("with three packages imported, of the echo without", 1.5, packages / ours),
            Goal("fresh echo in process, CPU of eryx", 0.1, ours / figures[Calls.ERYX].least)]


# --- over HTTP ---


def bench_http(bench: Bench) -> list[Goal]:
    with python_server(bench.data(), "--threads", "1", core=measure.SERVER_CORE) as server:
        servers = []
        with server.connect() as connection:
            for state in ("pristine", "warm"):
                deploy(connection, state, ECHO, state)
                echo(connection, state)
                servers.append(Server(state, server.process, server.port, INVOKE.format(state)))
        figures = measure.compare_load(servers, measure.post_script(bench.directory(), PAYLOAD), bench.load_rounds,
                                       bench.load_seconds)
    print("### The same call over HTTP\n\n" + measure.load_table(figures, "pristine"))
    return [Goal("fresh echo over HTTP", 80, figures["pristine"].least, "µs")]


# --- deployments and starts ---


def bench_deploy(bench: Bench) -> list[Goal]:
    sources = {"one file": ECHO, "one file that imports three packages": WITH_PACKAGES}
    walls = {name: Figures(name) for name in sources}
    with python_server(bench.data()) as server, server.connect() as connection:
        echo(connection, "echo")

        def cpu_ms(name: str, index: int) -> float:
            before, begin = server.cpu_us(), time.perf_counter()
            deploy(connection, "new", f"# {index}\n{sources[name]}")
            echo(connection, "new")
            walls[name].values.append((time.perf_counter() - begin) * 1e3)
            return (server.cpu_us() - before) / 1e3

        cpus = measure.alternate(list(sources), bench.starts, cpu_ms)
    rows = [(name, *least_and_median(walls[name]), *least_and_median(cpus[name])) for name in sources]
    print(f"### A new file deployed, until its first answer, {bench.starts} of each\n")
    print(measure.table(("what", "wall ms, least", "median", "CPU ms, least", "median"), rows))
    return [Goal("deployment of one file → first answer", 300, walls["one file"].least, "ms")]


def bench_start(bench: Bench) -> list[Goal]:
    start = measure.Start(bench.data(), "--python", measure.GUESTS)
    kinds = {"`GET /healthz`": ("GET", "/healthz", b""),
             "a call of a Python function": ("POST", INVOKE.format("echo"), PAYLOAD.encode())}
    # A file of the cache that was written a moment ago is hashed at each start; this is about servers that start again later.
    time.sleep(3)
    start.milliseconds(*kinds["a call of a Python function"])
    figures = measure.alternate(list(kinds), bench.starts, lambda name, _: start.milliseconds(*kinds[name]))
    rows = [(name, *least_and_median(found)) for name, found in figures.items()]
    print(f"### The server's process started, until its first answer, {bench.starts} of each; its caches are there\n")
    print(measure.table(("what", "wall ms, least", "median"), rows))
    return [Goal("start of the server → first Python answer", 40, figures["a call of a Python function"].least, "ms")]


# --- memory ---


def private_mb(memory: dict[str, float]) -> float:
    return memory["Private_Clean"] + memory["Private_Dirty"]


def bench_functions(bench: Bench) -> list[Goal]:
    with python_server(bench.data()) as server, server.connect() as connection:
        pid = server.process.pid
        found = {"the server's start": measure.memory_mb(pid)}
        begin = time.perf_counter()
        for number in range(bench.functions):
            deploy(connection, f"echo-{number}", f"NUMBER = {number}\n\n{ECHO}")
        seconds = time.perf_counter() - begin
        found[f"{bench.functions:,} deployments"] = measure.memory_mb(pid)
        time.sleep(IDLE_SECONDS)
        found[f"{IDLE_SECONDS} s without a call"] = idle = measure.memory_mb(pid)
        for number in range(bench.functions):
            echo(connection, f"echo-{number}")
        found["a call of each"] = measure.memory_mb(pid)
        time.sleep(IDLE_SECONDS)
        found[f"{IDLE_SECONDS} s later"] = called = measure.memory_mb(pid)
    rows = [(name, f"{memory['Rss']:.1f}", f"{memory['Pss']:.1f}", f"{private_mb(memory):.1f}", f"{memory['Private_Dirty']:.1f}")
            for name, memory in found.items()]
    print(f"### {bench.functions:,} Python functions, each a file of its own: memory of the server, MB\n")
    print(measure.table(("after", "RSS", "PSS", "private", "private and changed"), rows))
    print(f"A deployment took {seconds / bench.functions * 1e3:.0f} ms.\n")
    if bench.functions < IDLE_FUNCTIONS:
        return []
    return [Goal(f"{IDLE_FUNCTIONS:,} idle functions: RSS", 300, idle["Rss"], "MB"),
            Goal(f"{IDLE_FUNCTIONS:,} idle functions that were called once: RSS", 300, called["Rss"], "MB")]


def page_tables_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmPTE:")) / 1024


def call_at_once(server: Server, name: str, calls: int) -> None:
    """So many calls of a function that sleeps for as long as the payload says; each has an instance of its own."""
    body = b"3"
    with ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(calls)]
        for connection in connections:
            connection.send("POST", INVOKE.format(name), body)
        for connection in connections:
            status, content = connection.receive()
            if (status, content) != (200, body):
                raise RuntimeError(f"{name}: {status} {content!r}")


def bench_instances(bench: Bench) -> list[Goal]:
    rows, goals = [], []
    for state, how in (("pristine", "put back to its beginning"), ("warm", "as its call left it")):
        with python_server(bench.data()) as server:
            with server.connect() as connection:
                deploy(connection, "sleep", SLEEP, state, in_flight=INSTANCES)
            call_at_once(server, "sleep", 1)
            pid = server.process.pid
            before, tables = measure.memory_mb(pid), page_tables_mb(pid)
            call_at_once(server, "sleep", INSTANCES)
            after = measure.memory_mb(pid)
            each = (private_mb(after) - private_mb(before)) / (INSTANCES - 1)
            tables = (page_tables_mb(pid) - tables) / (INSTANCES - 1)
        rows.append((f"`{state}`: {how}", f"{each * 1024:.0f}", f"{tables * 1024:.0f}"))
        goals.append(Goal(f"resident instance, {state}: private memory", 1, each, "MiB"))
    print(f"### An instance at rest that is ready for the next call, one of {INSTANCES}\n")
    print(measure.table(("state of the function", "private memory, KiB", "the kernel's page tables for it, KiB"), rows))
    return goals


# --- programs ---


class Programs:
    """CPU ms of a whole program without the interpreter's start."""

    NATIVE = "native"
    WEFT = "`weft run`"
    PYODIDE = "Pyodide"

    def __init__(self, bench: Bench, pyodide: measure.Helper):
        self._environment = bench.environment
        self._commands = {self.NATIVE: [measure.native_python(), "-S"],
                          self.WEFT: [measure.WEFT, "run", "--python", measure.GUESTS]}
        self._pyodide = pyodide
        nothing = bench.file("nothing.py", "")
        for command in self._commands.values():
            measure.run([*command, nothing], self._environment, "")
        self.starts = measure.alternate(list(self._commands), 10,
                                        lambda name, _: self._run(name, nothing, "").cpu_ms)

    def _run(self, name: str, file: Path, expected: str) -> measure.Taken:
        return measure.run([*self._commands[name], file], self._environment, expected)

    def output(self, file: Path) -> str:
        """What the program prints."""
        return subprocess.run([*self._commands[self.NATIVE], file], check=True, capture_output=True, text=True,
                              env=self._environment).stdout.strip()

    def cpu_ms(self, name: str, file: Path, expected: str) -> float:
        if name != self.PYODIDE:
            return self._run(name, file, expected).cpu_ms - self.starts[name].least
        took = self._pyodide.ask(run=str(file))
        if took["output"].strip() != expected:
            raise RuntimeError(f"{file.name} in Pyodide prints {took['output']!r}, not {expected!r}")
        return took["cpu_us"] / 1e3


def bench_programs(bench: Bench) -> list[Goal]:
    rows, of_native, of_pyodide = [], [], []
    with measure.Helper(["node", measure.HERE / "peers/pyodide.mjs", measure.pyodide()]) as pyodide:
        programs = Programs(bench, pyodide)
        for file in PROGRAMS:
            say(f"program {file.stem} …")
            expected = programs.output(file)
            found = measure.alternate((Programs.NATIVE, Programs.WEFT, Programs.PYODIDE), bench.rounds,
                                      lambda name, _: programs.cpu_ms(name, file, expected))
            native, ours, peer = (each.least for each in found.values())
            rows.append((file.stem, f"{native:.0f}", f"{ours:.0f}", f"{ours / native:.2f}", f"{peer:.0f}", f"{peer / ours:.2f}"))
            of_native.append(Goal(f"{file.stem}: time of native", 2, ours / native))
            of_pyodide.append(Goal(f"{file.stem}: speed of Pyodide", 1, peer / ours, at_least=True))
    print(f"### Programs: CPU ms without the interpreter's start, least of {bench.rounds}\n")
    print(measure.table(("program", Programs.NATIVE, Programs.WEFT, "× native's time", Programs.PYODIDE, "× Pyodide's speed"), rows))
    native_mean, pyodide_mean = (statistics.geometric_mean(goal.found for goal in goals) for goals in (of_native, of_pyodide))
    print(f"Geometric means: {native_mean:.2f} times native's time, {pyodide_mean:.2f} times Pyodide's speed. Starts, left out: "
          + ", ".join(f"{name} {found.least:.0f} ms" for name, found in programs.starts.items()) + ".\n")
    return [*of_native, *of_pyodide]


ROWS = {"call": bench_call, "http": bench_http, "deploy": bench_deploy, "start": bench_start, "functions": bench_functions,
        "instances": bench_instances, "programs": bench_programs}


def main() -> None:
    options = measure.row_options(__doc__.splitlines()[0], ROWS)
    if not measure.GUESTS.exists():
        raise SystemExit("guests/python/build makes the interpreter that this measures")
    node = measure.version_of(["node", "--version"])
    native = measure.version_of([measure.native_python(), "--version"])
    print(f"## Python\n\n{measure.machine()}; native Python {native}, node {node}\n")
    with tempfile.TemporaryDirectory() as directory:
        measure.run_rows(ROWS, options.only, Bench(options.quick, Path(directory)))
        print(f"Load at the end: {os.getloadavg()[0]:.1f}\n")


if __name__ == "__main__":
    main()
