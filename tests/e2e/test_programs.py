"""Programs that everybody knows, compiled here from their sources (tests/guests/programs), do their work under weft."""

import concurrent.futures
import filecmp
import os
import pathlib
import sqlite3
import subprocess
from itertools import chain

import pytest
from conftest import BINARY, ROOT

OURS = ROOT / "tests/guests/programs"
SOURCES = ROOT / "build/guests/sources"
TOOLS = ROOT / "build/guests/npm/node_modules/.bin"
# Their own business is not ours: no warnings.
COMPILE = ["ccache", "clang-19", "--target=wasm32-wasi", "-O1", "-w", f"-I{OURS}", "-include",
           OURS / "posix.h"]
EMULATED = ["mman", "signal", "process-clocks", "getpid"]
DEFINED = [f"-D_WASI_EMULATED_{name.replace('-', '_').upper()}" for name in EMULATED]


def build(folder, name, sources, *flags):
    """The module of that name in `folder`, from these files, all in parallel."""
    objects = [folder / f"{source.stem}.o" for source in sources]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in [pool.submit(subprocess.run, [*COMPILE, *DEFINED, *flags, "-c", source, "-o", to], check=True, timeout=300)
                     for source, to in zip(sources, objects)]:
            done.result()
    module = folder / f"{name}.wasm"
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-o", module, *objects, *(f"-lwasi-emulated-{name}" for name in EMULATED)],
                   check=True, timeout=300)
    return module


def run(module, *arguments, options=(), text=True, **more):
    return subprocess.run([BINARY, "run", *options, module, *arguments], capture_output=True, text=text, timeout=300, **more)


def output_of(*arguments, **more):
    done = run(*arguments, **more)
    assert (done.returncode, done.stderr) == (0, type(done.stderr)()), done
    return done.stdout


def build_sqlite(folder, name, *sources):
    """SQLite with these files of its sources. All flags are the same, so that SQLite itself is compiled once."""
    source = SOURCES / "sqlite3"
    includes = (f"-I{source / part}" for part in (".", "test", "ext/recover"))
    return build(folder, name, [source / "sqlite3.c", OURS / "missing.c", *(source / each for each in sources)], *includes,
                 "-DSQLITE_THREADSAFE=0", "-DSQLITE_OMIT_LOAD_EXTENSION", "-DSQLITE_OMIT_POPEN", "-DSQLITE_NOHAVE_SYSTEM",
                 "-DSQLITE_ENABLE_FTS5")


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory):
    return build_sqlite(tmp_path_factory.mktemp("sqlite"), "sqlite", "shell.c")


