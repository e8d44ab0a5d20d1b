"""The Python guests (guests/python), each under a host of its kind: tests/e2e/python_guest.py."""

import json
import subprocess

import pytest
from conftest import BINARY, ROOT
from python_guest import BYTES, GUESTS, JSON, NOTHING, TEXT, GuestError, PluginGuest, ReactorGuest, WeftGuest, module_of

pytestmark = pytest.mark.skipif(not (GUESTS / "weft.wasm").exists(), reason="guests/python/build makes what is tested here")


@pytest.fixture
def folder(tmp_path_factory):
    """A folder for each instance's output."""
    return lambda: tmp_path_factory.mktemp("guest")


@pytest.fixture
def guest(folder):
    return WeftGuest(folder()).begin()


def error_of(call, *arguments, **options):
    with pytest.raises(GuestError) as caught:
        call(*arguments, **options)
    return caught.value.told


@pytest.mark.parametrize(("name", "others"), [
    ("weft", {"weft.http_start"}),
    ("se2", {"env.return_result", "env.return_error"}),
    ("reactor", {"host.callback"}),
])
def test_a_guest_imports_what_its_hosts_have(name, others):
    imports = {f"{one.module}.{one.name}" for one in module_of(name).imports if one.module != "wasi_snapshot_preview1"}
    assert imports == others


# The handlers that a file may have.

def test_a_handler_gets_an_event_and_a_context(guest):
    guest.load("def handler(event, context):\n    return {'hello': event['name'], 'from': context.function, 'no': context.other}\n")
    kind, content = guest.invoke(JSON, '{"name": "Ada"}', function="greet")
    assert (kind, content) == (JSON, b'{"hello":"Ada","from":"greet","no":null}')


def test_a_context_has_what_no_host_says_as_nothing(guest):
    guest.load("def handler(event, context): return [getattr(context, name) for name in event]")
    names = ["function_name", "function_version", "invoked_function_arn", "memory_limit_in_mb", "client_context", "log_group_name",
             "log_stream_name"]
    assert guest.ask(names) == [None] * len(names)


@pytest.mark.parametrize(("source", "value", "answer"), [
    ("def handler(event): return event", [1, "é", None], [1, "é", None]),
    ("def handler(): return 5", {}, 5),
    ("async def handler(event, context):\n import asyncio\n await asyncio.sleep(0.01)\n return event + 1", 1, 2),
    ("class Handler:\n def __call__(self, event, context): return event * 2\nhandler = Handler()", 4, 8),
    ("handler = lambda event, context: event", True, True),
    ("lambda x, y: x + y", [1, 2], 3),
    ("import math\nlambda x: math.floor(x)", 2.5, 2),
    ("def add(a, b): return a + b", [1, 2], 3),
    ("def double(a): return 2 * a", 7, 14),
    ("def _private(): pass\ndef keys(a): return list(a)", {"k": 1}, ["k"]),
    ("def handler(*all): return len(all)", 0, 2),
    ("def lambda_handler(event, context): return [event, context.aws_request_id]", [1], [[1], None]),
    ("def lambda_handler(event): return event", [1, 2], [1, 2]),
    ("def helper(): pass\ndef lambda_handler(): return 6", {}, 6),
    ("def lambda_handler(): return 1\ndef handler(): return 2", {}, 2),
])
def test_a_file_says_what_is_called(guest, source, value, answer):
    assert guest.load(source).ask(value) == answer


def test_bytes_texts_and_nothing_keep_their_kind(guest):
    guest.load("def handler(event, context): return event")
    assert guest.invoke(BYTES, b"\0\xff") == (BYTES, b"\0\xff")
    assert guest.invoke(TEXT, "naïve") == (JSON, '"naïve"'.encode())
    assert guest.invoke(NOTHING) == (JSON, b"null")
    assert guest.invoke(BYTES, b"") == (BYTES, b"")
    guest.load("def handler(event, context): return memoryview(event)[1:3]")
    assert guest.invoke(BYTES, b"abcd") == (BYTES, b"bc")


def test_an_option_names_the_handler(guest):
    guest.load("class Api:\n    @staticmethod\n    def hello(event, context):\n        return 'hello'\n", handler="Api.hello")
    assert guest.ask(None) == "hello"


