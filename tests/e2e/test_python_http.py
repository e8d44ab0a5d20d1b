"""Requests of Python guests to servers of HTTP: weft.http and the clients that come through it, on the server and in `weft run`."""

import concurrent.futures
import http.server
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sysconfig
import threading
import time

import pytest
from conftest import BINARY, ROOT
from test_python_functions import PythonServer

GUESTS = ROOT / "build/python/out"
CLIENTS = ("anyio", "certifi", "charset_normalizer", "h11", "httpcore", "httpx", "idna", "requests", "typing_extensions.py", "urllib3")

pytestmark = pytest.mark.skipif(not (GUESTS / "weft.wasm").exists(), reason="guests/python/build makes what is tested here")


class Upstream(http.server.BaseHTTPRequestHandler):
    """Echoes; /redirect, /missing, /big and /hold (until `release` is set) are what they say."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.seen.append(self.path)
        if self.path.startswith("/hold"):
            self.server.release.wait(60)
        status = 302 if self.path.startswith("/redirect") else 404 if self.path.startswith("/missing") else 200
        content = b"x" * 1_000_000 if self.path == "/big" else json.dumps(
            {"method": self.command, "path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()},
             "body": body.decode("latin-1")}).encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", self.server.target)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            try:
                self.wfile.write(content)
            except OSError:
                self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *arguments):
        pass


class UpstreamServer(http.server.ThreadingHTTPServer):
    request_queue_size = 256

    def __init__(self, certificate=None):
        super().__init__(("127.0.0.1", 0), Upstream)
        self.seen = []
        self.release = threading.Event()
        self.target = "/there?x=1"
        self.rule = f"127.0.0.1:{self.server_port}"
        self.url = f"{'https' if certificate else 'http'}://{self.rule}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # Clients that hang up are part of the tests.


@pytest.fixture(scope="module")
def upstream():
    with UpstreamServer() as running:
        yield running
        running.release.set()
        running.shutdown()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a key and a certificate of 127.0.0.1 that signs itself."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                           "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "-", "-out", "-"],
                          capture_output=True, check=True)
    file.write_bytes(made.stdout)
    return file


@pytest.fixture(scope="module")
def secure(certificate):
    with UpstreamServer(certificate) as running:
        yield running
        running.shutdown()


@pytest.fixture(scope="module")
def python(tmp_path_factory, certificate):
    running = PythonServer(tmp_path_factory.mktemp("python-http") / "data", ["--ca-file", certificate]).start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    """A folder with the clients, as a package manager would install them for a guest."""
    folder = tmp_path_factory.mktemp("packages")
    for name in CLIENTS:
        source = pathlib.Path(sysconfig.get_paths()["purelib"], name)
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        else:
            shutil.copy(source, folder)
    return folder


def deploy(python, source, *rules, **members):
    python.deploy_python("asks", source, grants={"network": list(rules)}, **members)


# On the server.

ASKS = """
import weft
def handler(event):
    response = weft.http.request(**event)
    return [response.status, response.headers.get("Content-Type"), response.json() if response.body else None]
