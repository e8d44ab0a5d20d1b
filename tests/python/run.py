#!/usr/bin/env python3
"""Runs Python's own tests (its package `test`) under weft: script/python-tests.

Each module has a process of `weft run` of its own. Its Python is the guests', with the modules that only tests import; its library
theirs, with sources and tests, read-only; its `/` an empty directory. With --restored, instances are tested that began with an
image: a function is deployed for each module, which imports the tests when it is loaded, and a call runs them; what `weft run`
makes of the same file has to be equal. tests/python/expected.toml has what is known to fail.

A line for each module says `pass|skip|fail|trap|timeout NAME (tests run, skipped)`, the last line counts them. The exit code is 1
when something failed that is not expected, or when fewer modules passed than have to.
"""

import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import xml.etree.ElementTree

import restored

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BINARY = pathlib.Path(os.environ.get("WEFT_BINARY", ROOT / "build/release/weft"))
ORACLE = ROOT / "build/python/oracle"
PROGRAM = ORACLE / "program"
RESULTS = ROOT / "build/python-tests"

# Exit codes of `weft run`, and what they mean here.
ENDS = {124: "timeout", 134: "trap"}
TOTAL = re.compile(r"^Total tests: run=([\d,]+).*?(?: skipped=([\d,]+))?$", re.MULTILINE)
SKIPPED = re.compile(r"^\S+ skipped -- (.*)$", re.MULTILINE)


class Expected:
    """What expected.toml says."""

    def __init__(self, path=HERE / "expected.toml"):
        told = tomllib.loads(path.read_text())
        self.passes_min = told["passes_min"]
        self.restored = told["restored"]["modules"]
        self.failures = {}
        for failure in told.get("failure", []):
            for name in failure["tests"]:
                self.failures.setdefault(failure["module"], {})[name] = failure["cause"]

    def unexpected(self, result):
        """The failed tests of a module that nobody expects to fail."""
        return sorted(set(result["failed"]) - set(self.failures.get(result["module"], ())))


def result_of(module, outcome, **more):
    return {"module": module, "outcome": outcome, "run": 0, "skipped": 0, "failed": [], "reason": "", **more}


def failed_tests(report):
    """Their names, of regrtest's JUnit file."""
    if not report.exists():
        return []
    cases = xml.etree.ElementTree.parse(report).getroot().iter("testcase")
    return sorted({case.get("name") for case in cases if case.find("error") is not None or case.find("failure") is not None})


def skip_reason(output):
    why = SKIPPED.search(output)
    return why[1] if why else "none of its tests is for here"


def judge(module, code, output, report):
    """The result of a module whose process has ended."""
    if code in ENDS:
        return result_of(module, ENDS[code], failed=[ENDS[code]])
    total = TOTAL.search(output)
    run, skipped = (int((number or "0").replace(",", "")) for number in total.groups()) if total else (0, 0)
    failed = failed_tests(report)
    counts = {"run": run, "skipped": skipped}
    if code != 0 or failed:
        if not failed and "NO TESTS RAN" in output:
            return result_of(module, "skip", reason=skip_reason(output))
        return result_of(module, "fail", failed=failed or [f"exit code {code}"], **counts)
    if run == 0:
        return result_of(module, "skip", reason=skip_reason(output))
    # As Python itself counts them.
    return result_of(module, "pass", reason="each of its tests was skipped" if run == skipped else "", **counts)


def run_cold(module, options):
    """One module in a process of its own. Its output stays in RESULTS."""
    with tempfile.TemporaryDirectory(prefix="python-tests-") as folder:
        shutil.copy(HERE / "run_module.py", folder)
        (pathlib.Path(folder) / "tmp").mkdir()
        command = [BINARY, "run", "--python", PROGRAM, "--timeout", f"{options.timeout}s", "--dir", f"{folder}:/",
                   "run_module.py", "--tempdir=/tmp", "--junit-xml=/report.xml", module]
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
        output = done.stdout.decode(errors="replace")
        (RESULTS / f"{module}.log").write_text(output)
        report = pathlib.Path(folder, "report.xml")
        if report.exists():
            shutil.copy(report, RESULTS / f"{module}.xml")
        return judge(module, done.returncode, output, report)