def test_a_plugin_of_se2_runs_in_weft_too(guest):
    guest.load("import sdk\ndef run_e(payload, ident): sdk.return_result(payload[::-1], ident)")
    assert guest.invoke(TEXT, "abc") == (TEXT, b"cba")
    guest.load("import sdk\ndef run_e(payload, ident): sdk.return_error(7, 'no ' + payload, ident)")
    told = error_of(guest.invoke, TEXT, "way")
    assert (told["kind"], told["code"], told["message"]) == ("returned", 7, "no way")
    guest.load("import sdk\ndef run_e(payload, ident): sdk.return_result('', ident + 1)")
    assert "ident" in error_of(guest.invoke, TEXT, "")["message"]


WSGI = """
def app(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("201 Created", [("Content-Type", "text/plain"), ("X-Path", environ["PATH_INFO"])])
    return [environ["REQUEST_METHOD"].encode(), b" ", body[::-1], environ["HTTP_X_ONE"].encode()]
"""

ASGI = """
import asyncio
started = []
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        started.append(True)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        return
    body = (await receive())["body"]
    await asyncio.sleep(0)
    await send({"type": "http.response.start", "status": 202, "headers": [(b"x-query", scope["query_string"])]})
    await send({"type": "http.response.body", "body": body[::-1], "more_body": True})
    await send({"type": "http.response.body", "body": str(started).encode()})
"""


def test_an_application_of_wsgi_answers_a_request(guest):
    guest.load(WSGI)
    answer = guest.request("PUT", "/a/ü", b"abc", [["x-one", "1"]])
    assert answer == (201, {"Content-Type": "text/plain", "X-Path": "/a/\u00c3\u00bc"}, b"PUT cba1")


def test_an_application_of_asgi_answers_a_request(guest):
    guest.load(ASGI)
    for _ in range(2):
        assert guest.request("POST", "/", b"abc", query="a=1") == (202, {"x-query": "a=1"}, b"cba[True]")


def test_a_handler_sees_a_request_and_makes_its_answer(guest):
    guest.load("import weft\ndef handler(event, context):\n    return weft.Response({'path': event['path'], 'body': event['body']}, 404, {'X-A': 'b'})\n")
    status, headers, body = guest.request("GET", "/x", b"text")
    assert (status, headers) == (404, {"x-a": "b", "content-type": "application/json"})
    assert json.loads(body) == {"path": "/x", "body": "text"}


# What goes wrong.

@pytest.mark.parametrize(("source", "kind", "type_", "message", "line"), [
    ("def handler(e, c):\n    return 1 +\n", "syntax", "SyntaxError", "invalid syntax", 2),
    ("import numpy_is_not_here\n", "import", "ModuleNotFoundError", "No module named 'numpy_is_not_here'", 1),
    ("x = 1\ny = x / 0\n", "exception", "ZeroDivisionError", "division by zero", 2),
    ("x = 1\n", "handler", "Error", "user.py has no handler", None),
    ("def a(): pass\ndef b(): pass\n", "handler", "Error", "it defines a, b", None),
    ("handler = 5\n", "handler", "Error", "user.py has no handler", None),
    ("import sys\nsys.exit(3)\n", "exit", "SystemExit", "3", 2),
    ("x = '\\ud800'\ny = {}[x]\n", "exception", "KeyError", "'\\ud800'", 2),
    ("raise MemoryError\n", "memory", "MemoryError", "", 1),
    ("def f(): return f()\nf()\n", "recursion", "RecursionError", "maximum recursion depth exceeded", 1),
])
def test_a_file_that_does_not_load_says_why(guest, source, kind, type_, message, line):
    told = error_of(guest.load, source)
    assert (told["kind"], told["type"]) == (kind, type_)
    assert message in told["message"]
    if line is not None:
        assert (told["frames"][-1]["file"], told["frames"][-1]["line"]) == ("user.py", line)
        assert told["frames"][-1]["source"] == source.splitlines()[line - 1].strip().split("; ")[-1]
    # The next file finds nothing of it.
    assert guest.load("def handler(e): return e").ask(1) == 1


