"""Python functions and scripts that need packages: pip resolves them, they come with the function, and what is native is refused."""

import hashlib
import http.client
import io
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import zipfile

import pytest
from conftest import BINARY, ROOT, Server

# The first deployment on a new data directory compiles the guest.
SECONDS_MAX = 900

# What pip may take, by hash: whatever else appears, these tests see the same.
PINNED = """
blinker==1.9.0 \\
    --hash=sha256:ba0efaa9080b619ff2f3459d1d500c57bddea4a6b424b60a91141db6fd2f08bc
certifi==2026.10.18 \\
    --hash=sha256:73191c47aaa79da394e8fee2dbc2ec827432cab56311122c9e47abf79e390f62
charset-normalizer==3.5.2 \\
    --hash=sha256:7218e8f32b0956cfcd048fd42d9d5779809745ca1d86113ca56f66e7ae1549c4 \\
    --hash=sha256:b6b751274acb69d77b3323d6b7dbaa3c7fdfc1eb829b7eb61d262f32e1af9685
click==8.5.1 \\
    --hash=sha256:8bb5376d2006950386f8c6427613334a2acadc5f559cb80e638d00b4df957e37
flask==3.1.3 \\
    --hash=sha256:f4bcbefc124291925f1a26446da31a5178f9483862233b23c0c96a20701f670c
idna==3.11 \\
    --hash=sha256:771a87f49d9defaf64091e6e6fe9c18d4833f140bd19464795bc32d966ca37ea
itsdangerous==2.2.0 \\
    --hash=sha256:c6242fc49e35958c8b15141343aa660db5fc54d4f13a1db01a3f5891b98700ef
jinja2==3.1.6 \\
    --hash=sha256:85ece4451f492d0c13c5dd7c13a64681a86afae63a5f347908daf103ce6d2f67
markupsafe==3.0.4 \\
    --hash=sha256:434139499bb20b502ed3baa1f169e618f924a97e7a777fea1a49446d80106cf6
pyyaml==6.0.3 \\
    --hash=sha256:0f29edc409a6392443abf94b9cf89ce99889a1dd5376d94316ae5145dfedd5d6
requests==2.34.2 \\
    --hash=sha256:2a0d60c172f83ac6ab31e4554906c0f3b3588d37b5cb939b1c061f4907e278e0
urllib3==2.8.0 \\
    --hash=sha256:0cf3cae568d36aa9576b28dfb35f11328f1cb974ca7647d9475ebb86c75ac6e3
werkzeug==3.1.9 \\
    --hash=sha256:6392e50c78460ba618e5b21f08a71f59c99ce99cdc6cf6e3dd7e6ccca8754fab
"""

pytestmark = pytest.mark.skipif(shutil.which("python3") is None, reason="requirements are resolved by python3 -m pip")


class PythonServer(Server):
    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_MAX)

    def upload_archive(self, archive, content_type="application/zip"):
        return self.request("POST", "/v1/modules", archive, {"Content-Type": content_type})

    def deploy_archive(self, name, files):
        """The answer to the deployment of an archive of these texts by name."""
        uploaded = self.upload_archive(zip_of(files))
        assert uploaded.status in (200, 201), uploaded.body
        return self.request("PUT", f"/v1/functions/{name}", {"module": uploaded.json()["id"]})

    def ask(self, name, value):
        return self.request("POST", f"/f/{name}", value, {"Content-Type": "text/plain"})


