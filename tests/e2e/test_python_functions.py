"""Python files as functions of a server: deployed as they are, called over HTTP, pristine each time."""

import concurrent.futures
import http.client
import json
import subprocess

import pytest
from conftest import BINARY, ROOT, Answer, Server

# The first deployment on a new data directory compiles the guest.
COMPILE_SECONDS_MAX = 900


class PythonServer(Server):
    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=COMPILE_SECONDS_MAX)

    def put(self, name, source, **members):
        return self.request("PUT", f"/v1/functions/{name}", {"source": source, "language": "python", **members})

    def deploy_python(self, name, source, **members):
        answer = self.put(name, source, **members)
        assert answer.status in (200, 201), answer.body
        return answer.json()

    def ask(self, name, value, **headers):
        """A call with JSON."""
        return self.request("POST", f"/v1/functions/{name}/invoke", json.dumps(value),
                            {"Content-Type": "application/json", **headers})

    def log_of(self, answer):
        return self.request("GET", f"/v1/invocations/{answer.headers['weft-invocation']}/logs").body.decode()


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    running = PythonServer(tmp_path_factory.mktemp("python") / "data").start()
    yield running
    assert running.stop() == 0


def test_a_pasted_file_answers(python):
    told = python.deploy_python("greet", (ROOT / "examples/greet.py").read_text())
    assert (told["dialect"], told["state"], told["version"]) == ("python", "pristine", 1)
    answer = python.request("POST", "/f/greet", '{"name":"Ada"}', {"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status, answer.headers["content-type"], answer.json()) == (200, "application/json", {"greeting": "Hello, Ada"})
    assert python.ask("greet", {"name": "ü"}).json() == {"greeting": "Hello, ü"}
    source = python.request("GET", f"/v1/modules/{told['module']}/bytes")
    assert source.body == (ROOT / "examples/greet.py").read_bytes()
    assert source.headers["content-type"].startswith("text/x-python")


@pytest.mark.parametrize(("content_type", "payload", "kind", "answer"), [
    ("application/json", b'{"a": [1, "\\u00fc"]}', "application/json", b'["dict",{"a":[1,"\xc3\xbc"]}]'),
    ("application/vnd.x+json; charset=utf-8", b"3", "application/json", b'["int",3]'),
    ("text/plain", b"3", "application/json", b'["str","3"]'),
    (None, b' {"a":1}', "application/json", b'["dict",{"a":1}]'),
    (None, b"hello", "application/json", b'["str","hello"]'),
    ("application/x-www-form-urlencoded", b"name=Ada&b=2", "application/json", b'["str","name=Ada&b=2"]'),
    (None, b"2026-11-22", "application/json", b'["str","2026-11-22"]'),
    (None, b"", "application/json", b'["NoneType",null]'),
    ("application/octet-stream", b"\0\xff", "application/octet-stream", b"\0\xff"),
    (None, b"\0\xff", "application/octet-stream", b"\0\xff"),
])
def test_a_payload_is_what_its_type_says(python, content_type, payload, kind, answer):
    python.deploy_python("kinds", "def handler(event):\n"
                         "    return event if isinstance(event, bytes) else [type(event).__name__, event]\n")
    got = python.request("POST", "/v1/functions/kinds/invoke", payload, {"Content-Type": content_type} if content_type else {})
    assert (got.status, got.headers["content-type"], got.body) == (200, kind, answer)


def test_a_large_payload_and_result_arrive_whole(python):
    python.deploy_python("large", "def handler(event): return event[::-1]")
    text = "ab" * 1_000_000
    assert python.ask("large", text).json() == text[::-1]
    python.deploy_python("large", "def handler(event): return 'x' * event", limits={"output_bytes": 1000})
    answer = python.ask("large", 2000)
    assert (answer.status, answer.json()["code"], answer.json()["limit"]["name"]) == (502, "guest_limit", "output_bytes")


COUNTER = """
import builtins, sys
count = 0
seen = {}
def handler(event):
    global count
    count += 1
    seen[event] = True
    before = getattr(builtins, "secret", None), sys.modules.get("fake"), len(seen), count
    builtins.secret = event
    builtins.len = len if event != "break" else (lambda value: 77)
    sys.modules["fake"] = event
    open("/tmp/x", "w") if event == "write" else None
    return before
"""


def test_each_call_begins_where_the_file_was_loaded(python):
    python.deploy_python("counter", COUNTER)
    for event in ("a", "break", "b", "write", "c"):
        answer = python.ask("counter", event)
        if event != "write":
            assert answer.json() == [None, None, 1, 1], event
        else:
            assert "FileNotFoundError" in answer.json()["detail"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: python.ask("counter", str(number)), range(200)))
    assert all(one.json() == [None, None, 1, 1] for one in answers)


def test_calls_differ_in_what_is_random_and_functions_in_their_hashes(python):
    source = "import random, os, uuid\ndef handler(): return [random.random(), os.urandom(4).hex(), str(uuid.uuid4()), hash('a')]"
    python.deploy_python("one", source)
    python.deploy_python("two", source)
    first, second = (python.ask("one", None).json() for _ in range(2))
    other = python.ask("two", None).json()
    assert all(a != b for a, b in zip(first[:3], second[:3], strict=True))
    # The order of a set is one function's alone.
    assert first[3] == second[3] != other[3]


def test_the_environment_is_there_and_not_in_the_image(python):
    python.deploy_python("env", "import os\nthen = dict(os.environ)\ndef handler(): return [then, os.environ['KEY']]",
                         environment={"KEY": "value"})
    assert python.ask("env", None).json() == [{}, "value"]


def test_a_handler_knows_its_call(python):
    python.deploy_python("who", "def handler(event, context):\n"
                         "    return [context.function, context.version, context.invocation, 0 < context.remaining_seconds() <= 10]\n")
    answer = python.ask("who", None)
    assert answer.json() == ["who", 1, answer.headers["weft-invocation"], True]


def test_a_handler_of_lambda_knows_its_call_by_lambdas_names(python):
    python.deploy_python("of-lambda", "def helper(): pass\ndef lambda_handler(event, context):\n"
                         "    return [event, context.function_name, context.function_version, context.invoked_function_arn,\n"
                         "            context.memory_limit_in_mb, context.aws_request_id, context.get_remaining_time_in_millis()]\n",
                         limits={"memory_bytes": 128 << 20})
    answer = python.ask("of-lambda", [1])
    *said, millis = answer.json()
    assert said == [[1], "of-lambda", "1", "arn:aws:lambda:local:000000000000:function:of-lambda", "128",
                    answer.headers["weft-invocation"]]
    assert isinstance(millis, int) and 0 < millis <= 10_000


def test_what_is_printed_is_in_the_log(python):
    python.deploy_python("prints", "import sys\ndef handler(event):\n    print('out', event)\n    print('err', file=sys.stderr)\n    return 1")
    answer = python.ask("prints", "ü")
    assert answer.json() == 1
    assert python.log_of(answer) == "out ü\nerr\n"


EXCEPTION = "def inner(x):\n    return 1 / x\n\ndef handler(event):\n    return inner(event)\n"


def test_an_exception_is_a_typed_error_with_the_files_lines(python):
    python.deploy_python("fails", EXCEPTION)
    answer = python.ask("fails", 0)
    problem = answer.json()
    assert (answer.status, problem["code"], problem["detail"]) == (502, "guest_error", "ZeroDivisionError: division by zero")
    assert [(one["function"], one["file"], one["line"]) for one in problem["backtrace"]] == [("inner", "fails.py", 2), ("handler", "fails.py", 5)]
    log = python.log_of(answer)
    assert log.startswith("Traceback (most recent call last):\n") and "    return 1 / x\n" in log
    assert python.ask("fails", 2).json() == 0.5


@pytest.mark.parametrize(("source", "status", "code", "says"), [
    ("def handler(event, context)\n  return 1\n", 400, "invalid_argument", "SyntaxError: expected ':'"),
    ("import nothere\ndef handler(e, c): pass\n", 400, "invalid_argument", "ModuleNotFoundError: No module named 'nothere'"),
    ("x = 1\n", 400, "invalid_argument", "has no handler(event, context), lambda_handler(event, context), run_e(payload, ident) or app"),
    ("def a(): pass\ndef b(): pass\n", 400, "invalid_argument", "it defines a, b: name one of them handler"),
    ("handler = 5\nx = handler()\n", 400, "invalid_argument", "TypeError: 'int' object is not callable"),
    ("1 / 0\n", 400, "invalid_argument", "ZeroDivisionError"),
    ("import os\nos._exit(3)\n", 400, "invalid_argument", "3"),
    ("raise SystemExit(4)\n", 400, "invalid_argument", "exited with code 4"),
    ("import sys\nsys.exit('no database')\n", 400, "invalid_argument", "exited with code 1: no database"),
    ("while True: pass\n", 504, "deadline_exceeded", "longer than 500 ms"),
    ("x = bytearray(1 << 30)\n", 502, "guest_limit", "MemoryError"),
    ("x = '\\0'", 400, "invalid_argument", ""),
    ("def f(): f()\nf()\n", 400, "invalid_argument", "RecursionError"),
    ("\u2603\udc00"[:1], 400, "invalid_argument", "SyntaxError: invalid character"),
])
def test_a_file_that_does_not_load_says_why(python, source, status, code, says):
    answer = python.put("bad", source, limits={"deadline_ms": 500 if "while" in source else 10_000})
    problem = answer.json()
    assert (answer.status, problem["code"]) == (status, code), problem
    assert says in problem["detail"]
    assert problem["detail"].startswith("bad.py does not load: ")
    assert python.request("GET", "/v1/functions/bad").status == 404
    assert all("file" in one for one in problem.get("backtrace", [])), "frames of the interpreter are of no use"


def test_a_syntax_error_has_its_position(python):
    problem = python.put("bad", "x = 1\ny = (\n").json()
    assert problem["position"]["line"] == 2
    assert (problem["backtrace"][0]["file"], problem["backtrace"][0]["line"]) == ("bad.py", 2)


HOSTILE = """
import os, sys, builtins
def handler(event):
    if event == "loop":
        while True: pass
    if event == "recursion":
        return handler(event)
    if event == "deep":
        sys.setrecursionlimit(10**9)
        value = []
        for _ in range(10**6): value = [value]
        return repr(value)
    if event in ("compared", "cached"):
        value, other = [], []
        value.append(value)
        other.append(other)
        if event == "compared": return value == other
        import functools
        cached = functools.lru_cache()(lambda n: cached(n + 1))
        sys.setrecursionlimit(10**9)
        return cached(1)
    if event == "memory": return len(bytearray(1 << 30))
    if event == "exit": os._exit(7)
    if event == "system_exit": raise SystemExit(5)
    if event == "prints": print("x" * 100_000_000)
    if event == "xml": return __import__("xml.etree.ElementTree").etree.ElementTree.fromstring("<a>")
    if event == "import": import nosuch
    if event == "object": return object()
    if event == "self":
        value = []
        value.append(value)
        return value
    if event == "surrogate": return "\\ud800"
    if event == "nan": return float("nan")
    if event == "patched":
        builtins.print = builtins.len = builtins.isinstance = None
        sys.stdout = sys.stderr = None
        import json, _weft
        json.dumps = json.loads = _weft.encode = _weft.invoke = None
        raise ValueError("after all this")
    if event == "catch":
        try:
            while True: pass
        except BaseException:
            return "caught"
    return "fine"
"""


@pytest.mark.parametrize(("event", "status", "code", "says"), [
    ("loop", 504, "deadline_exceeded", "longer than 4000 ms"),
    ("catch", 504, "deadline_exceeded", "longer than 4000 ms"),
    ("recursion", 502, "guest_error", "RecursionError"),
    ("deep", 502, None, ""),
    ("compared", 502, "guest_error", "RecursionError"),
    ("cached", 502, "guest_error", "RecursionError"),
    ("memory", 502, "guest_limit", "MemoryError"),
    ("exit", 502, "guest_error", "7"),
    ("system_exit", 502, "guest_error", "exited with code 5"),
    ("prints", 502, "guest_limit", "printed more than"),
    ("xml", 502, "guest_error", "ParseError: no element found"),
    ("import", 502, "guest_error", "No module named 'nosuch'"),
    ("object", 502, "guest_error", "the result is not JSON"),
    ("self", 502, "guest_error", "holds itself"),
    ("surrogate", 502, "guest_error", "not JSON"),
    ("patched", 502, "guest_error", "Python itself was changed"),
])
def test_what_a_handler_does_to_itself_ends_its_call_alone(python, event, status, code, says):
    if python.request("GET", "/v1/functions/hostile").status == 404:
        python.deploy_python("hostile", HOSTILE, limits={"deadline_ms": 4000})
    answer = python.ask("hostile", event)
    problem = answer.json()
    assert answer.status == status, problem
    assert code in (None, problem["code"]), problem
    assert says in problem["detail"]
    assert python.ask("hostile", "").json() == "fine"


def test_a_payload_that_is_no_json_is_the_callers_fault(python):
    python.deploy_python("kinds", "def handler(event): return 1")
    answer = python.request("POST", "/v1/functions/kinds/invoke", b"{", {"Content-Type": "application/json"})
    assert (answer.status, answer.json()["code"]) == (400, "invalid_argument")
    assert "not JSON" in answer.json()["detail"]


ASGI = """
import json
async def app(scope, receive, send):
    body = (await receive())["body"]
    told = [scope["method"], scope["root_path"], scope["path"], scope["query_string"].decode(), body.decode()]
    await send({"type": "http.response.start", "status": 418, "headers": [
        (b"content-type", b"application/json"), (b"x-own", b"1"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"),
        (b"content-length", b"5"), (b"clear-site-data", b"*"), (b"content-security-policy", b"default-src *")]})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})
"""

WSGI = """
def app(environ, start_response):
    start_response("404 Not Found", [("Content-Type", "text/html")])
    return [environ["REQUEST_METHOD"].encode(), b" ", environ["SCRIPT_NAME"].encode(), environ["PATH_INFO"].encode()]
"""


def test_an_application_answers_below_its_name(python):
    python.deploy_python("asgi", ASGI)
    answer = python.request("PUT", "/f/asgi/a%20b/c?x=1&y", b"body")
    assert (answer.status, answer.json()) == (418, ["PUT", "/f/asgi", "/a b/c", "x=1&y", "body"])
    assert answer.headers["x-own"] == "1"
    # What only the server may say, and what keeps guests from being pages of its origin.
    assert "clear-site-data" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    connection = python.connect()
    connection.request("GET", "/f/asgi")
    headers = connection.getresponse().msg
    assert headers.get_all("set-cookie") == ["a=1", "b=2"]
    assert headers.get_all("content-security-policy")[0] == "sandbox"
    connection.close()
    python.deploy_python("wsgi", WSGI)
    answer = python.request("DELETE", "/f/wsgi/x")
    assert (answer.status, answer.headers["content-type"], answer.body) == (404, "text/html", b"DELETE /f/wsgi/x")


def test_an_application_gets_headers_as_bytes_and_queries_as_they_are(python):
    python.deploy_python("bytes", """
async def app(scope, receive, send):
    value = dict(scope["headers"]).get(b"x-a", b"")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-b", value)]})
    await send({"type": "http.response.body", "body": scope["method"].encode() + b" " + scope["query_string"]})
""")
    answer = python.request("GET", "/f/bytes?args=foo&export=a&export=b", headers={"X-A": "ü€".encode()})
    assert (answer.status, answer.body) == (200, b"GET args=foo&export=a&export=b")
    assert answer.headers["x-b"].encode("latin-1") == "ü€".encode()


@pytest.mark.parametrize("value", ["a\\x01", "a\\r\\nx: 1", "\\x7f"])
def test_a_header_that_http_forbids_is_the_guests_fault(python, value):
    python.deploy_python("header", f"import weft\ndef handler(): return weft.Response('', headers={{'x-a': '{value}'}})")
    answer = python.request("GET", "/f/header")
    assert (answer.status, answer.json()["code"]) == (502, "guest_error")


def test_the_servers_token_is_not_for_guests(tmp_path, python):
    python.deploy_python("headers", "def handler(event, context): return sorted(context.request['headers'])")
    names = python.request("GET", "/f/headers", headers={"Authorization": "Bearer own"}).json()
    assert "authorization" in names, "without a token of the server, it is the function's"
    token = tmp_path / "token"
    token.write_text("0123456789abcdef0123456789abcdef")
    # On the same data, so that nothing is compiled again.
    python.stop()
    python.arguments = ["--token-file", token]
    python.start()
    try:
        names = python.request("GET", "/f/headers", headers={"Authorization": f"Bearer {token.read_text()}"}).json()
        assert "host" in names and "authorization" not in names
    finally:
        python.stop()
        python.arguments = []
        python.start()


def test_a_warm_function_lives_on_large_payloads(python):
    python.deploy_python("warm", "count = 0\ndef handler(event):\n    global count\n    count += 1\n"
                         "    if event == 'fail': raise ValueError()\n    return count\n",
                         state="warm", limits={"memory_bytes": 48 << 20})
    # An answer may come before its instance is kept: then the next call has another one.
    counts = [python.ask("warm", "x" * 4_000_000).json() for _ in range(30)]
    assert all(isinstance(count, int) for count in counts), counts
    assert max(counts) > 1
    assert python.ask("warm", "fail").status == 502
    assert python.ask("warm", "").status == 200


def test_a_short_deadline_is_the_files_alone(python):
    # A busy machine may need more for the file, too; for the interpreter's start 50 ms are never enough.
    limits = {"deadline_ms": 50, "output_bytes": 10}
    deployed = (python.put("short", "def handler(): return 1", limits=limits) for _ in range(20))
    assert any(answer.status in (200, 201) for answer in deployed)
    assert python.ask("short", None).status in (200, 504)


def test_a_handler_may_answer_with_a_status(python):
    python.deploy_python("teapot", "import weft\ndef handler(event, context):\n"
                         "    return weft.Response({'path': context.request['path']}, status=418, headers={'X-One': 'ü'})")
    answer = python.request("GET", "/f/teapot/pot")
    assert (answer.status, answer.headers["x-one"], answer.json()) == (418, "ü", {"path": "/pot"})
    for headers in ("[('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2')]", "{'Set-Cookie': ['a=1', 'b=2']}"):
        python.deploy_python("teapot", f"import weft\ndef handler(): return weft.Response('', 200, {headers})")
        connection = python.connect()
        connection.request("GET", "/f/teapot")
        assert connection.getresponse().msg.get_all("set-cookie") == ["a=1", "b=2"]
        connection.close()
    python.deploy_python("teapot", "import weft\ndef handler(): return weft.Response('<b>', 418, content_type='text/html')")
    # To others it is the body alone, and no page either.
    answer = python.request("POST", "/v1/functions/teapot/invoke")
    assert (answer.status, answer.body) == (200, b"<b>")
    assert answer.headers["content-security-policy"] == "sandbox"


def test_a_function_may_be_named_as_a_module_of_the_library(python):
    python.deploy_python("json", "import json\ndef handler(event): return [json.dumps(event), __name__]")
    assert python.ask("json", [1]).json() == ["[1]", "json_"]


def test_a_file_may_wait_while_it_loads(python):
    python.deploy_python("slowly", "import asyncio, time\ntime.sleep(0.01)\nasyncio.run(asyncio.sleep(0.01))\n"
                         "def handler(event): return event")
    assert python.ask("slowly", 1).json() == 1
    answer = python.put("slowly", "import time\ntime.sleep(3600)\ndef handler(event): return event",
                        limits={"deadline_ms": 200})
    assert answer.json()["code"] == "deadline_exceeded", answer.body
    assert python.ask("slowly", 2).json() == 2


def test_asyncio_waits_without_a_thread(python):
    python.deploy_python("sleeps", "import asyncio\nasync def handler(event):\n"
                         "    return await asyncio.gather(*(asyncio.sleep(0.2, i) for i in range(3)))")
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: python.ask("sleeps", None), range(32)))
    assert all(one.json() == [0, 1, 2] for one in answers)


