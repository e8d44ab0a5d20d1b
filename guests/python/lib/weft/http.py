"""Requests to servers of HTTP, which the host makes as far as the function's rules allow (`weft deploy --allow-net`).

`request(method, url)` and its short forms `get`, `head`, `post`, `put`, `patch` and `delete` wait for the response; `fetch(url)` is
awaited, so that others go on meanwhile. Errors are OSErrors: Refused, TimedOut, ConnectionError, ssl.SSLError and their like."""

import contextlib
import errno
import json as _json
import os
import time
import urllib.parse

from weft import Unavailable

try:
    import _weft_wire
except ImportError:
    raise Unavailable("weft.http does not exist here: the host of this guest makes no requests") from None

__all__ = ["Error", "Headers", "Refused", "Response", "StatusError", "TimedOut", "delete", "fetch", "get", "head", "patch", "post", "put", "request"]

Error = _weft_wire.Error
Refused = _weft_wire.Refused
TimedOut = _weft_wire.TimedOut

REDIRECTS_MAX = 10
# What goes to one server must not go to another.
_SECRET = frozenset(("authorization", "cookie", "proxy-authorization"))


class StatusError(Error):
    """A response that says that the request failed."""

    kind = "status"

    def __init__(self, response):
        super().__init__(errno.EIO, f"{response.url} answered {response.status} {response.reason}".rstrip())
        self.response = response


class Headers(dict):
    """By name in lower case, of which several are one with commas between; asked for in any case. `rows` has them as they came."""

    def __init__(self, rows):
        super().__init__()
        self.rows = [(name, value) for name, value in rows]
        for name, value in self.rows:
            name = name.lower()
            dict.__setitem__(self, name, f"{dict.__getitem__(self, name)}, {value}" if dict.__contains__(self, name) else value)

    def __getitem__(self, name):
        return super().__getitem__(name.lower())

    def __contains__(self, name):
        return super().__contains__(name.lower())

    def get(self, name, default=None):
        return super().get(name.lower(), default)


