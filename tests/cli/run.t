# weft run: typed exports and programs.
$ weft run examples/add.wat --invoke add 2 3
5
$ weft run --invoke mul64 examples/add.wat 9223372036854775807 -1
-9223372036854775807
$ weft run examples/add.wat --invoke add 2 3 --json
{"results":[5]}
$ weft run examples/add.wat
weft: examples/add.wat is not a program: it exports no _start. Call one of its functions:
  add(a: i32, b: i32) -> i32               weft run examples/add.wat --invoke add 2 3
  mul64(a: i64, b: i64) -> i64             weft run examples/add.wat --invoke mul64 2 3
  div(a: i32, b: i32) -> i32               weft run examples/add.wat --invoke div 2 3
? 2
$ cat examples/add.wat | weft run - --invoke add 40 2
42

# A program: its arguments and exit code, its streams.
$ cat > exit.wat <<END
> (module (import "wasi_snapshot_preview1" "proc_exit" (func \$exit (param i32)))
>   (memory (export "memory") 1) (func (export "_start") (call \$exit (i32.const 42))))
> END
$ weft run exit.wat
? 42
# A shell sees 8 bits of it, and a failure is none of success.
$ sed 's/i32.const 42/i32.const 300/' exit.wat > exit300.wat && weft run exit300.wat
? 44
$ sed 's/i32.const 42/i32.const 256/' exit.wat > exit256.wat && weft run exit256.wat
? 1
$ sed 's/i32.const 42/i32.const -1/' exit.wat > exit-1.wat && weft run exit-1.wat
? 255
$ cat > hello.wat <<END
> (module
>   (import "wasi_snapshot_preview1" "fd_write" (func \$write (param i32 i32 i32 i32) (result i32)))
>   (memory (export "memory") 1)
>   (data (i32.const 0) "\10\00\00\00\06\00\00\00")
>   (data (i32.const 16) "hello\n")
>   (func (export "_start")
>     (drop (call \$write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
> END
$ weft run hello.wat
hello
$ weft run hello.wat --anything -x --timeout
hello
$ weft run hello.wat > out.txt && cat out.txt
hello

# A directory stands for the module in it.
$ mkdir tool && cp exit.wat tool/a.wat && weft run tool
? 42
$ cp hello.wat tool/main.wat && weft run tool/ --anything
hello
$ cd tool && weft inspect . | head -n 1
module ./main.wat

# The number of arguments that the program sees.
$ cat > count.wat <<END
> (module
>   (import "wasi_snapshot_preview1" "args_sizes_get" (func \$sizes (param i32 i32) (result i32)))
>   (import "wasi_snapshot_preview1" "environ_sizes_get" (func \$environ (param i32 i32) (result i32)))
>   (import "wasi_snapshot_preview1" "proc_exit" (func \$exit (param i32)))
>   (memory (export "memory") 1)
>   (func (export "_start")
>     (drop (call \$sizes (i32.const 0) (i32.const 4)))
>     (drop (call \$environ (i32.const 8) (i32.const 12)))
>     (call \$exit (i32.add (i32.mul (i32.load (i32.const 0)) (i32.const 10)) (i32.load (i32.const 8))))))
> END
$ weft run count.wat
? 10
$ weft run count.wat a b -- --timeout 1
? 60
$ A=1 weft run --env A --env B=2 count.wat
? 12
$ weft run --env NOT_SET count.wat
weft: --env NOT_SET: no such variable is set; write NOT_SET=VALUE
? 2
$ printf '# comment\n\nB=2\nA\n' > vars && A=1 weft run --env-file vars --env B=3 --env C=4 count.wat
? 13
$ printf '  # a comment\n \t\nB= #2\n' > vars && weft run --env-file vars count.wat
? 11
$ printf 'B=2\n=3\n' > vars && weft run --env-file vars count.wat
weft: --env-file vars, line 2: write NAME=VALUE
? 2
$ weft run --env-file nowhere count.wat
weft: there is no file nowhere
? 3

# What it is called, and where its input comes from.
$ cat > cat.wat <<END
> (module
>   (import "wasi_snapshot_preview1" "args_get" (func \$args (param i32 i32) (result i32)))
>   (import "wasi_snapshot_preview1" "fd_read" (func \$read (param i32 i32 i32 i32) (result i32)))
>   (import "wasi_snapshot_preview1" "fd_write" (func \$write (param i32 i32 i32 i32) (result i32)))
>   (memory (export "memory") 1)
>   (data (i32.const 0) "\d0\07\00\00\04\00\00\00\b8\0b\00\00\64\00\00\00")
>   (func (export "_start")
>     (drop (call \$args (i32.const 1000) (i32.const 2000)))
>     (drop (call \$read (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 12)))
>     (drop (call \$write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 500)))))
> END
$ echo ": typed" | weft run --arg0 tool cat.wat
tool: typed
$ echo ": a file" > input && weft run --arg0 name --stdin input cat.wat
name: a file
$ echo ": typed" | weft run --arg0 name --stdin - cat.wat
name: typed
$ weft run --stdin nowhere cat.wat
weft: --stdin: there is no file nowhere
? 3
$ weft run --stdin input/x cat.wat
weft: --stdin: there is no file input/x
? 3
$ weft run --stdin examples cat.wat
weft: --stdin: examples is a directory: name a file in it
? 2
$ ln -s loop loop; weft run --stdin loop cat.wat
weft: --stdin: cannot read loop: Too many levels of symbolic links
? 2

# Sockets that listen.
$ weft run --listen 127.0.0.1:0 --listen [::1]:0 --dir . count.wat
weft: descriptor 4 listens on 127.0.0.1:[..]
weft: descriptor 5 listens on [::1]:[..]
? 10
$ weft run --listen 127.0.0.1:0 --dir . --json count.wat
{"descriptor":4,"listens_on":"127.0.0.1:[..]"}
? 10
$ weft run --listen here count.wat
weft: --listen here: [..]
? 2
$ weft run --listen 192.0.2.1:80 count.wat
weft: --listen 192.0.2.1:80: cannot listen on 192.0.2.1:80: Cannot assign requested address
? 2

# The cache appears, and its key is private.
$ stat -c %a ~/.cache/weft/code.key
600
$ rm -rf ~/.cache && touch ~/.cache && weft run hello.wat
hello

# Files: only in the directories that are given.
$ mkdir work && echo "from a file" > work/note.txt
$ cat > cat.wat <<END
> (module
>   (import "wasi_snapshot_preview1" "path_open" (func \$open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
>   (import "wasi_snapshot_preview1" "fd_read" (func \$read (param i32 i32 i32 i32) (result i32)))
>   (import "wasi_snapshot_preview1" "fd_write" (func \$write (param i32 i32 i32 i32) (result i32)))
>   (import "wasi_snapshot_preview1" "fd_prestat_get" (func \$given (param i32 i32) (result i32)))
>   (import "wasi_snapshot_preview1" "proc_exit" (func \$exit (param i32)))
>   (memory (export "memory") 1)
>   (data (i32.const 100) "note.txt")
>   (data (i32.const 0) "\c8\00\00\00\64\00\00\00")
>   (func \$check (param i32) (if (local.get 0) (then (call \$exit (local.get 0)))))
>   (func (export "_start")
>     (call \$check (call \$given (i32.const 3) (i32.const 16)))
>     (call \$check (call \$open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 8) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 20)))
>     (call \$check (call \$read (i32.load (i32.const 20)) (i32.const 0) (i32.const 1) (i32.const 4)))
>     (call \$check (call \$write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
> END
$ weft run --dir work cat.wat
from a file
$ weft run --dir work:/data:ro cat.wat
from a file
$ weft run cat.wat
weft: the program was given no directory: if it looked for files, --dir . gives it this one
? 8
$ weft run --json cat.wat
{"hint":"the program was given no directory: if it looked for files, --dir . gives it this one"}
? 8
$ weft run --dir absent cat.wat
weft: --dir absent: there is no absent
? 3
$ weft run --dir work/note.txt cat.wat
weft: --dir work/note.txt: work/note.txt is not a directory
? 2
$ mkdir work/a:b && cp work/note.txt work/a:b && weft run --dir 'work/a\:b:/data' cat.wat
from a file
$ weft run --dir 'work/a\:b' cat.wat
from a file
$ weft run --dir work/a:b cat.wat
weft: --dir work/a:b: there is no work/a
? 3
$ weft run --dir work:b:c cat.wat
weft: --dir work:b:c: too many colons; write HOST[:GUEST][:ro], and \: for a colon in a name
? 2
$ weft run --dir : cat.wat
weft: --dir :: a name is missing; write HOST[:GUEST][:ro], and \: for a colon in a name
? 2
$ weft run --dir work:/a --dir .:/a cat.wat
weft: --dir .:/a: the program has another directory of that name; write HOST[:GUEST][:ro], and \: for a colon in a name
? 2

# The shell's limit on files is an error of the program's write (EFBIG, 22), and no end of weft.
$ cat > fill.wat <<END
> (module
>   (import "wasi_snapshot_preview1" "path_open" (func \$open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
>   (import "wasi_snapshot_preview1" "fd_write" (func \$write (param i32 i32 i32 i32) (result i32)))
>   (import "wasi_snapshot_preview1" "proc_exit" (func \$exit (param i32)))
>   (memory (export "memory") 1)
>   (data (i32.const 0) "\00\10\00\00\00\20\00\00")
>   (data (i32.const 100) "full")
>   (func \$check (param i32) (if (local.get 0) (then (call \$exit (local.get 0)))))
>   (func (export "_start")
>     (call \$check (call \$open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 4) (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 20)))
>     (loop (call \$check (call \$write (i32.load (i32.const 20)) (i32.const 0) (i32.const 1) (i32.const 4))) (br 0))))
> END
$ (ulimit -f 10; weft run --dir work fill.wat); code=$?; wc -c < work/full; exit $code
10240
? 22

# Python. What runs it takes long to build: the end-to-end tests have it.
$ echo 'print(1)' > one.py && weft run one.py --invoke f
weft: --invoke calls an export of a module, and one.py is Python: leave it out
? 2
$ mkdir none && WEFT_PYTHON=none weft run one.py
weft: none has no weft.wasm that can be read, so it is no directory of the Python guests: [..]
? 3
$ weft run --python none gone.py
weft: none has no weft.wasm that can be read, so it is no directory of the Python guests: [..]
? 3
