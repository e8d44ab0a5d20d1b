"""For plugins of SE2: `run_e(payload, ident)` answers by one of these two, with the ident that it was called with."""

try:
    import _weft_host
except ImportError:
    _weft_host = None

# The codes of _weft; that module is not there in every guest.
_BYTES, _TEXT = 2, 3


class _Answer:
    """What one call answered."""

    def __init__(self, ident):
        self.ident = ident
        self.result = None
        self.error = None


_answer = _Answer(0)


def _expect(ident=None):
    global _answer
    _answer = _Answer(_answer.ident + 1 if ident is None else ident)
    return _answer


def return_result(result, ident):
    """Answers with a str or bytes."""
    if isinstance(result, str):
        kind, result = _TEXT, result.encode()
    else:
        kind, result = _BYTES, bytes(result)
    _check(ident)
    _answer.result = kind, result
    if _weft_host is not None:
        _weft_host.return_result(result, ident)


def return_error(code, message, ident):
    """Answers with an error: a number of the plugin's own choice, and a text."""
    if not isinstance(code, int):
        raise TypeError("return_error(code, message, ident): the code is a number")
    _check(ident)
    _answer.error = code, str(message)
    if _weft_host is not None:
        _weft_host.return_error(code, str(message).encode("utf-8", "backslashreplace"), ident)


def _check(ident):
    if ident != _answer.ident:
        raise ValueError(f"ident is {ident!r}, but the call that runs has {_answer.ident}")


def _run(function, payload, ident):
    """abi_se2.c's call of a plugin; what it did not answer is answered here."""
    import _weft_errors
    answer = _expect(ident)
    try:
        value = function(payload, ident)
        if answer.result is None and answer.error is None:
            return_result(value if isinstance(value, (str, bytes)) else "", ident)
    except BaseException as error:
        # Without this function's own frame.
        text = _weft_errors.text(error.with_traceback(error.__traceback__.tb_next)).decode()
        if answer.error is None:
            return_error(1, text, ident)
