"""The commands of README.md do what it says: each line with "# → text" prints that text."""

import os
import re
import subprocess

from conftest import ROOT


def commands():
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert blocks
    return [line for block in blocks for line in block.splitlines()]


def test_the_first_five_minutes_work(own_server, tmp_path):
    url = f"http://127.0.0.1:{own_server.port}"
    script = ["set -eu"]
    expected = []
    for line in commands():
        command, _, says = line.replace("http://127.0.0.1:8080", url).partition("  # → ")
        if says:
            number = len(expected)
            expected.append((command.strip(), says.strip()))
            run = f"({command}) > {tmp_path}/{number} 2>&1 || echo 'exit code' $? >> {tmp_path}/{number}"
            # A record of a call may be written after the call was answered.
            again = f"until {run}; grep -q {says!r} {tmp_path}/{number}; do :; done"
            script.append(again if command.startswith("weft logs") else run)
        else:
            script.append(command)
    environment = {**os.environ, "WEFT_SERVER": url, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run(["bash", "-c", "\n".join(script)], cwd=ROOT, env=environment, check=True, timeout=300)
    for number, (command, says) in enumerate(expected):
        assert says in (tmp_path / str(number)).read_text(), command
