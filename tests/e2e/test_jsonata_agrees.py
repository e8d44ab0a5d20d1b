"""Generated expressions of JSONata have the values and the errors that the reference implementation gives them."""

import json
import pathlib
import subprocess

from conftest import BINARY, ROOT

RUNNER = BINARY.parent / "weft-conformance"
GENERATOR = pathlib.Path(__file__).with_name("jsonata_expressions.mjs")
# script/setup installs it.
REFERENCE = ROOT / "build/guests/jsonata/node_modules/jsonata"
# Another seed makes other expressions: a difference that it shows is a bug, or a rule that the generator lacks.
SEED = 1
EXPRESSIONS = 6000


def test_generated_expressions_mean_the_same(tmp_path):
    corpus = tmp_path / "generated.jsonl"
    with corpus.open("w") as file:
        subprocess.run(["node", GENERATOR, REFERENCE, str(SEED), str(EXPRESSIONS)], check=True, stdout=file, timeout=300)
    expected = [json.loads(line) for line in corpus.read_text().splitlines()]
    codes = {case["error"]["code"] for case in expected if "error" in case}
    # What agrees only because nothing is compared would not be worth much.
    assert len(expected) > 0.97 * EXPRESSIONS
    assert sum("result" in case for case in expected) > 0.3 * EXPRESSIONS
    assert len(codes) > 15, codes

    done = subprocess.run([RUNNER, "jsonata", corpus], capture_output=True, text=True, timeout=300)
    assert (done.stdout.splitlines()[:-2], done.returncode) == ([], 0), done.stdout + done.stderr
