"""What ends a process that uses Wasmtime's C API carelessly: no upload, deployment or call of it ends the server."""

import json

import pytest
import wasm
from conftest import Server

TYPED_ERRORS = {
    (400, "invalid_argument"),
    (413, "too_large"),
    (422, "unsupported"),
    (502, "guest_error"),
    (502, "guest_limit"),
    (502, "guest_trap"),
}


def attempt(server, module, payload=b"{}", limits=None):
    """What the first of upload, deployment and call says that refuses; else the call's results."""
    uploaded = server.request("POST", "/v1/modules", module)
    answer = uploaded
    if uploaded.status in (200, 201):
        answer = server.request("PUT", "/v1/functions/f", {"module": uploaded.json()["id"], "limits": limits or {}})
    if answer.status in (200, 201):
        answer = server.request("POST", "/v1/functions/f/invoke", payload)
    if answer.status == 200:
        return answer.json()["results"]
    document = answer.json()
    assert (answer.status, document["code"]) in TYPED_ERRORS, answer.body
    assert document["detail"]
    return document["code"]


# --- a component's function with a parameter that the C API has no value for ---

COMPONENT = b"\0asm\x0d\0\1\0"
UNKNOWN_TO_THE_C_API = {"stream": b"\x66\x01\x7d", "future": b"\x65\x01\x7d", "error-context": b"\x64"}


def component(kind):
    """Imports the function "f", whose parameter "p" is of that type, and exports it."""
    function = b"\x40" + wasm.vector([wasm.text("p") + b"\0"]) + b"\1\0"
    return (
        COMPONENT
        + wasm.section(7, wasm.vector([kind, function]))
        + wasm.section(10, wasm.vector([b"\0" + wasm.text("f") + b"\1\1"]))
        + wasm.section(11, wasm.vector([b"\0" + wasm.text("g") + b"\1\0\0"]))
    )


@pytest.mark.parametrize("kind", UNKNOWN_TO_THE_C_API.values(), ids=UNKNOWN_TO_THE_C_API)
def test_components_with_values_that_the_c_api_lacks_are_refused(server, kind):
    assert attempt(server, component(kind)) == "unsupported"
    # As part of what is no component, it is refused as well.
    assert attempt(server, wasm.HEADER + component(kind)) == "invalid_argument"
    server.assert_serves()


@pytest.mark.parametrize("kind", ["(stream u8)", "(future u8)", "error-context"])
def test_such_components_are_refused_as_texts_too(server, kind):
    text = f'(component (type $t {kind}) (import "f" (func $f (param "p" $t))) (export "g" (func $f)))'
    assert attempt(server, text) == "unsupported"
    server.assert_serves()


# --- data beside memories that the host makes ---

