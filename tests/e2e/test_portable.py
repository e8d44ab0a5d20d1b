"""json and workflow, compiled for WebAssembly, say inside weft what they say outside (docs/adr/0021)."""

import json
import os
import pathlib
import subprocess

import pytest
from conftest import BINARY, ROOT

RUNNER = BINARY.parent / "weft-conformance"
CORPORA = pathlib.Path(os.environ.get("WEFT_CORPORA", ROOT / "../shared/corpora"))

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"b.$": "$.a"}, "End": True}}}
# One of each suite that is exact, and one that is not.
SMALL = {
    "jsonata": [{"id": "sum", "expr": "$sum(a) & $uppercase('x') & $match('ab', /b/).match", "data": {"a": [1, 2.5]},
                 "result": "3.5Xb"},
                {"id": "wrong", "expr": "1 / 3", "result": 0.25}],
    "jsonpath": [{"id": "slice", "selector": "$[1:]", "document": [1, 2], "result": [2]},
                 {"id": "wrong", "selector": "$", "document": 1, "result": [2]}],
    "asl": [{"id": "pass", "definition": json.dumps(PASS), "input": '{"a":1}', "expected_output": {"b": 1}},
            {"id": "wrong", "definition": json.dumps(PASS), "input": '{"a":1}', "expected_output": {"b": 2}}],
}


@pytest.fixture(scope="module")
def module():
    for command in (["cmake", "--preset", "wasm"], ["cmake", "--build", "--preset", "wasm"]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1500)
        assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "build/wasm/weft-conformance.wasm"


def both(module, suite, directory, name):
    """What the program says, and what the module says, to which the directory is given for reading."""
    outside = subprocess.run([RUNNER, suite, directory / name], capture_output=True, text=True, timeout=300)
    inside = subprocess.run([BINARY, "run", "--dir", f"{directory}:/corpora:ro", module, suite, f"/corpora/{name}"],
                            capture_output=True, text=True, timeout=300)
    return [(done.returncode, done.stdout, done.stderr) for done in (outside, inside)]


@pytest.mark.parametrize("suite", SMALL)
def test_what_is_exact_and_what_is_not_is_told_alike(module, suite, tmp_path):
    (tmp_path / "tests.jsonl").write_text("".join(json.dumps(test) + "\n" for test in SMALL[suite]))
    outside, inside = both(module, suite, tmp_path, "tests.jsonl")
    assert inside == outside
    assert inside[0] == 1 and inside[1].splitlines()[-1] == "exact 1 differing 1 failing 0", inside


@pytest.mark.parametrize("corpus", ["jsonata/jsonata.jsonl", "jsonpath/jsonpath_cts.jsonl", "asl/choice.jsonl"])
def test_a_corpus_comes_to_the_same(module, corpus):
    if not CORPORA.is_dir():
        pytest.skip("there is no corpus: WEFT_CORPORA names the directory")
    suite, name = corpus.split("/")
    outside, inside = both(module, suite, CORPORA / suite, name)
    assert inside == outside
    assert inside[1].splitlines()[-1].startswith("exact "), inside
