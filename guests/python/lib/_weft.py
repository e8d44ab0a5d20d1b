"""The guest's own part in Python: loads the user's file, finds what to call, and calls it. abi_weft.c calls what is here."""

import _ast
import json
import json.encoder
import json.scanner
import linecache
import os
import sys
import types

import _weft_errors

# docs/formats/python-guest.md; stored: never renumber.
NOTHING, JSON, BYTES, TEXT, HTTP, ERROR = range(6)

# json.loads looks for blanks with regular expressions first.
_scan = json.scanner.c_make_scanner(json.JSONDecoder())


def _not_json(value):
    raise TypeError(f"a {type(value).__name__} is not JSON: return str, numbers, lists and dicts of them, or bytes")


# json.dumps makes one of these for each call.
_encode_parts = json.encoder.c_make_encoder(None, _not_json, json.encoder.encode_basestring, None, ":", ",", False, False, False)


def encode(value):
    """The JSON of a value, as UTF-8."""
    try:
        return "".join(_encode_parts(value, 0)).encode()
    except RecursionError:
        raise _weft_errors.GuestError("result", "the result holds itself, or is nested too deeply for JSON") from None
    except (TypeError, ValueError) as error:
        raise _weft_errors.GuestError("result", f"the result is not JSON: {error}") from error


def decode(text):
    """The value of a JSON text that came from outside."""
    text = text.strip(" \t\r\n")
    try:
        value, end = _scan(text, 0)
    except StopIteration as error:
        raise _weft_errors.GuestError("payload", f"the payload is not JSON: there is no value at character {error.value}") from None
    except ValueError as error:
        raise _weft_errors.GuestError("payload", f"the payload is not JSON: {error}") from None
    if end != len(text):
        raise _weft_errors.GuestError("payload", f"the payload is not JSON: something follows its value at character {end}")
    return value


# A log has what was printed in the order in which it was, errors too.
sys.stdout.reconfigure(line_buffering=True)


def forget_environment():
    """Environment variables come with `resume` only: what is loaded must not depend on them."""
    os.environ.clear()


# What the loaded file is called with: (kind, payload, context) -> (kind, bytes).
_call = None
_on_resume = []


def preload(names):
    """Imports the modules of a JSON array, so that they are part of an image that many share."""
    for name in json.loads(names):
        __import__(name)


def load(source, filename, options):
    """Runs the user's file as a module and finds what to call in it. Says what that is, as JSON."""
    global _call
    options = json.loads(options) if options else {}
    sys.path[:0] = [folder for folder in options.get("path", ()) if folder not in sys.path]
    linecache.cache[filename] = (len(source), None, source.decode("utf-8", "replace").splitlines(True), filename)
    tree = compile(source, filename, "exec", _ast.PyCF_ONLY_AST, dont_inherit=True)
    name = options.get("module") or _module_name(filename)
    module = types.ModuleType(name)
    module.__file__ = filename
    sys.modules[name] = module
    last = None
    if tree.body and isinstance(tree.body[-1], _ast.Expr) and isinstance(tree.body[-1].value, _ast.Lambda):
        last = tree.body.pop().value
    exec(compile(tree, filename, "exec", dont_inherit=True), module.__dict__)
    if last is not None:
        last = eval(compile(_ast.Expression(last), filename, "eval", dont_inherit=True), module.__dict__)
    name, _call = _caller(module, _functions(tree), last, options.get("handler"))
    return encode({"handler": name, "takes": "http" if getattr(_call, "takes_http", False) else "event"})


def _module_name(filename):
    """What a file is imported as; not what others import from the library."""
    name = filename.rpartition("/")[2].removesuffix(".py") or "main"
    return name + "_" if name in sys.stdlib_module_names or name in sys.modules else name


def _functions(tree):
    return [node.name for node in tree.body if isinstance(node, (_ast.FunctionDef, _ast.AsyncFunctionDef)) and node.name[0] != "_"]


def _attribute(module, dotted):
    value = module
    for part in dotted.split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            raise _weft_errors.GuestError("handler", f"{module.__file__} has no {dotted}, which is said to be the handler") from None
    return value


# What is called with an event and a context; the second is what AWS Lambda's own examples have.
_EVENT_HANDLERS = ("handler", "lambda_handler")


def _caller(module, functions, last, wanted):
    """The handler's name, and what calls it."""
    if wanted:
        value = _attribute(module, wanted)
        return wanted, _caller_of(wanted.rpartition(".")[2], value)
    if last is not None:
        return "<lambda>", _arguments_caller(last)
    for name in (*_EVENT_HANDLERS, "run_e", "app"):
        value = getattr(module, name, None)
        if callable(value):
            return name, _caller_of(name, value)
    if len(functions) == 1:
        return functions[0], _arguments_caller(getattr(module, functions[0]))
    there = f"it defines {', '.join(functions)}: name one of them handler" if functions else "it defines no function"
    raise _weft_errors.GuestError("handler", f"{module.__file__} has no handler(event, context), lambda_handler(event, context), run_e(payload, ident) or app; {there}")


