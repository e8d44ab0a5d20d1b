"""A server whose Python functions are tests of Python's own, and the same as scripts."""

import http.client
import json
import pathlib
import re
import subprocess
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
# Some modules' tests take a minute; the first deployment compiles the guest.
SECONDS_MAX = 900
LIMITS = {"deadline_ms": SECONDS_MAX * 1000, "memory_bytes": 1 << 30}


class Server:
    """With data of its own, which go with it. `guests` has Python's guests and their library, and the tests in it."""

    def __init__(self, binary, guests):
        self._binary = binary
        self._guests = guests
        self._folder = tempfile.TemporaryDirectory(prefix="python-tests-")
        self._process = None
        self._port = None

    def __enter__(self):
        command = [self._binary, "serve", "--listen", "127.0.0.1:0", "--data", f"{self._folder.name}/data", "--python", self._guests]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for line in self._process.stderr:
            found = re.search(rb"listening on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self._port = int(found[1])
                # What it still says must not fill the pipe.
                threading.Thread(target=self._process.stderr.read, daemon=True).start()
                return self
        raise RuntimeError(f"the server did not start: exit code {self._process.wait()}")

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()

    def _request(self, method, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS_MAX)
        try:
            connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{method} {path}: {answer.status} {content}")
        return content

    def restored(self, module):
        """What the tests of a module came to in an instance that began with an image in which they were imported already."""
        name = module.replace("_", "-")
        self._request("PUT", f"/v1/functions/{name}", {"source": source_of(module), "language": "python", "limits": LIMITS})
        return self._request("POST", f"/v1/functions/{name}/invoke", None)

    def cold(self, module):
        """What they came to in a process that imported them itself."""
        script = pathlib.Path(self._folder.name, "script.py")
        script.write_text(source_of(module))
        # By its whole path: like a function, it has no directory to work in.
        done = subprocess.run([self._binary, "run", "--python", self._guests, "--timeout", f"{SECONDS_MAX}s", script],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        told = re.search(r"^result: (.*)$", done.stdout, re.MULTILINE)
        if told is None:
            raise RuntimeError(f"{module} as a script: exit code {done.returncode}: {done.stderr[-1000:]}")
        return json.loads(told[1])


def source_of(module):
    return (HERE / "function.py").read_text().replace("@MODULE@", module)
