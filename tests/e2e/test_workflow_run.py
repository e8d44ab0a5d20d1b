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
        "import os\n"
        "def lambda_handler(event, context):\n"
        "    names = [context.function_name, context.log_group_name, context.identity.cognito_identity_id]\n"
        "    return {'paid': [event['amount'], os.environ['TABLE'], *names, context.aws_request_id != '']}\n")
    done = run([*words[:-1], "--env", "TABLE=cards", "--input"], environment, 7)
    assert (done.returncode, json.loads(done.stdout)["charge"]["paid"]) == (0, [7, "cards", "charge", "/aws/lambda/charge", None, True])


def test_functions_are_called_by_names_that_only_lambda_lets_them_have(environment, tmp_path):
    names = ["function0", "Up_Per", "function1", "Charge-Prod"]
    states = {name: {"Type": "Task", "Resource": f"arn:aws-us-gov:lambda:us-gov-west-1:1:function:{name}", "ResultPath": f"$.{name.replace('-', '_')}",
                     **({"Next": following} if following else {"End": True})}
              for name, following in zip(names, [*names[1:], None], strict=True)}
    (tmp_path / "all.asl.json").write_text(json.dumps({"StartAt": names[0], "States": states}))
    words = [BINARY, "workflow", "run", str(tmp_path / "all.asl.json")]
    for name in names:
        (tmp_path / f"{name}.py").write_text(f"def lambda_handler(event, context): return ['{name}', context.function_name]")
        words += ["--function", f"{name}={tmp_path / name}.py"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    assert json.loads(done.stdout) == {name.replace("-", "_"): [name, name] for name in names}


def test_an_exception_fails_the_task_as_with_lambda(words, environment):
    done = run(words, environment, 700)
    assert (done.returncode, done.stdout) == (1, "")
    assert f'  File "{words[5].removeprefix("charge=")}", line 7, in handler' in done.stderr.splitlines()
    told = done.stderr.splitlines()[-1]
    cause = told[told.index("{"):]
    assert {**json.loads(cause), "requestId": ""} == {
        "errorMessage": "no money", "errorType": "ValueError", "requestId": "",
        "stackTrace": [f'  File "{words[5].removeprefix("charge=")}", line 7, in handler\n']}
    assert done.stderr.splitlines()[-2:] == [
        "ValueError: no money",
        f"weft: the execution failed in the state Charge ({words[3]}:10:5): "
        f'ValueError: {cause}']


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


def test_a_signal_ends_an_execution_of_many_short_calls(environment, tmp_path):
    (tmp_path / "note.py").write_text("def handler(event):\n    print('called', flush=True)\n    return event\n")
    (tmp_path / "each.asl.json").write_text(json.dumps({"StartAt": "Each", "States": {"Each": {
        "Type": "Map", "MaxConcurrency": 1, "End": True, "ItemProcessor": {"StartAt": "Note", "States": {"Note": {
            "Type": "Task", "Resource": "arn:aws:lambda:here:1:function:note", "End": True}}}}}}))
    running = subprocess.Popen(
        [BINARY, "workflow", "run", str(tmp_path / "each.asl.json"), "--function", f"note={tmp_path / 'note.py'}",
         "--input", json.dumps(list(range(2000)))],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert running.stderr.readline() == "called\n"
        running.send_signal(signal.SIGINT)
        output, errors = running.communicate(timeout=SECONDS_MAX)
    finally:
        running.kill()
    assert (running.returncode, output) == (-signal.SIGINT, "")
    assert errors.splitlines()[-1] == "weft: the execution was stopped"
