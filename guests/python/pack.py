"""Packs Python's library for the guests: run by the Python that build/python/native holds, whose version it has.

    pack.py LIBRARY OURS ZONES SYSCONFIG OUT

LIBRARY is Lib of Python's sources, OURS guests/python/lib, ZONES the wheel of the time zones, SYSCONFIG the module that
Python's build wrote about itself. OUT gets python313.zip, and frozen.bin with frozen_table.h: the modules that start-up needs, to be
compiled into the guest. The same input makes the same bytes: no dates, no paths of this machine, one order.
"""

import importlib._bootstrap_external as bootstrap
import importlib.util
import marshal
import os
import pathlib
import re
import sys
import zipfile

# Where the library stands for the guest; tracebacks name files below it.
HOME = "/usr/local/lib/python3.13"

# Folders and modules of no use in a guest: tests, windows, installers, and what the platform cannot do at all.
LEFT_OUT = re.compile(
    r"(^|/)(test|tests|idle_test|__pycache__)/"
    r"|^(idlelib|tkinter|turtledemo|ensurepip|venv|pydoc_data|curses|lib2to3|ctypes|_ios_support|site-packages)/"
    r"|^(turtle|ssl|this|antigravity|_aix_support|_android_support|_apple_support|_ios_support|_osx_support|__phello__.*)\.py$"
    r"|^_pyrepl/(?!__init__\.py|pager\.py)"  # those are pydoc's
    r"|^msilib/|^config-|^asyncio/windows_|^encodings/(mbcs|oem)\.py$")

# What `import json, re, asyncio, logging, …` bring, as the functions of a guest need them; found by looking at sys.modules.
FROZEN = """
__future__ _colorize _compression _opcode_metadata _weakrefset ast asyncio asyncio.base_events asyncio.base_futures
asyncio.base_subprocess asyncio.base_tasks asyncio.constants asyncio.coroutines asyncio.events asyncio.exceptions
asyncio.format_helpers asyncio.futures asyncio.locks asyncio.log asyncio.mixins asyncio.protocols asyncio.queues
asyncio.runners asyncio.selector_events asyncio.sslproto asyncio.staggered asyncio.streams asyncio.subprocess
asyncio.taskgroups asyncio.tasks asyncio.threads asyncio.timeouts asyncio.transports asyncio.trsock asyncio.unix_events
base64 bisect bz2 collections concurrent concurrent.futures concurrent.futures._base contextlib contextvars copy copyreg
dataclasses datetime dis encodings encodings.aliases encodings.ascii encodings.latin_1 encodings.utf_8 enum fnmatch
functools hashlib heapq hmac importlib inspect ipaddress json json.decoder json.encoder json.scanner keyword linecache
locale logging lzma numbers opcode operator random re re._casefix re._compiler re._constants re._parser reprlib selectors
shutil signal socket string struct subprocess tempfile textwrap threading token tokenize traceback types typing urllib
urllib.parse uuid warnings weakref
_weft _weft_apps _weft_asyncio _weft_errors _weft_hashlib _weft_reactor _weft_repairs _weft_socket _weft_wire sdk sitecustomize ssl
weft weft.http
""".split()


class Module:
    """One module of the library: where it lies for the guest, and its code."""

    def __init__(self, name, source):
        self.path = name
        self.source = source
        parts = name.removesuffix(".py").split("/")
        self.is_package = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if self.is_package else parts)
        self._code = None

    def code(self):
        """Marshalled; made once, so that the zip and the guest hold the same."""
        if self._code is None:
            compiled = compile(self.source, f"{HOME}/{self.path}", "exec", dont_inherit=True, optimize=0)
            # The references of a first result depend on what else the compiler holds; those of its copy do not.
            self._code = marshal.dumps(marshal.loads(marshal.dumps(compiled)))
        return self._code

    def cached(self):
        """As a .pyc that nobody compares with a source."""
        return bytes(bootstrap._code_to_hash_pyc(marshal.loads(self.code()), importlib.util.source_hash(self.source), False))


def modules_of(folder, left_out=None):
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        if left_out is None or not left_out.search(name):
            yield Module(name, path.read_bytes())


def sysconfig_module(path):
    """What Python's build says about itself, without the folders that it was built in."""
    variables = {}
    exec(path.read_text(), variables)
    root = str(path.parents[3])
    kept = {key: value.replace(root, "/build") if isinstance(value, str) else value
            for key, value in variables["build_time_vars"].items()}
    text = "build_time_vars = {\n" + "".join(f"    {key!r}: {value!r},\n" for key, value in sorted(kept.items())) + "}\n"
    return Module(path.name, text.encode())


def zone_files(wheel):
    """The package tzdata, as zoneinfo looks for it."""
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            if name.startswith("tzdata/") and not name.endswith("/"):
                yield name, archive.read(name)


def write_zip(path, modules, others):
    files = {module.path + "c": module.cached() for module in modules}
    files.update(others)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)


def write_frozen(folder, modules):
    """frozen.bin holds the code of all, frozen_table.h says where each begins."""
    content = bytearray()
    rows = []
    for name in sorted(FROZEN):
        module = modules[name]
        rows.append(f'{{"{name}", kFrozen + {len(content)}, {len(module.code())}, {int(module.is_package)}}},\n')
        content += module.code()
    (folder / "frozen.bin").write_bytes(content)
    (folder / "frozen_table.h").write_text("".join(rows))


def main(library, ours, zones, sysconfig, out):
    modules = {module.name: module for module in modules_of(pathlib.Path(library), LEFT_OUT)}
    modules.update((module.name, module) for module in modules_of(pathlib.Path(ours)))
    about = sysconfig_module(pathlib.Path(sysconfig))
    modules[about.name] = about
    others = {}
    for name, content in zone_files(zones):
        if name.endswith(".py"):
            module = Module(name, content)
            modules[module.name] = module
        else:
            others[name] = content
    out = pathlib.Path(out)
    write_frozen(out, modules)
    write_zip(out / "python313.zip", modules.values(), others)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0" or sys.version_info[:2] != (3, 13):
        sys.exit("pack.py: wants Python 3.13 and PYTHONHASHSEED=0: sets have another order otherwise")
    main(*sys.argv[1:])
