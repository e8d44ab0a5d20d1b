"""A host for the Python guests, in few lines, over the engine's own binding for Python. Not the product: it calls the exports as
docs/formats/python-guest.md and the authors of the other two kinds of hosts describe them."""

import functools
import json
import struct

import wasmtime
from conftest import ROOT

GUESTS = ROOT / "build/python/out"
NOTHING, JSON, BYTES, TEXT, HTTP, ERROR = range(6)
ERRNO_NOTSUP = 58


@functools.cache
def _engine():
    config = wasmtime.Config()
    # The most that wasmtime's module for Python lets a guest have, half of what the guests' page asks for.
    config.max_wasm_stack = 2 << 20
    return wasmtime.Engine(config)


@functools.cache
def module_of(name):
    return wasmtime.Module.from_file(_engine(), str(GUESTS / f"{name}.wasm"))


class Guest:
    """An instance of a guest. What it prints is in `printed()` and `complained()`."""

    def __init__(self, name, folder, folders=(), env=(), imports=()):
        self.output = folder / "stdout"
        self.errors = folder / "stderr"
        self.store = wasmtime.Store(_engine())
        wasi = wasmtime.WasiConfig()
        wasi.stdout_file = str(self.output)
        wasi.stderr_file = str(self.errors)
        wasi.env = list(env)
        for host, guest in [(GUESTS / "usr", "/usr"), *folders]:
            wasi.preopen_dir(str(host), guest)
        self.store.set_wasi(wasi)
        linker = wasmtime.Linker(_engine())
        linker.define_wasi()
        for module, function, kind, call in imports:
            linker.define(self.store, module, function, wasmtime.Func(self.store, kind, call))
        self.instance = linker.instantiate(self.store, module_of(name))
        self.exports = self.instance.exports(self.store)
        self.memory = self.exports["memory"]

    def call(self, name, *arguments):
        return self.exports[name](self.store, *arguments)

    def read(self, address, size):
        return bytes(self.memory.read(self.store, address, address + size))

    def put(self, content):
        """The arguments (address, size) of bytes that the guest gets."""
        if isinstance(content, str):
            content = content.encode()
        address = self.call("allocate", len(content))
        self.memory.write(self.store, content, address)
        return address, len(content)

    def printed(self):
        return self.output.read_text()

    def complained(self):
        return self.errors.read_text()


class GuestError(Exception):
    """The error that an export of `weft.wasm` told of."""

    def __init__(self, told):
        super().__init__(told["message"])
        self.told = told


class WeftGuest(Guest):
    """The guest of weft's own server, but this host makes no requests."""

    def __init__(self, folder, **options):
        i32 = wasmtime.ValType.i32()
        imports = [("weft", "http_start", wasmtime.FuncType([i32] * 3, [i32]), lambda *arguments: ERRNO_NOTSUP)]
        super().__init__("weft", folder, imports=imports, **options)

    def begin(self, hash_seed=1):
        self.call("_initialize")
        self._checked("weft_init", hash_seed)
        return self

    def result(self):
        address, size, kind = struct.unpack("<III", self.read(self.call("weft_result"), 12))
        return kind, self.read(address, size)

    def _checked(self, name, *arguments):
        failed = self.call(name, *arguments)
        kind, content = self.result()
        if failed:
            assert kind == ERROR
            raise GuestError(json.loads(content))
        return kind, content

    def load(self, source, filename="user.py", **options):
        self._checked("weft_load", *self.put(source), *self.put(filename), *self.put(json.dumps(options)))
        return self

    def preload(self, *names):
        self._checked("weft_preload", *self.put(json.dumps(names)))

    def invoke(self, kind, payload=b"", **context):
        return self._checked("weft_invoke", kind, *self.put(payload), *self.put(json.dumps(context)))

    def ask(self, value):
        """A call with JSON, and the JSON that it answers."""
        kind, content = self.invoke(JSON, json.dumps(value))
        assert kind == JSON, content
        return json.loads(content)

    def request(self, method, path, body=b"", headers=(), **more):
        """A call over HTTP: status, headers, body."""
        head = json.dumps({"method": method, "path": path, "headers": list(headers), **more}).encode()
        kind, content = self.invoke(HTTP, struct.pack("<I", len(head)) + head + body)
        if kind != HTTP:
            return 200, {}, content
        size = struct.unpack("<I", content[:4])[0]
        head = json.loads(content[4:4 + size])
        return head["status"], dict(head["headers"]), content[4 + size:]

    def quiesce(self):
        """The memory as an image, from which `restored` makes instances."""
        self._checked("weft_quiesce")
        return self.read(0, self.memory.data_len(self.store))

    def resume(self):
        self._checked("weft_resume")

    def restored(self, image, folder, **options):
        """Another instance, which begins with the image; its `_initialize` does not run."""
        other = WeftGuest(folder, **options)
        missing = len(image) - other.memory.data_len(other.store)
        if missing > 0:
            other.memory.grow(other.store, missing // 65536)
        other.memory.write(other.store, image, 0)
        return other


class PluginGuest(Guest):
    """The strict SE2 module: `answers` has what it returned, by ident."""

    def __init__(self, folder, plugin, **options):
        self.answers = {}
        i32 = wasmtime.ValType.i32()
        imports = [
            ("env", "return_result", wasmtime.FuncType([i32] * 3, []), self._return_result),
            ("env", "return_error", wasmtime.FuncType([i32] * 4, []), self._return_error),
        ]
        super().__init__("se2", folder, folders=[(plugin, "/plugin")], imports=imports, **options)
        self.call("_start")

    def _return_result(self, address, size, ident):
        self.answers[ident] = self.read(address, size)

    def _return_error(self, code, address, size, ident):
        self.answers[ident] = (code, self.read(address, size).decode())

    def run(self, payload, ident):
        address, size = self.put(payload)
        self.call("run_e", address, size, ident)
        self.call("deallocate", address, size)
        return self.answers.pop(ident)


class ReactorGuest(Guest):
    """A reactor in the memory layout of wasmedge-bindgen: `told` has what came by its callback."""

    def __init__(self, folder, **options):
        self.told = []
        i32 = wasmtime.ValType.i32()
        super().__init__("reactor", folder, imports=[("host", "callback", wasmtime.FuncType([i32] * 2, []), self._callback)], **options)
        self.call("_initialize")

    def _callback(self, ident, address):
        self.told.append((ident, *self.decode(address)))

    def _take(self, address, size):
        content = self.read(address, size)
        self.call("deallocate", address, size)
        return content

    def decode(self, address):
        """(error byte, text) of an answer, whose memory the host frees."""
        failed, values, count = struct.unpack("<BII", self._take(address, 9))
        assert count == 1
        text, kind, size = struct.unpack("<III", self._take(values, 12))
        assert kind == 31
        return failed, self._take(text, size).decode()

    def apply(self, export, *parameters):
        rows = b"".join(struct.pack("<II", *self._parameter(value)) for value in parameters)
        array = self.put(rows)
        answer = self.decode(self.call(export, array[0], len(parameters)))
        self.call("deallocate", *array)
        assert answer[0] == 0
        return answer[1]

    def _parameter(self, value):
        if isinstance(value, int):
            return self.put(struct.pack("<i", value))[0], 1
        return self.put(value)
