"""Says what went wrong: with the user's file and line, without the guest's own."""

import json
import sys
import traceback

# Of a guest that recursed or holds long texts, so much is told.
FRAMES_MAX = 50
TEXT_MAX = 16 * 1024
DEPTH_MAX = 2000


class GuestError(Exception):
    """What is wrong with a file, its handler, a payload or a result, rather than in the user's code."""

    def __init__(self, kind, message, code=None):
        super().__init__(message)
        self.kind = kind
        self.code = code


def _shortened(text):
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX // 2]}\n[{len(text) - TEXT_MAX} characters]\n{text[-TEXT_MAX // 2:]}"


def _is_ours(name):
    return "/_weft" in name or name.startswith("<frozen ")


def _skip_ours(trace):
    """The traceback behind the guest's own frames, which come first."""
    while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _frames(summary):
    rows = [{"file": one.filename, "line": one.lineno, "function": one.name, "source": _shortened(one.line or "")} for one in summary]
    return rows if len(rows) <= FRAMES_MAX else rows[:FRAMES_MAX // 2] + rows[-FRAMES_MAX // 2:]


def _kind(error):
    if isinstance(error, GuestError):
        return error.kind
    for kind, wanted in (("syntax", SyntaxError), ("import", ImportError), ("exit", SystemExit), ("memory", MemoryError),
                         ("recursion", RecursionError)):
        if isinstance(error, wanted):
            return kind
    return "exception"


def message(error):
    """An exception's own text."""
    try:
        return _shortened(str(error))
    except Exception:
        return "the error's own text could not be made"


def _is_deep(trace):
    """Whether there are more frames than anybody wants to walk over."""
    for _ in range(DEPTH_MAX):
        if trace is None:
            return False
        trace = trace.tb_next
    return True


def _told(error):
    trace = _skip_ours(error.__traceback__)
    # The last ones, of a recursion whose limit was raised.
    limit = -FRAMES_MAX if _is_deep(trace) else None
    return traceback.TracebackException(type(error), error, trace, limit=limit, compact=True)


def text(error):
    """As Python prints it, for people."""
    return _shortened("".join(_told(error).format())).encode()


def describe(error):
    """The JSON of docs/formats/python-guest.md."""
    told = _told(error)
    row = {"kind": _kind(error), "type": type(error).__name__, "message": message(error)}
    if isinstance(error, GuestError):
        row["type"] = "Error"
        if error.code is not None:
            row["code"] = error.code
        if isinstance(error.__cause__, GuestError) or not told.stack:
            told = None
    if isinstance(error, SystemExit):
        row["code"] = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
        if error.code is None:
            row["message"] = ""
    frames = _frames(told.stack) if told is not None else []
    if isinstance(error, SyntaxError) and error.filename is not None:
        frames.append({"file": error.filename, "line": error.lineno or 0, "function": "<module>",
                       "source": _shortened((error.text or "").strip()), "column": error.offset or 0})
        row["message"] = _shortened(error.msg or "")
    row["frames"] = frames
    row["text"] = _shortened("".join(told.format())) if told is not None else ""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def print_text(error):
    """For what has nobody to answer to."""
    sys.stderr.write(text(error).decode())
