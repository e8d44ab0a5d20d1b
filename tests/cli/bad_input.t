# Everything that can be wrong with a module or a call, each with its error and exit code.
$ weft run missing.wasm
weft: there is no file missing.wasm
? 3
$ mkdir none; weft run none
weft: the directory none has no .wasm or .wat file in it
? 3
$ mkdir two; printf '(module)' | tee two/a.wat two/b.wat > two/c.txt; weft run two
weft: the directory two has several modules: name one of them: a.wat, b.wat
? 2
$ cp two/a.wat two/main.wat; mkdir two/main.wasm; weft run two
weft: two/main.wat is not a program: it exports no _start, nor any function that could be called
? 2
$ printf 'GIF89a' > no.wasm; weft run no.wasm
weft: no.wasm: neither a WebAssembly module [..]
? 2
$ printf 'print(1)' > script; weft run script 2>&1 | grep -o 'Python has a name.*'
Python has a name that ends in .py, or a first line like #!/usr/bin/env python3
$ mkdir app; touch app/__main__.py; weft run app
weft: the directory app has no .wasm or .wat file in it: its __main__.py is run by `weft run --dir app:ro app/__main__.py`
? 3
$ printf 'x = 1' > app/a.py; weft inspect app/a.py
weft: app/a.py is Python, and no module: `weft run app/a.py` runs it, and `weft deploy NAME app/a.py` makes it a function
? 2
$ printf '#!/usr/bin/env python3' > app/b; weft inspect app/b
weft: app/b is Python, and no module: `weft run app/b` runs it, and `weft deploy NAME app/b` makes it a function
? 2
$ printf 'PK\5\6' > app/c.zip; weft inspect app/c.zip
weft: app/c.zip is a zip archive, and no module: [..]
? 2
$ rm app/__main__.py app/c.zip; weft deploy app app
weft: the directory app has nothing to load: no .wasm or .wat file, and neither main.py, app.py, handler.py, lambda_function.py, plugin.py nor __main__.py; a weft.json with {"file":"a.py"} in it names another file
? 3
$ printf '' > empty.wasm; weft run empty.wasm
weft: empty.wasm: the module is empty: [..]
? 2
$ printf '\0asm\1\0\0\0\1\4' > truncated.wasm; weft run truncated.wasm
weft: truncated.wasm: [..]
? 2
$ printf '\0asm\1\0\0\0\3\2\1\0' > invalid.wasm; weft run invalid.wasm
weft: invalid.wasm: not a valid module: [..]
? 2
$ printf '(module\n  (func (export "f") (result i32) i32.cons 1))\n' > typo.wat; weft run typo.wat
weft: typo.wat: line 2, column 35: [..]
  2 |   (func (export "f") (result i32) i32.cons 1))
                                        ^
? 2
$ printf '\0asm\15\0\1\0' > component.wasm; weft run component.wasm
weft: component.wasm: this is a WebAssembly component; [..]
? 1
$ printf '(module (memory 1 1 shared))' > threads.wat; weft run threads.wat
weft: threads.wat: line 1, column 10: the module needs the WebAssembly proposal threads, which is not enabled: weft run --threads N lets a program start N of them
  1 | (module (memory 1 1 shared))
               ^