def zip_of(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("requirements") / "data"


@pytest.fixture(scope="module")
def python(data):
    running = PythonServer(data).start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    return {**os.environ, "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}


@pytest.fixture
def weft(tmp_path, environment, python):
    """Runs a command in a folder of its own."""

    def call(*words):
        return subprocess.run([BINARY, *words], cwd=tmp_path, env={**environment, "WEFT_SERVER": f"http://127.0.0.1:{python.port}"},
                              capture_output=True, text=True, timeout=SECONDS_MAX, check=False)

    return call


PAGE = """
    import importlib.metadata
    import importlib.resources
    import os

    import certifi
    import requests
    import yaml
    from flask import Flask, render_template_string

    app = Flask(__name__)
    here = os.path.dirname(__file__)

    @app.get("/hello/<name>")
    def hello(name):
        return render_template_string("<p>Hello {{ name }}</p>", name=name)

    @app.get("/files")
    def files():
        # Of packages, after the file was loaded: data, metadata, and a module that nobody has imported.
        import jinja2.sandbox
        with open(certifi.where()) as file:
            begin = file.read(2000)
        same = importlib.resources.files("certifi").joinpath("cacert.pem").read_text()[:2000] == begin
        return [len(begin) == 2000 and same, importlib.metadata.version("flask"), requests.__version__,
                yaml.safe_load("a: [1]"), jinja2.sandbox.__name__, sorted(os.listdir(here))[:1]]
"""


def test_an_application_comes_with_its_packages(python, weft, tmp_path, data):
    (tmp_path / "page.py").write_text(textwrap.dedent(PAGE))
    (tmp_path / "requirements.txt").write_text(PINNED)
    done = weft("deploy", "page", "page.py", "--requirements", "requirements.txt")
    assert done.returncode == 0, done.stderr
    assert "flask 3" in done.stderr.lower()
    assert python.request("GET", "/f/page/hello/A%3Cb").body == b"<p>Hello A&lt;b</p>"
    told = python.request("GET", "/f/page/files")
    assert told.status == 200, told.body
    files, flask, requests, value, module, first = told.json()
    assert (files, value, module) == (True, {"a": [1]}, "jinja2.sandbox")
    assert f"flask=={flask}" in PINNED.lower() and f"requests=={requests}" in PINNED
    # What is deployed has no code for this machine and nothing of the place where pip put it.
    module = python.request("GET", "/v1/functions/page").json()["module"]
    answer = python.request("GET", f"/v1/modules/{module}/bytes")
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.body))
    assert archive.testzip() is None
    names = archive.namelist()
    assert "page.py" in names and "markupsafe/__init__.py" in names
    assert not [name for name in names if name.endswith((".so", ".pyc", "RECORD", "direct_url.json")) or name.startswith("bin/")]
    assert str(tmp_path).encode() not in answer.body
    # The same again is the same module.
    assert weft("deploy", "page", "page.py", "--requirements", "requirements.txt").returncode == 0
    again = python.request("GET", "/v1/functions/page").json()
    assert (again["module"], again["version"]) == (module, 2)
    # It is there after a restart, also when what it begins with has to be made again.
    python.stop()
    for blob in (data / "blobs").rglob("*"):
        if blob.is_file() and blob.name not in module:
            blob.unlink()
    python.start()
    assert python.request("GET", "/f/page/hello/again").body == b"<p>Hello again</p>"
    assert python.request("GET", "/f/page/files").json()[0] is True


def test_what_is_native_alone_is_refused_by_name(python, weft, tmp_path):
    (tmp_path / "s.py").write_text('# /// script\n# dependencies = ["numpy", "pydantic>2"]\n# ///\ndef handler(): return 1\n')
    done = weft("deploy", "native", "s.py")
    assert done.returncode != 0
    assert "numpy" in done.stderr and "pydantic_core" in done.stderr and "pydantic<2" in done.stderr
    assert "native code" in done.stderr
    assert python.request("GET", "/v1/functions/native").status == 404
    (tmp_path / "s.py").write_text('# /// script\n# dependencies = ["--index-url=http://127.0.0.1/"]\n# ///\ndef handler(): return 1\n')
    done = weft("deploy", "native", "s.py")
    assert done.returncode != 0 and "is more than a project's name" in done.stderr


