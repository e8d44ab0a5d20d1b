"""Modules behave alike as one, in new instances, and split into code and data, in instances that are put back.

`split_agrees` (tests/split_agrees.cc) runs each module both ways and compares.
"""

import hashlib
import json
import subprocess

import pytest
import wasm
from conftest import BINARY, ROOT
from test_guests import NPM, SOURCES, compiler

TOOL = BINARY.parent / "tests/split_agrees"
PUBLISHED = ROOT / "build/guests/published/node_modules"
# Builds for debugging are the same code, twice as long.
SIZE_MAX = 1_100_000


def compare(files):
    done = subprocess.run([TOOL, *files], capture_output=True, text=True, timeout=900)
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report for report in reports if report["outcome"] == "differs"] == []
    assert (done.returncode, len(reports)) == (0, len(files)), done.stderr
    return reports


# --- what others publish ---


def published_modules():
    """By the name of their package's file; each once, though packages have some of them several times."""
    found = {}
    for file in sorted(PUBLISHED.glob("**/*.wasm")):
        content = file.read_bytes()
        if len(content) <= SIZE_MAX and "debug" not in file.parts:
            found.setdefault(hashlib.sha256(content).hexdigest(), (file.relative_to(PUBLISHED), content))
    return found.values()


def test_published_modules_behave_alike(tmp_path):
    files, unlinked = [], []
    for name, content in published_modules():
        own = wasm.with_own_memory(content)
        if own is None:
            unlinked.append(name.parts[0])
            own = content
        files.append(tmp_path / "-".join(name.parts))
        files[-1].write_bytes(wasm.with_exported_memory(own))
    reports = compare(files)
    ran = [report for report in reports if report["outcome"] == "agrees"]
    assert len(reports) - len(ran) == len(unlinked), [report for report in reports if report not in ran]
    assert unlinked == ["web-tree-sitter"]  # It is linked with others at run time.
    assert all(report["reset"] for report in ran if "quickjs" not in report["file"] and "wasmoon" not in report["file"])
    # Not all of it ends before anything happens.
    assert len(ran) >= 18
    assert sum(report["calls"] - report["errors"] - report["late"] for report in ran) > 500


# --- our own guests ---


def test_guests_behave_alike(tmp_path):
    files = sorted((ROOT / "examples").glob("*.wat"))
    # Go's library is too large to compile here, twice.
    sources = [source for source in SOURCES if source.suffix != ".go"]
    for source in sources:
        files.append(tmp_path / f"{source.parent.name}-{source.stem}.wasm")
        subprocess.run(compiler(source, files[-1])[0], check=True, timeout=600)
    files.append(tmp_path / "assemblyscript-compute.wasm")
    subprocess.run(["env", f"--chdir={NPM}", "node_modules/.bin/asc", "-O", "-o", files[-1],
                    ROOT / "tests/guests/assemblyscript/compute.ts"], check=True, timeout=600)
    reports = compare(files)
    assert {report["outcome"] for report in reports} == {"agrees"}, reports


# --- each kind of section and segment ---

F = '(func $f (export "f") (result i32) (i32.const 1))'
READ = '(func (export "r") (param i32) (result i32) (i32.load (local.get 0)))'
WRITE = '(func (export "w") (param i32 i32) (i32.store (local.get 0) (local.get 1)))'
MEMORY = f'(memory (export "memory") 2 5) {READ} {WRITE}'
TRAPS = '(func $inner (param i32) (drop (i32.load (local.get 0))) unreachable) (func (export "t") (param i32) (call $inner (local.get 0)))'

