#!/usr/bin/env python3
"""Pristine state for each call: what it costs in the process, for others while guests compute, and at rest."""

from __future__ import annotations

import json
import os
import re
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


@dataclass
class Plan:
    quick: bool
    root: Path

    @property
    def seconds(self) -> int:
        return 2 if self.quick else 10

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


ROWS = {"lives": bench_lives, "tail": bench_tail, "idle": bench_idle}


def main() -> None:
    options = measure.row_options(__doc__.splitlines()[0], ROWS)
    print(f"## Pristine state\n\n{measure.machine()}\n")
    with tempfile.TemporaryDirectory() as directory:
        measure.run_rows(ROWS, options.only, Plan(options.quick, Path(directory)))


if __name__ == "__main__":
    main()
