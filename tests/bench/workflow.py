#!/usr/bin/env python3
"""script/bench workflow [--quick] [--only ROW]: what executions, definitions and JSON cost, JSON beside simdjson, node and Python.

Prints Markdown tables. docs/performance.md keeps the figures of the last good run.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import jsonata
import measure
from measure import Goal

TRANSITIONS_PER_SECOND = 150_000
MAP_MS = 1000
VALIDATION_MS = 200
JSON_MB_PER_SECOND = 400
# How much dearer each of four times as many may be: what is quadratic takes 4 times as long, what no longer fits into caches less than 2.
GROWTH = 2


@dataclass
class Bench:
    quick: bool

    @property
    def rounds(self) -> int:
        return 3 if self.quick else 9


def rows_of(command: list[str | Path]) -> list[dict]:
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def executed(bench: Bench, machines: list[tuple[dict, object]]) -> list[dict]:
    """What each definition costs with its input."""
    given = [{"definition": json.dumps(definition), "input": json.dumps(value), "rounds": bench.rounds}
             for definition, value in machines]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(given, file)
        file.flush()
        rows = rows_of([measure.BUILD / "tests/bench/executions", file.name])
    for row, (definition, _) in zip(rows, machines):
        if row["status"] != "SUCCEEDED":
            raise SystemExit(f"{row['status']}: {json.dumps(definition)[:500]}")
    return rows


# --- machines ---


def machine(states: dict, language: str = "JSONPath") -> dict:
    return {"QueryLanguage": language, "StartAt": next(iter(states)), "States": states}


def path_loop(count: int) -> dict:
    return machine({
        "Add": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "ResultPath": "$.at", "OutputPath": "$",
                "Next": "Take"},
        "Take": {"Type": "Pass", "InputPath": "$.at.n", "ResultPath": "$.n", "Next": "More"},
        "More": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": count, "Next": "Add"}], "Default": "Done"},
        "Done": {"Type": "Succeed"}})


def jsonata_loop(count: int) -> dict:
    return machine({
        "Add": {"Type": "Pass", "Output": "{% $merge([$states.input, {'n': $states.input.n + 1}]) %}", "Next": "More"},
        "More": {"Type": "Choice", "Choices": [{"Condition": f"{{% $states.input.n < {count} %}}", "Next": "Add"}],
                 "Default": "Done"},
        "Done": {"Type": "Succeed"}}, "JSONata")


def variable_loop(count: int) -> dict:
    return machine({
        "Begin": {"Type": "Pass", "Assign": {"n": 0}, "Next": "Add"},
        "Add": {"Type": "Pass", "Assign": {"n": "{% $n + 1 %}"}, "Next": "More"},
        "More": {"Type": "Choice", "Choices": [{"Condition": f"{{% $n < {count} %}}", "Next": "Add"}], "Default": "Done"},
        "Done": {"Type": "Succeed"}}, "JSONata")


def inline_map(inside: dict, language: str = "JSONPath", **more: object) -> dict:
    return machine({"Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Do", "States": {"Do": {**inside, "End": True}}},
                             "End": True, **more}}, language)


TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 60}
WAIT = {"Type": "Wait", "Seconds": 5}
FAILING = {**TASK, "TimeoutSeconds": 1}


def distributed_map() -> dict:
    return machine({"Each": {"Type": "Map", "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
        "StartAt": "Do", "States": {"Do": {"Type": "Pass", "End": True}}}, "End": True}})


def parallel(count: int, inside: Callable[[int], dict]) -> dict:
    branches = [{"StartAt": f"Do {i}", "States": {
        f"Do {i}": {**inside(i), "Next": f"Caught {i}"}, f"Caught {i}": {"Type": "Pass", "End": True}}} for i in range(count)]
    return machine({"All": {"Type": "Parallel", "Branches": branches, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}],
                            "Next": "Done"},
                    "Done": {"Type": "Succeed"}})


def inner_parallel(number: int) -> dict:
    branches = [{"StartAt": f"{name} {number}", "States": {f"{name} {number}": {**inside, "End": True}}}
                for name, inside in (("Fail", FAILING), ("Wait", WAIT))]
    return {"Type": "Parallel", "Branches": branches, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": f"Caught {number}"}]}


def large_definition(size: int) -> dict:
    """As large as `size` allows, of states as people write them."""
    kinds = [
        {"Type": "Task", "Comment": "Charges the customer's card, and says what it was charged with.",
         "Resource": "arn:aws:states:::lambda:invoke",
         "Parameters": {"FunctionName": "arn:aws:lambda:eu-central-1:123456789012:function:charge:$LATEST",
                        "Payload": {"order.$": "$.order.id", "sum.$": "States.MathAdd($.order.sum, $.order.postage)",
                                    "note.$": "States.Format('order {} of {}', $.order.id, $.customer.name)"}},
         "ResultSelector": {"charged.$": "$.Payload.sum"}, "ResultPath": "$.charge",
         "Retry": [{"ErrorEquals": ["States.Timeout", "Lambda.TooManyRequestsException"], "IntervalSeconds": 2,
                    "MaxAttempts": 5, "BackoffRate": 2.0}],
         "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed", "ResultPath": "$.error"}]},
        {"Type": "Pass", "QueryLanguage": "JSONata",
         "Output": {"total": "{% $sum($states.input.items.(price * count)) %}", "items": "{% $states.input.items[count > 0] %}"},
         "Assign": {"customer": "{% $states.input.customer.name & ' of ' & $states.input.customer.country %}"}},
        {"Type": "Wait", "SecondsPath": "$.order.delay"},
        {"Type": "Choice", "Choices": [
            {"And": [{"Variable": "$.order.sum", "NumericGreaterThan": 100},
                     {"Variable": "$.customer.country", "StringEquals": "DE"}], "Next": "Failed"},
            {"Variable": "$.order.express", "IsPresent": True, "Next": "Failed"}]},
        {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 5, "ItemProcessor": {"StartAt": "Item", "States": {
            "Item": {"Type": "Pass", "Parameters": {"sku.$": "$.sku"}, "End": True}}}, "ResultPath": "$.done"},
    ]
    states: dict = {}
    used = 0
    while used < size - 2000:
        number = len(states)
        state = json.loads(json.dumps(kinds[number % len(kinds)]))
        if "ItemProcessor" in state:
            processor = state["ItemProcessor"]
            processor["StartAt"] = f"Item {number}"
            processor["States"] = {f"Item {number}": processor["States"]["Item"]}
        state["Default" if state["Type"] == "Choice" else "Next"] = f"State {number + 1}"
        states[f"State {number}"] = state
        used += len(json.dumps(state)) + len(f'"State {number}": , ')
    states[f"State {len(states)}"] = {"Type": "Succeed"}
    states["Failed"] = {"Type": "Fail", "Error": "Failed"}
    return machine(states)


# --- rows ---


def bench_transitions(bench: Bench) -> list[Goal]:
    count = 4000
    large = {"n": 0, "orders": jsonata.ORDERS}
    loops = [("JSONPath", path_loop(count), {"n": 0, "at": {}}), ("JSONata", jsonata_loop(count), {"n": 0}),
             ("JSONata, a variable", variable_loop(count), {}),
             (f"JSONPath, {len(json.dumps(large)) / 1000:.0f} kB of data", path_loop(count), large),
             ("JSONata, as many", jsonata_loop(count), large)]
    rows, goals = [], []
    for (name, *_), found in zip(loops, executed(bench, [(definition, value) for _, definition, value in loops])):
        per_second = found["transitions"] / found["run_us"] * 1e6
        rows.append((name, f"{found['run_us'] / found['transitions']:.2f}", f"{per_second:,.0f}",
                     f"{found['history_us'] / found['transitions']:.2f}"))
        if "data" not in name and "many" not in name:
            goals.append(Goal(f"transitions in a second: {name}", TRANSITIONS_PER_SECOND / 1e3, per_second / 1e3, "k", True))
    print("### Transitions of a loop of Pass and Choice, CPU-µs, least\n")
    print(measure.table(("loop", "a transition", "in a second", "printing its history"), rows))
    return goals


def bench_growth(bench: Bench) -> list[Goal]:
    """CPU time per item must not depend on how many there are."""
    few, many = 10_000, 40_000
    add = {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}}
    items = lambda count: [{"n": i} for i in range(count)]
    kinds = [
        ("items of an inline Map", lambda n: (inline_map(add), items(n)), few),
        ("the same in JSONata", lambda n: (inline_map({"Type": "Pass", "Output": {"n": "{% $states.input.n + 1 %}"}}, "JSONata"),
                                           items(n)), few),
        ("items with an ItemSelector", lambda n: (inline_map({"Type": "Pass"}, ItemSelector={"n.$": "$$.Map.Item.Value.n"}), items(n)),
         few),
        ("items of an inline Map with a Task", lambda n: (inline_map(TASK), items(n)), few),
        ("items of an inline Map with a Wait", lambda n: (inline_map(WAIT), items(n)), few),
        ("children of a distributed Map", lambda n: (distributed_map(), items(n)), few),
        ("branches of a Parallel", lambda n: (parallel(n, lambda _: {"Type": "Pass"}), {}), 1000),
        ("branches with a Wait, the last shortest", lambda n: (parallel(n, lambda i: {"Type": "Wait", "Seconds": n - i}), {}), 1000),
        ("branches with a Task, the last shortest", lambda n: (parallel(n, lambda _: TASK), {}), 1000),
        ("branches with a Task, of which one fails", lambda n: (parallel(n, lambda i: TASK if i else FAILING), {}), 1000),
        ("branches of branches, of which one fails", lambda n: (parallel(n, lambda i: inner_parallel(i)), {}), 500),
        ("rounds of a loop", lambda n: (jsonata_loop(n), {"n": 0}), 3000),
        ("rounds of a loop with a variable", lambda n: (variable_loop(n), {}), 3000),
    ]
    machines = [make(count) for _, make, few in kinds for count in (few, 4 * few)]
    found = executed(bench, machines)
    rows, goals = [], []
    for (name, _, few), one, four in zip(kinds, found[::2], found[1::2]):
        growth = four["run_us"] / one["run_us"] / 4
        rows.append((name, f"{few:,}", f"{one['run_us'] / 1e3:.1f}", f"{one['run_us'] / few:.2f}",
                     f"{four['run_us'] / 4 / few:.2f}", f"{growth:.2f}"))
        goals.append(Goal(f"{name}: each of four times as many", GROWTH, growth))
    goals.insert(0, Goal("inline Map with 10,000 items", MAP_MS, found[0]["run_us"] / 1e3, "ms"))
    print("### Many at once, CPU time, least\n")
    print(measure.table(("what", "how many", "ms in all", "µs each", "µs each of four times as many", "×"), rows))
    return goals


def bench_definition(bench: Bench) -> list[Goal]:
    definition = large_definition(1 << 20)
    # Run alone, it would stop at the first state: only what comes before the run is of interest.
    states = definition["States"]
    definition["States"] = {"Begin": {"Type": "Choice", "Choices": [
        {"Variable": "$.never", "IsPresent": True, "Next": "State 0"}], "Default": "End"}, "End": {"Type": "Succeed"}, **states}
    definition["StartAt"] = "Begin"
    found = executed(bench, [(definition, {})])[0]
    size = len(json.dumps(definition))
    print(f"### A definition of {size:,} bytes with {len(definition['States']):,} states, CPU-ms, least\n")
    print(measure.table(("validated", "compiled"), [(f"{found['validate_us'] / 1e3:.1f}", f"{found['compile_us'] / 1e3:.1f}")]))
    return [Goal("a definition of 1 MiB is validated", VALIDATION_MS, found["validate_us"] / 1e3, "ms")]


def documents() -> dict[str, bytes]:
    numbers = random.Random(1)
    compact = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    orders = [{**order, "id": f"o{i}-{k}"} for k in range(250) for i, order in enumerate(jsonata.ORDERS)]
    words = ("Übergröße", "naïve", "façade", "コンニチハ", "Привет", "plain", "words", "between", "them")
    texts = [{"id": i, "lang": ("de", "ja", "ru", "en")[i % 4], "text": " ".join(numbers.choices(words, k=40)),
              "user": {"name": numbers.choice(words), "followers": numbers.randrange(10**6), "verified": i % 3 == 0}}
             for i in range(3000)]
    events = [{"timestamp": 1767225600.123 + i, "type": ("PassStateEntered", "PassStateExited")[i % 2], "id": i + 1,
               "previousEventId": i, ("stateEnteredEventDetails", "stateExitedEventDetails")[i % 2]: {
                   "name": f"State {i % 7}", "input": json.dumps(jsonata.ORDERS[i % 10]), "inputDetails": {"truncated": False}}}
              for i in range(2000)]
    places = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [
            [[numbers.uniform(-180, 180), numbers.uniform(-90, 90)] for _ in range(300)]]}} for _ in range(80)]}
    return {"orders": compact(orders), "texts of many languages": compact(texts),
            "a history: JSON in strings": compact({"events": events}),
            "a definition, indented": json.dumps(large_definition(1 << 20), indent=2).encode(),
            "coordinates: numbers of 17 digits": compact(places)}


def bench_json(bench: Bench) -> list[Goal]:
    texts = documents()
    if bench.quick:
        texts = dict(list(texts.items())[::2])
    with tempfile.TemporaryDirectory() as directory:
        files = []
        for name, text in texts.items():
            files.append(Path(directory) / f"{len(files)}.json")
            files[-1].write_bytes(text)
        ours = rows_of([measure.BUILD / "tests/bench/documents", *files])
        node = rows_of(["node", measure.HERE / "peers/documents.mjs", *files])
        python = rows_of([sys.executable, measure.HERE / "peers/documents.py", *files])
    parsed, printed, goals = [], [], []
    for name, our, v8, py in zip(texts, ours, node, python):
        if not our["same"]:
            raise SystemExit(f"{name} is printed as something else")
        size, out = our["bytes"], our["printed_bytes"]
        parsed.append((name, f"{size / 1e6:.1f}", f"{size / our['parse_us']:.0f}", f"{size / our['simdjson_us']:.0f}",
                       f"{size / v8['parse_us']:.0f}", f"{size / py['parse_us']:.0f}"))
        printed.append((name, f"{out / 1e6:.1f}", f"{out / our['print_us']:.0f}", f"{out / v8['print_us']:.0f}",
                        f"{out / py['print_us']:.0f}"))
        goals += [Goal(f"{name}: read", JSON_MB_PER_SECOND, size / our["parse_us"], "MB/s", True),
                  Goal(f"{name}: printed", JSON_MB_PER_SECOND, out / our["print_us"], "MB/s", True)]
    print("### Reading JSON to a document, MB in a second of CPU, most\n")
    print(measure.table(("text", "MB", "weft", "simdjson's DOM", "node", "Python"), parsed))
    print("### Printing it without white space\n")
    print(measure.table(("text", "MB", "weft", "node", "Python"), printed))
    return goals


ROWS = {"transitions": bench_transitions, "growth": bench_growth, "definition": bench_definition,
        "expressions": jsonata.bench_expressions, "json": bench_json}


def main() -> None:
    options = measure.row_options(__doc__.splitlines()[0], ROWS)
    versions = f"node {measure.version_of(['node', '--version'])}, Python {sys.version.split()[0]}"
    print(f"## Workflows and JSON\n\n{measure.machine()}; {versions}\n")
    measure.run_rows(ROWS, options.only, Bench(options.quick))


if __name__ == "__main__":
    main()