def test_a_plugin_of_se2_answers_as_it_does_there(python):
    python.deploy_python("plugin", "import sdk\ndef run_e(payload, ident):\n"
                         "    if payload == 'no': sdk.return_error(9, 'refused', ident)\n"
                         "    else: sdk.return_result(payload[::-1], ident)\n")
    answer = python.request("POST", "/f/plugin", "abc", {"Content-Type": "text/plain"})
    assert (answer.headers["content-type"], answer.body) == ("text/plain; charset=utf-8", b"cba")
    problem = python.request("POST", "/f/plugin", "no", {"Content-Type": "text/plain"}).json()
    assert (problem["code"], problem["detail"]) == ("guest_error", "refused (code 9)")


def test_versions_come_back_as_they_were(python):
    for number in (1, 2):
        python.deploy_python("versions", f"import random\ndrawn = random.random()\ndef handler(): return [{number}, drawn]")
    second = python.ask("versions", None).json()
    assert second[0] == 2
    assert python.request("POST", "/v1/functions/versions/rollback", {"version": 1}).status == 200
    first = python.ask("versions", None).json()
    assert first[0] == 1
    python.kill()
    python.start()
    assert python.ask("versions", None).json() == first
    assert python.request("POST", "/v1/functions/versions/rollback", {"version": 2}).status == 200
    assert python.ask("versions", None).json() == second


