"""`weft workflow run` calls Python files as the functions of a workflow."""

import json
import os
import pathlib
import signal
import subprocess

import pytest
from conftest import BINARY, ROOT

GUESTS = pathlib.Path(os.environ.get("WEFT_PYTHON", ROOT / "build/python/out"))
SECONDS_MAX = 300

pytestmark = pytest.mark.skipif(not (GUESTS / "weft.wasm").exists(),
                                reason="guests/python/build makes what is run here")

CHARGE = """
def handler(event, context):
    print("charging", event["amount"], flush=True)
    while event["amount"] == 13:
        pass
    if event["amount"] > 100:
        raise ValueError("no money")
    return {"paid": True}
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """One cache for all, so that Python is compiled once; and temporary files of its own."""
    return {**os.environ, "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")), "WEFT_PYTHON": str(GUESTS),
            "TMPDIR": str(tmp_path_factory.mktemp("temporary"))}


@pytest.fixture
def words(tmp_path):
    """The command line that runs the example with what it calls."""
    (tmp_path / "charge.py").write_text(CHARGE)
    return [BINARY, "workflow", "run", str(ROOT / "examples/order.asl.json"), "--function",
            f"charge={tmp_path / 'charge.py'}", "--input"]


def run(words, environment, amount):
    return subprocess.run([*words, json.dumps({"amount": amount})], env=environment, capture_output=True, text=True,
                          timeout=SECONDS_MAX, check=False)


def test_a_task_calls_a_python_file_and_shows_what_it_prints(words, environment):
    done = run(words, environment, 7)
    assert (done.returncode, done.stdout, done.stderr) == (0, '{"amount":7,"charge":{"paid":true}}\n', "charging 7\n")


def test_a_handler_of_lambda_runs_as_it_is(words, environment):
    pathlib.Path(words[5].removeprefix("charge=")).write_text(
        "def lambda_handler(event, context):\n    return {'paid': [event['amount'], context.function_name, context.aws_request_id != '']}\n")
    done = run(words, environment, 7)
    assert (done.returncode, json.loads(done.stdout)["charge"]["paid"]) == (0, [7, "charge", True])


def test_an_exception_fails_the_task_as_with_lambda(words, environment):
    done = run(words, environment, 700)
    assert (done.returncode, done.stdout) == (1, "")
    assert f'  File "{words[5].removeprefix("charge=")}", line 7, in handler' in done.stderr.splitlines()
    assert done.stderr.splitlines()[-2:] == [
        "ValueError: no money",
        f"weft: the execution failed in the state Charge ({words[3]}:10:5): "
        'ValueError: {"errorMessage": "no money", "errorType": "ValueError"}']


def test_a_signal_ends_what_is_called_and_leaves_nothing_behind(words, environment):
    running = subprocess.Popen([*words, '{"amount": 13}'], env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    try:
        # It has begun when its files are there; the signal waits where it comes before the call.
        while running.poll() is None and not os.listdir(environment["TMPDIR"]):
            pass
        running.send_signal(signal.SIGINT)
        assert running.wait(SECONDS_MAX) == -signal.SIGINT
    finally:
        running.kill()
        running.communicate()
    assert os.listdir(environment["TMPDIR"]) == []
