"""HTTP as clients of Python speak it over sockets, made into requests of the host: whatever writes a request of HTTP/1.1 into a
socket (http.client, urllib, urllib3, requests, httpcore) reads the response from it."""

import errno
import json
import os
import select
import struct

import _weft_http

# What the host gives at once, about.
READ_BYTES = 65536
# A response ends with its connection: the host has what could be used again.
_LEFT_OUT = frozenset(("connection", "keep-alive", "transfer-encoding"))


class Error(OSError):
    """The host could not make the request, or was not let. `kind` says why."""

    kind = "request"


class Refused(Error, PermissionError):
    """No rule of the function's network allows it."""


class TimedOut(Error, TimeoutError):
    pass


class Unreachable(Error, ConnectionError):
    pass


def _no_name():
    import socket
    return type("NoSuchName", (Error, socket.gaierror), {"__module__": "weft.http"})


def _no_tls():
    import ssl
    return type("NotTrusted", (Error, ssl.SSLCertVerificationError), {"__module__": "weft.http"})


# As weft.http has them, with the number that they have beside their text.
for _kind in (Error, Refused, TimedOut, Unreachable):
    _kind.__module__ = "weft.http"
_ERRORS = {
    "refused": (lambda: Refused, errno.EPERM),
    "timeout": (lambda: TimedOut, errno.ETIMEDOUT),
    "connection": (lambda: Unreachable, errno.ECONNREFUSED),
    "response": (lambda: Unreachable, errno.EPROTO),
    "name": (_no_name, -2),
    "tls": (_no_tls, errno.EPROTO),
}


def error_of(told):
    """The exception for what the host says of a request that failed."""
    kind, number = _ERRORS.get(told["kind"], (lambda: Error, errno.EINVAL))
    error = kind()(number, told["message"])
    error.kind = told["kind"]
    return error


def begin(method, url, headers, body):
    """The descriptor of a response that comes: first its head, then its body."""
    head = json.dumps({"method": method, "url": url, "headers": list(headers)}).encode()
    return _weft_http.start(b"".join((struct.pack("<I", len(head)), head, body)))


def wait(descriptor, timeout):
    """Until something can be read; TimeoutError after so many seconds."""
    if timeout is None:
        return
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    if not poll.poll(max(0, timeout) * 1000):
        raise TimedOut(errno.ETIMEDOUT, "nothing came within the timeout")


def read_head(descriptor):
    """The head as a dict, and what of the body came with it. Once there, it is there whole."""
    data = os.read(descriptor, READ_BYTES)
    size = 4 + struct.unpack_from("<I", data)[0]
    while len(data) < size:
        data += os.read(descriptor, READ_BYTES)
    head = json.loads(data[4:size])
    if "error" in head:
        raise error_of(head["error"])
    return head, data[size:]


class _Request:
    """What a client has written so far, until it is a request."""

    def __init__(self):
        self._data = bytearray()
        self._head = None
        self._at = 0  # behind the chunks that are in the body
        self.body = bytearray()

    def add(self, data):
        """Whether it is complete."""
        self._data += data
        if self._head is None and not self._read_head():
            return False
        if self._is_chunked:
            return self._read_chunks()
        self.body = self._data[self._at:self._at + self._length]
        return len(self.body) == self._length

    def _read_head(self):
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            first, newline, _ = self._data.partition(b"\n")
            if newline and b" HTTP/1." not in first:
                self._refuse()
            return False
        lines = bytes(self._data[:end]).decode("latin-1").split("\r\n")
        first = lines[0].split(" ")
        if len(first) != 3 or not first[2].startswith("HTTP/1."):
            self._refuse()
        self.method, self.target, _ = first
        self.headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
        known = {name.lower(): value for name, value in self.headers}
        self._is_chunked = "chunked" in known.get("transfer-encoding", "").lower()
        self._length = int(known.get("content-length") or 0)
        self._head = known
        self._at = end + 4
        return True

    def _read_chunks(self):
        while True:
            end = self._data.find(b"\r\n", self._at)
            if end < 0:
                return False
            size = int(bytes(self._data[self._at:end]).partition(b";")[0], 16)
            if len(self._data) < end + 4 + size:
                return False
            if size == 0:
                return True
            self.body += self._data[end + 2:end + 2 + size]
            self._at = end + 4 + size

    def _refuse(self):
        raise Error(errno.EPROTONOSUPPORT, "a guest has no connections but those of clients of HTTP/1.1, whose requests the host makes")


class Wire:
    """One connection to a server, for one request."""

    def __init__(self, host, port):
        self.host = host
        self.port = port
        self.scheme = "http"
        self.descriptor = None
        self._request = _Request()
        self._head = None  # of the response, as bytes that are still to be read

    def send(self, data):
        if self.descriptor is not None:
            raise BrokenPipeError(errno.EPIPE, "the response to the request before has begun")
        if self._request.add(data):
            one = self._request
            self.descriptor = begin(one.method, self._url(one.target), one.headers, bytes(one.body))
            self._request = None

    def _url(self, target):
        if "://" in target.partition("?")[0]:
            return target
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == (443 if self.scheme == "https" else 80) else f":{self.port}"
        return f"{self.scheme}://{host}{port}{target}"

    def receive(self, count):
        """At most so many bytes; b"" at the end. Waits, unless the descriptor can be read."""
        if self.descriptor is None:
            raise OSError(errno.ENOTCONN, "nothing was asked of the server yet: a guest has no connections but those of clients of HTTP/1.1")
        if self._head is None:
            head, rest = read_head(self.descriptor)
            self._head = self._bytes_of(head) + rest
        if not self._head:
            return os.read(self.descriptor, count)
        data, self._head = self._head[:count], self._head[count:]
        return data

    def has_bytes(self):
        """What can be read without the descriptor."""
        return bool(self._head)

    def _bytes_of(self, head):
        rows = [f"HTTP/1.1 {head['status']} {head['reason']}"]
        rows += [f"{name}: {value}" for name, value in head["headers"] if name.lower() not in _LEFT_OUT]
        rows += ["Connection: close", "", ""]
        return "\r\n".join(rows).encode("latin-1")

    def close(self):
        if self.descriptor is not None:
            descriptor, self.descriptor = self.descriptor, None
            os.close(descriptor)