"""


def test_a_function_asks_a_server(python, upstream):
    deploy(python, ASKS, upstream.rule)
    status, kind, told = python.ask("asks", {"method": "get", "url": upstream.url + "/a b", "params": {"q": "ü"}}).json()
    assert (status, kind, told["method"], told["path"], told["body"]) == (200, "application/json", "GET", "/a%20b?q=%C3%BC", "")
    assert told["headers"]["host"] == upstream.rule
    status, kind, told = python.ask("asks", {"method": "PUT", "url": upstream.url, "json": {"a": 1}, "headers": {"X-One": "ü"}}).json()
    assert (told["body"], told["headers"]["content-type"], told["headers"]["x-one"]) == ('{"a": 1}', "application/json", "ü")
    assert python.ask("asks", {"method": "HEAD", "url": upstream.url}).json() == [200, "application/json", None]
    assert python.ask("asks", {"method": "GET", "url": upstream.url + "/missing"}).json()[0] == 404


def test_redirects_are_requests_of_their_own(python, upstream):
    deploy(python, ASKS, upstream.rule)
    upstream.target = "/there?x=1"
    assert python.ask("asks", {"method": "GET", "url": upstream.url + "/redirect"}).json()[2]["path"] == "/there?x=1"
    assert python.ask("asks", {"method": "GET", "url": upstream.url + "/redirect", "redirects": 0}).json()[0] == 302
    with UpstreamServer() as elsewhere:
        upstream.target = elsewhere.url + "/secret"
        answer = python.ask("asks", {"method": "GET", "url": upstream.url + "/redirect"})
        assert (answer.status, answer.json()["code"]) == (502, "guest_error")
        assert f"--allow-net {elsewhere.rule}" in answer.json()["detail"]
        assert elsewhere.seen == []
        elsewhere.shutdown()
    upstream.target = "/redirect"
    assert "redirects once too often" in python.ask("asks", {"method": "GET", "url": upstream.url + "/redirect"}).json()["detail"]


@pytest.mark.parametrize("rules", [[], ["127.0.0.1:1"], ["*"], ["example.org"]])
def test_what_no_rule_allows_is_refused_with_the_rule_that_would(python, upstream, rules):
    deploy(python, ASKS, *rules)
    before = len(upstream.seen)
    answer = python.ask("asks", {"method": "GET", "url": upstream.url})
    assert (answer.status, answer.json()["code"]) == (502, "guest_error")
    assert f"Refused: [Errno 63] no rule allows requests to {upstream.rule}: --allow-net {upstream.rule} does" in answer.json()["detail"]
    assert len(upstream.seen) == before


def test_a_file_that_loads_makes_no_requests(python, upstream):
    answer = python.put("loads", f"import weft\nweft.http.get({upstream.url!r})\ndef handler(e): return 1", grants={"network": [upstream.rule]})
    assert (answer.status, answer.json()["code"]) == (400, "invalid_argument")
    assert "a file that loads makes them in its calls" in answer.json()["detail"]
    # What it keeps open and never looked at is no request.
    answer = python.put("loads", "import _weft_wire\nopen = _weft_wire.begin('GET', 'http://127.0.0.1/', [], b'')\ndef handler(e): return 1")
    assert (answer.status, answer.json()["initialization"]["when"]) == (201, "call")
    # Clients may be made, and kept.
    deploy(python, "import urllib.request\nopener = urllib.request.build_opener()\ndef handler(url): return opener.open(url).status", upstream.rule)
    assert python.ask("asks", upstream.url).json() == 200


def test_the_ways_requests_fail_are_exceptions(python, upstream):
    deploy(python, "import weft, ssl, socket\n"
                   "def handler(event):\n"
                   "    try:\n"
                   "        weft.http.get(**event).raise_for_status()\n"
                   "    except OSError as error:\n"
                   "        return [error.kind] + [one.__name__ for one in type(error).__mro__ if one.__module__ != 'weft.http']\n",
           upstream.rule, "127.0.0.1:1", "nowhere.invalid")
    assert python.ask("asks", {"url": upstream.url + "/missing"}).json()[:2] == ["status", "OSError"]
    assert python.ask("asks", {"url": upstream.url + "/hold", "timeout": 0.2}).json()[:2] == ["request", "TimeoutError"]
    assert python.ask("asks", {"url": "http://127.0.0.1:1/"}).json()[:2] == ["connection", "ConnectionError"]
    assert python.ask("asks", {"url": "http://10.0.0.1/"}).json()[:2] == ["refused", "PermissionError"]
    assert python.ask("asks", {"url": "http://nowhere.invalid/"}).json()[:2] == ["name", "gaierror"]
    assert python.ask("asks", {"url": "ftp://127.0.0.1/"}).json()[:2] == ["request", "OSError"]
    assert python.ask("asks", {"url": upstream.url.replace("http", "https")}).json()[0] == "tls"
    upstream.release.set()
    upstream.release.clear()


def test_certificates_are_verified(python, upstream, secure, tmp_path_factory):
    deploy(python, ASKS, secure.rule, "localhost")
    assert python.ask("asks", {"method": "GET", "url": secure.url + "/s"}).json()[2]["path"] == "/s"
    # It is one of the address, not of the name.
    other = python.ask("asks", {"method": "GET", "url": secure.url.replace("127.0.0.1", "localhost")})
    assert f"TLS with localhost:{secure.server_port} fails" in other.json()["detail"]
    script = tmp_path_factory.mktemp("script") / "ask.py"
    script.write_text(f"import weft, ssl\ntry: weft.http.get({secure.url!r})\nexcept ssl.SSLError as error: print(error)\n")
    ran = subprocess.run([BINARY, "run", "--allow-net", secure.rule, script], capture_output=True, text=True, env={**os.environ, "WEFT_CA_FILE": ""})
    assert f"TLS with {secure.rule} fails" in ran.stdout, ran.stderr


def test_a_coroutine_asks_several_at_once(python, upstream):
    deploy(python, """
