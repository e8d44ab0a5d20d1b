"""Reactors: Pythons that stay on a server, what is registered in them, and how their results come."""

import concurrent.futures
import http.client
import http.server
import json
import os
import re
import subprocess
import threading

import pytest
from conftest import BINARY, ROOT, Server

# The first reactor on a new data directory compiles the guest.
COMPILE_SECONDS_MAX = 900


class ReactorServer(Server):
    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=COMPILE_SECONDS_MAX)

    def create(self, name, **settings):
        answer = self.request("PUT", f"/v1/reactors/{name}", settings)
        assert answer.status in (200, 201), answer.body
        return answer.json()

    def register(self, name, kind, code_name, code):
        return self.request("PUT", f"/v1/reactors/{name}/{kind}/{code_name}", code, {"Content-Type": "text/plain"})

    def registered(self, name, kind, code_name, code):
        answer = self.register(name, kind, code_name, code)
        assert answer.status in (200, 201), answer.body

    def apply(self, name, kind, code_name, arguments=(), query=""):
        return self.request("POST", f"/v1/reactors/{name}/{kind}/{code_name}/apply{query}", list(arguments))

    def value(self, name, kind, code_name, *arguments):
        """What an apply returned, which is JSON in a text."""
        answer = self.apply(name, kind, code_name, arguments)
        assert answer.status == 200 and answer.json()["tag"] == "ok", answer.body
        return json.loads(answer.json()["value"])