? 1
$ weft run --threads 1 threads.wat
weft: threads.wat is not a program: [..]
? 2
$ printf '(module (memory 1 1 shared) (func (export "_start")))' > own.wat; weft run --threads 1 own.wat
weft: own.wat: the module has a shared memory of its own: threads share one that it imports
? 1
$ weft run --threads 1025 own.wat
weft: --threads: 1025 is no whole number from 0 to 1024
? 2
$ weft run --threads 1 --fuel 100 own.wat
weft: --fuel ends a program always at the same instruction, which threads make impossible: leave out --fuel or --threads
? 2
$ printf '(module (import "extism:host/env" "output_set" (func (param i64 i64))) (func (export "_start")))' > extism.wat
$ weft run extism.wat
weft: extism.wat: the module imports what is not provided: extism:host/env.output_set [..] (provided by the dialect extism[..]
? 1
$ printf '(module (import "nobody" "f" (func)) (func (export "_start")))' > nobody.wat; weft run nobody.wat
weft: nobody.wat: the module imports what is not provided: nobody.f [..] (no dialect that weft knows provides it)
? 1
$ weft inspect extism.wat
...
imports (provided by)
  extism:host/env.output_set [..]  provided by the dialect extism[..], which this version does not have
$ printf '(module (import "wasi_snapshot_preview1" "fd_wrte" (func (param i32))) (func (export "_start")))' > typo.wat
$ weft inspect typo.wat
...
imports (provided by)
  wasi_snapshot_preview1.fd_wrte [..]  this interface has no function of that name; did you mean fd_write?

# Arguments.
$ weft run examples/add.wat --invoke add 2
weft: add(a: i32, b: i32) -> i32 takes 2 arguments, not 1
? 2
$ weft run examples/add.wat --invoke add 2 3.5
weft: argument 2 (b), 3.5: expected an i32: [..]
? 2
$ weft run examples/add.wat --invoke add 2 4294967296
weft: argument 2 (b), 4294967296: expected an i32: [..]
? 2
$ weft run examples/add.wat --invoke sub 2 3
weft: examples/add.wat exports nothing named sub. It has:
...
? 3
$ weft run examples/add.wat --invoke add 2 3 --timeot 1s
weft: unknown option --timeot; did you mean --timeout?
Usage: weft run FILE|DIRECTORY [--invoke NAME] [ARGS…]
Try `weft help run`.
? 2
$ weft run examples/add.wat --timeout soon
weft: --timeout: soon is no duration: write a number with a unit, like 250ms, 10s or 2m
? 2
$ weft run examples/add.wat --timeout 10
weft: --timeout: 10 has no unit: write 10s, or 10ms for milliseconds
? 2

# What a guest does.
$ weft run examples/add.wat --invoke div 1 0
weft: the guest trapped: integer divide by zero
  at div (examples/add.wat:12:6)
? 134
$ weft run examples/add.wat --invoke div 1 0 --json
{"type":"about:blank","code":"guest_trap",[..]"status":502,"detail":"integer divide by zero","backtrace":[{"function":"div",[..]"retryable":false,"exit_code":134}
? 134
$ printf '(module (func (export "_start") (loop br 0)))' > loop.wat; weft run --timeout 200ms loop.wat
weft: the deadline of 200 ms has passed (--timeout)
? 124
$ weft run --fuel 100000 loop.wat
weft: the guest used all its fuel (100000); --fuel sets how much it has
...
? 6
$ printf '(module (memory 1) (func (export "_start") (loop (br_if 0 (i32.ne (memory.grow (i32.const 64)) (i32.const -1)))) unreachable))' > bomb.wat
$ weft run bomb.wat
weft: the guest needs more than [..] bytes of memory [..]; --max-memory allows more than 1 GiB
...
? 6
$ weft run --max-memory 8MiB bomb.wat
weft: the guest needs more than 8388608 bytes of memory [..]; --max-memory allows more than 8 MiB
...
? 6
$ printf '(module (func $deep (export "_start") call $deep))' > deep.wat; weft run deep.wat
weft: the guest trapped: call stack exhausted
...
  at deep (deep.wat:1:[..])
     and [..] more of it
? 134

# A reader that goes away ends the program, and weft.
$ cat > yes.wat <<END
> (module
>   (import "wasi_snapshot_preview1" "fd_write" (func \$write (param i32 i32 i32 i32) (result i32)))
>   (memory (export "memory") 1)
>   (data (i32.const 0) "\10\00\00\00\02\00\00\00")
>   (data (i32.const 16) "y\n")
>   (func (export "_start")
>     (loop (drop (call \$write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br 0))))
> END
$ weft run yes.wat | head -n 2
y
y
$ (weft run yes.wat; echo "ended with $?" >&2) | head -n 1
y
ended with 141
$ (weft help; echo "ended with $?" >&2) | true
ended with [..]
$ weft help > /dev/full
weft: standard output: cannot write: No space left on device
? 1

# What a write fails with is the program's exit code here.
$ cat > write.wat <<END
> (module
>   (import "wasi_snapshot_preview1" "fd_write" (func \$write (param i32 i32 i32 i32) (result i32)))
>   (import "wasi_snapshot_preview1" "proc_exit" (func \$exit (param i32)))
>   (memory (export "memory") 1)
>   (data (i32.const 0) "\10\00\00\00\02\00\00\00")
>   (data (i32.const 16) "y\n")
>   (func (export "_start")
>     (call \$exit (call \$write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
> END
$ weft run write.wat > /dev/full
? 51
$ weft run write.wat < /dev/null
y
# Nothing that weft opens becomes a standard stream that is closed.
$ weft run --listen 127.0.0.1:0 write.wat >&- 2> told.txt
? 8
$ weft run --dir . write.wat <&- >&- 2>&-
? 8
$ weft help >&-
weft: standard output: cannot write: Bad file descriptor
? 1

# Nobody reads what the program writes into a pipe of its directory: that is its error (EPIPE).
$ mkdir -p pipes && mkfifo pipes/p
$ cat > fifo.wat <<END
> (module
>   (import "wasi_snapshot_preview1" "path_open" (func \$open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
>   (import "wasi_snapshot_preview1" "fd_write" (func \$write (param i32 i32 i32 i32) (result i32)))
>   (import "wasi_snapshot_preview1" "fd_close" (func \$close (param i32) (result i32)))
>   (import "wasi_snapshot_preview1" "proc_exit" (func \$exit (param i32)))
>   (memory (export "memory") 1)
>   (data (i32.const 0) "\10\00\00\00\02\00\00\00")
>   (data (i32.const 16) "p\n")
>   (func \$check (param i32) (if (local.get 0) (then (call \$exit (i32.const 1)))))
>   (func (export "_start")
>     (call \$check (call \$open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 24)))
>     (call \$check (call \$open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 0) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 28)))
>     (call \$check (call \$close (i32.load (i32.const 24))))
>     (call \$exit (call \$write (i32.load (i32.const 28)) (i32.const 0) (i32.const 1) (i32.const 8)))))
> END
$ weft run --dir pipes fifo.wat
? 64

# Wasmtime's advisories vc8c and qqfj: copysign and splat read 16 bytes for 8, here beyond the end of the memory.
$ cat > edge.wat <<END
> (module (memory 1 1)
>   (data (i32.const 65528) "\00\00\00\00\00\00\f0\bf")
>   (func (export "signed") (param f64) (result f64) (f64.copysign (local.get 0) (f64.load (i32.const 65528))))
>   (func (export "sign") (param f64) (result f64) (f64.copysign (f64.load (i32.const 65528)) (local.get 0)))
>   (func (export "splat") (result v128) (f64x2.splat (f64.load (i32.const 65528))))
>   (func (export "beyond") (result v128) (f64x2.splat (f64.load (i32.const 65529)))))
> END
$ weft run --invoke signed edge.wat 3
-3
$ weft run --invoke sign edge.wat 3
1
$ weft run --invoke splat edge.wat
0x000000000000f0bf000000000000f0bf
$ weft run --invoke beyond edge.wat
weft: the guest trapped: out of bounds memory access
...
? 134