READS = '(func (export "f") (result i32) (i32.load8_u (i32.const 5)))'
DATA = {
    "in one memory": (f'(module (memory 1) (data (i32.const 5) "a") {READS})', [97]),
    "in an exported one": (f'(module (memory (export "memory") 1) (data (i32.const 5) "a") {READS})', [97]),
    "over each other": (f'(module (memory 1) (data (i32.const 0) "12345678") (data (i32.const 5) "a") {READS})', [97]),
    "far apart": (f'(module (memory 20000) (data (i32.const 1310719999) "z") (data (i32.const 5) "a") {READS})', "too_large"),
    "at the end of a large one": (f'(module (memory 4000) (data (i32.const 262143999) "z") (data (i32.const 5) "a") {READS})', [97]),
    "empty, in no page": ('(module (memory 0) (data (i32.const 0) "") (func (export "f")))', []),
    "in no page": ('(module (memory 0) (data (i32.const 0) "a") (func (export "f")))', "guest_trap"),
    "beyond the end": (f'(module (memory 1) (data (i32.const 65536) "a") {READS})', "guest_trap"),
    "at a negative place": (f'(module (memory 1) (data (i32.const -1) "a") {READS})', "guest_trap"),
    "without a memory": ('(module (data (i32.const 0) "a") (func (export "f")))', "invalid_argument"),
    "passive": ("""(module (memory 1) (data "a") (func (export "f") (result i32)
        (memory.init 0 (i32.const 5) (i32.const 0) (i32.const 1)) (i32.load8_u (i32.const 5))))""", [97]),
    "passive and dropped": ("""(module (memory 1) (data (i32.const 5) "a") (data "b") (func (export "f") (result i32)
        (data.drop 1) (i32.load8_u (i32.const 5))))""", [97]),
    "with a table that changes": ("""(module (memory 1) (data (i32.const 5) "a") (table 1 funcref)
        (func (export "f") (result i32) (table.set (i32.const 0) (ref.null func)) (i32.load8_u (i32.const 5))))""", [97]),
    "behind a start function": (f"""(module (memory 1) (data (i32.const 5) "a") (start $s)
        (func $s (i32.store8 (i32.const 5) (i32.add (i32.load8_u (i32.const 5)) (i32.const 1)))) {READS})""", [98]),
    "at a place that is worked out": (f"""(module (global $g i32 (i32.const 2)) (memory 1)
        (data (i32.add (global.get $g) (i32.const 3)) "a") {READS})""", [97]),
    "with 64-bit addresses": ("""(module (memory i64 1) (data (i64.const 5) "a")
        (func (export "f") (result i32) (i32.load8_u (i64.const 5))))""", [97]),
    "in two memories": ("""(module (memory 1) (memory $b 1) (data (i32.const 5) "a") (data (memory $b) (i32.const 5) "b")
        (func (export "f") (result i32) (i32.load8_u $b (i32.const 5))))""", [98]),
    "in more memories than there may be": ("(module " + "(memory 1)" * 5 + '(data (memory 4) (i32.const 5) "a") (func (export "f")))',
                                           "too_large"),
    "in a memory of 32 and one of 64 bit": ("""(module (memory 1 2) (memory $b i64 1) (data (memory $b) (i64.const 5) "b")
        (func (export "f") (result i32) (i32.load8_u $b (i64.const 5))))""", [98]),
    "in a shared memory": ('(module (memory 1 1 shared) (data (i32.const 5) "a") (func (export "f")))', "unsupported"),
    "in an imported memory": ('(module (import "a" "m" (memory 1)) (data (i32.const 5) "a") (func (export "f")))', "unsupported"),
    "beside objects": ("""(module (type $a (array (mut i8))) (memory 1) (data (i32.const 5) "a") (data $p "bc")
        (func (export "f") (result i32)
          (array.get_u $a (array.new_data $a $p (i32.const 0) (i32.const 2)) (i32.const 1))))""", [99]),
    "beside exceptions": (f'(module (tag $t) (memory 1) (data (i32.const 5) "a") {READS} (func (throw $t)))', [97]),
}


@pytest.mark.parametrize("module, expected", DATA.values(), ids=DATA)
def test_data_is_there_or_refused_whatever_the_memory_is(server, module, expected):
    for _ in range(3):
        found = attempt(server, module)
        assert found == expected
    server.assert_serves()


def test_sixteen_mebibytes_of_zeros_and_two_letters_are_data(server):
    """More than Wasmtime would make an image of."""
    content = b"a" + bytes(17 << 20) + b"b"
    module = (
        wasm.HEADER
        + wasm.section(1, wasm.vector([b"\x60\0\x01\x7f"]))
        + wasm.section(3, wasm.vector([b"\0"]))
        + wasm.section(5, wasm.vector([b"\0" + wasm.number(300)]))
        + wasm.section(7, wasm.vector([wasm.text("f") + b"\0\0"]))
        + wasm.section(10, wasm.vector([b"\x07\0\x41\x05\x2d\0\0\x0b"]))
        + wasm.section(11, wasm.vector([b"\0\x41\x05\x0b" + wasm.number(len(content)) + content]))
    )
    assert attempt(server, module) == [97]
    server.assert_serves()


# --- settings that engines do not fit together with ---

SMALLEST = ["--threads=1", "--max-in-flight=1", "--max-connections=8", "--compile-memory=512MiB", "--compile-time=1s",
            "--code-cache=1MiB", "--max-module=1MiB", "--max-bodies=1MiB", "--max-payload=1KiB", "--drain=0s"]
LARGEST = ["--threads=256", "--max-in-flight=1000000", "--max-connections=1000000", "--compile-memory=1024GiB",
           "--compile-time=1h", "--code-cache=1024GiB", "--max-module=1GiB", "--max-bodies=1024GiB", "--max-payload=1GiB", "--drain=10m"]