class Receiver(http.server.BaseHTTPRequestHandler):
    """Gets callbacks; the first attempt of each fails."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append(json.loads(body))
        self.send_response(204 if len(self.server.got) > 1 else 500)
        self.end_headers()
        if len(self.server.got) > 1:
            self.server.delivered.set()

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def receiver():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got = []
    server.delivered = threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def server(tmp_path_factory, receiver):
    root = tmp_path_factory.mktemp("reactors")
    (root / "volume").mkdir()
    (root / "volume/defun.py").write_text("def concat(a, b):\n    return a + b\n")
    running = ReactorServer(root / "data", [
        "--volume", f"data={root}/volume", "--volume", f"frozen={root}/volume:ro",
        "--callbacks", f"http://127.0.0.1:{receiver.server_address[1]}", "--max-live-reactors", "3"]).start()
    running.create("warm-up")
    yield running
    assert running.stop() == 0


def test_lambdas_defs_and_modules_answer_as_in_the_reactor_that_they_come_from(server):
    server.create("seed", volumes=[{"volume": "frozen", "path": "/app"}])
    server.registered("seed", "lambdas", "hello", "lambda x: 'hello' + str(x)")
    assert server.apply("seed", "lambdas", "hello", [1234]).body == rb'{"value":"\"hello1234\"","tag":"ok"}'
    server.registered("seed", "defs", "add", "def add(x, y):\n    return x + y")
    assert server.apply("seed", "defs", "add", [1, 5]).body == b'{"value":"6","tag":"ok"}'
    # A module may use another one, and what lies in a volume at /app.
    server.registered("seed", "modules", "words", "def twice(text):\n    return text * 2")
    server.registered("seed", "modules", "mod_main", "import defun, words\ndef go(a, b):\n    return defun.concat(words.twice(a), b)")
    assert server.value("seed", "modules", "mod_main.go", "a", "b") == "aab"
    for kind, name in (("lambdas", "nothing"), ("defs", "nothing"), ("modules", "words.nothing")):
        answer = server.apply("seed", kind, name)
        assert (answer.status, answer.json()["tag"]) == (200, "err"), answer.body
    assert server.apply("seed", "defs", "add", [1, None]).json() == {
        "value": "TypeError: unsupported operand type(s) for +: 'int' and 'NoneType'", "tag": "err"}


def test_what_is_no_python_is_not_registered(server):
    server.create("seed")
    for kind, code, says in (("lambdas", "lambda", "SyntaxError"), ("defs", "def g(): pass", "AttributeError"),
                             ("modules", "import nowhere", "ModuleNotFoundError"), ("modules", "1/0", "ZeroDivisionError")):
        answer = server.register("seed", kind, "broken", code)
        assert (answer.status, answer.json()["code"]) == (400, "invalid_argument")
        assert says in answer.json()["detail"]
    assert all(one["name"] != "broken" for one in server.request("GET", "/v1/reactors/seed").json()["registrations"])


def test_a_module_may_have_the_name_of_the_one_that_all_belongs_to(server):
    server.create("seed")
    server.registered("seed", "defs", "add", "def add(x, y):\n    return x + y")
    server.registered("seed", "modules", "plugin", "def twice(text):\n    return text * 2")
    assert server.value("seed", "defs", "add", 1, 2) == 3
    assert server.value("seed", "modules", "plugin.twice", "a") == "aa"
    server.registered("seed", "lambdas", "has_lambdas", "lambda: hasattr(__import__('plugin'), 'lambdas')")
    assert server.value("seed", "lambdas", "has_lambdas") is False
    assert server.request("DELETE", "/v1/reactors/seed/modules/plugin").status == 204
    assert server.value("seed", "lambdas", "has_lambdas") is True
    assert server.value("seed", "defs", "add", 1, 2) == 3


@pytest.mark.parametrize("name", ["builtins", "sys", "json", "_weft_reactor"])
def test_what_python_works_with_is_not_replaced(server, name):
    server.create("seed")
    server.registered("seed", "defs", "add", "def add(x, y):\n    return x + y")
    answer = server.register("seed", "modules", name, "x = 1")
    assert (answer.status, answer.json()["code"]) == (400, "invalid_argument")
    assert "register this one under another name" in answer.json()["detail"]
    assert server.value("seed", "defs", "add", 1, 2) == 3
    server.registered("seed", "modules", "after", "import sys\ndef name():\n    return sys.__name__")
    assert server.value("seed", "modules", "after.name") == "sys"


def test_reactors_are_isolated_and_keep_what_calls_leave(server):
    counter = "n = 0\ndef count():\n    global n\n    n += 1\n    return n"
    for name in ("left", "right"):
        server.create(name)
        server.registered(name, "defs", "count", counter)
    assert [server.value("left", "defs", "count") for _ in range(3)] == [1, 2, 3]
    assert server.value("right", "defs", "count") == 1
    server.registered("right", "lambdas", "only_here", "lambda: 1")
    assert server.apply("left", "lambdas", "only_here").json()["tag"] == "err"
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda _: server.value("left", "defs", "count"), range(40)))
    assert sorted(values) == list(range(4, 44))


@pytest.mark.parametrize(("code", "status", "error"), [
    ("while True: pass", 504, "deadline_exceeded"),
    ("import time; time.sleep(60)", 504, "deadline_exceeded"),
    ("import os; os._exit(3)", 502, "guest_error"),
    ("print('x' * 1000); return 'y' * 2000000", 502, "guest_limit"),
])
def test_a_call_that_does_not_end_well_ends_alone(server, code, status, error):
    server.create("hostile", limits={"deadline_ms": 1000, "output_bytes": 1000000})
    server.registered("hostile", "lambdas", "one", "lambda: 1")
    server.registered("hostile", "defs", "bad", f"def bad():\n    {code}")
    answer = server.apply("hostile", "defs", "bad")
    assert (answer.status, answer.json()["code"]) == (status, error), answer.body
    assert server.value("hostile", "lambdas", "one") == 1


@pytest.mark.parametrize(("code", "says"), [
    ("return f()", "RecursionError"), ("return bytearray(1 << 30)", "MemoryError"),
    ("return object()", "TypeError"), ("return '\\ud800'", "UnicodeEncodeError"), ("raise SystemExit(3)", "SystemExit"),
])
def test_what_python_raises_is_an_answer(server, code, says):
    server.create("raises", limits={"memory_bytes": 64 << 20})
    server.registered("raises", "defs", "f", f"def f():\n    {code}")
    answer = server.apply("raises", "defs", "f")
    assert (answer.status, answer.json()["tag"]) == (200, "err"), answer.body
    assert says in answer.json()["value"]


def test_volumes_show_what_the_server_names_and_nothing_else(server):
    server.create("files", volumes=[{"volume": "data", "path": "/data"}, {"volume": "frozen", "path": "/frozen"}])
    server.registered("files", "defs", "write", "def write(path):\n    with open(path, 'w') as f: f.write('x')")
    server.registered("files", "defs", "read", "def read(path):\n    with open(path) as f: return f.read()")
    assert server.value("files", "defs", "write", "/data/x") is None
    assert server.value("files", "defs", "read", "/frozen/x") == "x"
    for what, path in (("write", "/frozen/y"), ("read", "/data/../../etc/passwd"), ("read", "/etc/passwd"), ("write", "/usr/y")):
        answer = server.apply("files", "defs", what, [path]).json()
        assert answer["tag"] == "err" and "Error" in answer["value"], path
    assert server.request("PUT", "/v1/reactors/files", {"volumes": [{"volume": "etc", "path": "/etc"}]}).status == 400
    assert server.request("PUT", "/v1/reactors/files", {"volumes": [{"volume": "/etc", "path": "/data"}]}).status == 400


def test_what_is_printed_can_be_read(server):
    server.create("prints")
    server.registered("prints", "lambdas", "p", "lambda x: print(x)")
    assert server.value("prints", "lambdas", "p", "hello") is None
    assert server.request("GET", "/v1/reactors/prints/logs").body == b"hello\n"


def test_results_come_by_long_poll_and_by_callback(server, receiver):
    server.create("later")
    server.registered("later", "defs", "f", "import time\ndef f(x):\n    time.sleep(0.1)\n    return x")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        poll = pool.submit(server.request, "GET", "/v1/reactors/later/results?wait=60")
        ids = [server.apply("later", "defs", "f", [n], "?async=1").json()["id"] for n in range(2)]
        got = poll.result().json()
    while len(got["items"]) < 2:
        got["items"] += server.request("GET", f"/v1/reactors/later/results?after={got['next']}&wait=60").json()["items"]
    assert [(one["id"], one["answer"]) for one in got["items"]] == [
        (ids[n], {"value": str(n), "tag": "ok"}) for n in range(2)]
    url = f"http://127.0.0.1:{receiver.server_address[1]}/hook?a=b"
    begun = server.apply("later", "defs", "f", ["\u00fc"], f"?callback={url}")
    assert begun.status == 202
    assert receiver.delivered.wait(60)
    assert receiver.got == [{"reactor": "later", "id": begun.json()["id"], "answer": {"value": '"\u00fc"', "tag": "ok"}}] * 2
    refused = server.apply("later", "defs", "f", [1], "?callback=http://127.0.0.1:9/")
    assert (refused.status, refused.json()["code"]) == (403, "permission_denied")


def test_the_command_line_does_what_the_interface_does(server, tmp_path):
    (tmp_path / "add.py").write_text("def add(x, y):\n    return x + y\n")

    def weft(*words, stdin=""):
        done = subprocess.run([BINARY, "reactor", *words, "--server", f"http://127.0.0.1:{server.port}"], input=stdin,
                              capture_output=True, text=True, timeout=COMPILE_SECONDS_MAX, cwd=tmp_path)
        return done.returncode, done.stdout, done.stderr

    assert weft("create", "desk", "--volume", "data=/data", "--env", "A=b", "--deadline", "2s")[0] == 0
    assert weft("register", "def", "desk", "add", "add.py") == (0, "def add is registered\n", "")
    assert weft("register", "module", "desk", "words", "-", stdin="def up(t): return t.upper()")[0] == 0
    assert weft("apply", "desk", "add", "[1, 5]") == (0, "6\n", "")
    assert weft("apply", "desk", "words.up", '["a"]') == (0, '"A"\n', "")
    assert weft("apply", "desk", "add", "[1, 5]", "--json") == (0, '{"value":"6","tag":"ok"}\n', "")
    code, _, errors = weft("apply", "desk", "add", "[1, null]")
    assert code == 1 and errors.startswith("weft: TypeError: unsupported operand")
    assert weft("apply", "desk", "add", "{}")[0] == 2
    code, shown, _ = weft("show", "desk")
    assert code == 0 and "deadline 2 s" in shown and "data as /data" in shown and "def     add" in shown
    assert "desk" in weft("list")[1]
    # What no flag says stays, and is told.
    code, told, kept = weft("create", "desk", "--memory", "128MiB", "--env", "C=d")
    assert (code, "has these settings" in told) == (0, True)
    assert kept == "desk keeps 1 volume, 1 environment variable and 1 limit; --fresh begins with the defaults\n"
    settings = server.request("GET", "/v1/reactors/desk").json()
    assert settings["volumes"] == [{"volume": "data", "path": "/data"}]
    assert settings["environment"] == {"A": "b", "C": "d"}
    assert (settings["limits"]["deadline_ms"], settings["limits"]["memory_bytes"]) == (2000, 128 << 20)
    assert weft("apply", "desk", "add", "[1, 5]") == (0, "6\n", "")
    assert weft("create", "desk", "--fresh")[2] == ""
    settings = server.request("GET", "/v1/reactors/desk").json()
    assert (settings["volumes"], settings["environment"], settings["limits"]["deadline_ms"]) == ([], {}, 10000)
    assert weft("unregister", "def", "desk", "add")[0] == 0
    assert weft("delete", "desk")[0] == 0
    assert weft("show", "desk")[0] == 3


def test_what_the_documentation_shows_works(server):
    """Each line of its shell block with "# → text" prints that text."""
    text = (ROOT / "docs/reference/reactors.md").read_text()
    url = f"http://127.0.0.1:{server.port}"
    for line in re.search(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[1].splitlines():
        command, _, says = line.replace("http://127.0.0.1:8080", url).partition("  # → ")
        environment = {**os.environ, "WEFT_SERVER": url, "PATH": f"{BINARY.parent}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=True, timeout=60)
        assert says in done.stdout, line


def test_registrations_survive_a_kill_and_rebuild_in_order(server):
    server.create("lasting", environment={"WHO": "Ada"})
    server.registered("lasting", "modules", "base", "import os\nname = os.environ['WHO']")
    server.registered("lasting", "modules", "above", "import base\ndef hello():\n    return 'hello ' + base.name")
    server.registered("lasting", "defs", "gone", "def gone(): pass")
    assert server.request("DELETE", "/v1/reactors/lasting/defs/gone").status == 204
    # What is replaced keeps its place, so that what needs it finds it; here it also needs what comes behind it.
    server.registered("lasting", "modules", "later", "title = 'Countess '")
    server.registered("lasting", "modules", "base", "import later, os\nname = later.title + os.environ['WHO']")
    before = server.request("GET", "/v1/reactors/lasting").json()["registrations"]
    assert [one["name"] for one in before] == ["base", "above", "later"]
    server.kill()
    server.start()
    assert server.value("lasting", "modules", "above.hello") == "hello Countess Ada"
    after = server.request("GET", "/v1/reactors/lasting").json()
    assert after["registrations"] == before and after["live"]
    # Of more than may live at once, those that rest give way, and are there again when they are asked.
    for name in ("one", "two", "three", "four"):
        server.create(name)
        server.registered(name, "lambdas", "f", f"lambda: '{name}'")
    assert not server.request("GET", "/v1/reactors/lasting").json()["live"]
    assert server.value("one", "lambdas", "f") == "one"
    assert server.value("lasting", "modules", "above.hello") == "hello Countess Ada"
    assert server.request("DELETE", "/v1/reactors/lasting").status == 204
    assert server.apply("lasting", "modules", "above.hello").status == 404
    server.assert_serves()