def test_what_a_file_left_outlives_all_that_can_be_made_again(python):
    python.deploy_python("drawn", "import random\nDRAWN = random.random()\ndef handler(event): return DRAWN")
    drawn = python.ask("drawn", None).json()
    python.stop()
    for entry in (python.data / "cache/code").iterdir():
        if entry.stat().st_size < 20_000_000:  # All but the interpreter's code, which takes long to make.
            entry.unlink()
    python.start()
    assert python.ask("drawn", None).json() == drawn


def test_the_command_line_deploys_and_calls(python, tmp_path):
    def weft(*words):
        return subprocess.run([BINARY, *words, "--server", f"http://127.0.0.1:{python.port}"], capture_output=True, text=True,
                              timeout=COMPILE_SECONDS_MAX, check=False)

    done = weft("deploy", "hello", ROOT / "examples/greet.py")
    assert done.returncode == 0, done.stderr
    assert "weft invoke hello --data" in done.stdout
    assert weft("invoke", "hello", "--data", '{"name":"Ada"}').stdout == '{"greeting":"Hello, Ada"}\n'
    broken = tmp_path / "broken.py"
    broken.write_text("def handler(event, context)\n    pass\n")
    done = weft("deploy", "hello", broken)
    assert done.returncode == 2
    assert "hello.py:1" in done.stderr and "SyntaxError" in done.stderr
    assert weft("show", "hello").stdout.count("python") >= 1
    script = tmp_path / "script"
    script.write_text("#!/usr/bin/env python3\nlambda name: 'Hi ' + name\n")
    assert weft("deploy", "hi", script).returncode == 0
    assert weft("invoke", "hi", "--data", "Ada").stdout == '"Hi Ada"\n'
    failed = weft("invoke", "hello", "--data", "{}")
    assert failed.returncode == 1
    assert "KeyError: 'name'" in failed.stderr and "at handler (hello.py:5)" in failed.stderr


def test_a_server_without_the_guest_says_how_to_get_it(tmp_path):
    (tmp_path / "empty").mkdir()
    server = PythonServer(tmp_path / "data", ["--python", tmp_path / "empty"]).start()
    answer = server.put("f", "lambda: 1")
    assert (answer.status, answer.json()["code"]) == (422, "unsupported")
    assert "guests/python/build" in answer.json()["detail"]
    server.assert_serves()
    assert server.stop() == 0


def test_the_answer_of_a_plain_call_is_a_whole_response(python):
    """The helper of these tests reads what a client would."""
    connection = python.connect()
    connection.request("POST", "/f/greet", '{"name":"B"}')
    assert Answer(connection.getresponse()).json() == {"greeting": "Hello, B"}
    connection.close()