@pytest.mark.parametrize("settings", [SMALLEST, LARGEST], ids=["smallest", "largest"])
def test_no_setting_makes_an_engine_that_ends_the_process(tmp_path, settings):
    server = Server(tmp_path / "data", settings).start()
    try:
        server.assert_serves()
        for name, (module, expected) in DATA.items():
            found = attempt(server, module, limits={"memory_bytes": 0, "output_bytes": 0, "in_flight": 1})
            assert found in (expected, "too_large", "guest_limit"), name
            found = attempt(server, module, limits={"memory_bytes": 4 << 30, "deadline_ms": 900_000, "in_flight": 1000})
            assert found == ([97] if name == "far apart" else expected), name
        server.assert_serves()
    finally:
        assert server.stop() == 0


# --- types and values that the C API does not name ---

UNNAMED = ["funcref", "externref", "anyref", "eqref", "i31ref", "structref", "arrayref", "exnref", "nullref", "nullfuncref",
           "nullexternref", "nullexnref", "(ref null $s)", "(ref $s)", "(ref null $t)"]
TYPES = "(type $s (struct (field i32))) (type $t (func (param i32)))"


@pytest.mark.parametrize("kind", UNNAMED)
def test_references_in_types_are_refused_by_name_or_passed_over(server, kind):
    text = f'(module {TYPES} (func (export "f") (param {kind})) (func (export "g") (param i32) (result {kind}) unreachable))'
    for export in ("f", "g"):
        for arguments in ([], [None], [0], [{}]):
            assert attempt(server, text, json.dumps({"export": export, "args": arguments})) in ("unsupported", "invalid_argument")
    imported = f'(module {TYPES} (import "env" "x" (func (param {kind}) (result {kind}))) (func (export "f")))'
    assert attempt(server, imported) == "unsupported"
    # Under a name that is provided, with another type.
    imported = f'(module {TYPES} (import "wasi_snapshot_preview1" "fd_write" (func (param {kind}))) (func (export "_start")))'
    assert attempt(server, imported) == "unsupported"
    server.assert_serves()


@pytest.mark.parametrize("item", [
    "(table (export \"x\") 1 funcref)", "(table (export \"x\") 1 externref)", "(table (export \"x\") i64 1 funcref)",
    "(memory (export \"x\") 1)", "(memory (export \"x\") i64 1)", "(tag (export \"x\") (param i32 v128))",
    "(global (export \"x\") v128 (v128.const i64x2 1 2))", "(global (export \"x\") (mut v128) (v128.const i64x2 1 2))",
    *(f"(global (export \"x\") (mut {kind}) (ref.null none))" for kind in ("anyref", "eqref", "i31ref", "(ref null $s)")),
    "(global (export \"x\") exnref (ref.null exn))", "(global (export \"x\") externref (ref.null extern))",
    "(global (export \"x\") (ref func) (ref.func $f)) (elem declare func $f)",
])
def test_exports_that_are_no_functions_are_told_from_functions(server, item):
    text = f'(module {TYPES} {item} (func $f (export "f") (param i32) (result i32 v128) (local.get 0) (v128.const i64x2 3 4)))'
    # Not what a module without a state would be asked for: each kind of instance.
    for state in ("", "(global $n (mut i32) (i32.const 0)) (func (global.set $n (i32.const 1)))"):
        module = text[:-1] + state + ")"
        assert attempt(server, module, '{"export":"f","args":[7]}')[0] == 7
        uploaded = server.upload(module)
        assert server.request("PUT", "/v1/functions/f", {"module": uploaded}).status == 200
        answer = server.request("POST", "/v1/functions/f/invoke", {"export": "x", "args": []})
        assert (answer.status, answer.json()["code"]) in ((404, "not_found"), (400, "invalid_argument"))
    server.assert_serves()


@pytest.mark.parametrize("argument", [
    "0", "-9223372036854775808", "18446744073709551615", "18446744073709551616", "1e999", "-0.0", "\"NaN\"", "\"nan\"", "\"Infinity\"",
    "\"-Infinity\"", "\"0x0\"", "\"1,2,3,4\"", "[1,2,3,4]", "{}", "[]", "null", "true", "\"\"", "\"\\u0000\"",
    "\"" + "f" * 32 + "\"", "\"" + "9" * 100_000 + "\"", "[" * 100 + "]" * 100,
])
@pytest.mark.parametrize("kind", ["i32", "i64", "f32", "f64", "v128"])
def test_any_argument_is_a_value_of_its_type_or_refused(server, kind, argument):
    text = f'(module (func (export "f") (param {kind}) (result {kind} {kind}) (local.get 0) (local.get 0)))'
    found = attempt(server, text, f'{{"args":[{argument}]}}')
    assert found in ("invalid_argument", "too_large") or (len(found) == 2 and found[0] == found[1])