def test_a_traceback_names_the_users_lines_only(guest):
    guest.load("def handler(event, context):\n    return helper(event)\n\ndef helper(event):\n    # a comment\n    return event['missing']\n", "my/file.py")
    told = error_of(guest.ask, {})
    assert [(one["file"], one["line"], one["function"]) for one in told["frames"]] == [("my/file.py", 2, "handler"), ("my/file.py", 6, "helper")]
    assert told["frames"][1]["source"] == "return event['missing']"
    assert told["text"].startswith("Traceback (most recent call last):\n  File \"my/file.py\", line 2, in handler\n")
    assert told["text"].endswith("KeyError: 'missing'\n")


@pytest.mark.parametrize(("result", "message"), [
    ("object()", "a object is not JSON"),
    ("{1, 2}", "a set is not JSON"),
    ("float('nan')", "not JSON compliant"),
    ("'\\ud800'", "surrogates not allowed"),
    ("(lambda a: (a.append(a), a)[1])([])", "nested too deeply"),
    ("{(1, 2): 3}", "keys must be"),
])
def test_a_result_that_is_not_json_is_an_error(guest, result, message):
    guest.load(f"def handler(event): return {result}")
    told = error_of(guest.ask, 1)
    assert told["kind"] == "result"
    assert message in told["message"]


@pytest.mark.parametrize("payload", ["", "{", "1 2", "nope", '{"a":}', "[" * 100000])
def test_a_payload_that_is_not_json_is_an_error(guest, payload):
    guest.load("def handler(event): return event")
    assert error_of(guest.invoke, JSON, payload)["kind"] in ("payload", "recursion")
    assert guest.ask(1) == 1


def test_bytes_that_are_no_text_are_an_error(guest):
    guest.load("def handler(event): return event")
    for kind in (JSON, TEXT):
        assert error_of(guest.invoke, kind, b"\xff")["type"] == "UnicodeDecodeError"
    assert error_of(guest.invoke, 9, b"")["type"] == "ValueError"


@pytest.mark.parametrize("source", [
    "class A:\n def __repr__(self): return repr(self)\ndef handler(e): return repr(A())",
    "def handler(e):\n def f(n): return f(n + 1) + 1\n return f(0)",
    "import json\ndef handler(e):\n a = []\n for _ in range(100000): a = [a]\n return json.dumps(a)",
    "def handler(e): return eval('(' * 5000 + ')' * 5000)",
    "def handler(e): return eval('-' * 100000 + '1')",
    "class A:\n def __getattr__(self, name): return getattr(self, name + 'x')\ndef handler(e): return A().x",
    "import re\ndef handler(e): return bool(re.match('(' * 500 + 'a' + ')' * 500, 'a')) and re.compile('(?:' * 20000 + ')' * 20000)",
    "import pickle\ndef handler(e):\n a = []\n for _ in range(100000): a = [a]\n return len(pickle.dumps(a))",
])
def test_endless_recursion_is_an_error_and_no_trap(guest, source):
    guest.load(source)
    assert error_of(guest.ask, None)["type"] in ("RecursionError", "MemoryError", "SyntaxError")
    assert guest.load("def handler(e): return e").ask(1) == 1


@pytest.mark.parametrize(("source", "kind", "message"), [
    ("import builtins\nbuiltins.__import__ = None\ndef handler(e): return 1 / 0", "exception", "'NoneType' object is not callable"),
    ("import sys\nsys.modules.clear()\ndef handler(e): return 1 / 0", "exception", "could not be described"),
    ("import sys\nsys.stdout, sys.stderr = None, 5\ndef handler(e): return 1 / 0", "exception", "division by zero"),
    ("class E(Exception):\n def __str__(self): raise E\ndef handler(e): raise E", "exception", "own text could not be made"),
    ("class E(BaseException): pass\ndef handler(e): raise E('x')", "exception", "x"),
    ("def handler(e): raise ValueError('x' * 10000000)", "exception", "[9983616 characters]"),
    ("def handler(e): raise ValueError('\\ud800')", "exception", "\\ud800"),
    ("import sys\ndef handler(e): sys.exit('bye')", "exit", "bye"),
    ("import threading\ndef handler(e): threading.Thread(target=print).start()", "exception", "can't start new thread"),
    ("import gc\ndef handler(e):\n all = []\n while True: all.append(bytearray(1 << 28))", "memory", ""),
])
def test_a_file_that_breaks_things_gets_an_error(guest, source, kind, message):
    def work():
        guest.load(source)
        guest.ask(None)

    told = error_of(work)
    assert told["kind"] == kind
    assert message in told["message"]
    assert len(json.dumps(told)) < 200_000