AGREE = {
    # types
    "types": f"(module (type (func)) (type (func (param i32))) (type (func)) {F})",
    "recursive types": f"(module (rec (type $a (func (result (ref null $b)))) (type $b (func (param (ref null $a))))) {F})",
    "subtypes": f"(module (type $a (sub (func))) (type (sub $a (func))) {F})",
    # imports
    "imports": f"""(module (import "a" "nothing" (func $n)) (import "a" "number" (func $i (param i32 i64 f32 f64 v128) (result i32)))
        (import "b" "wide" (func $w (param i32) (result i64))) {MEMORY}
        (func (export "n") (call $n)) (func (export "w2") (result i64) (call $w (i32.const 5)))
        (func (export "i") (param i32) (result i32) (i32.store (i32.const 9) (local.get 0))
          (call $i (local.get 0) (i64.const 1) (f32.const 2) (f64.const 3) (v128.const i64x2 4 5))))""",
    "an import that begins": '(module (import "a" "begin" (func $b)) (memory (export "memory") 1) (data (i32.const 0) "x") (start $b))',
    # tables and elements
    "tables": """(module (table $a 3 funcref) (table $b 2 10 funcref) (type $t (func (result i32)))
        (func $one (type $t) (i32.const 1)) (func $two (type $t) (i32.const 2))
        (elem (i32.const 1) $one $two) (elem (table $b) (i32.const 0) func $two)
        (elem (table $b) (offset (i32.const 1)) funcref (ref.func $one))
        (func (export "a") (param i32) (result i32) (call_indirect $a (type $t) (local.get 0)))
        (func (export "b") (param i32) (result i32) (call_indirect $b (type $t) (local.get 0))))""",
    "passive elements": """(module (table $a 3 funcref) (type $t (func (result i32))) (func $one (type $t) (i32.const 1))
        (elem $p func $one) (elem $q funcref (ref.func $one) (ref.null func))
        (func (export "i") (param i32) (table.init $a $p (local.get 0) (i32.const 0) (i32.const 1)))
        (func (export "j") (param i32) (table.init $a $q (local.get 0) (i32.const 0) (i32.const 2)) (elem.drop $q))
        (func (export "a") (param i32) (result i32) (call_indirect $a (type $t) (local.get 0))))""",
    "declared elements": f"""(module (elem declare func $f) {F} (global funcref (ref.func $f))
        (func (export "n") (result i32) (ref.is_null (ref.func $f))))""",
    "a table with a beginning": f"""(module {F} (type $t (func (result i32))) (table $a 4 (ref $t) (ref.func $f))
        (func (export "a") (param i32) (result i32) (call_ref $t (table.get $a (local.get 0)))))""",
    "a table with 64-bit indexes": """(module (table $a i64 3 funcref) (type $t (func (result i32))) (func $one (type $t) (i32.const 1))
        (elem (i64.const 1) func $one) (func (export "a") (param i64) (result i32) (call_indirect $a (type $t) (local.get 0))))""",
    "elements outside": f'(module (table 1 funcref) {F} (elem (i32.const 1) $f) (memory (export "memory") 1) (data (i32.const 0) "a"))',
    "elements behind data outside": f"""(module (table 1 funcref) {F} (elem (i32.const 0) $f) (memory (export "memory") 1)
        (data (i32.const 65536) "a"))""",
    # memories
    "a memory of nothing": '(module (memory (export "memory") 0) (func (export "g") (param i32) (result i32) (memory.grow (local.get 0))))',
    "a memory that grows": f"""(module {MEMORY} (data (i32.const 131060) "the end")
        (func (export "g") (param i32) (result i32) (memory.grow (local.get 0))) (func (export "s") (result i32) memory.size))""",
    "a memory under two names": f'(module {MEMORY} (export "other" (memory 0)) (data (i32.const 1) "a"))',
    "several memories": f"""(module {MEMORY} (memory $b 1) (data (memory $b) (i32.const 3) "b") (data (i32.const 3) "a")
        (func (export "b") (param i32) (result i32) (i32.load $b (local.get 0))))""",
    "64-bit addresses": """(module (memory (export "memory") i64 1) (data (i64.const 3) "a")
        (func (export "r") (param i64) (result i32) (i32.load (local.get 0))))""",
    # globals
    "globals": """(module (global $a (mut i32) (i32.const 1)) (global $b (mut i64) (i64.const -2)) (global $c (mut f32) (f32.const 3))
        (global $d (mut f64) (f64.const nan:0x123)) (global $e (mut v128) (v128.const i64x2 5 6)) (global $f i32 (i32.const 7))
        (global $x (export "x") (mut i32) (i32.add (global.get $f) (i32.const 1)))
        (func (export "sum") (result i32 i64 f32 f64 v128 i32)
          (global.get $a) (global.get $b) (global.get $c) (global.get $d) (global.get $e) (global.get $x))
        (func (export "set") (param i32) (global.set $a (local.get 0)) (global.set $b (i64.extend_i32_u (local.get 0)))
          (global.set $c (f32.convert_i32_s (local.get 0))) (global.set $d (f64.const 1))
          (global.set $e (i8x16.splat (local.get 0))) (global.set $x (local.get 0))))""",
    "references in globals": f"""(module (global $a (mut funcref) (ref.null func)) (global $b funcref (ref.func $f)) {F} {MEMORY}
        (func (export "n") (result i32) (ref.is_null (global.get $a)) (global.set $a (global.get $b))))""",
    "more globals than are put back": "(module " + '(global (mut i32) (i32.const 1))' * 1001
        + '(func (export "g") (result i32) (global.set 1000 (i32.add (global.get 1000) (i32.const 1))) (global.get 1000)))',
    # exports
    "names that the host uses": f"""(module (global (export "weft.g0") (mut i32) (i32.const 3)) (memory (export "weft.m") 1)
        {F} (func (export "weft.s") (result i32) (global.get 0)))""",
    "names of any kind": f'(module {MEMORY} (func (export "") (result i32) (i32.const 1)) (func (export "\\c3\\a4 \\n\\00") (result i32) (i32.const 2)))',
    "one function under many names": f'(module {F} (export "g" (func $f)) (export "h" (func $f)) {MEMORY})',
    "a function that is called memory": f'(module (memory 1) (data (i32.const 0) "a") (func (export "memory") (result i32) (i32.load (i32.const 0))))',
    # start
    "a start function": f"""(module {MEMORY} (data (i32.const 8) "a") (global $g (mut i32) (i32.const 5)) (start $s)
        (func $s (i32.store (i32.const 0) (i32.add (i32.load (i32.const 8)) (global.get $g))) (global.set $g (i32.const 6)))
        (func (export "g") (result i32) (global.get $g)))""",
    "a start function that grows": f"(module {MEMORY} (start $s) (func $s (drop (memory.grow (i32.const 2)))))",
    "a start function that traps": f"(module {MEMORY} (start $s) (func $s (drop (i32.load (i32.const -1)))))",
    # data
    "data": f'(module {MEMORY} (data (i32.const 0) "a") (data (i32.const 4095) "bcd") (data (i32.const 131071) "e") (data (i32.const 9) ""))',
    "data over data": f'(module {MEMORY} (data (i32.const 0) "aaaaaaaa") (data (i32.const 2) "bbbb") (data (i32.const 3) "c"))',
    "data at places worked out": f"""(module (global $g i32 (i32.const 4000)) {MEMORY} (data (global.get $g) "a")
        (data (i32.mul (global.get $g) (i32.const 2)) "b") (data (i32.sub (i32.const 10) (i32.const 9)) "c"))""",
    "passive data": f"""(module {MEMORY} (data $a (i32.const 0) "active") (data $p "passive")
        (func (export "i") (param i32) (memory.init $p (local.get 0) (i32.const 0) (i32.const 7)))
        (func (export "j") (param i32) (memory.init $a (local.get 0) (i32.const 0) (i32.const 1)))
        (func (export "k") (memory.init $a (i32.const 0) (i32.const 0) (i32.const 0))))""",
    "data that is dropped": f"""(module {MEMORY} (data $p "passive") (func (export "d") (data.drop $p))
        (func (export "i") (param i32) (memory.init $p (local.get 0) (i32.const 0) (i32.const 7))))""",
    "data that does not fit": f'(module {MEMORY} (data (i32.const 0) "a") (data (i32.const 131070) "abc") (data (i32.const 5) "b"))',
    "data that does not fit behind a start function": f'(module {MEMORY} (data (i32.const -1) "a") (start $s) (func $s unreachable))',
    "much data": f'(module {MEMORY} ' + " ".join(f'(data (i32.const {at}) "{at % 10}")' for at in range(0, 100_000, 37)) + ")",
    # code
    "traps": f'(module {MEMORY} (data (i32.const 0) "abc") {TRAPS} (func (export "d") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1))))',
    "traps behind a start function": f'(module {MEMORY} (data (i32.const 0) "abc") (start $s) (func $s) {TRAPS})',
    "deep recursion": f'(module {MEMORY} (func $r (export "x") (param i32) (result i32) (i32.add (call $r (local.get 0)) (i32.const 1))))',
    "bulk operations": f"""(module {MEMORY} (data (i32.const 100) "abc")
        (func (export "c") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
        (func (export "l") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2))))""",
    "tail calls": f"""(module {MEMORY} (func $r (param i32 i32) (result i32)
        (if (result i32) (local.get 0) (then (return_call $r (i32.sub (local.get 0) (i32.const 1)) (local.get 1))) (else (local.get 1))))
        (func (export "x") (result i32) (return_call $r (i32.const 100000) (i32.const 7))))""",
    "exceptions": f"""(module {MEMORY} (data (i32.const 0) "abc") (tag $t (param i32))
        (func (export "c") (result i32) (block $h (result i32) (try_table (catch $t $h) (throw $t (i32.const 4))) (i32.const 0)))
        (func (export "u") (throw $t (i32.const 5))))""",
    "objects": f"""(module {MEMORY} (data $p "\\01\\00\\00\\00\\02\\00\\00\\00") (data (i32.const 0) "abc")
        (type $a (array (mut i32))) (type $s (struct (field (mut i32)))) (global $g (ref $s) (struct.new $s (i32.const 5)))
        (func (export "n") (result i32) (array.get $a (array.new_data $a $p (i32.const 0) (i32.const 2)) (i32.const 1)))
        (func (export "s") (result i32) (struct.set $s 0 (global.get $g) (i32.add (struct.get $s 0 (global.get $g)) (i32.const 1)))
          (struct.get $s 0 (global.get $g))))""",
}


