"""What the benchmarks share: servers, CPU time of process trees, load, alternating rounds, Markdown tables.

Only ratios between peers of the same run mean something on another machine.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/bench"
BUILD = Path(os.environ.get("WEFT_BUILD", ROOT / "build/release"))
WEFT = Path(os.environ.get("WEFT", BUILD / "weft"))
PEERS = ROOT / "build/peers"
# What guests/python/build makes.
GUESTS = ROOT / "build/python/out"
WASMTIME_VERSION = "48.0.8"
# Where Debian keeps nginx, outside the path of ordinary users.
os.environ["PATH"] += ":/usr/sbin"

SERVER_CORE = 0
LOAD_CORE = 1
CONNECTIONS = 64
START_SECONDS_MAX = 30
# A server compiles Python before its first answer, and a busy machine lets that wait.
ANSWER_SECONDS_MAX = 900


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# --- peers ---


def wasmtime() -> Path:
    """The wasmtime command line of the version that weft embeds; built when it is missing."""
    program = PEERS / "bin/wasmtime"
    if not program.exists():
        say(f"Building wasmtime-cli {WASMTIME_VERSION} into build/peers: several minutes, once")
        subprocess.run(["cargo", "install", "wasmtime-cli", "--version", WASMTIME_VERSION, "--locked", "--root", PEERS],
                       check=True, stdout=sys.stderr)
    return program


def npm_peers() -> Path:
    """The folder of what package-lock.json names; installed when something is missing or another version."""
    lock = (HERE / "package-lock.json").read_text()
    directory = PEERS / "npm"
    if not (directory / "installed").exists() or (directory / "installed").read_text() != lock:
        say("Installing workerd, deno and Pyodide into build/peers")
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, directory)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=directory, check=True, stdout=sys.stderr)
        (directory / "installed").write_text(lock)
    return directory / "node_modules"


def workerd() -> Path:
    return next(npm_peers().glob("@cloudflare/workerd-*/bin/workerd"))


def deno() -> Path:
    return next(npm_peers().glob("@deno/linux-*/deno"))


def pyodide() -> Path:
    """The folder of the npm package."""
    return npm_peers() / "pyodide"


def jsonata() -> Path:
    """The folder of the npm package, which script/setup installs for the tests, too."""
    return ROOT / "build/guests/jsonata/node_modules/jsonata"


def built(directory: Path, content: str, make: Callable[[], None]) -> None:
    """Empties the directory and makes what belongs there, unless that was done for the same content."""
    stamp = directory / ".made"
    if not stamp.exists() or stamp.read_text() != content:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        make()
        stamp.write_text(content)


def native_python() -> Path:
    """The guests' CPython for this machine, of the same source with the same compiler and the optimization that CPython asks for (not
    profile-guided, as the guests are not)."""
    directory, source = PEERS / "python", ROOT / "build/python/source/python"

    def make() -> None:
        say("Building a native Python into build/peers: several minutes, once")
        subprocess.run([source / "configure", "--quiet", "--with-ensurepip=no", "--disable-test-modules", "CC=clang-19"],
                       cwd=directory, check=True, stdout=sys.stderr)
        subprocess.run(["make", "-s", f"-j{os.cpu_count()}"], cwd=directory, check=True, stdout=sys.stderr)

    built(directory, (source / "Include/patchlevel.h").read_text(), make)
    return directory / "python"


def eryx(python: Path) -> list[str | Path]:
    """peers/eryx_calls.py, for that Python, which is at least 3.12: the wheels are for those."""
    directory, locked = PEERS / "eryx", HERE / "peers/eryx.txt"

    def make() -> None:
        say("Installing eryx into build/peers")
        subprocess.run([ROOT / "build/venv/bin/python", "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--require-hashes",
                        "--only-binary", ":all:", "--no-deps", "--python-version", "3.12", "--platform",
                        f"manylinux_2_17_{os.uname().machine}", "--target", directory, "--requirement", locked],
                       check=True, stdout=sys.stderr)

    built(directory, locked.read_text(), make)
    return ["env", f"PYTHONPATH={directory}", python, "-S", HERE / "peers/eryx_calls.py"]


def extism_lives() -> Path:
    """peers/extism; built when something of it is not."""
    say("Building peers/extism into build/peers: several minutes, once")
    subprocess.run(["cargo", "build", "--release", "--locked", "--target-dir", PEERS / "extism"], cwd=HERE / "peers/extism",
                   check=True, stdout=sys.stderr)
    return PEERS / "extism/release/extism-lives"


def wazero_lives() -> Path:
    """peers/wazero, built with the Go that the tests compile guests with."""
    say("Building peers/wazero into build/peers")
    program = PEERS / "wazero-lives"
    subprocess.run([ROOT / "build/venv/bin/go", "build", "-mod=readonly", "-o", program, "."], cwd=HERE / "peers/wazero",
                   env={**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": ""}, check=True, stdout=sys.stderr)
    return program


def version_of(command: Sequence[str | Path]) -> str:
    """The first version number that the command prints."""
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"\d+(\.\d+)+|\d{4}-\d\d-\d\d", run.stdout + run.stderr)
    return found.group() if found else "?"


# --- processes ---


@dataclass
class Taken:
    cpu_ms: float
    wall_ms: float


def run(command: Sequence[str | Path], environment: dict[str, str], expected: str, given: bytes = b"") -> Taken:
    """Runs a program to its end, which must print `expected`; CPU time is that of all its threads and children."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as standard_input:
        standard_input.write(given)
        standard_input.seek(0)
        before = time.perf_counter()
        process = subprocess.Popen(command, stdin=standard_input, stdout=out, stderr=subprocess.DEVNULL, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = (time.perf_counter() - before) * 1e3
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        printed = out.read().decode().strip()
    if process.returncode != 0 or printed != expected:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit code {process.returncode}, printed {printed!r}, "
                           f"not {expected!r}")
    return Taken((usage.ru_utime + usage.ru_stime) * 1e3, wall)