def test_too_much_memory_is_an_error(guest):
    guest.load("def handler(n): return len(bytearray(n))")
    assert error_of(guest.ask, 3 << 30)["kind"] in ("memory", "exception")
    assert guest.ask(10) == 10


def test_a_missing_part_of_weft_says_so(guest):
    for name in ("kv", "sql", "blobs", "secrets"):
        guest.load(f"import weft\ndef handler(e): return weft.{name}.get('x')")
        told = error_of(guest.ask, None)
        assert (told["type"], told["message"]) == ("Unavailable", f"weft.{name} does not exist in this version of weft")


def test_what_is_printed_comes_with_the_call(guest):
    guest.load("import sys, weft\ndef handler(e):\n    print('out \\ud800')\n    print('err', file=sys.stderr)\n    weft.log.info('said', n=1)\n    raise ValueError\n")
    error_of(guest.ask, None)
    assert guest.printed() == "out \\ud800\n"
    assert guest.complained() == 'err\ninfo said {"n": 1}\n'


# Images.

def test_an_image_begins_where_loading_ended(guest, folder):
    guest.load("table = [n * n for n in range(1000)]\ndef handler(n):\n    table.append(n)\n    return [table[n], len(table)]")
    image = guest.quiesce()
    for _ in range(2):
        other = guest.restored(image, folder())
        assert other.ask(30) == [900, 1001]
        assert other.ask(30) == [900, 1002]
    # The one that the image was made of goes on, too.
    assert guest.ask(2) == [4, 1001]


FRESH = """
import os, random, secrets, tempfile, uuid
random.random()
tempfile.gettempdir = lambda: "/nowhere"
next(tempfile._get_candidate_names())
def handler(event):
    return [random.random(), secrets.token_hex(8), str(uuid.uuid4()), next(tempfile._get_candidate_names()), os.urandom(8).hex()]
"""


def test_restored_instances_share_no_randomness(guest, folder):
    image = guest.load(FRESH).quiesce()
    first, second = (guest.restored(image, folder()).ask(None) for _ in range(2))
    assert all(one != other for one, other in zip(first, second, strict=True))


def test_the_environment_comes_when_an_instance_resumes(folder):
    guest = WeftGuest(folder()).begin()
    image = guest.load("import os\nos.environ['OWN'] = 'own'\ndef handler(e): return [dict(os.environ), os.getenv('A')]").quiesce()
    other = guest.restored(image, folder(), env=[("A", "b"), ("B", "ü=")])
    assert other.ask(None) == [{"OWN": "own", "A": "b", "B": "ü="}, "b"]
    assert guest.restored(image, folder()).ask(None) == [{"OWN": "own"}, None]


def test_an_instance_with_an_environment_makes_no_image(folder):
    guest = WeftGuest(folder(), env=[("SECRET", "abc")]).begin()
    guest.load("import os\nhad = dict(os.environ)\ndef handler(e): return [had, dict(os.environ)]")
    assert error_of(guest.quiesce)["kind"] == "environment"
    # Without an image it answers as one that begins with an image does.
    assert guest.ask(None) == [{}, {"SECRET": "abc"}]


def test_open_files_make_no_image(folder, tmp_path):
    (tmp_path / "data.txt").write_text("x")
    guest = WeftGuest(folder(), folders=[(tmp_path, "/data")]).begin()
    guest.load("file = open('/data/data.txt')\ndef handler(e):\n    file.close()\n    return open('/data/data.txt').read()")
    told = error_of(guest.quiesce)
    assert told["kind"] == "open_files"
    assert "/data/data.txt" in told["message"]
    assert guest.ask(None) == "x"
    image = guest.quiesce()
    # Its folders are those that the new host shows.
    (tmp_path / "other").mkdir()
    (tmp_path / "other/data.txt").write_text("y")
    other = guest.restored(image, folder(), folders=[(tmp_path / "other", "/data"), (tmp_path, "/more")])
    assert other.ask(None) == "y"