@pytest.fixture(scope="module")
def lua(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lua")
    sources = [path for path in sorted((SOURCES / "lua5.4/src").glob("*.c")) if path.name != "luac.c"]
    module = build(folder, "legacy", [*sources, OURS / "setjmp.c", OURS / "missing.c"], "-mllvm", "-wasm-enable-sjlj")
    # clang-19 knows only the first form of exceptions, which no standard has.
    subprocess.run([TOOLS / "wasm-opt", "--enable-exception-handling", "--enable-reference-types", "--enable-multivalue",
                    "--translate-to-exnref", module, "-o", folder / "lua.wasm"], check=True, timeout=300)
    return folder / "lua.wasm"


@pytest.fixture(scope="module")
def zstd(tmp_path_factory):
    source = SOURCES / "libzstd"
    library = chain.from_iterable(sorted((source / "lib" / part).glob("*.c")) for part in ("common", "compress", "decompress"))
    program = (source / f"programs/{name}.c" for name in ("zstdcli", "fileio", "fileio_asyncio", "timefn", "util"))
    return build(tmp_path_factory.mktemp("zstd"), "zstd", [*library, *program], f"-I{source / 'lib'}", "-DZSTD_NOBENCH",
                 "-DZSTD_NODICT", "-DZSTD_NOTRACE", "-DZSTD_DISABLE_ASM", "-DPLATFORM_POSIX_VERSION=200112L")


# Where it looks for a person's settings; without a home it complains.
AT_HOME = ["--env", "HOME=/data"]
FILL = """
create table item(id integer primary key, name text unique, price real);
begin;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
  insert into item select i, 'name ' || i, i * 0.5 from n;
commit;
begin; delete from item; rollback;
create virtual table note using fts5(body);
insert into note values ('the quick brown fox'), ('jumps over the lazy dog');
select count(*), sum(id), avg(price) from item;
select body from note where note match 'lazy';
update item set price = price * 2 where id % 2 = 0;
delete from item where id > 10000;
vacuum;
pragma integrity_check;
.tables item
"""


def test_sqlite_passes_cases_of_its_own_test(tmp_path):
    # A part of what `make fuzztest` runs there: 7,046 of its cases.
    parts = ["test/fuzzcheck.c", "test/ossfuzz.c", "test/fuzzinvariants.c", "test/vt02.c", "ext/recover/dbdata.c",
             "ext/recover/sqlite3recover.c"]
    check = build_sqlite(tmp_path, "fuzzcheck", *parts)
    cases = [f"/test/fuzzdata{number}.db" for number in (4, 6, 8)]
    said = output_of(check, *cases, options=["--dir", f"{SOURCES / 'sqlite3/test'}:/test:ro"])
    assert "fuzzcheck: 0 errors out of 7046 tests" in said, said


def test_sqlite_keeps_a_database_that_a_second_run_and_others_can_read(sqlite, tmp_path):
    options = ["--dir", f"{tmp_path}:/data", *AT_HOME]
    told = output_of(sqlite, "/data/a.db", options=options, input=FILL)
    assert told.splitlines() == ["20000|200010000|5000.25", "jumps over the lazy dog", "ok", "item"]
    assert sorted(os.listdir(tmp_path)) == ["a.db"]  # No journal is left.
    query = "select count(*), sum(price) from item; select name from item where name = 'name 9999'; pragma integrity_check"
    told = output_of(sqlite, "/data/a.db", query, options=options)
    assert told.splitlines() == ["10000|37505000.0", "name 9999", "ok"]
    with sqlite3.connect(tmp_path / "a.db") as native:
        assert native.execute("select count(*), sum(price) from item").fetchall() == [(10000, 37505000.0)]
        assert native.execute("pragma integrity_check").fetchall() == [("ok",)]


def test_sqlite_reads_a_database_that_it_may_not_change(sqlite, tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as native:
        native.execute("create table item(id)")
        native.execute("insert into item values (7)")
    options = ["--dir", f"{tmp_path}:/data:ro", *AT_HOME]
    assert output_of(sqlite, "-readonly", "/data/a.db", "select * from item", options=options) == "7\n"
    refused = run(sqlite, "/data/a.db", "insert into item values (8)", options=options)
    assert refused.returncode == 8  # SQLITE_READONLY
    assert "leave :ro out of its --dir" in refused.stderr, refused.stderr


def test_sqlite_rolls_back_what_a_killed_program_left(sqlite, tmp_path):
    options = ["--dir", f"{tmp_path}:/data", *AT_HOME]
    output_of(sqlite, "/data/a.db", "create table item(id); insert into item values (1)", options=options)
    # The cache is so small that rows are written, with a journal beside them, before the commit that never comes.
    endless = """pragma cache_size = 1; begin;
      with recursive n(i) as (select 1 union all select i + 1 from n) insert into item select zeroblob(1000) from n;"""
    ended = run(sqlite, "/data/a.db", endless, options=[*options, "--fuel", "300000000"])
    assert ended.returncode == 6, ended.stderr
    assert (tmp_path / "a.db-journal").exists()
    told = output_of(sqlite, "/data/a.db", "select count(*) from item; pragma integrity_check", options=options)
    assert told.splitlines() == ["1", "ok"]


LUA_SAYS = """\
9	brown dog fox jumps lazy over quick the the
1=a, 22=b	2
 3.14|ab  |beef|"say \\"hi\\""
5	7	-5	5
1	2	1
144	3	-4	-2	4611686018427387904	true
9592	92	cbf43926
10000	false	plain
/data/work.lua:56: attempt to perform arithmetic on a nil value
stack overflow
2	10	7
1000	7890
2	true	nil	/etc/passwd: Capabilities insufficient	76
true	nil	me
"""


def test_lua_runs_a_script_with_errors_and_files(lua, tmp_path):
    (tmp_path / "words").write_text("".join(f"line {i}\n" for i in range(1000)))
    (tmp_path / "work.lua").write_bytes((OURS / "work.lua").read_bytes())
    said = output_of(lua, "/data/work.lua", "/data/words", options=["--dir", f"{tmp_path}:/data", "--env", "WHO=me"])
    assert said == LUA_SAYS
    assert sorted(os.listdir(tmp_path)) == ["words", "work.lua"]


def test_lua_tells_an_error_that_nobody_caught_and_ends_with_1(lua):
    done = run(lua, "-", input="local function f() error('no way') end\nf()\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("lua.wasm: stdin:1: no way\nstack traceback:\n"), done.stderr


def tree_of(folder):
    """Files of every size, in directories."""
    for index, size in enumerate([0, 1, 1000, 65_536, 300_000, 3_000_000]):
        place = folder / f"in/{'deep/' * index}"
        place.mkdir(parents=True)
        (place / "random").write_bytes(os.urandom(size))
        (place / "text ü").write_text("all work and no play\n" * (size // 21))


def assert_same_tree(one, other):
    found = filecmp.dircmp(one, other)
    assert not (found.left_only or found.right_only or found.funny_files), found
    _, differing, failing = filecmp.cmpfiles(one, other, found.common_files, shallow=False)
    assert not (differing or failing), (differing, failing)
    for name in found.common_dirs:
        assert_same_tree(pathlib.Path(one, name), pathlib.Path(other, name))


def test_zstd_brings_a_tree_of_files_back(zstd, tmp_path):
    tree_of(tmp_path)
    options = ["--dir", f"{tmp_path}:."]
    output_of(zstd, "-q", "-r", "in", "--output-dir-mirror", "packed", options=options)
    assert (tmp_path / "packed/in/deep/deep/text ü.zst").stat().st_size < 100
    output_of(zstd, "-q", "-d", "-r", "packed", "--output-dir-mirror", "back", options=options)
    assert_same_tree(tmp_path / "in", tmp_path / "back/packed/in")


def test_zstd_works_in_a_pipe_and_finds_what_is_damaged(zstd):
    content = b"".join(f"line {i}\n".encode() for i in range(100_000))
    packed = output_of(zstd, "-q", "-19", "-c", input=content, text=False)
    assert len(packed) < len(content) / 5
    assert output_of(zstd, "-q", "-dc", input=packed, text=False) == content
    damaged = packed[:1000] + bytes([packed[1000] ^ 1]) + packed[1001:]
    done = run(zstd, "-q", "-dc", input=damaged, text=False)
    assert done.returncode == 1 and b"stdin" in done.stderr, done.stderr