class Helper:
    """A program that answers each line of JSON with one."""

    def __init__(self, command: Sequence[str | Path]):
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Helper:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.terminate()
        self._process.wait()

    def ask(self, **question: object) -> dict[str, Any]:
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(map(str, self._process.args))} ended: exit code {self._process.wait()}")
        return json.loads(line)


def pinned(command: Sequence[str | Path], core: int) -> list[str | Path]:
    return ["taskset", "-c", str(core), *command]


def tree_of(pid: int) -> list[int]:
    """The process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        parent = int(stat.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def cpu_us(pids: Iterable[int]) -> float:
    """utime + stime of the processes so far, from their CPU clocks: /proc/PID/stat has it in steps of 10 ms."""
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids) * 1e6


def memory_mb(pid: int) -> dict[str, float]:
    """Rss, Pss and more of one process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Connection:
    """HTTP/1.1 over one kept-alive connection; enough for answers with a Content-Length."""

    def __init__(self, port: int):
        self._port = port
        self._socket = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS_MAX)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = b""

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _more(self) -> None:
        received = self._socket.recv(1 << 16)
        if not received:
            raise ConnectionError("the server closed the connection")
        self._read += received

    def send(self, method: str, path: str, body: bytes = b"", content_type: str = "application/json") -> None:
        self._socket.sendall(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
                             f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    def receive(self) -> tuple[int, bytes]:
        """The status and the body of the answer to what was sent."""
        while b"\r\n\r\n" not in self._read:
            self._more()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        end = int(length.group(1)) if length else 0
        while len(self._read) < end:
            self._more()
        content, self._read = self._read[:end], self._read[end:]
        return int(head.split()[1]), content

    def request(self, method: str, path: str, body: bytes = b"",
                content_type: str = "application/json") -> tuple[int, bytes]:
        self.send(method, path, body, content_type)
        return self.receive()

    def require(self, method: str, path: str, body: bytes | dict = b"",
                content_type: str = "application/json") -> bytes:
        """The body of the answer, which must be a success."""
        sent = json.dumps(body).encode() if isinstance(body, dict) else body
        status, content = self.request(method, path, sent, content_type)
        if not 200 <= status < 300:
            raise RuntimeError(f"{method} {path}: {status} {content.decode(errors='replace')[:500]}")
        return content


@dataclass
class Server:
    """A running server and how it is called."""

    name: str
    process: subprocess.Popen
    port: int
    path: str = "/"

    def connect(self) -> Connection:
        return Connection(self.port)

    def cpu_us(self) -> float:
        return cpu_us(tree_of(self.process.pid))


@contextmanager
def serve(name: str, command: Sequence[str | Path], port: int, path: str = "/") -> Iterator[Server]:
    """Starts a server and waits until it accepts connections; ends it and its children."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + START_SECONDS_MAX
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    if process.poll() is not None or time.monotonic() > deadline:
                        log.seek(0)
                        raise RuntimeError(f"{name} did not start: {log.read().decode(errors='replace')}") from None
                    time.sleep(0.01)
            yield Server(name, process, port, path)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def weft_server(directory: Path, *options: str, core: int | None = SERVER_CORE) -> Iterator[Server]:
    port = free_port()
    command = [WEFT, "serve", "--listen", f"127.0.0.1:{port}", "--data", directory, *options]
    with serve("weft", command if core is None else pinned(command, core), port) as server:
        yield server


class Start:
    """A server process from its start to its first answer, on data that is there."""

    def __init__(self, directory: Path, *options: str | Path):
        self._options = ["--data", directory, *options]

    def milliseconds(self, method: str, path: str, body: bytes) -> float:
        port = free_port()
        command = [WEFT, "serve", "--listen", f"127.0.0.1:{port}", *self._options]
        before = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            while True:
                try:
                    connection = Connection(port)
                    break
                except ConnectionRefusedError:
                    if process.poll() is not None:
                        raise RuntimeError("the server did not start") from None
                    time.sleep(0.0002)
            with connection:
                status, _ = connection.request(method, path, body)
            took = (time.perf_counter() - before) * 1e3
        finally:
            process.terminate()
            process.wait()
        if status != 200:
            raise RuntimeError(f"{path}: {status}")
        return took


def deploy(connection: Connection, name: str, module: bytes, state: str = "pristine", **limits: int) -> None:
    uploaded = json.loads(connection.require("POST", "/v1/modules", module, "application/wasm"))
    connection.require("PUT", f"/v1/functions/{name}", {"module": uploaded["id"], "state": state, "limits": limits})


# --- load ---


@dataclass
class Load:
    requests: int
    per_second: float


def post_script(directory: Path, body: str) -> Path:
    """A script for wrk that posts this body, which is ASCII."""
    script = directory / "post.lua"
    quoted = json.dumps(body)  # a string of Lua as well
    script.write_text(f'wrk.method = "POST"\nwrk.body = {quoted}\nwrk.headers["Content-Type"] = "application/json"\n')
    return script


def load(server: Server, script: Path, seconds: int, core: int | None = LOAD_CORE) -> Load:
    """Posts over CONNECTIONS kept-alive connections from that core, or from any."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "-s", script,
               f"http://127.0.0.1:{server.port}{server.path}"]
    if core is not None:
        command = pinned(command, core)
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise RuntimeError(f"{server.name} failed under load:\n{out}")
    return Load(int(re.search(r"(\d+) requests in", out).group(1)),
                float(re.search(r"Requests/sec: +([\d.]+)", out).group(1)))