def test_a_module_that_came_later_is_found(folder, tmp_path):
    guest = WeftGuest(folder(), folders=[(tmp_path, "/app")]).begin()
    guest.load("def handler(e):\n    import later\n    return later.VALUE", path=["/app"])
    assert error_of(guest.ask, None)["kind"] == "import"
    image = guest.quiesce()
    (tmp_path / "later.py").write_text("VALUE = 5")
    assert guest.restored(image, folder(), folders=[(tmp_path, "/app")]).ask(None) == 5


def test_hooks_run_once_in_each_instance(guest, folder):
    image = guest.load("import weft\nran = []\n@weft.on_resume\ndef hook(): ran.append(1)\ndef handler(e): return ran").quiesce()
    other = guest.restored(image, folder())
    assert [other.ask(None), other.ask(None)] == [[1], [1]]
    guest.load("import weft\n@weft.on_resume\ndef hook(): return 1 / 0\ndef handler(e): return 1")
    other = guest.restored(guest.quiesce(), folder())
    assert error_of(other.resume)["type"] == "ZeroDivisionError"


def test_equal_guests_make_equal_images_of_equal_hashes(folder):
    def image(seed):
        guest = WeftGuest(folder()).begin(seed)
        guest.load("import random\nwords = {str(n) for n in range(100)}\ndef handler(e): return list(words)")
        return guest, guest.quiesce()

    first, second, other = image(7), image(7), image(8)
    assert first[0].ask(None) == second[0].ask(None) != other[0].ask(None)


def test_images_are_made_of_images(folder, tmp_path):
    base = WeftGuest(folder()).begin()
    base.preload("random", "decimal")
    image = base.quiesce()
    drawn = []
    for number in range(2):
        # Another host shows more than the first did.
        guest = base.restored(image, folder(), folders=[(tmp_path, "/data"), (tmp_path, "/more")])
        guest.load(f"import random\ndrawn = random.random()\ndef handler(e): return [{number}, drawn, random.random()]")
        second = guest.quiesce()
        answers = [guest.restored(second, folder()).ask(None) for _ in range(2)]
        assert answers[0][:2] == answers[1][:2] == [number, answers[0][1]]
        assert answers[0][2] != answers[1][2]
        drawn.append(answers[0][1])
    assert drawn[0] != drawn[1]
    guest = base.restored(image, folder(), env=[("SECRET", "abc")]).load("def handler(e): return 1")
    guest.ask(None)
    assert error_of(guest.quiesce)["kind"] == "environment"


def test_an_application_lives_on_in_an_image(guest, folder):
    image = guest.load(ASGI).quiesce()
    for _ in range(2):
        assert guest.restored(image, folder()).request("POST", "/", b"ab", query="q") == (202, {"x-query": "q"}, b"ba[True]")


def test_preloaded_modules_are_there(guest, folder):
    guest.preload("decimal", "sqlite3", "xml.etree.ElementTree")
    assert error_of(guest.preload, "not_there")["kind"] == "import"
    guest.load("import sys\ndef handler(e): return 'decimal' in sys.modules")
    assert guest.restored(guest.quiesce(), folder()).ask(None) is True


# The library.

LIBRARY = """
import bz2, ctypes, datetime, decimal, hashlib, io, json, lzma, sqlite3, ssl, sys, zipfile, zlib, zoneinfo
def handler(event):
    data = b"abc" * 100
    assert all(one.decompress(one.compress(data)) == data for one in (bz2, lzma, zlib))
    database = sqlite3.connect(":memory:")
    database.execute("create virtual table notes using fts5(text)")
    database.execute("insert into notes values ('the quick brown fox')")
    found = database.execute("select count(*) from notes where notes match 'quick'").fetchone()[0]
    noon = datetime.datetime(2026, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    ssl.create_default_context()
    return [sys.version.split()[0], found, noon.utcoffset().total_seconds(), str(decimal.Decimal(1) / 3)[:6],
            hashlib.sha256(data).hexdigest()[:8], hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 1000).hex()[:8], ctypes.sizeof(ctypes.c_void_p)]
"""


def test_the_library_is_complete(guest):
    assert guest.load(LIBRARY).ask(None) == ["3.13.5", 1, 7200.0, "0.3333", "d9f5aeb0", "632c2812", 4]


