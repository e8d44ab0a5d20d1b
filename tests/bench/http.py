#!/usr/bin/env python3
"""script/bench http [--quick] [--only ROW]: what a request costs the server, beside nginx, node, deno and workerd.

Prints Markdown tables: CPU time of the server's whole process tree per request, on one core, with the load on another.
The goals are judged by the least of the rounds. docs/performance.md keeps the figures of the last good run.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Iterator

import measure
import modules
from measure import Goal, Server

ECHO = '{"id":"0123456789","name":"Ada Lovelace","items":[1,2,3,4,5,6,7,8],"note":"a payload of 102 bytes, ok"}'
CALL = '{"export":"add","args":[2,3]}'
ANSWER = '{"results":[5]}'
INVOKE = "/v1/functions/add/invoke"


class Plan:
    """How long to measure, and where."""

    def __init__(self, quick: bool, directory: Path):
        self.rounds = 3 if quick else 9
        self.seconds = 1 if quick else 2
        self.uploads = 2 if quick else 5
        self.starts = 5 if quick else 25
        self.idle_seconds = 2 if quick else 10
        self._directory = directory
        self._made = 0

    def directory(self) -> Path:
        """A new one."""
        self._made += 1
        made = self._directory / str(self._made)
        made.mkdir()
        return made


# --- peers ---


def filled(name: str, directory: Path, **values: object) -> Path:
    """A file of peers/ with its @PLACES@ filled in."""
    text = (measure.HERE / "peers" / name).read_text()
    for place, value in values.items():
        text = text.replace(f"@{place}@", str(value))
    written = directory / name
    written.write_text(text)
    return written


@contextmanager
def nginx(plan: Plan, answer: str) -> Iterator[Server]:
    port, directory = measure.free_port(), plan.directory()
    configuration = filled("nginx.conf", directory, DIRECTORY=directory, PORT=port, ANSWER=answer)
    command = measure.pinned(["nginx", "-c", configuration, "-e", directory / "error.log"], measure.SERVER_CORE)
    with measure.serve("nginx", command, port) as server:
        yield server


@contextmanager
def node(plan: Plan, module: bytes, state: str) -> Iterator[Server]:
    port, file = measure.free_port(), plan.directory() / "module.wasm"
    file.write_bytes(module)
    command = ["node", measure.HERE / "peers/node.mjs", str(port), file, state]
    with measure.serve("node", measure.pinned(command, measure.SERVER_CORE), port) as server:
        yield server


@contextmanager
def deno(plan: Plan, module: bytes, state: str) -> Iterator[Server]:
    port, file = measure.free_port(), plan.directory() / "module.wasm"
    file.write_bytes(module)
    command = [measure.deno(), "run", "--no-remote", "--allow-net=127.0.0.1", "--allow-read", measure.HERE / "peers/deno.mjs",
               str(port), file, state]
    with measure.serve("deno", measure.pinned(command, measure.SERVER_CORE), port) as server:
        yield server


@contextmanager
def workerd(plan: Plan, module: bytes, state: str) -> Iterator[Server]:
    port, directory = measure.free_port(), plan.directory()
    (directory / "module.wasm").write_bytes(module)
    shutil.copy(measure.HERE / "peers/workerd.mjs", directory)
    configuration = filled("workerd.capnp", directory, PORT=port, STATE=state)
    command = measure.pinned([measure.workerd(), "serve", configuration], measure.SERVER_CORE)
    with measure.serve("workerd", command, port) as server:
        yield server


@contextmanager
def echo_server() -> Iterator[Server]:
    port = measure.free_port()
    command = measure.pinned([measure.BUILD / "tests/bench/net_echo", str(port)], measure.SERVER_CORE)
    with measure.serve("weft", command, port) as server:
        yield server


@contextmanager
def weft(plan: Plan, module: bytes, state: str) -> Iterator[Server]:
    with measure.weft_server(plan.directory(), "--threads", "1") as server:
        with server.connect() as connection:
            measure.deploy(connection, "add", module, state)
        server.path = INVOKE
        yield server


def check(server: Server, body: str, answer: str) -> None:
    with server.connect() as connection:
        found = connection.require("POST", server.path, body.encode())
    if found != answer.encode() and json.loads(found) != json.loads(answer):
        raise RuntimeError(f"{server.name} answers {found!r}, not {answer}")


# --- rows ---


def bench_echo(plan: Plan) -> list[Goal]:
    with nginx(plan, ECHO) as peer, echo_server() as ours:
        servers = [ours, peer]
        for server in servers:
            check(server, ECHO, ECHO)
        script = measure.post_script(plan.directory(), ECHO)
        figures = measure.compare_load(servers, script, plan.rounds, plan.seconds)
    print(f"### POST of {len(ECHO)} bytes, answered with as many\n\n{measure.load_table(figures)}")
    return [Goal("echo through `net`, CPU of nginx", 1.15, figures["weft"].least / figures["nginx"].least)]


def compare_calls(plan: Plan, module: bytes, state: str, title: str) -> dict[str, measure.Figures]:
    with ExitStack() as stack:
        servers = [stack.enter_context(made) for made in
                   (weft(plan, module, "warm" if state == "kept" else "pristine"), node(plan, module, state),
                    deno(plan, module, state), workerd(plan, module, state), nginx(plan, ANSWER))]
        for server in servers:
            check(server, CALL, ANSWER)
        script = measure.post_script(plan.directory(), CALL)
        figures = measure.compare_load(servers, script, plan.rounds, plan.seconds)
    print(f"### {title}\n\n{measure.load_table(figures)}")
    return figures


def bench_add(plan: Plan) -> list[Goal]:
    figures = compare_calls(plan, modules.add_with_memory(), "kept", "Warm `add(i32, i32)`: instances as calls left them")
    ours = figures["weft"].least
    return [Goal("warm `add`", 7.2, ours, "µs"),
            Goal("warm `add`, CPU of node", 0.65, ours / figures["node"].least),
            Goal("warm `add`, CPU of nginx", 2.0, ours / figures["nginx"].least)]


def bench_memory(plan: Plan) -> list[Goal]:
    figures = compare_calls(plan, modules.add_with_memory(), "fresh",
                            "The same in a module with a memory: pristine for each call")
    ours = figures["weft"].least
    return [Goal("pristine `add`", 11, ours, "µs"),
            Goal("pristine `add`, CPU of nginx", 1.85, ours / figures["nginx"].least),
            Goal("pristine `add`, CPU of deno", 0.4, ours / figures["deno"].least),
            Goal("pristine `add`, CPU of workerd", 0.2, ours / figures["workerd"].least)]


def milliseconds_of(work) -> float:
    before = time.perf_counter()
    work()
    return (time.perf_counter() - before) * 1e3


class Uploads:
    """Modules of 2 MB, another one in each round: uploaded and called, and compiled alone."""

    PLAIN = "compile alone (`wasmtime compile`)"
    COMPILED = "compile alone to interruptible code, as the server does (`-W epoch-interruption`)"
    FIRST = "upload, deploy, first answer"
    AGAIN = "the same bytes again: upload, deploy, answer"
    KNOWN = "the same bytes again: upload alone"

    def __init__(self, directory: Path, connection: measure.Connection):
        self._directory = directory
        self._connection = connection
        self._wasmtime = measure.wasmtime()

    def _compile(self, module: bytes, *options: str) -> float:
        file = self._directory / "large.wasm"
        file.write_bytes(module)
        command = [self._wasmtime, "compile", *options, file, "-o", self._directory / "large.cwasm"]
        return milliseconds_of(lambda: subprocess.run(command, check=True))

    def _answer(self, module: bytes) -> None:
        measure.deploy(self._connection, "large", module)
        self._connection.require("POST", "/v1/functions/large/invoke", {"export": "run", "args": [1, 2]})

    def measure(self, name: str, index: int) -> float:
        """Milliseconds; another index is another module."""
        module = modules.large(index + 1)
        if name == self.PLAIN:
            return self._compile(module)
        if name == self.COMPILED:
            return self._compile(module, "-W", "epoch-interruption=y")
        return milliseconds_of(lambda: self._answer(module))

    def measure_known(self, name: str, module: bytes) -> float:
        if name == self.AGAIN:
            return milliseconds_of(lambda: self._answer(module))
        return milliseconds_of(lambda: self._connection.require("POST", "/v1/modules", module, "application/wasm"))


def bench_upload(plan: Plan) -> list[Goal]:
    with measure.weft_server(plan.directory(), core=None) as server, server.connect() as connection:
        uploads = Uploads(plan.directory(), connection)
        figures = measure.alternate((Uploads.PLAIN, Uploads.COMPILED, Uploads.FIRST), plan.uploads, uploads.measure)
        known = modules.large(plan.uploads)
        figures |= measure.alternate((Uploads.AGAIN, Uploads.KNOWN), plan.starts,
                                     lambda name, _: uploads.measure_known(name, known))
    rows = [(found.name, f"{found.least:.1f}", f"{found.median:.1f}") for found in figures.values()]
    print("### A module of 2 MB, wall time on all cores\n")
    print(measure.table(("what", "ms, least", "median"), rows))
    more = [first - compiled for first, compiled in
            zip(figures[Uploads.FIRST].values, figures[Uploads.COMPILED].values, strict=True)]
    return [Goal("2 MB module: first answer, more than compiling", 250, statistics.median(more), "ms"),
            Goal("2 MB module: the same bytes again", 5, figures[Uploads.AGAIN].least, "ms")]


def bench_idle(plan: Plan) -> list[Goal]:
    directory = plan.directory()
    with measure.weft_server(directory, core=None) as server:
        with server.connect() as connection:
            connection.require("GET", "/healthz")
        time.sleep(1)
        memory = measure.memory_mb(server.process.pid)
        before = server.cpu_us()
        time.sleep(plan.idle_seconds)
        cpu = (server.cpu_us() - before) / 1e3
        with server.connect() as connection:
            measure.deploy(connection, "add", modules.add())
    start = measure.Start(directory)
    kinds = {"`GET /healthz`": ("GET", "/healthz", b""), "a call of a function": ("POST", INVOKE, CALL.encode())}
    figures = measure.alternate(list(kinds), plan.starts, lambda name, _: start.milliseconds(*kinds[name]))
    health = figures["`GET /healthz`"]
    rows = [("resident memory (RSS)", f"{memory['Rss']:.1f} MB"),
            ("proportional (PSS), private dirty",
             f"{memory['Pss']:.1f} MB, {memory['Private_Dirty']:.1f} MB"),
            (f"CPU time in {plan.idle_seconds} s", f"{cpu:.2f} ms")]
    rows += [(f"start of the process → first answer, {found.name}",
              f"{found.median:.1f} ms (least {found.least:.1f})") for found in figures.values()]
    print("### An idle server\n\n" + measure.table(("what", "found"), rows))
    return [Goal("idle server: memory (PSS)", 25, memory["Pss"], "MB"),
            Goal("idle server: start → first answer", 10, health.least, "ms")]


ROWS = {"echo": bench_echo, "add": bench_add, "memory": bench_memory, "upload": bench_upload, "idle": bench_idle}


def versions() -> str:
    return (f"nginx {measure.version_of(['nginx', '-v'])}, node {measure.version_of(['node', '--version'])}, "
            f"deno {measure.version_of([measure.deno(), '--version'])}, "
            f"workerd {measure.version_of([measure.workerd(), '--version'])}")


def main() -> None:
    options = measure.row_options(__doc__.splitlines()[0], ROWS)
    print(f"## HTTP\n\n{measure.machine()}; {versions()}\n")
    with tempfile.TemporaryDirectory() as directory:
        # nginx's worker is another user.
        Path(directory).chmod(0o755)
        plan = Plan(options.quick, Path(directory))
        measure.run_rows(ROWS, options.only, plan)


if __name__ == "__main__":
    main()