# --- figures ---


@dataclass
class Figures:
    """What the rounds measured for one peer; the least is what the machine can do, the median what it did."""

    name: str
    values: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    @property
    def least(self) -> float:
        return min(self.values)

    @property
    def median(self) -> float:
        return statistics.median(self.values)


def alternate(names: Sequence[str], rounds: int, measure: Callable[[str, int], float]) -> dict[str, Figures]:
    """Measures A B C A B C …, so that what else the machine does meets all alike."""
    figures = {name: Figures(name) for name in names}
    for index in range(rounds):
        for name in names:
            figures[name].values.append(measure(name, index))
    return figures


def compare_load(servers: Sequence[Server], script: Path, rounds: int, seconds: int) -> dict[str, Figures]:
    """CPU-µs of each server's whole process tree per request."""
    for server in servers:
        load(server, script, 1)
    by_name = {server.name: server for server in servers}
    rates: dict[str, list[float]] = {server.name: [] for server in servers}

    def measure(name: str, _: int) -> float:
        before = by_name[name].cpu_us()
        done = load(by_name[name], script, seconds)
        rates[name].append(done.per_second)
        return (by_name[name].cpu_us() - before) / done.requests

    figures = alternate(list(by_name), rounds, measure)
    for name, found in figures.items():
        found.rates = rates[name]
    return figures


# --- Markdown ---


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def load_table(figures: dict[str, Figures], ours: str = "weft") -> str:
    """Ratios say how much of the peer's CPU time weft takes."""
    rows = []
    for found in figures.values():
        is_ours = found.name == ours
        rows.append((found.name, f"{found.least:.2f}", f"{found.median:.2f}",
                     f"{statistics.median(found.rates) / 1e3:.0f} k",
                     "" if is_ours else f"{figures[ours].least / found.least:.2f}",
                     "" if is_ours else f"{figures[ours].median / found.median:.2f}"))
    return table(("server", "CPU-µs/request, least", "median", "requests/s", f"{ours} takes × its least",
                  "× its median"), rows)


@dataclass
class Goal:
    what: str
    limit: float
    found: float
    unit: str = "x"
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.found >= self.limit if self.at_least else self.found <= self.limit

    def row(self) -> tuple[str, ...]:
        sign = "≥" if self.at_least else "≤"
        unit = self.unit if self.unit == "x" else " " + self.unit
        digits = 2 if self.unit == "x" else 1
        return (self.what, f"{sign} {self.limit:g}{unit}", f"{self.found:.{digits}f}{unit}",
                "yes" if self.met else "**no**")


def goal_table(goals: Sequence[Goal]) -> str:
    return table(("goal", "limit", "found", "met"), [goal.row() for goal in goals])


def row_options(description: str, rows: Iterable[str]) -> argparse.Namespace:
    """What a benchmark is asked for: `quick`, and the rows in `only`, or None."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: a first impression")
    parser.add_argument("--only", choices=list(rows), action="append", help="this row; may be repeated")
    return parser.parse_args()


def run_rows(rows: dict[str, Callable[[Any], list[Goal]]], only: Sequence[str] | None, bench: Any) -> None:
    """Runs each row, or those in `only`, with `bench`, and prints the goals that they return."""
    goals: list[Goal] = []
    for name in only or rows:
        say(f"{name} …")
        goals += rows[name](bench)
        sys.stdout.flush()
    if goals:
        print("### Goals\n\n" + goal_table(goals))


def machine() -> str:
    """The machine in general terms."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    release = os.uname().release.split("-")[0]
    return (f"{os.cpu_count()} cores, {model.group(1) if model else os.uname().machine}, Linux {release}, "
            f"{time.strftime('%Y-%m-%d')}, load {os.getloadavg()[0]:.1f} at the start")