def test_asyncio_works_without_sockets(guest):
    guest.load("""
import asyncio
async def one(n):
    await asyncio.sleep(0.01 * n)
    return n
async def main():
    async with asyncio.timeout(5):
        return await asyncio.gather(*(one(n) for n in range(3)), asyncio.to_thread(lambda: 'thread'))
def handler(event):
    return asyncio.run(main())
""")
    assert guest.ask(None) == [0, 1, 2, "thread"]
    guest.load("import asyncio\nasync def handler(e): await asyncio.Event().wait()")
    assert "can never happen" in error_of(guest.ask, None)["message"]


def test_names_are_not_resolved_and_that_is_said(guest):
    guest.load("import socket\ndef handler(host): return socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM)[0][4]")
    assert guest.ask("127.0.0.1") == ["127.0.0.1", 80]
    assert guest.ask("::1") == ["::1", 80, 0, 0]
    # The host resolves it, when a request is made.
    assert guest.ask("example.org") == ["example.org", 80]
    guest.load("import socket\ndef handler(host): return socket.gethostbyname(host)")
    told = error_of(guest.ask, "example.org")
    assert told["type"] == "gaierror"
    assert "a guest resolves no names" in told["message"]


def test_a_host_that_makes_no_requests_is_told_of(guest, folder):
    guest.load("import weft\ndef handler(url): return weft.http.get(url).status")
    assert error_of(guest.ask, "http://127.0.0.1/")["type"] == "OSError"
    plugins = folder()
    (plugins / "plugin.py").write_text("import weft\ndef run_e(payload, ident): weft.http.get(payload)\n")
    code, text = PluginGuest(folder(), plugins).run("http://127.0.0.1/", 1)
    assert code == 1
    assert "weft.http does not exist here: the host of this guest makes no requests" in text


def test_nothing_names_where_it_was_built():
    root = str(ROOT / "build").encode()
    for path in [*GUESTS.glob("*.wasm"), GUESTS / "usr/local/lib/python313.zip"]:
        assert root not in path.read_bytes(), path


