#!/usr/bin/env python3
"""Pristine state for each call: what it costs in the process and beside peers, on two cores, for others while guests compute,
and at rest."""

from __future__ import annotations

import json
import os
import re
import resource
import select
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import measure
import modules
from measure import Goal

INVOKE = "/v1/functions/{}/invoke"
ADD = '{"args": [2, 3]}'
LIVES = Path(os.environ["WEFT_BUILD"]) / "tests/bench/instance_lives"
CONNECTIONS = 32
GUESTS = 8
# As many as a server takes where the kernel allows a process 65,530 mappings, rounded down.
WAITING_GUESTS = 10_000


@dataclass
class Plan:
    quick: bool
    root: Path

    @property
    def seconds(self) -> int:
        return 2 if self.quick else 10

    @property
    def rounds(self) -> int:
        return 3 if self.quick else 9

    @property
    def load_seconds(self) -> int:
        return 1 if self.quick else 2

    def directory(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.root))


def bench_lives(_: Plan) -> list[Goal]:
    lines = subprocess.run([LIVES], capture_output=True, text=True, check=True).stdout.splitlines()
    found: dict[str, dict[str, int]] = {}
    for line in map(json.loads, lines):
        found.setdefault(line["guest"], {})[line["how"]] = line["ns"]
    header = ("guest", *next(iter(found.values())))
    rows = [(guest, *(f"{ns / 1000:.2f}" for ns in kinds.values())) for guest, kinds in found.items()]
    print("### A guest's whole life in the process, CPU-µs\n\n" + measure.table(header, rows))
    return [Goal("2 MB of data, 4 pages written: a life", 8, found["2 MB of data, 4 pages written"]["put back"] / 1000, "µs")]


# --- peers ---


def plugin(directory: Path) -> Path:
    """The module of peers/plugin.rs, with 2 MB of data."""
    (directory / "data.bin").write_bytes(modules.data_file())
    shutil.copy(measure.HERE / "peers/plugin.rs", directory)
    # Debian's, beside which another one may come first in PATH.
    subprocess.run(["/usr/bin/rustc", "--target=wasm32-unknown-unknown", "--crate-type=cdylib", "-O", "-C", "strip=symbols",
                    "-o", directory / "plugin.wasm", directory / "plugin.rs"], check=True)
    return directory / "plugin.wasm"


def ns_of_lives(name: str, command: list[str | Path], lives: int, file: Path) -> dict[str, int]:
    """What each way of the program takes for a life."""
    words = [*command, file, "call", str(lives)]
    lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    if name != "weft":
        return {name: int(lines[0])}
    return {f"weft, {line['how']} ({line['pages']} pages)": line["ns"] for line in map(json.loads, lines)}


def bench_peers(plan: Plan) -> list[Goal]:
    file = plugin(plan.directory())
    programs = {"weft": ([LIVES], 2000), "Extism 1.30": ([measure.extism_lives()], 500),
                "wazero 1.12": ([measure.wazero_lives()], 500), "V8 (node)": (["node", measure.HERE / "peers/lives.mjs"], 500)}
    values: dict[str, list[int]] = {}
    for _ in range(plan.rounds):
        for name, (command, lives) in programs.items():
            for way, ns in ns_of_lives(name, command, lives, file).items():
                values.setdefault(way, []).append(ns)
    least = {way: min(found) / 1000 for way, found in values.items()}
    ours = next(us for way, us in least.items() if "put back" in way)
    rows = [(way, f"{us:.1f}", f"{statistics.median(values[way]) / 1000:.1f}", f"{ours / us:.3f}") for way, us in least.items()]
    print("### A life of a plugin in Rust with 2 MB of data, in process, CPU-µs\n\n"
          + measure.table(("how", "least", "median", "put back takes × its least"), rows))
    return [Goal("2 MB plugin in Rust: a life", 8, ours, "µs"),
            Goal("2 MB plugin in Rust: CPU of V8's new instance and call", 0.025, ours / least["V8 (node)"])]


# --- cores ---

WORK_TURNS = 300_000


