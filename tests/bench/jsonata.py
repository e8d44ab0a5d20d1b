#!/usr/bin/env python3
"""script/bench jsonata [--quick] [--only ROW]: what expressions cost, beside the reference implementation in node.

Prints a Markdown table. docs/performance.md keeps the figures of the last good run.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import measure
from measure import Goal

GOAL_US = 50

ORDERS = [{"id": f"o{i}", "customer": {"name": f"Customer {i % 7}", "country": ("DE", "FR", "US")[i % 3]},
           "items": [{"sku": f"s{i}-{k}", "price": 1.5 * k + i, "count": k + 1} for k in range(3)]} for i in range(10)]
DOCUMENT = {"account": "North", "total": 1234.5, "when": "2026-01-02T03:04:05Z", "orders": ORDERS}
EXPRESSIONS = [
    "account & ': ' & $string(total)",
    "orders[0].items[1].sku",
    "orders.items.price",
    "$sum(orders.items.(price * count))",
    "orders[customer.country = 'DE'].id",
    "orders.{'id': id, 'sum': $sum(items.(price * count))}",
    "orders{customer.country: $count(items)}",
    "orders^(>items[0].price).id",
    "$map(orders, function($o, $i) { $i & ' ' & $uppercase($o.customer.name) })",
    "$reduce(orders.items.price, function($a, $b) { $a + $b })",
    "orders.items.{'sku': sku, 'order': %.id}",
    "$replace(account, /[aeiou]/, '_')",
    "$fromMillis($toMillis(when), '[D1o] [MNn] [Y]')",
    "($f := function($n) { $n < 2 ? 1 : $n * $f($n - 1) }; $f(20))",
]


@dataclass
class Bench:
    quick: bool


def rows_of(command: list[str | Path]) -> list[dict]:
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def bench_expressions(bench: Bench) -> list[Goal]:
    expressions = EXPRESSIONS[::4] if bench.quick else EXPRESSIONS
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"document": DOCUMENT, "expressions": expressions}, file)
        file.flush()
        ours = rows_of([measure.BUILD / "tests/bench/expressions", file.name])
        theirs = rows_of(["node", measure.HERE / "peers/jsonata.mjs", measure.jsonata(), file.name])
    rows = []
    for expression, our, their in zip(expressions, ours, theirs):
        if our["value"] != their["value"]:
            raise SystemExit(f"{expression}: {our['value']} instead of {their['value']}")
        rows.append((f"`{expression}`".replace("|", "\\|"), f"{our['evaluate_us']:.1f}", f"{their['evaluate_us']:.0f}",
                     f"{our['compile_us']:.1f}", f"{their['compile_us']:.0f}"))
    print("### Expressions over a document with 10 orders of 3 items, CPU-µs, least\n")
    print(measure.table(("expression", "evaluated", "by node", "compiled", "by node"), rows))
    return [Goal("the most that one of these takes when it is compiled", GOAL_US,
                 max(our["evaluate_us"] for our in ours), "µs")]


ROWS = {"expressions": bench_expressions}


def main() -> None:
    options = measure.row_options(__doc__.splitlines()[0], ROWS)
    print(f"## JSONata\n\n{measure.machine()}; node {measure.version_of(['node', '--version'])}\n")
    measure.run_rows(ROWS, options.only, Bench(options.quick))


if __name__ == "__main__":
    main()
