"""A list that is longer than what is shown says so."""

import json
import subprocess

import pytest
from conftest import BINARY
from fake_server import serving

SHOWN = 10_000


def pages(total):
    """A server with so many of everything, in pages as large as they are asked for."""

    def document_of(path, query):
        if path == "/v1/functions/f":
            return {"name": "f"}
        begin = int(query.get("next", 0))
        end = min(begin + int(query["limit"]), total)
        items = [{"name": f"f{i}", "id": f"sha256:{i}", "version": i} for i in range(begin, end)]
        return {"items": items} | ({"next": str(end)} if end < total else {})

    return document_of


def ask(total, *command):
    with serving(pages(total)) as url:
        done = subprocess.run([BINARY, *command], env={"WEFT_SERVER": url, "NO_COLOR": "1"}, capture_output=True, text=True,
                              timeout=120)
    assert done.returncode == 0
    return done.stdout, done.stderr


COMMANDS = [("list",), ("versions", "f"), ("modules",)]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_list_that_goes_on_says_so(command):
    output, errors = ask(SHOWN + 1, *command)
    assert len(output.splitlines()) == 1 + SHOWN
    assert errors.startswith("weft: … and more: only the first 10000 are listed")
    output, errors = ask(SHOWN + 1, *command, "--json")
    assert len(json.loads(output)) == SHOWN
    assert json.loads(errors)["hint"].startswith("… and more")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_list_that_is_whole_says_nothing(command):
    output, errors = ask(SHOWN, *command)
    assert (len(output.splitlines()), errors) == (1 + SHOWN, "")
