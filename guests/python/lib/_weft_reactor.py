"""What a reactor holds: lambdas, functions and modules by name. abi_reactor.c calls what is here; each answer is a str, and an
exception's text is the error's."""

import json
import sys
import types

import _weft_errors

lambdas = {}


# The module that what is registered belongs to, once it is found. It stays that, also where a module of its name is registered.
_found_plugin = None
# What has its place in sys.modules from the start, and gets it back when a module of its name is unregistered.
_own = {}
# What Python, and what is here, works with.
_needed = frozenset()


def _plugin():
    """The user's `plugin`, if a host shows one. A plugin that does not load says why in each call that needs it."""
    global _found_plugin
    if _found_plugin is None:
        try:
            import plugin
        except ModuleNotFoundError as error:
            if error.name != "plugin":
                raise
            plugin = sys.modules["plugin"] = types.ModuleType("plugin")
        plugin.lambdas = lambdas
        _found_plugin = _own["plugin"] = plugin
    return _found_plugin


def start():
    global _needed
    _needed = frozenset(sys.builtin_module_names) | sys.stdlib_module_names.intersection(sys.modules)
    reactor = types.ModuleType("reactor")
    reactor.reverse = lambda text: text[::-1]
    sys.modules["reactor"] = _own["reactor"] = reactor
    _plugin()


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
    setattr(_plugin(), name, getattr(_module(name, code), name))
    return name


def unregister_def(name):
    delattr(_plugin(), name)
    return name


def apply_def(name, arguments):
    values = _arguments(arguments)
    value = _plugin()
    for part in name.split("."):
        value = getattr(value, part)
    return _result(value(*values))


def register_module(name, code):
    if name in _needed or name.startswith("_weft"):
        raise Refusal(f"Python itself works with its own module {name}: register this one under another name")
    module = _module(name, code)
    setattr(_plugin(), name, module)
    sys.modules[name] = module
    return name


def unregister_module(name):
    delattr(_plugin(), name)
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