import asyncio, weft
async def handler(urls):
    waiting = asyncio.create_task(asyncio.sleep(0.01, "slept"))
    return [await waiting] + [one.json()["path"] for one in await asyncio.gather(*map(weft.http.fetch, urls))]
""", upstream.rule)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answer = pool.submit(python.ask, "asks", [f"{upstream.url}/hold/{i}" for i in range(5)])
        wait_for(lambda: sum(path.startswith("/hold/") for path in upstream.seen) >= 5)
        upstream.release.set()
        assert answer.result().json() == ["slept", *(f"/hold/{i}" for i in range(5))]
    upstream.release.clear()


def wait_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_who_waits_for_a_server_holds_up_nobody(python, upstream):
    deploy(python, "import weft\ndef handler(url): return weft.http.get(url).status", upstream.rule)
    python.deploy_python("quick", "def handler(event): return event")
    upstream.seen.clear()
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        waiting = [pool.submit(python.ask, "asks", f"{upstream.url}/hold") for _ in range(30)]
        wait_for(lambda: len(upstream.seen) >= 30)
        assert python.ask("quick", 1).json() == 1
        upstream.release.set()
        assert [one.result().json() for one in waiting] == [200] * 30
    upstream.release.clear()


def test_a_call_that_ends_takes_its_requests_with_it(python, upstream):
    # As many as are left open each time would soon be too many.
    deploy(python, """
import _weft_wire
def handler(url):
    return len([_weft_wire.begin("GET", url, [], b"") for _ in range(20)])
""", upstream.rule)
    for _ in range(5):
        assert python.ask("asks", upstream.url + "/hold").json() == 20
    deploy(python, "import weft\ndef handler(url): return weft.http.get(url).status", upstream.rule, limits={"deadline_ms": 3000})
    answer = python.ask("asks", upstream.url + "/hold")
    assert (answer.status, answer.json()["code"]) == (504, "deadline_exceeded")
    upstream.release.set()
    upstream.release.clear()
    python.assert_serves()


def test_too_much_is_refused_and_a_large_response_comes_whole(python, upstream):
    deploy(python, """
import weft, _weft_wire
def ask(call):
    try:
        return call()
    except OSError as error:
        return error.kind
def handler(url):
    told = [ask(lambda: len(weft.http.get(url + "/big").body)), ask(lambda: weft.http.post(url, body=b"x" * (17 << 20))),
            ask(lambda: weft.http.get(url + "/" + "x" * 20000))]
    held = [_weft_wire.begin("GET", url + "/hold", [], b"") for _ in range(32)]
    return told + [ask(lambda: weft.http.get(url))]