def test_each_kind_of_section_behaves_alike(tmp_path):
    files = []
    for name, text in AGREE.items():
        files.append(tmp_path / f"{name}.wat")
        files[-1].write_text(text)
    reports = compare(files)
    assert {report["outcome"] for report in reports} == {"agrees"}, [r for r in reports if r["outcome"] != "agrees"]


def plain_module(number_of=wasm.number, between=b"", data_count=True):
    """Data, a start function, a global that changes, and functions that show them, with numbers and sections as told."""

    def section(kind, content):
        return bytes([kind]) + number_of(len(content)) + content + between

    def vector(items):
        return number_of(len(items)) + b"".join(items)

    def body(code):
        return number_of(len(code) + 1) + b"\0" + code

    bodies = [
        b"\x23\0\x41\x01\x6a\x24\0\x0b",  # $s: adds one to the global
        b"\x23\0\x0b",  # g: the global
        b"\x41\0\x2d\0\x03\x0b",  # r: a byte of the data
        b"\x41\x7f\x28\0\0\x1a\x0b",  # t: traps
    ]
    return (
        wasm.HEADER + between
        + section(1, vector([b"\x60\0\0", b"\x60\0\x01\x7f"]))
        + section(3, vector([number_of(0), number_of(1), number_of(1), number_of(0)]))
        + section(5, vector([b"\0" + number_of(1)]))
        + section(6, vector([b"\x7f\x01\x41\x05\x0b"]))
        + section(7, vector([wasm.text("memory") + b"\2\0", *(wasm.text(name) + b"\0" + bytes([i + 1]) for i, name in enumerate("grt"))]))
        + section(8, number_of(0))
        + (section(12, number_of(2)) if data_count else b"")
        + section(10, vector([body(code) for code in bodies]))
        + section(11, vector([b"\0\x41\0\x0b" + number_of(5) + b"first", b"\2\0\x41\x07\x0b" + number_of(3) + b"end"]))
    )


def five_bytes(value):
    """As compilers write what they fill in later."""
    return bytes([value >> shift & 0x7F | 0x80 for shift in (0, 7, 14, 21)] + [value >> 28])


@pytest.mark.parametrize("module", [
    plain_module(), plain_module(five_bytes), plain_module(data_count=False),
    plain_module(between=wasm.custom("x", b"whatever")), plain_module(between=wasm.custom("name", b"\xff")),
    plain_module(between=wasm.custom("metadata.code.branch_hint", b"\0")), plain_module(five_bytes, wasm.custom("", b"")),
    plain_module() + wasm.custom("name", b"\1" + wasm.number(4) + wasm.vector([wasm.number(3) + wasm.text("t")])),
    plain_module() + wasm.nested_debug_info(3),
], ids=["plain", "long numbers", "no count of data", "custom", "broken names", "hints", "all", "names", "debug information"])
def test_each_way_to_write_sections_behaves_alike(tmp_path, module):
    file = tmp_path / "module.wasm"
    file.write_bytes(module)
    [report] = compare([file])
    assert (report["outcome"], report["reset"], report["calls"]) == ("agrees", True, 9), report
