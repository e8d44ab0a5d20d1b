"""What weft offers to a function in Python.

`context` says which call this is; `log` writes to its log; `Response` answers HTTP with a status and headers;
`on_resume` runs a function in each instance that begins from an image; `http` makes requests. `kv`, `sql`, `blobs` and
`secrets` are names of what comes: each raises Unavailable.
"""

import json
import sys
import time

__all__ = ["Context", "Response", "Unavailable", "blobs", "context", "http", "kv", "log", "on_resume", "secrets", "sql"]


class Unavailable(Exception):
    """This version of weft, or this function's grants, do not have what was asked for."""


class _Identity:
    """Who calls, where that is a user of a mobile app: nobody is."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


class Context:
    """What the host says about one call, and the same under the names of AWS Lambda. What it does not say is None."""

    __slots__ = ("_text", "_values")

    def __init__(self, text):
        self._text = text
        self._values = None

    def __getattr__(self, name):
        # Most handlers never look.
        if self._values is None:
            self._values = json.loads(self._text) if self._text else {}
        if name.startswith("_"):
            raise AttributeError(name)
        return self._values.get(name)

    def remaining_seconds(self):
        """Until the call is ended; None without a deadline."""
        return None if self.deadline is None else max(0.0, self.deadline - time.time())

    @property
    def function_name(self):
        return self.function

    @property
    def function_version(self):
        return None if self.version is None else str(self.version)

    @property
    def aws_request_id(self):
        return self.invocation

    @property
    def invoked_function_arn(self):
        # As executions on this machine are named.
        return None if self.function is None else f"arn:aws:lambda:local:000000000000:function:{self.function}"

    @property
    def memory_limit_in_mb(self):
        # A text, as Lambda has it.
        return None if self.memory_bytes is None else str(self.memory_bytes >> 20)

    @property
    def log_group_name(self):
        # As Lambda names them; what is printed is in `weft logs`.
        return None if self.function is None else f"/aws/lambda/{self.function}"

    @property
    def log_stream_name(self):
        return self.invocation

    @property
    def identity(self):
        return _Identity()

    def get_remaining_time_in_millis(self):
        """Until the call is ended; None without a deadline."""
        return None if self.deadline is None else int(self.remaining_seconds() * 1000)

    def __repr__(self):
        self.function
        return f"Context({self._values})"


context = Context(b"")


def _enter(text):
    global context
    context = Context(text)
    return context


class Response:
    """An answer to HTTP: a body (bytes, str, or anything that is JSON), a status and headers: a dict, or pairs. A header that
    comes several times has a list of values."""

    def __init__(self, body=b"", status=200, headers=None, content_type=None):
        self.body = body
        self.status = status
        if not headers or hasattr(headers, "keys"):
            self.headers = dict(headers or {})
        else:
            self.headers = {}
            for name, value in headers:
                self.headers[name] = [*self.headers[name], value] if name in self.headers else [value]
        self.content_type = content_type

    def encode(self):
        import _weft
        import _weft_apps
        if isinstance(self.body, (bytes, bytearray, memoryview)):
            kind, body = "application/octet-stream", bytes(self.body)
        elif isinstance(self.body, str):
            kind, body = "text/plain; charset=utf-8", self.body.encode()
        else:
            kind, body = "application/json", _weft.encode(self.body)
        headers = [(name.lower(), value) for name, values in self.headers.items()
                   for value in (values if isinstance(values, (list, tuple)) else [values])]
        if not any(name == "content-type" for name, _ in headers):
            headers.append(("content-type", self.content_type or kind))
        return _weft_apps.join(self.status, headers, body)


class _Log:
    """One line for each message: its level, its text, and fields as JSON."""

    def _write(self, level, message, fields):
        tail = " " + json.dumps(fields, ensure_ascii=False, default=str) if fields else ""
        sys.stderr.write(f"{level} {message}{tail}\n")

    def debug(self, message, **fields):
        self._write("debug", message, fields)

    def info(self, message, **fields):
        self._write("info", message, fields)

    def warning(self, message, **fields):
        self._write("warning", message, fields)

    def error(self, message, **fields):
        self._write("error", message, fields)

    __call__ = info


log = _Log()


def on_resume(function):
    """Runs the function, without arguments, before the first call of each instance: what must not be shared by instances
    (a connection, a random generator of one's own) is made there."""
    import _weft
    _weft._on_resume.append(function)
    return function


class _Missing:
    """A part that does not exist yet."""

    def __init__(self, name):
        self._name = name

    def _refuse(self, *arguments, **options):
        raise Unavailable(f"weft.{self._name} does not exist in this version of weft")

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    __call__ = __getitem__ = __setitem__ = __delitem__ = __contains__ = __iter__ = __len__ = _refuse


kv = _Missing("kv")
sql = _Missing("sql")
blobs = _Missing("blobs")
secrets = _Missing("secrets")


def __getattr__(name):
    # Most functions make no requests.
    if name != "http":
        raise AttributeError(f"module 'weft' has no attribute {name!r}")
    import weft.http
    return weft.http
