"""What a server calls its functions is foreign text: a shell that completes them neither runs it nor offers it."""

import os
import shutil
import subprocess

import pytest
from conftest import BINARY
from fake_server import serving

NAMES = ["alpha", "$(touch PWNED)x", "`touch PWNED`", "a;touch PWNED", "a b", "${IFS}", "../etc", "Upper", "-x", "", None,
         "two\nlines", "tab\tbed", "'q", '"q', "a\\", "*", "~", "almond"]
ALLOWED = ["alpha", "almond"]

BASH = """
eval "$(weft completions bash)"
COMP_WORDS=(weft show "$1"); COMP_CWORD=2
_weft weft "$1" show
printf '%s\\n' "${COMPREPLY[@]}"
"""

# The words that zsh's completion adds, without a terminal.
ZSH = """
compdef() { : }
eval "$(weft completions zsh)"
compadd() { print -rl -- "${(P@)2}" }
PREFIX=$1
_weft_functions
"""

FISH = """
weft completions fish | source
complete -C "weft show $argv[1]"
"""


def shell(name):
    return pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"there is no {name} here"))


def complete(name, directory, url, word=""):
    """What the shell offers for `weft show WORD`. Runs in `directory`, whose bin/ has the program."""
    command = {"bash": ["bash", "--norc", "-c", BASH, "bash", word],
               "zsh": ["zsh", "-f", "-c", ZSH, "zsh", word],
               "fish": ["fish", "--no-config", "-c", FISH, word]}[name]
    kept = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    environment = kept | {"HOME": str(directory), "WEFT_SERVER": url, "PATH": f"{directory / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if line]


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/weft").symlink_to(BINARY)
    return tmp_path


@pytest.fixture
def hostile():
    with serving(lambda path, query: {"items": [{"name": name} for name in NAMES] + ["alpha", None]}) as url:
        yield url


def test_only_names_that_a_function_can_have_are_printed(directory, hostile):
    done = subprocess.run([BINARY, "completions", "functions"], env={"WEFT_SERVER": hostile}, capture_output=True,
                          text=True, timeout=120)
    assert (done.returncode, done.stdout.splitlines()) == (0, ALLOWED)


@pytest.mark.parametrize("name", [shell("bash"), shell("zsh"), shell("fish")])
def test_a_shell_runs_nothing_of_a_name(name, directory, hostile):
    assert sorted(complete(name, directory, hostile)) == sorted(ALLOWED)
    # Of what zsh is offered, its own compadd takes what fits.
    assert "alpha" in complete(name, directory, hostile, "alp")
    assert name == "zsh" or complete(name, directory, hostile, "alp") == ["alpha"]
    assert not [path for path in directory.rglob("PWNED")]


@pytest.mark.parametrize("name", [shell("bash"), shell("zsh"), shell("fish")])
def test_a_shell_runs_nothing_that_its_weft_prints(name, directory, hostile):
    """Whoever prints the names: the scripts do not rely on what they are."""
    (directory / "bin/weft").unlink()
    (directory / "bin/weft").write_text(f"""#!/bin/sh
if [ "$2" = functions ]; then printf '%s\\n' '$(touch PWNED)x' '`touch PWNED`' 'a;touch PWNED' '*' alpha; exit; fi
exec {BINARY} "$@"
""")
    (directory / "bin/weft").chmod(0o755)
    found = complete(name, directory, hostile)
    assert "alpha" in found
    if name == "bash":
        # Bash would put a name into the line as it is.
        assert found == ["alpha"]
    assert not [path for path in directory.rglob("PWNED")]
