"""What a reactor holds: lambdas, functions and modules by name. abi_reactor.c calls what is here; each answer is a str, and an
exception's text is the error's."""

import json
import sys
import types

import _weft_errors

lambdas = {}


# The module that what is registered belongs to: the user's `plugin`, if a host shows one. It stays that, also where a module of
# its name is registered.
_plugin = None
# What has its place in sys.modules from the start, and gets it back when a module of its name is unregistered.
_own = {}
# What Python, and what is here, works with.
_needed = frozenset()


def _find_plugin():
    try:
        import plugin
    except ModuleNotFoundError as error:
        if error.name != "plugin":
            raise
        plugin = types.ModuleType("plugin")
    plugin.lambdas = lambdas
    return plugin


def start():
    global _plugin, _needed
    _needed = frozenset(sys.builtin_module_names) | sys.stdlib_module_names.intersection(sys.modules)
    reactor = types.ModuleType("reactor")
    reactor.reverse = lambda text: text[::-1]
    _plugin = _find_plugin()
    _own.update(reactor=reactor, plugin=_plugin)
    sys.modules.update(_own)


def _module(name, code):
    module = types.ModuleType(name)
    module.__file__ = name + ".py"
    exec(compile(code, module.__file__, "exec", dont_inherit=True), module.__dict__)
    return module


def _arguments(text):
    values = json.loads(text)
    if not isinstance(values, list):
        raise Refusal("string must be a json array")
    return values


class Refusal(Exception):
    """Its text is the whole answer."""


def _result(value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Half of a surrogate pair is an error here, where it can be told.
    text.encode()
    return text


def identity(value):
    return value


def register_lambda(name, code):
    lambdas[name] = eval(code.strip(), {"__builtins__": __builtins__, "__name__": "plugin"})
    return name


def unregister_lambda(name):
    del lambdas[name]
    return name


def apply_lambda(name, arguments):
    values = _arguments(arguments)
    return _result(lambdas[name](*values))


def register_def(name, code):
    setattr(_plugin, name, getattr(_module(name, code), name))
    return name


def unregister_def(name):
    delattr(_plugin, name)
    return name


def apply_def(name, arguments):
    values = _arguments(arguments)
    value = _plugin
    for part in name.split("."):
        value = getattr(value, part)
    return _result(value(*values))


def register_module(name, code):
    if name in _needed or name.startswith("_weft"):
        raise Refusal(f"Python itself works with its own module {name}: register this one under another name")
    module = _module(name, code)
    sys.modules[name] = module
    setattr(_plugin, name, module)
    return name


def unregister_module(name):
    delattr(_plugin, name)
    if name in _own:
        sys.modules[name] = _own[name]
    else:
        sys.modules.pop(name, None)
    return name


apply_module = apply_def


def answer(function, *arguments):
    """(whether it went well, the text)."""
    try:
        return True, globals()[function](*arguments)
    except Refusal as error:
        return False, str(error)
    except BaseException as error:
        return False, f"{type(error).__name__}: {_weft_errors.message(error)}"


def wrapped(is_good, value):
    """What the host reads as the export's own result."""
    return _result({"value": value, "tag": "ok" if is_good else "err"})