def all_modules():
    with tempfile.TemporaryDirectory(prefix="python-tests-") as folder:
        shutil.copy(HERE / "run_module.py", folder)
        done = subprocess.run([BINARY, "run", "--python", PROGRAM, "--dir", f"{folder}:/", "run_module.py", "--list-tests"],
                              cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        return [line for line in done.stdout.split() if line.startswith("test")]


def key_of_results():
    """Of what results depend on, so that others' are not taken for these."""
    key = hashlib.sha256()
    for path in [BINARY, PROGRAM / "python.wasm", HERE / "run.py", HERE / "run_module.py"]:
        key.update(hashlib.sha256(path.read_bytes()).digest())
    return key.hexdigest()


class Kept:
    """Results of a run, one a line, so that one that was interrupted can go on."""

    def __init__(self, name, options):
        RESULTS.mkdir(parents=True, exist_ok=True)
        self.path = RESULTS / f"{name}.jsonl"
        key = key_of_results()
        self.results = {}
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        if options.resume and lines and json.loads(lines[0]) == key:
            self.results = {one["module"]: one for one in map(json.loads, lines[1:])}
        else:
            self.path.write_text(json.dumps(key) + "\n")

    def add(self, result):
        self.results[result["module"]] = result
        with self.path.open("a") as file:
            file.write(json.dumps(result) + "\n")


def show(result, expected):
    line = f"{result['outcome']} {result['module']} ({result['run']}, {result['skipped']})"
    if result["reason"]:
        line += f": {result['reason']}"
    print(line)
    for name in expected.unexpected(result):
        print(f"    not expected: {name}")
    sys.stdout.flush()


def summarize(results, expected):
    counts = collections.Counter(result["outcome"] for result in results)
    tests = sum(result["run"] for result in results)
    skipped = sum(result["skipped"] for result in results)
    print(f"{tests} tests, of which {skipped} were skipped")
    for module, names in expected.failures.items():
        for result in results:
            healed = sorted(set(names) - set(result["failed"])) if result["module"] == module else ()
            for name in healed:
                print(f"{name} does not fail any more: tests/python/expected.toml")
    idle = sum(result["outcome"] == "pass" and result["run"] == result["skipped"] for result in results)
    print(f"{idle} of the modules that passed skipped each of their tests")
    print(f"{counts['pass']} passed, {counts['skip']} skipped, {counts['fail']} failed, {counts['trap']} trapped, "
          f"{counts['timeout']} out of time")
    return counts


def test_cold(options, expected):
    modules = options.modules or all_modules()
    kept = Kept("named" if options.modules else "all", options)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = [pool.submit(run_cold, module, options) for module in modules if module not in kept.results]
        for one in concurrent.futures.as_completed(running):
            kept.add(one.result())
            show(one.result(), expected)
    results = [kept.results[module] for module in modules]
    counts = summarize(results, expected)
    if not options.modules and counts["pass"] < expected.passes_min:
        print(f"fewer than {expected.passes_min} passed")
        return False
    return not any(expected.unexpected(result) for result in results)


def both_ends(server, module):
    """What the tests of a module came to (cold, restored); the error of what did not end."""
    ends = []
    for way in (server.cold, server.restored):
        try:
            ends.append(way(module))
        except (OSError, RuntimeError, ValueError) as error:
            ends.append({"run": 0, "skipped": 0, "failed": [str(error)]})
    return ends


def test_restored(options, expected):
    modules = options.modules or expected.restored
    began = time.monotonic()
    good = clean = 0
    with restored.Server(BINARY, ORACLE / "function") as server:
        for module in modules:
            cold, warm = both_ends(server, module)
            equal = cold == warm and cold["run"] > 0
            good += equal
            clean += equal and not cold["failed"]
            told = f": {len(warm['failed'])} fail in both ways" if equal and warm["failed"] else ""
            print(f"{'pass' if equal else 'fail'} {module} ({warm['run']}, {warm['skipped']}){told}")
            if not equal:
                print(f"    cold: {cold}\n    restored: {warm}")
            sys.stdout.flush()
    print(f"{clean} without a failure, in {time.monotonic() - began:.0f} s\n{good} passed, {len(modules) - good} failed")
    return good == len(modules)


def main():
    parser = argparse.ArgumentParser(prog="script/python-tests", description=__doc__.split("\n\n")[0])
    parser.add_argument("modules", metavar="MODULE", nargs="*", help="such as test_json; all of them without one")
    parser.add_argument("--restored", action="store_true", help="in instances that begin with an image")
    parser.add_argument("--resume", action="store_true", help="take over what an interrupted run found")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at a time")
    parser.add_argument("--timeout", type=int, default=600, help="seconds for a module")
    options = parser.parse_args()
    # A server that was started ends with this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    expected = Expected()
    good = test_restored(options, expected) if options.restored else test_cold(options, expected)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
