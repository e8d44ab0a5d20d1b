"""Requests of HTTP for the user's code: ASGI and WSGI applications, and plain handlers.

A request's bytes are a little-endian u32, the size of a JSON head, the head, and the body. The head has `method`, `path`
(decoded), `raw_path`, `query`, `headers` (a list of [name, value], names in lower case), `root_path`, `scheme`, `server`
([host, port]) and `client` ([address, port] or null). An answer's head has `status` and `headers`.
"""

import io
import json
import sys
import urllib.parse

import _weft
import _weft_errors


def split(payload):
    """A request's head and body."""
    size = int.from_bytes(payload[:4], "little")
    return json.loads(payload[4:4 + size]), payload[4 + size:]


def join(status, headers, body):
    """An answer's bytes. Values of headers may be bytes, as ASGI has them."""
    rows = [[_latin(name), _latin(value)] for name, value in headers]
    head = json.dumps({"status": status, "headers": rows}, separators=(",", ":")).encode()
    return b"".join((len(head).to_bytes(4, "little"), head, body))


def _latin(text):
    return text.decode("latin-1") if isinstance(text, (bytes, bytearray)) else str(text)


def event(payload):
    """A request as a plain handler sees it."""
    head, body = split(payload)
    try:
        body = body.decode()
    except UnicodeDecodeError:
        pass
    return {"method": head["method"], "path": head["path"], "query": head.get("query", ""), "headers": dict(head["headers"]), "body": body}


def _is_asynchronous(app):
    import inspect
    if inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(getattr(type(app), "__call__", None)):
        return True
    try:
        return len(inspect.signature(app).parameters) == 3
    except (TypeError, ValueError):
        return False


def is_app(value):
    """Whether a value looks like an application of a framework: an object that is called, neither function nor class."""
    return not hasattr(value, "__code__") and not isinstance(value, type) and hasattr(type(value), "__call__") and not isinstance(
        value, type(len))


def _request(kind, payload):
    """The head and body of a call; one that did not come over HTTP is a POST of its payload to the root."""
    if kind == _weft.HTTP:
        return split(payload)
    body = payload.encode() if isinstance(payload, str) else payload or b""
    kinds = {_weft.JSON: "application/json", _weft.TEXT: "text/plain; charset=utf-8", _weft.BYTES: "application/octet-stream"}
    headers = [["content-length", str(len(body))]]
    if kind in kinds:
        headers.append(["content-type", kinds[kind]])
    return {"method": "POST", "path": "/", "headers": headers}, body


def caller(app):
    import weft
    if _is_asynchronous(app):
        loop = _weft._loop()
        _start_lifespan(app, loop)

        def call(kind, payload, context):
            weft._enter(context)
            return _weft.HTTP, loop.run_until_complete(_answer_asgi(app, *_request(kind, payload)))
    else:
        def call(kind, payload, context):
            weft._enter(context)
            return _weft.HTTP, _answer_wsgi(app, *_request(kind, payload))
    call.takes_http = True
    return call


def _start_lifespan(app, loop):
    """Lets an application do what it does when its server starts; many know nothing of it, and say so by an exception."""
    import asyncio
    started = loop.create_future()

    async def receive():
        if not started.done() and not hasattr(receive, "asked"):
            receive.asked = True
            return {"type": "lifespan.startup"}
        await loop.create_future()

    async def send(message):
        if not started.done():
            failed = message["type"] == "lifespan.startup.failed"
            started.set_result(message.get("message") or "it gives no reason" if failed else None)

    async def run():
        try:
            await app({"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}, receive, send)
        except Exception:
            pass
        finally:
            if not started.done():
                started.set_result(None)

    # The task lives as long as the loop: nothing else refers to it.
    loop.weft_lifespan = loop.create_task(run())
    failure = loop.run_until_complete(asyncio.wait_for(started, None))
    if failure is not None:
        raise _weft_errors.GuestError("handler", f"the application does not start: {failure}")


async def _answer_asgi(app, head, body):
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": head["method"],
        "scheme": head.get("scheme", "http"),
        "path": head["path"],
        "raw_path": head.get("raw_path", urllib.parse.quote(head["path"])).encode(),
        "query_string": head.get("query", "").encode(),
        "root_path": head.get("root_path", ""),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in head["headers"]],
        "client": head.get("client"),
        "server": head.get("server", ["localhost", 80]),
        "state": {},
    }
    parts = []
    answer = {}
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive():
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            answer.update(status=message["status"], headers=message.get("headers", ()))
        elif message["type"] == "http.response.body":
            parts.append(bytes(message.get("body", b"")))

    await app(scope, receive, send)
    if not answer:
        raise _weft_errors.GuestError("result", "the application ended without an answer")
    return join(answer["status"], answer["headers"], b"".join(parts))


def _environ(head, body):
    server = head.get("server", ["localhost", 80])
    environ = {
        "REQUEST_METHOD": head["method"],
        "SCRIPT_NAME": head.get("root_path", ""),
        "PATH_INFO": head["path"].encode().decode("latin-1"),
        "QUERY_STRING": head.get("query", ""),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": head.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": True,
        "CONTENT_LENGTH": str(len(body)),
    }
    if head.get("client"):
        environ["REMOTE_ADDR"] = head["client"][0]
    for name, value in head["headers"]:
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key
        environ[key] = f"{environ[key]},{value}" if key in environ and key.startswith("HTTP_") else value
    return environ


def _answer_wsgi(app, head, body):
    answer = []
    parts = []

    def start_response(status, headers, failure=None):
        answer[:] = [status, headers]
        return parts.append

    iterable = app(_environ(head, body), start_response)
    try:
        parts.extend(iterable)
    finally:
        if hasattr(iterable, "close"):
            iterable.close()
    if not answer:
        raise _weft_errors.GuestError("result", "the application did not call start_response")
    return join(int(answer[0].split(" ", 1)[0]), answer[1], b"".join(parts))