""", upstream.rule)
    assert python.ask("asks", upstream.url).json() == [1_000_000, "limit", "limit", "limit"]
    upstream.release.set()
    upstream.release.clear()


# The clients, in `weft run`.

USES = {
    "urllib": "import urllib.request\nprint(urllib.request.urlopen(URL + '/u').read())",
    "http.client": "import http.client\nc = http.client.HTTPConnection(URL.partition('//')[2])\n"
                   "for body in (None, iter([b'a', b'b'])):\n    c.request('POST', '/u', body)\n    print(c.getresponse().read())",
    "urllib3": "import urllib3\nprint(urllib3.PoolManager().request('GET', URL + '/u', fields={'a': 'b'}).json())",
    "requests": "import requests\ns = requests.Session()\nfor _ in range(2): print(s.get(URL + '/u', timeout=30).json())\n"
                "print(len(requests.get(URL + '/big', stream=True).content), requests.post(URL, files={'f': b'x'}).ok)",
    "httpx": "import httpx\nprint(httpx.get(URL + '/u').json())",
    "httpx, async": "import asyncio, httpx\nasync def main():\n    async with httpx.AsyncClient() as c:\n"
                    "        print([r.json() for r in await asyncio.gather(*(c.get(URL + '/u') for _ in range(3)))], len((await c.get(URL + '/big')).content))\n"
                    "asyncio.run(main())",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory, clients, certificate):
    script = tmp_path_factory.mktemp("scripts") / "script.py"

    def run_source(source, *rules):
        script.write_text(source)
        return subprocess.run([BINARY, "run", "--ca-file", certificate, *(word for rule in rules for word in ("--allow-net", rule)),
                               "--dir", f"{clients}:/packages:ro", "--env", "PYTHONPATH=/packages", script],
                              capture_output=True, text=True, timeout=900)
    return run_source


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("client", USES)
def test_a_client_works_as_it_is(run, upstream, secure, client, scheme):
    server = secure if scheme == "https" else upstream
    source = USES[client]
    if scheme == "https" and client == "http.client":
        source = source.replace("HTTPConnection", "HTTPSConnection")
    ran = run(f"URL = {server.url!r}\n{source}\n", server.rule)
    assert ran.returncode == 0, ran.stderr
    assert "/u" in ran.stdout


@pytest.mark.parametrize("client", ["urllib", "http.client", "requests", "httpx"])
def test_a_client_asks_this_machine_by_its_name(run, upstream, client):
    url = upstream.url.replace("127.0.0.1", "localhost")
    ran = run(f"URL = {url!r}\n{USES[client]}\n", url.partition("//")[2])
    assert ran.returncode == 0, ran.stderr
    assert "/u" in ran.stdout


@pytest.mark.parametrize(("source", "kind"), [
    ("import urllib.request, urllib.error\ntry: urllib.request.urlopen(URL)\nexcept urllib.error.URLError as e: print(e)", "http"),
    ("import requests\ntry: requests.get(URL)\nexcept requests.ConnectionError as e: print(e)", "http"),
    ("import httpx\ntry: httpx.get(URL)\nexcept httpx.TransportError as e: print(e)", "http"),
    ("import asyncio, httpx\nasync def main():\n    async with httpx.AsyncClient() as c: await c.get(URL)\n"
     "try: asyncio.run(main())\nexcept httpx.ConnectError as e: print(e)", "http"),
])
def test_a_client_says_that_it_was_refused(run, source, kind):
    ran = run(f"URL = '{kind}://127.0.0.1:1/'\n{source}\n", "127.0.0.1:2")
    assert ran.returncode == 0, ran.stderr
    assert "--allow-net 127.0.0.1:1 does" in ran.stdout


def test_what_is_no_http_has_no_connection(run, upstream):
    ran = run(f"import socket\ns = socket.create_connection(('127.0.0.1', {upstream.server_port}))\n"
              "try: s.recv(10)\nexcept OSError as e: print(e)\n"
              "try: s.sendall(b'PING\\r\\n')\nexcept OSError as e: print(e)\n"
              "try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nexcept OSError as e: print(e)\n", upstream.rule)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("clients of HTTP/1.1") == 2
    assert "sends no datagrams" in ran.stdout