def bench_cores(plan: Plan) -> list[Goal]:
    """The load and whatever else runs take a part of two cores, so that requests per second say little: the goals are about what
    two loops could do with a core each, which follows from the CPU time of a request."""
    calls = {"add": ("pristine `add`", modules.add_with_memory(), ADD), "work": ("a call that computes", modules.work(WORK_TURNS), "{}")}
    rates: dict[tuple[str, int], list[float]] = {}
    costs: dict[tuple[str, int], list[float]] = {}
    with ExitStack() as stack:
        servers = {threads: stack.enter_context(measure.weft_server(plan.directory(), "--threads", str(threads), core=None))
                   for threads in (1, 2)}
        for server in servers.values():
            with server.connect() as connection:
                for name, (_, module, _) in calls.items():
                    measure.deploy(connection, name, module)
        for name, (_, _, body) in calls.items():
            script = measure.post_script(plan.directory(), body)
            for number in range(plan.rounds + 1):
                for threads, server in servers.items():
                    server.path = INVOKE.format(name)
                    before = server.cpu_us()
                    done = measure.load(server, script, plan.load_seconds, core=None)
                    if number == 0:
                        continue  # To warm up.
                    rates.setdefault((name, threads), []).append(done.per_second)
                    costs.setdefault((name, threads), []).append((server.cpu_us() - before) / done.requests)
    rows = [(calls[name][0], threads, f"{max(found):,.0f}", f"{statistics.median(found):,.0f}", f"{min(costs[name, threads]):.2f}")
            for (name, threads), found in rates.items()]
    print("### One event loop and two\n\n"
          + measure.table(("call", "loops", "requests/s, most", "median", "CPU-µs/request, least"), rows))
    return [Goal(f"{title}: what two loops can do by their CPU time, of one", 1.9, 2 * min(costs[name, 1]) / min(costs[name, 2]),
                 at_least=True) for name, (title, _, _) in calls.items()]


# --- others ---


def latency_us(port: int, path: str, script: Path, seconds: int) -> tuple[float, float]:
    """The median and the 99th percentile over kept-alive connections."""
    out = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", script,
                          f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise RuntimeError(f"failed under load:\n{out}")
    scale = {"us": 1.0, "ms": 1e3, "s": 1e6}

    def percentile(number: str) -> float:
        value, unit = re.search(rf"{number}% +([\d.]+)(us|ms|s)\b", out).groups()
        return float(value) * scale[unit]

    return percentile("50"), percentile("99")


def ponder_payload(connection: measure.Connection, milliseconds: float) -> bytes:
    """For a call of `ponder` that computes for so long."""
    counted = 10_000_000

    def seconds() -> float:
        begin = time.perf_counter()
        connection.require("POST", INVOKE.format("ponder"), {"args": [counted]})
        return time.perf_counter() - begin

    return json.dumps({"args": [int(counted * milliseconds / 1000 / min(seconds() for _ in range(5)))]}).encode()


def call_until(stop: threading.Event, port: int, path: str, body: bytes) -> None:
    with measure.Connection(port) as connection:
        while not stop.is_set():
            connection.request("POST", path, body)


def bench_tail(plan: Plan) -> list[Goal]:
    script = measure.post_script(plan.directory(), ADD)
    found: dict[str, tuple[float, float]] = {}
    with measure.weft_server(plan.directory(), core=None) as server:
        with server.connect() as connection:
            measure.deploy(connection, "add", modules.add_with_memory())
            measure.deploy(connection, "spin", modules.spin(), deadline_ms=3000)
            measure.deploy(connection, "ponder", modules.ponder())
            shorter, longer = (ponder_payload(connection, milliseconds) for milliseconds in (0.9, 5))

        def measure_beside(name: str, calls: list[tuple[str, bytes]]) -> None:
            stop = threading.Event()
            with ExitStack() as stack:
                for path, body in calls:
                    thread = threading.Thread(target=call_until, args=(stop, server.port, INVOKE.format(path), body))
                    stack.callback(thread.join)
                    thread.start()
                stack.callback(stop.set)
                time.sleep(0.5)
                found[name] = latency_us(server.port, INVOKE.format("add"), script, plan.seconds)

        measure_beside("nobody else", [])
        measure_beside(f"{GUESTS} guests compute for 3 s each, again and again", [("spin", b"{}")] * GUESTS)
        measure_beside("guests of 0.9 ms, 4 at a time", [("ponder", shorter)] * 4)
        measure_beside("guests of 0.9 and 5 ms, 4 of each at a time", [("ponder", shorter), ("ponder", longer)] * 4)
    rows = [(name, *(f"{us:.0f}" for us in both)) for name, both in found.items()]
    print(f"### A short function over {CONNECTIONS} connections, µs\n\n" + measure.table(("meanwhile", "p50", "p99"), rows))
    quiet, *busy = found.values()
    return [Goal("short function while others compute: worst p50, of the quiet one's", 2,
                 max(p50 for p50, _ in busy) / quiet[0]),
            Goal("short function while others compute: worst p99, of the quiet one's", 10,
                 max(p99 for _, p99 in busy) / quiet[1])]


# --- waiting ---