def test_python_is_a_program():
    done = subprocess.run([BINARY, "run", "--dir", f"{GUESTS}/usr:/usr", GUESTS / "python.wasm", "-c",
                           "import sys, asyncio\nasync def f(): return sys.argv[1:]\nprint(asyncio.run(f()))\nsys.exit(3)", "a", "b"],
                          capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (3, "['a', 'b']\n", "")


# SE2.

REVERSER = """
import re, sdk
def run_e(payload, ident):
    print("payload", repr(payload))
    if payload == "fail":
        raise ValueError("as asked")
    if payload == "refuse":
        return sdk.return_error(42, "refused ü", ident)
    sdk.return_result(payload[::-1], ident)
"""


@pytest.fixture
def plugin(folder, tmp_path):
    (tmp_path / "plugin.py").write_text(REVERSER)
    return PluginGuest(folder(), tmp_path, env=[("PYTHONPATH", "/plugin")])


def test_a_plugin_answers_with_exact_lengths(plugin):
    assert plugin.run("It can't bite", 12345) == b"etib t'nac tI"
    assert plugin.run("üx", 1) == "xü".encode()
    assert plugin.run("", 2) == b""
    assert plugin.run(b"\xff\x00\x01", 3) == b"\x01\x00\xff"
    # Older hosts count a NUL behind the text.
    assert plugin.run(b"abc\0", 4) == b"cba"
    assert plugin.printed().splitlines()[0] == 'payload "It can\'t bite"'


def test_a_plugins_exception_is_its_error(plugin):
    code, text = plugin.run("fail", 9)
    assert code == 1
    # Nothing of the guest's own is told.
    assert text.startswith('Traceback (most recent call last):\n  File "/plugin/plugin.py", line 6, in run_e\n')
    assert text.endswith("ValueError: as asked\n")
    assert plugin.run("refuse", 10) == (42, "refused ü")
    assert plugin.run("ab", 11) == b"ba"


@pytest.mark.parametrize(("source", "message"), [
    (None, "No module named 'plugin'"),
    ("def run_e(a, b", "was never closed"),
    ("x = 1", "has no attribute 'run_e'"),
])
def test_a_plugin_that_does_not_load_answers_each_call(folder, tmp_path, source, message):
    if source is not None:
        (tmp_path / "plugin.py").write_text(source)
    plugin = PluginGuest(folder(), tmp_path)
    for ident in (1, 2):
        code, text = plugin.run("x", ident)
        assert code == 1
        assert message in text


# The reactor.

@pytest.fixture
def reactor(folder):
    guest = ReactorGuest(folder())
    guest.call("init_python")
    return guest


def value_of(answer):
    told = json.loads(answer)
    return told["tag"], told["value"]


def test_a_reactor_holds_lambdas_functions_and_modules(reactor):
    assert reactor.apply("identity", "ü") == '{"value":"ü","tag":"ok"}'
    assert reactor.apply("register_lambda", "hello", 'lambda x: f"hello{x}"') == '{"value":"hello","tag":"ok"}'
    assert value_of(reactor.apply("apply_lambda", 5, "hello", "[1234]")) == ("ok", '"hello1234"')
    assert reactor.told == [(5, 0, '"hello1234"')]
    assert value_of(reactor.apply("register_def", "add", "def add(x, y):\n\treturn x + y")) == ("ok", "add")
    assert value_of(reactor.apply("apply_def", 6, "add", "[1, 5]")) == ("ok", "6")
    assert value_of(reactor.apply("register_module", "one", "def A(): return 'A'\nVALUE = [1, {'b': 2}]")) == ("ok", "one")
    assert value_of(reactor.apply("register_module", "two", "import one\ndef both(x): return one.A() + x\ndef value(): return one.VALUE")) == ("ok", "two")
    assert value_of(reactor.apply("apply_def", 7, "two.both", '["x"]')) == ("ok", '"Ax"')
    assert value_of(reactor.apply("apply_module", 8, "two.value", "[]")) == ("ok", '[1,{"b":2}]')


def test_a_reactor_says_what_it_does_not_have(reactor):
    for export, parameters in [("unregister_lambda", ["no"]), ("unregister_def", ["no"]), ("unregister_module", ["no"]),
                               ("apply_lambda", [1, "no", "[]"]), ("apply_def", [2, "no", "[]"]), ("apply_module", [3, "no.way", "[]"]),
                               ("register_lambda", ["bad", "lambda x:"]), ("register_def", ["other", "def name(): pass"]),
                               ("register_module", ["bad", "import nothing_here"])]:
        assert value_of(reactor.apply(export, *parameters))[0] == "err", export
    assert [(ident, failed) for ident, failed, _ in reactor.told] == [(1, 1), (2, 1), (3, 1)]
    assert value_of(reactor.apply("register_lambda", "f", "lambda x: x")) == ("ok", "f")
    assert value_of(reactor.apply("apply_lambda", 4, "f", '{"not": "a list"}')) == ("err", "string must be a json array")
    assert value_of(reactor.apply("apply_lambda", 4, "f", "[1, 2]")) == ("err", "TypeError: <lambda>() takes 1 positional argument but 2 were given")
    assert value_of(reactor.apply("unregister_lambda", "f")) == ("ok", "f")
    assert value_of(reactor.apply("apply_lambda", 4, "f", "[1]"))[0] == "err"


@pytest.mark.parametrize(("body", "message"), [
    ("return '\\ud800'", "UnicodeEncodeError: 'utf-8' codec can't encode character '\\ud800' in position 1: surrogates not allowed"),
    ("raise ValueError('\\ud800')", "ValueError: \\ud800"),
    ("raise SystemExit(3)", "SystemExit: 3"),
    ("raise type('Odd', (Exception,), {'__str__': None})", "Odd: the error's own text could not be made"),
])
def test_whatever_ends_a_function_of_a_reactor_is_its_error(reactor, body, message):
    reactor.apply("register_def", "f", f"def f(): {body}")
    assert value_of(reactor.apply("apply_def", 7, "f", "[]")) == ("err", message)
    assert reactor.told == [(7, 1, message)]


def test_reactors_share_nothing(folder):
    first, second = (ReactorGuest(folder()) for _ in range(2))
    for guest in (first, second):
        guest.call("init")
    first.apply("register_lambda", "f", "lambda: 1")
    assert value_of(second.apply("apply_lambda", 1, "f", "[]"))[0] == "err"
