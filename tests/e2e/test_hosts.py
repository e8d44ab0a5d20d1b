"""The example hosts of the Python guests (examples/hosts), under real Node.js and real Deno."""

import json
import os
import re
import subprocess

import pytest
from conftest import ROOT
from python_guest import GUESTS

HOSTS = ROOT / "examples/hosts"
NODE = ["node", "--stack-size=3900"]
DENO = [HOSTS / "node_modules/.bin/deno", "run", "--no-lock", "--node-modules-dir=manual", "--allow-read", "--allow-env=WEFT_PYTHON",
        "--v8-flags=--stack-size=3900"]

pytestmark = pytest.mark.skipif(not (GUESTS / "reactor.wasm").exists(), reason="guests/python/build makes what is tested here")


@pytest.fixture(scope="module", autouse=True)
def surroundings(tmp_path_factory):
    """Deno's cache is the test's own."""
    before = dict(os.environ)
    os.environ.update(DENO_DIR=str(tmp_path_factory.mktemp("deno")), DENO_NO_UPDATE_CHECK="1", NO_UPDATE_NOTIFIER="1", WEFT_PYTHON=str(GUESTS))
    yield
    os.environ.clear()
    os.environ.update(before)


def run(*command, payload=b"", **environment):
    return subprocess.run(command, input=payload, cwd=HOSTS, env={**os.environ, **environment}, capture_output=True, timeout=300)


# What their pages say.

@pytest.mark.parametrize("host", ["node-se2", "node-reactor", "deno-reactor"])
def test_a_page_shows_what_its_host_prints(host):
    text = (HOSTS / host / "README.md").read_text()
    block = re.search(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[1]
    for example in block.removeprefix("$ ").split("\n$ "):
        command, _, says = example.partition("\n")
        # Without a variable it finds what guests/python/build made.
        done = run("bash", "-c", f"exec 2>&1; {command}", WEFT_PYTHON="")
        assert done.stdout.decode().rstrip("\n") == says.rstrip("\n"), command


def test_a_page_has_the_command_that_npm_runs():
    scripts = json.loads((HOSTS / "package.json").read_text())["scripts"]
    assert scripts["deno-reactor"] in (HOSTS / "deno-reactor/README.md").read_text()


@pytest.mark.parametrize("command", [
    [*NODE, "node-se2/main.mjs", "node-se2/plugin", "x"], [*NODE, "node-reactor/main.mjs"], [*DENO, "deno-reactor/main.mjs"],
], ids=["node-se2", "node-reactor", "deno-reactor"])
def test_a_host_without_guests_says_what_to_do(command, tmp_path):
    done = run(*command, WEFT_PYTHON=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, b"")
    assert re.search(rf"{tmp_path}/\w+\.wasm is missing: build it with guests/python/build, or name the folder", done.stderr.decode())
    for name in ("se2", "reactor"):
        (tmp_path / f"{name}.wasm").touch()
    assert "python313.zip is missing" in run(*command, WEFT_PYTHON=str(tmp_path)).stderr.decode()


# SE2.

PLUGIN = """
import time, sdk
def run_e(payload, ident):
    print("payload of", len(payload), end="")
    if payload == "fail":
        raise ValueError("as asked")
    if payload == "refuse":
        return sdk.return_error(42, "refused ü", ident)
    if payload == "deep":
        class Deep:
            def __getattr__(self, name): return getattr(self, name + "x")
        return Deep().a
    if payload == "end":
        import os
        os._exit(3)
    if payload == "twice":
        sdk.return_result("first", ident)
    if payload == "sleep":
        def slept():
            before = time.monotonic()
            time.sleep(0.01)
            # The clock begins with the host: one that took the moment for a duration would sleep for longer than that.
            return time.monotonic() - before < before
        return sdk.return_result(str(any(slept() for _ in range(5))), ident)
    sdk.return_result(payload[::-1], ident)
"""


@pytest.fixture
def plugin(tmp_path):
    folder = tmp_path / "reverse"
    folder.mkdir()
    (folder / "plugin.py").write_text(PLUGIN)
    return folder


def se2(folder, *payloads, payload=b""):
    done = run(*NODE, "node-se2/main.mjs", folder, *payloads, payload=payload)
    return done.returncode, done.stdout, done.stderr.decode()


def test_a_plugin_answers_each_payload_of_one_instance(plugin):
    assert se2(plugin, "It can't bite", "", "üx", "twice", "sleep") == (
        0, "etib t'nac tI\n\nxü\nfirst\nTrue\n".encode(), "".join(f"payload of {n}" for n in (13, 0, 2, 5, 5)))


@pytest.mark.parametrize("payload", [b"", b"\xff\x00\x01", bytes(range(256)) * 4096], ids=["nothing", "bytes", "1 MiB"])
def test_a_plugin_gets_standard_input_with_its_exact_length(plugin, payload):
    assert se2(plugin, payload=payload) == (0, payload[::-1] + b"\n", f"payload of {len(payload)}")


def test_a_plugins_errors_are_told_with_code_and_traceback(plugin):
    code, output, errors = se2(plugin, "fail", "refuse", "deep", "ab")
    assert (code, output) == (1, b"ba\n")
    assert "error 1: Traceback (most recent call last):\n" in errors
    assert '  File "/plugin/plugin.py", line 6, in run_e\n    raise ValueError("as asked")\nValueError: as asked\n' in errors
    assert "error 42: refused ü\n" in errors
    assert "RecursionError: maximum recursion depth exceeded" in errors


def test_a_plugin_that_ends_itself_is_told(plugin):
    code, output, errors = se2(plugin, "ab", "end", "ab")
    assert (code, output) == (2, b"ba\n")
    assert errors.endswith("node-se2: the guest is gone: it ended itself with code 3\n")


def test_a_plugin_that_is_missing_is_told(tmp_path):
    code, output, errors = se2(tmp_path, "x", "y")
    assert (code, output) == (1, b"")
    assert errors.count("ModuleNotFoundError: No module named 'plugin'") == 2
    (tmp_path / "plugin.py").write_text("def run_e(a, b")
    assert "error 1:" in se2(tmp_path, "x")[2]
    code, output, errors = se2(tmp_path / "nowhere", "x")
    assert (code, output) == (2, b"")
    assert f"{tmp_path}/nowhere cannot be read as a folder" in errors
    assert "which plugin?" in run(*NODE, "node-se2/main.mjs").stderr.decode()


def test_a_plugin_takes_no_more_memory_with_each_call(plugin):
    done = run(*NODE, ROOT / "tests/e2e/plugin_uses.mjs", plugin)
    assert (done.returncode, done.stdout) == (0, b"good\n"), done.stderr.decode()


# Reactors.

@pytest.fixture(params=["node-reactor", "deno-reactor"])
def host(request):
    return [*(NODE if request.param.startswith("node") else DENO), f"{request.param}/main.mjs"]


def converse(host, *commands, folder=()):
    """The answers to commands, and what Python printed. Callbacks are among the answers."""
    lines = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in commands]
    done = run(*host, *folder, payload="\n".join(lines).encode())
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def register(kind, name, code):
    return {"do": "register", "kind": kind, "name": name, "code": code}


