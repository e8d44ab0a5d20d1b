# Sourced by guests/python/build: the stage `oracle`, what script/python-tests runs Python's own tests with. Nothing of it is
# part of the guests.
# shellcheck shell=bash

ORACLE=$WEFT_ROOT/guests/python/oracle

# Of what the stage is made, beside the guests with the key $1.
oracle_key() {
  key_of "$1" "$(hash_files "$ORACLE/modules.c")" "$(declare -f make_oracle copy_library compile_test_modules)"
}

# The modules that only tests import, but those that most tests load from the module's file, of which there is none.
compile_test_modules() {
  # shellcheck disable=SC2154
  local flags="$wasi_flags -w -fno-strict-overflow -fvisibility=hidden" modules=../source/python/Modules source sources
  sources=("$ORACLE/modules.c" "$modules"/{_testbuffer,_testcapimodule,_testclinic,_testclinic_limited}.c
    "$modules"/{_testinternalcapi,_testlimitedcapi,_testsinglephase,xxsubtype}.c
    "$modules"/{_testcapi,_testinternalcapi,_testlimitedcapi,_xxtestfuzz}/*.c)
  mkdir objects || return
  for source in "${sources[@]}"; do
    echo "$source" "objects/$(basename "$(dirname "$source")")-$(basename "$source" .c).o"
  done | xargs --max-procs="$(nproc)" --max-lines=1 bash -c "$CC -std=c11 $flags -DPy_BUILD_CORE_BUILTIN -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_GETPID \
    -D_WASI_EMULATED_PROCESS_CLOCKS -I../wasi -I../source/python/Include{,/internal,/internal/mimalloc} -I$modules -c \"\$0\" -o \"\$1\""
}

# The guests' library with sources, with what is left out of theirs and with the tests and their data; compiled, for guests
# cannot write here and would do it each time. Their ssl and ctypes have names only: tests look whether the real ones are there.
copy_library() {
  local library=$1 about=_sysconfigdata__wasi_wasm32-wasi.py
  mkdir -p "$library" && cp -r ../source/python/Lib/. "$WEFT_ROOT"/guests/python/lib/. "$library" && cp -r ../source/python/Lib/{ctypes,ssl.py} "$library" && mkdir "$library/lib-dynload" &&
    /usr/bin/python3 -m zipfile --extract "$PYTHON_DOWNLOADS/tzdata.whl" "$library" && rm -r "$library"/tzdata-* &&
    sed "s/'TEST_MODULES': 'no'/'TEST_MODULES': 'yes'/" ../wasi/build/lib.*/"$about" >"$library/$about" || return
  # Some tests' data are sources that nobody can compile.
  ../native/python -s -S -P -m compileall -q -j "$(nproc)" --invalidation-mode unchecked-hash -s "$PWD/program" -p / "$library" || true
  [[ -f $library/test/__pycache__/test_zipimport.cpython-313.pyc ]]
}

# `program` is for `weft run`: the guests' Python with test modules, whose library is a folder of sources as Python itself
# has it, beside an empty one in the zip's place. `function` is the guests' own for functions and their library, with the tests beside it.
make_oracle() {
  use_wasi_compiler "$1"
  local lib=usr/local/lib guests=$WEFT_ROOT/guests/python/src flags="-std=gnu23 $wasi_flags -I../source/python/Include -I../wasi"
  # shellcheck disable=SC2086
  cd "$1" && compile_test_modules && mkdir -p "program/$lib/python313.zip" "function/$lib/tests" &&
    $CC $flags -I../library --embed-dir=../library -c "$guests/frozen.c" -o frozen.o &&
    $CC $flags -c "$guests/python.c" -o objects/python.o && $CC $flags -c "$guests/http.c" -o objects/http.o &&
    link_guest program/python "" objects/*.o && rm -r objects frozen.o || return
  copy_library "$PWD/program/$lib/python3.13" && ln ../out/weft.wasm program || return
  ln ../out/weft.wasm ../out/python.wasm function && ln ../out/$lib/python313.zip function/$lib &&
    cp -rl program/$lib/python3.13/test function/$lib/tests
}