def _caller_of(name, value):
    if not callable(value):
        raise _weft_errors.GuestError("handler", f"the handler {name} is a {type(value).__name__}, which cannot be called")
    if name == "run_e":
        return _run_e_caller(value)
    if name in _EVENT_HANDLERS:
        return _event_caller(value)
    import _weft_apps
    if name == "app" or _weft_apps.is_app(value):
        return _weft_apps.caller(value)
    return _arguments_caller(value) if _positional(value) != 2 else _event_caller(value)


def _positional(function):
    """How many parameters a call by position may have, at most 2; 2 when nobody can say."""
    code = getattr(function, "__code__", None)
    if code is None:
        import inspect
        try:
            parameters = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):
            return 2
        if any(one.kind == one.VAR_POSITIONAL for one in parameters):
            return 2
        return min(2, sum(one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD) for one in parameters))
    if code.co_flags & 0x04:
        return 2
    bound = getattr(function, "__self__", None) is not None
    return min(2, code.co_argcount - bound)


def _loop():
    """The one loop of this guest, made when the first coroutine asks for it."""
    import _weft_asyncio
    return _weft_asyncio.shared_loop()


# What handlers return mostly, and what is nothing else.
_PLAIN = frozenset((dict, list, str, int, float, bool, type(None)))


def _finish(value):
    """What a handler returned, as (kind, bytes)."""
    kind = type(value)
    if kind in _PLAIN:
        return JSON, encode(value)
    if kind is bytes:
        return BYTES, value
    if hasattr(value, "__await__"):
        value = _loop().run_until_complete(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return BYTES, bytes(value)
    import weft
    if isinstance(value, weft.Response):
        return HTTP, value.encode()
    return JSON, encode(value)


def _event(kind, payload):
    if kind == JSON:
        return decode(payload)
    if kind == HTTP:
        import _weft_apps
        return _weft_apps.event(payload)
    return payload


def _prepare(function):
    # An async function gets its loop before the image is made.
    if getattr(getattr(function, "__code__", None), "co_flags", 0) & 0x80:
        _loop()


def _event_caller(function):
    count = _positional(function)
    _prepare(function)

    def call(kind, payload, context):
        if count == 2:
            return _finish(function(_event(kind, payload), _context(context)))
        if count == 1:
            return _finish(function(_event(kind, payload)))
        return _finish(function())

    import weft
    _context = weft._enter
    return call


def _arguments_caller(function):
    _prepare(function)

    def call(kind, payload, context):
        _context(context)
        event = _event(kind, payload)
        if kind == JSON and type(event) is list:
            return _finish(function(*event))
        return _finish(function() if kind == NOTHING else function(event))

    import weft
    _context = weft._enter
    return call


def _run_e_caller(function):
    import sdk
    import weft
    _context = weft._enter

    def call(kind, payload, context):
        _context(context)
        answer = sdk._expect()
        value = function(payload if payload is not None else "", answer.ident)
        if hasattr(value, "__await__"):
            value = _loop().run_until_complete(value)
        if answer.error is not None:
            raise _weft_errors.GuestError("returned", answer.error[1], code=answer.error[0])
        if answer.result is not None:
            return answer.result
        return (TEXT, value.encode()) if isinstance(value, str) else _finish(value) if value is not None else (BYTES, b"")

    return call


def invoke(kind, payload, context):
    """One call: the payload as abi_weft.c made an object of it, to (kind, bytes)."""
    if _call is None:
        raise _weft_errors.GuestError("handler", "no file was loaded")
    return _call(kind, payload, context)


def _warm_up():
    """What every call runs through is specialised once, in the image, and not in each instance that begins with it."""
    call = _event_caller(lambda event, context: event)
    for _ in range(8):
        call(JSON, '{"a":[1,"b"]}', b"")
        call(BYTES, b"", b"")
    http = sys.modules.get("weft.http")
    if http is not None:
        http._warm_up()


def quiesce():
    """Leaves nothing that belongs to this instance alone, as far as Python's objects know. Says what resume has to do: (whether
    random was imported, whether there are hooks)."""
    import gc
    tempfile = sys.modules.get("tempfile")
    if tempfile is not None:
        # Made anew, from fresh randomness, when the next name is wanted.
        tempfile._name_sequence = None
    generator = getattr(sys.modules.get("random"), "_inst", None)
    if generator is not None:
        # Of two numbers that are drawn at once, the second is kept; resume makes all others anew.
        generator.gauss_next = None
    for folder, finder in list(sys.path_importer_cache.items()):
        if finder is None:
            del sys.path_importer_cache[folder]
        elif type(finder).__name__ == "FileFinder":
            finder.invalidate_caches()
    _warm_up()
    # Also closes the files that nobody refers to any more.
    gc.collect()
    gc.collect()
    return "random" in sys.modules, bool(_on_resume)


def freeze():
    """The collector does not write to what is in the image."""
    import gc
    gc.freeze()


def open_files():
    """The names of files that Python objects hold open, in one text."""
    import _io
    import gc
    gc.unfreeze()
    return ", ".join(str(one.name) for one in gc.get_objects() if isinstance(one, _io.FileIO) and not one.closed and one.fileno() > 2)


def set_environment(variables):
    """Adds the host's variables, a dict of bytes. The C library has them already."""
    os.environ._data.update(variables)


def reseed(entropy):
    random = sys.modules.get("random")
    if random is not None:
        random.seed(entropy)


def run_hooks():
    for hook in _on_resume:
        hook()
