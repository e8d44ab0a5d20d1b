# Sourced by guests/python/build: its stages. Each writes into the folder that is its last argument, beside those of the
# stages before it.
# shellcheck shell=bash

# The compiler's runtime lies under this name of the target only.
WASM_TARGET="--target=wasm32-wasi"
# What every engine has that has WASI.
WASM_FLAGS="-mbulk-memory -mnontrapping-fptoint -msign-ext"

unpack() {
  mkdir -p "$2" && tar --extract --file "$1" --directory "$2" --strip-components 1
}

# Debian's repairs that are security's or somebody's crash; what adapts Python to Debian is left out.
apply_patches() {
  local source=$1 patches=$2/patches name
  while read -r name _; do
    case $name in
      CVE-*.patch | ssl-sni-crash.patch | ssl-reference-leak.patch | dict-use-after-free.patch | traverse-managed-dicts.patch)
        patch --directory "$source" --strip 1 --forward --batch --input "$patches/$name" || return
        ;;
    esac
  done <"$patches/series"
}

make_source() {
  local folder=$1
  unpack "$PYTHON_DOWNLOADS"/python3.13_*.orig.tar.xz "$folder/python" &&
    unpack "$PYTHON_DOWNLOADS"/python3.13_*.debian.tar.xz "$folder/debian" &&
    apply_patches "$folder/python" "$folder/debian" &&
    unpack "$PYTHON_DOWNLOADS"/zlib_*.tar.gz "$folder/zlib" &&
    unpack "$PYTHON_DOWNLOADS"/bzip2_*.tar.gz "$folder/bzip2" &&
    unpack "$PYTHON_DOWNLOADS"/xz-utils_*.tar.xz "$folder/xz" &&
    dpkg-deb --extract "$PYTHON_DOWNLOADS"/wasi-libc_*.deb "$folder/wasi-libc" || return
  # Patched files are younger than what was made from them; nothing that they change is made again.
  find "$folder/python" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
}

# What packing the library does not need, and what would look for libraries of this machine.
NATIVE_LEFT_OUT=(_asyncio _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _ctypes _curses _curses_panel _dbm
  _decimal _elementtree _gdbm _hashlib _interpchannels _interpqueues _interpreters _lsprof _multibytecodec _multiprocessing
  _posixshmem _queue _sqlite3 _ssl _tkinter _uuid _zoneinfo pyexpat readline syslog termios xxlimited xxlimited_35 _bz2 _lzma)

# Compiles Python's library, and helps to build the other Python.
make_native() {
  local module absent=()
  for module in "${NATIVE_LEFT_OUT[@]}"; do
    absent+=("py_cv_module_$module=n/a")
  done
  cd "$1" &&
    ../source/python/configure --quiet --with-ensurepip=no --disable-test-modules CC="ccache clang-19" OPT="-O1 -DNDEBUG" \
      "${absent[@]}" &&
    make --quiet -j"$(nproc)" python sharedmods
}

# For WASI, with what every library here is compiled with: $1 is the folder of the stage.
use_wasi_compiler() {
  local here=$1
  sysroot=$(cd "$here/../source/wasi-libc/usr" && pwd)
  # No file of the build names where it was built.
  CC="ccache clang-19 $WASM_TARGET --sysroot=$sysroot"
  wasi_flags="-O2 -DNDEBUG $WASM_FLAGS -ffile-prefix-map=$PYTHON_BUILD=."
  export CC AR=llvm-ar-19 RANLIB=llvm-ranlib-19
}

# compile_archive ARCHIVE FLAGS SOURCE…
compile_archive() {
  local archive=$1 flags=$2 source objects=()
  shift 2
  for source in "$@"; do
    # shellcheck disable=SC2086
    $CC $wasi_flags -w $flags -c "$source" -o "$(basename "$source" .c).o" || return
    objects+=("$(basename "$source" .c).o")
  done
  "$AR" rcsD "$archive" "${objects[@]}" && rm "${objects[@]}"
}

make_zlib() {
  compile_archive lib/libz.a "-D_LARGEFILE64_SOURCE=0 -DHAVE_UNISTD_H -I../source/zlib" \
    ../source/zlib/{adler32,compress,crc32,deflate,infback,inffast,inflate,inftrees,trees,uncompr,zutil}.c &&
    cp ../source/zlib/zlib.h ../source/zlib/zconf.h include
}

make_bzip2() {
  compile_archive lib/libbz2.a "" ../source/bzip2/{blocksort,huffman,crctable,randtable,compress,decompress,bzlib}.c &&
    cp ../source/bzip2/bzlib.h include
}

# Its configuration knows which of its many files are wanted; its programs are not.
make_xz() {
  mkdir xz && cd xz &&
    ../../source/xz/configure --quiet --host=wasm32-wasi --disable-shared --disable-threads --disable-nls --disable-doc \
      --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo --disable-scripts \
      CFLAGS="$wasi_flags -w -D_WASI_EMULATED_SIGNAL -include sys/select.h -Wno-error=implicit-function-declaration" &&
    make --quiet -j"$(nproc)" -C src/liblzma &&
    cp src/liblzma/.libs/liblzma.a ../lib && cp -r ../../source/xz/src/liblzma/api/lzma.h ../../source/xz/src/liblzma/api/lzma ../include &&
    cd .. && rm -rf xz
}