def apply(kind, name, *values, **more):
    return {"do": "apply", "kind": kind, "name": name, "values": values, **more}


def answered(ident, value):
    return [{"callback": {"id": ident, "ok": True, "value": value}}, {"value": value}]


def failed(ident, message):
    return [{"callback": {"id": ident, "ok": False, "error": message}}, {"error": "ReactorError", "message": message}]


NOTHING = [{"value": None}]


def test_a_reactor_keeps_lambdas_functions_and_modules(host, tmp_path):
    (tmp_path / "mine.py").write_text("NAME = 'mine ü'\n")
    large = "é" * (1 << 19)
    conversation = [
        (register("lambda", "hello", 'lambda x: f"hello{x}"'), NOTHING),
        (apply("lambda", "hello", 1234), answered(1, "hello1234")),
        (apply("lambda", "hello", "ü𝄞", id=77), answered(77, "helloü𝄞")),
        (apply("lambda", "hello", "", id=-1), answered(-1, "hello")),
        (apply("lambda", "hello", large), answered(2, "hello" + large)),
        (register("def", "add", "def add(x, y=5):\n\treturn x + y"), NOTHING),
        (apply("def", "add", 1), answered(3, 6)),
        (register("module", "one", "def a(): return [1, {'b': None}]\ndef b(x): return a() + [x]\nclass C:\n @staticmethod\n def d(): return 'd'"), NOTHING),
        (register("module", "two", "import one, mine\ndef both(x): return one.b(x) + [mine.NAME]"), NOTHING),
        (apply("module", "one.a"), answered(4, [1, {"b": None}])),
        (apply("module", "one.b", 2.5), answered(5, [1, {"b": None}, 2.5])),
        (apply("def", "one.C.d"), answered(6, "d")),
        (apply("module", "two.both", True), answered(7, [1, {"b": None}, True, "mine ü"])),
        (register("lambda", "hello", "lambda: None"), NOTHING),
        (apply("lambda", "hello"), answered(8, None)),
        ({"do": "unregister", "kind": "module", "name": "one"}, NOTHING),
        (apply("module", "one.a"), failed(9, "AttributeError: module 'plugin' has no attribute 'one'")),
        (register("def", "say", "def say():\n print('out ü', end='')"), NOTHING),
        (apply("def", "say"), answered(10, None)),
    ]
    answers, printed = converse(host, *(one for one, _ in conversation), folder=[tmp_path])
    assert answers == [answer for _, expected in conversation for answer in expected]
    assert printed == "out ü"