def slowest_us(connection: measure.Connection, calls: int) -> tuple[float, float, float]:
    """The median, the 99th percentile and the slowest of calls of `add`, one after the other."""
    times = []
    for _ in range(calls):
        begin = time.perf_counter()
        connection.require("POST", INVOKE.format("add"), ADD.encode())
        times.append((time.perf_counter() - begin) * 1e6)
    times.sort()
    return times[calls // 2], times[calls * 99 // 100], times[-1]


def bench_waiting(plan: Plan) -> list[Goal]:
    _, descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    # The server has two sockets for each, and so has this process.
    guests = min(WAITING_GUESTS, (descriptors - 500) // 2)
    options = ("--max-in-flight", str(guests + 10), "--max-connections", str(guests + 10))
    with measure.weft_server(plan.directory(), *options, core=None) as server, ExitStack() as stack:
        backend = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=4096))
        port = backend.getsockname()[1]
        connection = stack.enter_context(server.connect())
        measure.deploy(connection, "add", modules.add_with_memory())
        uploaded = json.loads(connection.require("POST", "/v1/modules", modules.CONNECT_TEXT.encode(), "text/plain"))
        connection.require("PUT", "/v1/functions/connect", {
            "module": uploaded["id"], "grants": {"network": [f"127.0.0.1:{port}"]},
            "limits": {"deadline_ms": 900_000, "in_flight": guests}})
        quiet = slowest_us(connection, 2_000)
        before = measure.memory_mb(server.process.pid)
        body = json.dumps({"args": [port]})
        request = (f"POST {INVOKE.format('connect')} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
                   + body).encode()
        callers, peers = [], []
        for _ in range(guests):
            caller = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            caller.sendall(request)
            callers.append(caller)
            poll = select.poll()
            for one in (backend, caller):
                poll.register(one, select.POLLIN)
            if [descriptor for descriptor, _ in poll.poll()] == [caller.fileno()]:
                raise RuntimeError(f"guest {len(peers)} does not wait: {caller.recv(4096).decode(errors='replace')}")
            peers.append(stack.enter_context(backend.accept()[0]))
        waiting = measure.memory_mb(server.process.pid)
        busy = slowest_us(connection, 2_000)
        begin = server.cpu_us()
        for peer in peers:
            peer.sendall(b"x")
        for caller in callers:
            if b'{"results":[120]}' not in caller.recv(4096):
                raise RuntimeError("a guest that waited got another answer")
        cpu = (server.cpu_us() - begin) / guests
    each = (waiting["Rss"] - before["Rss"]) * 1024 / guests
    rows = [("no guest waits", *(f"{us:.0f}" for us in quiet)), (f"{guests} guests wait", *(f"{us:.0f}" for us in busy))]
    print("### A short call beside guests that wait for a socket, µs\n\n"
          + measure.table(("meanwhile", "median", "p99", "slowest"), rows)
          + f"\n{guests} guests that wait: {each:.1f} KB each, with the connections of their callers;"
          + f" going on and answering: {cpu:.0f} CPU-µs each\n")
    return [Goal(f"{guests} guests that wait: memory of each", 25, each, "KB"),
            Goal(f"{guests} guests that wait: p99 of a short call", 2, busy[1] / 1000, "ms")]


# --- at rest ---


def bench_idle(plan: Plan) -> list[Goal]:
    functions = 100
    with measure.weft_server(plan.directory(), core=None) as server:
        with server.connect() as connection:
            for number in range(functions):
                measure.deploy(connection, f"add-{number}", modules.add_with_memory(number))
                connection.require("POST", INVOKE.format(f"add-{number}"), ADD.encode())
            used = measure.memory_mb(server.process.pid)
        time.sleep(25)  # Longer than instances are kept that nobody uses.
        idle = measure.memory_mb(server.process.pid)
        before = server.cpu_us()
        time.sleep(plan.seconds)
        cpu_ms = (server.cpu_us() - before) / 1000
    rows = [(name, f"{memory['Rss']:.1f}", f"{memory['Pss']:.1f}", f"{memory['Private_Dirty']:.1f}")
            for name, memory in (("just called", used), ("25 s later", idle))]
    print(f"### {functions} functions that were called once, MB\n\n"
          + measure.table(("when", "RSS", "PSS", "private dirty"), rows)
          + f"\nCPU time in {plan.seconds} s at rest: {cpu_ms:.2f} ms\n")
    return [Goal(f"{functions} functions, idle: RSS", 40, idle["Rss"], "MB"),
            Goal(f"{functions} functions, idle: CPU in a second", 0.1, cpu_ms / plan.seconds, "ms")]


ROWS = {"lives": bench_lives, "peers": bench_peers, "cores": bench_cores, "tail": bench_tail, "waiting": bench_waiting,
        "idle": bench_idle}


def main() -> None:
    options = measure.row_options(__doc__.splitlines()[0], ROWS)
    print(f"## Pristine state\n\n{measure.machine()}\n")
    with tempfile.TemporaryDirectory() as directory:
        measure.run_rows(ROWS, options.only, Plan(options.quick, Path(directory)))


if __name__ == "__main__":
    main()