make_sqlite() {
  local sqlite
  sqlite=$(sqlite_folder)
  compile_archive lib/libsqlite3.a "-DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_WAL -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_TEMP_STORE=2 -ffile-prefix-map=$sqlite=sqlite" \
    "$sqlite/sqlite3.c" &&
    cp "$sqlite/sqlite3.h" "$sqlite/sqlite3ext.h" include
}

make_libraries() {
  use_wasi_compiler "$1"
  cd "$1" && mkdir include lib && make_zlib && make_bzip2 && make_xz && make_sqlite
}

# libpython with its own small libraries, as code for link-time optimisation. Its program is linked with the guests.
make_python() {
  local libraries
  use_wasi_compiler "$1"
  libraries=$(cd "$1/../libraries" && pwd)
  cd "$1" || return
  # Without these, configure finds the libraries of this machine.
  export PKG_CONFIG_LIBDIR=$sysroot/lib/pkgconfig PKG_CONFIG_PATH='' PKG_CONFIG_SYSROOT_DIR=$sysroot
  export ZLIB_CFLAGS="-I$libraries/include" BZIP2_CFLAGS="-I$libraries/include"
  export LIBLZMA_CFLAGS="-I$libraries/include" LIBSQLITE3_CFLAGS="-I$libraries/include"
  export ZLIB_LIBS="-L$libraries/lib -lz" BZIP2_LIBS="-L$libraries/lib -lbz2"
  export LIBLZMA_LIBS="-L$libraries/lib -llzma" LIBSQLITE3_LIBS="-L$libraries/lib -lsqlite3"
  CONFIG_SITE=../source/python/Tools/wasm/config.site-wasm32-wasi CPP="$CC -E" CXX="${CC/clang-19/clang++-19}" HOSTRUNNER=false \
    ../source/python/configure --quiet --host=wasm32-wasip1 --build="$(sh ../source/python/config.guess)" --with-build-python="$PWD/../native/python" \
    --with-pymalloc --disable-test-modules OPT="-DNDEBUG -O2 -flto $WASM_FLAGS -w -ffile-prefix-map=$PYTHON_BUILD=." || return
  make --quiet -j"$(nproc)" libpython3.13.a Programs/python.o Modules/_hacl/libHacl_Hash_SHA2.a Modules/expat/libexpat.a \
    Modules/_decimal/libmpdec/libmpdec.a pybuilddir.txt
}

# All of libpython as one object: optimising it whole takes a minute, which all the guests share.
make_core() {
  use_wasi_compiler "$1"
  cd "$1" || return
  wasm-ld-19 -r --lto-O2 --whole-archive ../wasi/libpython3.13.a --no-whole-archive \
    ../wasi/Modules/_hacl/libHacl_Hash_SHA2.a ../wasi/Modules/expat/libexpat.a ../wasi/Modules/_decimal/libmpdec/libmpdec.a -o core.o
}

make_library() {
  PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 "$PYTHON_BUILD/native/python" -s -S -P guests/python/pack.py \
    "$PYTHON_BUILD/source/python/Lib" guests/python/lib "$PYTHON_DOWNLOADS/tzdata.whl" \
    "$(echo "$PYTHON_BUILD"/wasi/build/lib.*/_sysconfigdata_*.py)" "$1"
}

compile_guest() {
  local source
  for source in "$WEFT_ROOT"/guests/python/src/*.c; do
    # shellcheck disable=SC2086
    $CC -std=gnu23 $wasi_flags -Wall -Wextra -Werror -I../source/python/Include -I../wasi -I../library --embed-dir=../library \
      -c "$source" -o "$(basename "$source" .c).o" || return
  done
}

# link_guest NAME FLAGS OBJECT…: the module in out/NAME.wasm.
link_guest() {
  local name=$1 flags=$2
  shift 2
  # shellcheck disable=SC2086
  clang-19 $WASM_TARGET --sysroot="$sysroot" $flags -z stack-size=4194304 -Wl,--stack-first -Wl,--initial-memory=20971520 \
    -Wl,--strip-all "$@" frozen.o ../core/core.o -L../libraries/lib -lz -lbz2 -llzma -lsqlite3 -ldl -lwasi-emulated-signal \
    -lwasi-emulated-getpid -lwasi-emulated-process-clocks -lm -o "$name.wasm"
}

make_guests() {
  local reactor="-mexec-model=reactor"
  use_wasi_compiler "$1"
  cd "$1" && compile_guest &&
    link_guest weft "$reactor" guest.o snapshot.o http.o abi_weft.o &&
    link_guest reactor "$reactor" guest.o abi_reactor.o &&
    link_guest se2 "-nostartfiles -Wl,--no-entry" guest.o abi_se2.o &&
    link_guest python "" python.o http.o && rm ./*.o || return
  mkdir -p usr/local/lib/python3.13 && cp ../library/python313.zip usr/local/lib
}