FILES = """
import os
def read(path): return open(path).read()
def write(path): open(path, "w")
def cut():
    os.ftruncate(os.open("/usr/local/lib/python313.zip", os.O_RDONLY), 0)
def folders(): return [sorted(os.listdir("/")), os.listdir("/usr/local/lib")]
"""


def test_a_reactor_says_what_goes_wrong(host):
    conversation = [
        ({"do": "unregister", "kind": "lambda", "name": "no"}, [{"error": "ReactorError", "message": "KeyError: 'no'"}]),
        (apply("lambda", "no"), failed(1, "KeyError: 'no'")),
        (apply("def", "no"), failed(2, "AttributeError: module 'plugin' has no attribute 'no'")),
        (apply("module", "no.way", id=9), failed(9, "AttributeError: module 'plugin' has no attribute 'no'")),
        (register("lambda", "f", "lambda n: 1 / n"), NOTHING),
        (apply("lambda", "f", 0), failed(3, "ZeroDivisionError: division by zero")),
        (apply("lambda", "f"), failed(4, "TypeError: <lambda>() missing 1 required positional argument: 'n'")),
        ({"do": "apply", "kind": "lambda", "name": "f", "values": {"n": 1}}, failed(5, "string must be a json array")),
        (apply("lambda", "f", 1, id="1"), [{"error": "TypeError", "message": "the id is a whole number of 32 bits, not \"1\""}]),
        (apply("lambda", "f", 1, id=1 << 31), [{"error": "TypeError", "message": "the id is a whole number of 32 bits, not 2147483648"}]),
        (apply("macro", "f"), [{"error": "TypeError", "message": 'there is no kind "macro": lambda, def, module'}]),
        ({"do": "forget"}, [{"error": "TypeError", "message": 'there is no command "forget": register, unregister, apply'}]),
        (register("module", "files", FILES), NOTHING),
        (apply("module", "files.folders"), answered(7, [["usr"], ["python313.zip"]])),
        (apply("module", "files.read", "/../../etc/passwd"), failed(8, "PermissionError: [Errno 76] Capabilities insufficient: '/../../etc/passwd'")),
        (apply("module", "files.write", "/new"), failed(9, "OSError: [Errno 69] Read-only file system: '/new'")),
        (apply("module", "files.cut"), failed(10, "OSError: [Errno 69] Read-only file system")),
        (register("lambda", "deep", "lambda: (lambda f: f(f))(lambda f: f(f))"), NOTHING),
        (apply("lambda", "deep"), failed(11, "RecursionError: maximum recursion depth exceeded")),
        (apply("lambda", "f", 2), answered(12, 0.5)),
    ]
    answers, _ = converse(host, *(one for one, _ in conversation))
    assert answers == [answer for _, expected in conversation for answer in expected]
    (answer,), _ = converse(host, "no json")
    assert answer["error"] == "SyntaxError"


def test_a_reactor_that_ended_itself_is_gone(host):
    gone = {"error": "Crash", "message": "the guest is gone: it ended itself with code 3"}
    answers, _ = converse(host, register("def", "end", "def end():\n import os\n os._exit(3)"), apply("def", "end"), apply("def", "end"))
    assert answers == [*NOTHING, gone, gone]


def test_a_host_without_a_stack_for_python_says_so():
    deep = "class Deep:\n def __getattr__(self, name): return getattr(self, name + 'x')\ndef f(): return Deep().a"
    for command, error in [(["node"], "Crash"), (NODE, "ReactorError")]:
        answers, _ = converse([*command, "node-reactor/main.mjs"], register("def", "f", deep), apply("def", "f"))
        assert answers[-1]["error"] == error
        assert error != "Crash" or answers[-1]["message"].endswith("start the host with --stack-size=3900")


def test_a_reactor_whose_plugin_does_not_load_says_why(host, tmp_path):
    (tmp_path / "plugin.py").write_text("raise ValueError('of the plugin')")
    answers, printed = converse(host, register("def", "f", "def f(): pass"), folder=[tmp_path])
    assert answers == [{"error": "ReactorError", "message": "ValueError: of the plugin"}]
    # Nothing for terminals.
    assert '  File "/app/plugin.py", line 1, in <module>\n' in printed


@pytest.mark.parametrize("runtime", [NODE, DENO], ids=["node", "deno"])
def test_a_program_uses_reactors_without_end(runtime):
    done = run(*runtime, ROOT / "tests/e2e/reactor_uses.mjs")
    assert (done.returncode, done.stdout) == (0, b"good\n"), done.stderr.decode()