def test_a_script_runs_with_what_its_comments_name(weft, tmp_path, environment):
    if not (ROOT / "build/python/out/python.wasm").exists():
        pytest.skip("guests/python/build makes what is run here")
    (tmp_path / "s.py").write_text('# /// script\n# dependencies = ["idna==3.11"]\n# ///\n'
                                   'import idna, sys\nprint(idna.encode("ä.example").decode(), sys.argv[1:])\n')
    done = weft("run", "s.py", "a")
    assert (done.returncode, done.stdout) == (0, "xn--4ca.example ['a']\n"), done.stderr
    # What was resolved is kept: pip is not needed any more.
    done = subprocess.run([BINARY, "run", "s.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=SECONDS_MAX,
                          env={"PATH": "/nowhere", "XDG_CACHE_HOME": environment["XDG_CACHE_HOME"]})
    assert (done.returncode, done.stdout) == (0, "xn--4ca.example []\n"), done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("words", [["deploy", "x", "s.py"], ["run", "--timeout", "1h", "s.py"]], ids=["deploy", "run"])
def test_a_signal_that_ends_weft_while_pip_works_leaves_nothing_behind(tmp_path, words, number):
    if words[0] == "run" and not (ROOT / "build/python/out/python.wasm").exists():
        pytest.skip("guests/python/build makes what is run here")
    (tmp_path / "s.py").write_text('# /// script\n# dependencies = ["six"]\n# ///\n')
    (tmp_path / "temporary").mkdir()
    # It does not answer, so that pip waits.
    with socket.create_server(("127.0.0.1", 0)) as index:
        index.settimeout(SECONDS_MAX)
        environment = {**os.environ, "PIP_INDEX_URL": f"http://127.0.0.1:{index.getsockname()[1]}/", "TMPDIR": str(tmp_path / "temporary"),
                       "XDG_CACHE_HOME": str(tmp_path / "cache")}
        with subprocess.Popen([BINARY, *words], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
            connection, _ = index.accept()
            process.send_signal(number)
            assert (process.wait(SECONDS_MAX), process.stderr.read()) == (-number, "")
            connection.close()
    assert list((tmp_path / "temporary").iterdir()) == []
    assert words[0] == "deploy" or list((tmp_path / "cache/weft/requirements").iterdir()) == []


def test_an_index_that_cannot_be_reached_is_named(weft, tmp_path, environment, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    monkeypatch.setitem(environment, "PIP_INDEX_URL", url)
    monkeypatch.setitem(environment, "PIP_NO_INDEX", "0")
    monkeypatch.setitem(environment, "PIP_FIND_LINKS", "")
    monkeypatch.setitem(environment, "PIP_RETRIES", "1")
    (tmp_path / "s.py").write_text("def handler(): return 1\n")
    (tmp_path / "req.txt").write_text("six\n")
    done = weft("deploy", "s", "s.py", "--requirements", "req.txt")
    assert done.returncode == 7
    assert done.stderr == f"weft: the package index {url} cannot be reached: [Errno 111] Connection refused\n"


def test_a_missing_package_is_followed_by_how_packages_are_given(weft, tmp_path):
    (tmp_path / "s.py").write_text("import nowhere\ndef handler(): return 1\n")
    done = weft("deploy", "s", "s.py")
    assert done.returncode != 0
    assert "# /// script" in done.stderr and "--requirements" in done.stderr


def test_the_same_bytes_under_a_name_that_is_not_pythons(weft, tmp_path):
    """What was wrong is how they were sent."""
    says = "is sent with Content-Type: text/x-python, as `weft deploy` does when its name ends in .py or its first line is like #!"
    (tmp_path / "same.py").write_text("def handler(): return 'same'\n")
    shutil.copy(tmp_path / "same.py", tmp_path / "same")
    before = weft("deploy", "same", "same")
    assert before.returncode == 2 and says in before.stderr
    assert weft("deploy", "same", "same.py").returncode == 0
    after = weft("deploy", "same", "same")
    assert after.returncode == 5 and says in after.stderr and "as Python" in after.stderr


def test_a_zip_archive_runs_as_python3_runs_it(weft, tmp_path):
    if not (ROOT / "build/python/out/python.wasm").exists():
        pytest.skip("guests/python/build makes what is run here")
    (tmp_path / "x.zip").write_bytes(zip_of({"__main__.py": "import sys, h\nprint(h.x, sys.argv[1:])", "h.py": "x = 5"}))
    done = weft("run", "x.zip", "a")
    assert (done.returncode, done.stdout) == (0, "5 ['a']\n"), done.stderr


def test_a_directory_is_deployed_with_its_files(python, weft, tmp_path):
    folder = tmp_path / "several"
    (folder / "part").mkdir(parents=True)
    (folder / ".venv").mkdir()
    (folder / ".venv/secret").write_text("x")
    (folder / "app.py").write_text("import os\nfrom part import words\n"
                                   "def handler(event): return [words.of(event), sorted(os.listdir('/app'))]\n")
    (folder / "part/__init__.py").write_text("")
    (folder / "part/words.py").write_text(
        "import pathlib\ndef of(event): return pathlib.Path(__file__).with_name('words.txt').read_text() + event\n")
    (folder / "part/words.txt").write_text("Hello ")
    done = weft("deploy", "several", "several")
    assert done.returncode == 0, done.stderr
    assert python.ask("several", "you").json() == ["Hello you", ["app.py", "part"]]
    # What Python's zipapp makes is an archive, too.
    (folder / "__main__.py").write_text("")
    subprocess.run([sys.executable, "-m", "zipapp", folder, "-o", tmp_path / "x.pyz", "-p", "/usr/bin/env python3"], check=True)
    done = weft("deploy", "several", "x.pyz")
    assert done.returncode == 0, done.stderr
    assert python.ask("several", "me").json()[0] == "Hello me"
    done = weft("deploy", "several", "x.pyz", "--requirements", str(folder / "app.py"))
    assert done.returncode != 0 and "leave it out" in done.stderr


# Opens a database of its archive while it loads.
OPENS = '''
import os, random, sqlite3, sys, weft
print("loads", "KEY" in os.environ)
random.seed(42)
random.gauss()
towns = sqlite3.connect("file:/app/towns.db?mode=ro&immutable=1", uri=True)
names = [name for (name,) in towns.execute("select name from town order by name")]
counts, resumed = [], []

@weft.on_resume
def resume(): resumed.append(os.environ.get("KEY"))

def handler(event):
    counts.append(event)
    return [names, towns.execute("select size from town where name = ?", [event]).fetchone(), counts, resumed, random.gauss()]
'''


@pytest.fixture(scope="module")
def towns(tmp_path_factory):
    path = tmp_path_factory.mktemp("towns") / "towns.db"
    database = sqlite3.connect(path)
    database.executescript("create table town (name, size); insert into town values ('Bern', 3), ('Oslo', 7)")
    database.close()
    return {"main.py": OPENS, "towns.db": path.read_bytes()}


def test_a_file_that_keeps_files_open_is_loaded_by_each_call(python, weft, towns):
    uploaded = python.upload_archive(zip_of(towns))
    deployed = python.request("PUT", "/v1/functions/towns", json.dumps({"module": uploaded.json()["id"], "environment": {"KEY": "k"}}))
    assert deployed.status == 201, deployed.body
    told = deployed.json()["initialization"]
    assert told["when"] == "call" and "a database?), so each call loads the file" in told["reason"]
    assert "the file: an image cannot hold open files" in weft("show", "towns").stdout
    seen = []
    for town, size in [("Oslo", 7), ("Bern", 3), ("Rome", None)]:
        answer = python.ask("towns", town)
        names, row, counts, resumed, number = json.loads(answer.body)
        assert (names, row, counts, resumed) == (["Bern", "Oslo"], size and [size], [town], ["k"])
        seen.append(number)
        assert "loads False" in weft("logs", answer.headers["weft-invocation"]).stdout
    assert len(set(seen)) == 3
    # The same once the server has begun anew, and behind a version that is kept in memory.
    assert python.stop() == 0
    python.start()
    assert python.ask("towns", "Oslo").json()[1] == [7]
    python.deploy_archive("towns", {"main.py": "def handler(event): return 'kept'"})
    assert python.request("GET", "/v1/functions/towns").json()["initialization"] is None
    python.request("POST", "/v1/functions/towns/rollback", json.dumps({"version": 1}))
    assert python.request("GET", "/v1/functions/towns").json()["initialization"]["when"] == "call"
    assert python.ask("towns", "Bern").json()[1] == [3]


@pytest.mark.parametrize(("source", "settings", "status", "code", "says"), [
    ("kept = open('/app/main.py')\ndef handler(): pass\n", {"state": "warm"}, 400, "invalid_argument", "a warm function is loaded once"),
    ("kept = open('/app/main.py')\nimport time\ntime.sleep(0.2)\ndef handler(): pass\n",
     {"limits": {"deadline_ms": 100}}, 504, "deadline_exceeded", "each call loads the file, and that alone took"),
])
def test_a_file_that_no_call_could_load_is_refused(python, source, settings, status, code, says):
    uploaded = python.upload_archive(zip_of({"main.py": source}))
    answer = python.request("PUT", "/v1/functions/stuck", json.dumps({"module": uploaded.json()["id"], **settings}))
    assert (answer.status, answer.json()["code"]) == (status, code), answer.body
    assert says in answer.json()["detail"]
    assert python.request("GET", "/v1/functions/stuck").status == 404


def test_a_file_that_loads_no_more_is_the_functions_fault(python):
    source = "import os\nkept = open('/app/main.py')\nif os.urandom(1)[0] < 128: import nothere\ndef handler(event): return event\n"
    while (deployed := python.deploy_archive("moody", {"main.py": source})).status != 201:
        assert deployed.json()["code"] == "invalid_argument"
    while (answer := python.ask("moody", "x")).status == 200:
        assert answer.body == b'"x"'
    error = answer.json()
    assert (answer.status, error["code"]) == (502, "guest_error")
    assert "the file does not load any more: ModuleNotFoundError" in error["detail"]
    assert error["backtrace"][0]["line"] == 3
    assert "these are open: /app/main.py" in python.request("GET", "/v1/functions/moody").json()["initialization"]["reason"]


def test_an_error_in_an_archive_names_its_file_and_line(python):
    answer = python.deploy_archive("broken", {"main.py": "import helper\n", "helper.py": "x = 1\nraise ValueError('no')\n"})
    assert (answer.status, answer.json()["code"]) == (400, "invalid_argument")
    assert "ValueError: no" in answer.json()["detail"]
    assert any("/app/helper.py" in frame.get("function", "") + frame.get("module", "") + str(frame)
               for frame in answer.json()["backtrace"])
    assert python.deploy_archive("broken", {"main.py": "x = 1\n"}).json()["code"] == "invalid_argument"
    # The guest may write nowhere in it.
    deployed = python.deploy_archive("writes", {"main.py": "def handler(event): open('/app/x', 'w')\n"})
    assert deployed.status == 201, deployed.body
    assert "Read-only file system" in python.ask("writes", "x").json()["detail"]


def link():
    info = zipfile.ZipInfo("main.py")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return {info: "/etc/passwd"}


@pytest.mark.parametrize(("archive", "status", "words"), [
    (b"", 400, "empty"),
    (b"def handler(): pass\n", 400, "no zip archive"),
    (zip_of({"main.py": "x"})[:-10], 400, "damaged"),
    (zip_of({"greet.py": "x"}), 400, "nothing to load"),
    (zip_of({"main.py": "x", "weft.json": '{"file": "none.py"}'}), 400, "no file none.py"),
    (zip_of({"main.py": "x", "weft.json": "{"}), 400, "not JSON"),
    (zip_of({"../main.py": "x"}), 400, ".."),
    (zip_of({"/main.py": "x"}), 400, "absolute"),
    (zip_of(link()), 400, "absolute path"),
    (zip_of({"main.py": "x", "bomb": b"\0" * (120 << 20)}), 413, "bytes when it is unpacked"),
    (zip_of({f"{number}": "" for number in range(20_001)}), 413, "entries"),
])
def test_bad_archives_are_refused(python, archive, status, words):
    answer = python.upload_archive(archive)
    assert (answer.status, words in answer.json()["detail"]) == (status, True), answer.body