class Response:
    """`status`, `reason`, `headers`, `body` (bytes) and `url`, which is another than was asked for behind redirects."""

    def __init__(self, url, head, body):
        self.url = url
        self.status = head["status"]
        self.reason = head["reason"]
        self.headers = Headers(head["headers"])
        self.body = body

    @property
    def ok(self):
        return self.status < 400

    @property
    def text(self):
        parts = self.headers.get("content-type", "").lower().partition("charset=")
        try:
            return self.body.decode(parts[2].partition(";")[0].strip(' "') or "utf-8", "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def json(self):
        return _json.loads(self.body)

    def raise_for_status(self):
        """Itself, unless the status is an error."""
        if not self.ok:
            raise StatusError(self)
        return self

    def __repr__(self):
        return f"<Response {self.status} {self.url}>"


class _Exchange:
    """What is to be asked, over redirects."""

    def __init__(self, method, url, params, headers, body, json, redirects):
        if params:
            url += ("&" if "?" in url else "?") + urllib.parse.urlencode(params, doseq=True)
        rows = headers.items() if hasattr(headers, "items") else headers or ()
        self.headers = [(str(name), str(value)) for name, value in rows]
        if json is not None:
            if body is not None:
                raise TypeError("body and json are two bodies: give one")
            body = _json.dumps(json).encode()
            self._default("content-type", "application/json")
        self.body = body.encode() if isinstance(body, str) else bytes(body or b"")
        self._default("user-agent", "weft")
        self.method = method.upper()
        self.url = urllib.parse.quote(url, safe="%/:=&?~#+!$,;'@()*[]")
        self.redirects = redirects or None  # how many more; None: they are responses like others

    def _default(self, name, value):
        if not any(known.lower() == name for known, _ in self.headers):
            self.headers.append((name, value))

    def begin(self):
        return _weft_wire.begin(self.method, self.url.partition("#")[0], self.headers, self.body)

    def follows(self, head):
        """Whether another request has to be made: then this is it."""
        target = next((value for name, value in head["headers"] if name.lower() == "location"), None)
        if self.redirects is None or target is None or head["status"] not in (301, 302, 303, 307, 308):
            return False
        if not self.redirects:
            raise Error(errno.ELOOP, f"{self.url} redirects once too often")
        self.redirects -= 1
        old, self.url = self.url, urllib.parse.urljoin(self.url, target)
        if urllib.parse.urlsplit(old)[:2] != urllib.parse.urlsplit(self.url)[:2]:
            self.headers = [row for row in self.headers if row[0].lower() not in _SECRET]
        if head["status"] == 303 and self.method != "HEAD" or head["status"] in (301, 302) and self.method == "POST":
            self.method, self.body = "GET", b""
            self.headers = [row for row in self.headers if row[0].lower() not in ("content-type", "content-encoding")]
        return True


def _warm_up():
    """As `_weft` does for each call: runs what requests run through, without one."""
    for _ in range(8):
        # The host refuses it while nobody is called.
        with contextlib.suppress(OSError):
            request("GET", "http://127.0.0.1/", json={"a": [1]}, headers={"a": "b"})
        parts = iter((b"b", b""))
        steps = _read_body(parts, b"{", lambda parts, size: next(parts))
        try:
            while True:
                next(steps)
        except StopIteration as end:
            answer = Response("http://127.0.0.1/", {"status": 200, "reason": "OK", "headers": [["content-type", "text/plain"]] * 2}, end.value)
        answer.raise_for_status().headers.get("Content-Type")


def _read_body(descriptor, before, read=os.read):
    parts = [before]
    while parts[-1] or len(parts) == 1:
        yield
        parts.append(read(descriptor, _weft_wire.READ_BYTES))
    return b"".join(parts)


def _response(exchange, descriptor):
    """The response, or None after a redirect. Yields before each read, which may have to wait."""
    try:
        yield
        head, rest = _weft_wire.read_head(descriptor)
        if exchange.follows(head):
            return None
        return Response(exchange.url, head, (yield from _read_body(descriptor, rest)))
    finally:
        os.close(descriptor)


def _steps(exchange):
    """Yields the descriptors that are to be waited for; returns the response."""
    while True:
        descriptor = exchange.begin()
        steps = _response(exchange, descriptor)
        try:
            while True:
                next(steps)
                yield descriptor
        except StopIteration as end:
            if end.value is not None:
                return end.value
        finally:
            steps.close()


def request(method, url, *, params=None, headers=None, body=None, json=None, timeout=None, redirects=REDIRECTS_MAX):
    """Makes a request and waits for its whole response, at most `timeout` seconds."""
    steps = _steps(_Exchange(method, url, params, headers, body, json, redirects))
    until = None if timeout is None else time.monotonic() + timeout
    try:
        while True:
            descriptor = next(steps)
            if until is not None:
                _weft_wire.wait(descriptor, until - time.monotonic())
    except StopIteration as end:
        return end.value
    finally:
        steps.close()


async def readable(descriptor):
    """Until something can be read there, on the event loop."""
    import asyncio
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.add_reader(descriptor, lambda: future.done() or future.set_result(None))
    try:
        await future
    finally:
        loop.remove_reader(descriptor)


async def _fetch(steps):
    try:
        while True:
            await readable(next(steps))
    except StopIteration as end:
        return end.value
    finally:
        steps.close()


async def fetch(url, method="GET", *, params=None, headers=None, body=None, json=None, timeout=None, redirects=REDIRECTS_MAX):
    """As `request`, for an event loop: several may be under way."""
    import asyncio
    steps = _steps(_Exchange(method, url, params, headers, body, json, redirects))
    try:
        async with asyncio.timeout(timeout):
            return await _fetch(steps)
    except TimeoutError as error:
        if isinstance(error, Error):
            raise
        raise TimedOut(errno.ETIMEDOUT, "nothing came within the timeout") from None


def get(url, **options):
    return request("GET", url, **options)


def head(url, **options):
    return request("HEAD", url, **options)


def post(url, **options):
    return request("POST", url, **options)


def put(url, **options):
    return request("PUT", url, **options)


def patch(url, **options):
    return request("PATCH", url, **options)


def delete(url, **options):
    return request("DELETE", url, **options)
