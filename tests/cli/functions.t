# server
# Functions on a server, from the first deployment to the removal.
$ weft list
http://[..] has no functions. Deploy one: weft deploy NAME FILE
$ weft deploy add examples/add.wat --deadline 2s --memory 16MiB --in-flight 4
add version 1 is deployed. Call it:
  add(a: i32, b: i32) -> i32                weft invoke add --export add 2 3
  mul64(a: i64, b: i64) -> i64              weft invoke add --export mul64 2 3
  div(a: i32, b: i32) -> i32                weft invoke add --export div 2 3
$ weft invoke add --export add 2 3
5
$ weft invoke add --export mul64 9223372036854775807 -1
-9223372036854775807
$ weft invoke add --export add --json 2 3
{"results":[5]}
$ weft invoke add --data '{"export":"add","args":[40,2]}'
{"results":[42]}
$ echo '{"export":"add","args":[40,2]}' | weft invoke add --data -
{"results":[42]}
$ weft invoke add --export mul64 --data '{"export":"add","args":[1,2]}'
weft: --export and --data exclude each other: the payload names the export itself
? 2
$ weft show add
function add
version   1 of 1, deployed [..]
module    sha256:[..]
dialect   typed
state     stateless: nothing in it can change, so calls share instances
limits    deadline 2 s, memory 16 MiB, output [..], 4 calls at the same time
...
$ weft list
NAME  VERSION  DIALECT  STATE      CALLS/H  ERRORS/H  MEDIAN  DEPLOYED
add   1        typed    stateless  [..]
$ weft list --search zzz
no function of http://[..] has zzz in its name; `weft list` shows all
$ weft list --json
[{"name":"add","version":1,[..]}]

$ weft completions bash > c.bash; for LINE in "show a" "deploy a" "deploy add examples/primes" "logs --server http : //x : 8080 a"; do bash -c '. ./c.bash; COMP_WORDS=(weft "$@"); COMP_CWORD=$#; _weft weft; echo "${COMPREPLY[@]}"' - $LINE; done
add
add
examples/primes.wat
add

# Errors of calls are those of `weft run`.
$ weft invoke add --export div 1 0
weft: the guest trapped: integer divide by zero
  at div ([..].wat:12:6)
Try `weft logs 01[..]` for what is kept of the call.
? 134
$ weft invoke add --export div 1 0 --json
{"type":"about:blank","code":"guest_trap",[..]"invocation":"01[..]","backtrace":[{"function":"div",[..]"exit_code":134}
? 134
$ weft invoke add --export add 2 two
weft: argument 2 (b), two: expected an i32: [..]
? 2
$ weft invoke add --data '{"export":"add","args":[1]}'
weft: [..]
Try `weft show add` for how to call it.
? 2
$ weft invoke add 2 3
weft: which export? Choose one with --export:
  add(a: i32, b: i32) -> i32
  mul64(a: i64, b: i64) -> i64
  div(a: i32, b: i32) -> i32
? 2
$ weft invoke missing 1
weft: there is no function 'missing'; `weft list` shows those that are there
? 3
# A name is looked at before the server is asked.
$ weft deploy Bad_Name examples/add.wat
weft: 'Bad_Name' cannot name a function: names have 1 to 63 lower-case letters, digits and inner hyphens
? 2
$ for NAME in . .. "" a/b; do for COMMAND in show versions invoke rollback remove logs; do weft $COMMAND "$NAME" --server http://127.0.0.1:1; echo $?; done; weft deploy "$NAME" examples/add.wat --fresh --server http://127.0.0.1:1; echo $?; done 2>&1 | sort | uniq -c | sed 's/^ *//'
28 2
7 weft: '' cannot name a function: [..]
7 weft: '.' cannot name a function: [..]
7 weft: '..' cannot name a function: [..]
7 weft: 'a/b' cannot name a function: [..]
$ weft deploy add examples/add.wat --deadline 1000h
weft: --deadline: 1000h is not within 1ms to 15m
? 2
$ weft deploy add examples/add.wat --deadline 1
weft: --deadline: 1 has no unit: write 1s, or 1ms for milliseconds
? 2
$ weft deploy add examples/add.wat --memory 64XB
weft: --memory: 64XB is no size: write bytes, or a number with a unit, like 64MiB or 1GiB; units are [..]
? 2
$ printf '(module (func bad))' > bad.wat; weft deploy bad bad.wat
weft: bad.wat: [..]
? 2
$ printf '(module (import "env" "return_result" (func (param i32 i32 i32))))' > se2.wat; weft deploy se2 se2.wat
weft: [..]env.return_result[..]SE2[..]
weft: the module is on the server; `weft modules remove sha256:[..]` removes it when no function uses it
? 1
$ ID=$(weft inspect se2.wat --json | grep -o 'sha256:[0-9a-f]*'); weft deploy se2 se2.wat --json 2>&1 | sed "s/$ID/ID/"; weft modules remove $ID 2>&1 | sed "s/$ID/ID/"
{"type":"about:blank","code":"unsupported",[..]}
{"hint":"the module is on the server; `weft modules remove ID` removes it when no function uses it"}
ID is removed
$ printf '(module (func (export "spin") (loop br 0)))' > loop.wat; weft deploy loop loop.wat --deadline 100ms
loop version 1 is deployed. Call it:
  spin()                                    weft invoke loop
$ weft invoke loop
weft: [..]
...
Try `weft deploy loop FILE --deadline T` with more than 100 ms, or `weft logs 01[..]` for what is kept of the call.
? 124

# A new version has what the one before it had, but for what flags say.
$ weft deploy loop loop.wat --env A=1 --env B=two --in-flight 2
loop keeps 1 limit of version 1; --fresh begins with the defaults
loop version 2 is deployed. Call it:
...
$ weft deploy loop loop.wat --env B=2 --deadline 200ms
loop keeps 1 limit and 1 environment variable of version 2; --fresh begins with the defaults
loop version 3 is deployed. Call it:
...
$ weft show loop --json | grep -o '"limits":.*"grants":{},"environment":{[^}]*}'
"limits":{"deadline_ms":200,[..]"in_flight":2},"grants":{},"environment":{"B":"2","A":"1"}
$ weft deploy loop loop.wat --unset-env A --deadline 100ms --in-flight 100 --json | grep -o '"environment":{[^}]*}'
"environment":{"B":"2"}
$ weft deploy loop loop.wat --unset-env A
weft: --unset-env A: loop has no such environment variable
? 2
$ weft deploy loop loop.wat --env B=3 --unset-env B
weft: --unset-env B contradicts what --env or --env-file sets: leave one of them out
? 2
$ echo B=3 > loop.env; weft deploy loop loop.wat --env-file loop.env --unset-env B
weft: --unset-env B contradicts what --env or --env-file sets: leave one of them out
? 2
$ weft deploy loop loop.wat --fresh --unset-env B
weft: --fresh keeps no environment variable at all: leave --unset-env out
? 2
$ weft deploy loop2 loop.wat --unset-env B
weft: --unset-env B: there is no function loop2 that could have it
? 2
$ weft rollback loop 1
loop is at version 1 of 4 now
$ weft deploy loop loop.wat --env C=3
loop keeps 1 limit of version 1; --fresh begins with the defaults
loop version 5 is deployed. Call it:
...
$ weft deploy loop loop.wat --fresh --deadline 100ms
loop version 6 is deployed. Call it:
  spin()                                    weft invoke loop
$ weft show loop --json | grep -o '"limits":{"deadline_ms":100,.*"grants":{},"environment":{[^}]*}'
"limits":{[..]"in_flight":100},"grants":{},"environment":{}

# A program: payload in, bytes out; its output on standard error is in the logs.
$ cat > cat.wat <<END
> (module
>   (import "wasi_snapshot_preview1" "fd_read" (func \$read (param i32 i32 i32 i32) (result i32)))
>   (import "wasi_snapshot_preview1" "fd_write" (func \$write (param i32 i32 i32 i32) (result i32)))
>   (memory (export "memory") 2)
>   (func (export "_start")
>     (loop \$more
>       (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 65536))
>       (drop (call \$read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
>       (i32.store (i32.const 4) (i32.load (i32.const 8)))
>       (drop (call \$write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
>       (if (i32.load (i32.const 8)) (then
>         (i32.store (i32.const 4) (i32.const 3))
>         (drop (call \$write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 12)))
>         (br \$more))))))
> END
$ weft deploy echo cat.wat
echo version 1 is deployed. Call it:
  weft invoke echo --data @FILE
$ weft invoke echo --data 'hello there'
hello there
$ head -c 5000000 /dev/zero | weft invoke echo --data - | cmp - <(head -c 5000000 /dev/zero)
$ head -c 10000000 /dev/zero | weft invoke echo --data -
weft: [..]
Try `weft serve --max-payload N` with more than 8 MiB.
? 6
$ weft invoke echo 1 2
weft: only typed functions take ARGS: pass the payload with --data
? 2
$ weft invoke echo --export greet < /dev/null
weft: only typed functions take --export: echo is a command, which begins at its _start
? 2
$ weft invoke echo --export _start --data hello
weft: only typed functions take --export: echo is a command, which begins at its _start
? 2
$ weft logs echo -n 2 | head -n 2
[..]  v1  _start  ok  [..]
    hel

# A tab is text; an escape sequence is not.
$ printf 'a\tb\x1b[31m' > line; weft deploy note cat.wat > note.txt; weft invoke note --data @line > note.txt; weft logs note | tail -n 1 | tr '\t' T
    aTb
$ sed 's/(i32.const 4) (i32.const 3)/(i32.const 4) (i32.const 8)/' cat.wat > all.wat; weft deploy note all.wat > note.txt; weft invoke note --data @line > note.txt; weft logs note | tail -n 1 | tr '\t' T
    aTb\x1b[31m

# 10 MB of output: more than the function may return.
$ cat > flood.wat <<END
> (module
>   (import "wasi_snapshot_preview1" "fd_write" (func \$write (param i32 i32 i32 i32) (result i32)))
>   (memory (export "memory") 160)
>   (func (export "_start")
>     (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 10000000))
>     (drop (call \$write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))))
> END
$ weft deploy flood flood.wat
flood version 1 is deployed. Call it:
...
$ weft invoke flood
weft: [..]
...
Try `weft deploy flood FILE --output N` with more than 6 MiB, or `weft logs 01[..]` for what is kept of the call.
? 6
$ weft deploy flood flood.wat --output 16MiB
flood version 2 is deployed. Call it:
...
$ weft invoke flood | wc -c
10000000

# Versions and records.
$ weft deploy add examples/primes.wat
add keeps 3 limits of version 1; --fresh begins with the defaults
add version 2 is deployed. Call it:
...
$ weft rollback add
add is at version 1 of 2 now
$ weft rollback add
weft: add is at version 1: there is none before it
? 5
$ weft rollback add 2
add is at version 2 of 2 now
$ weft rollback add 9
weft: [..]
? 3
$ weft rollback add x
weft: x is no version: versions are numbers from 1; `weft versions NAME` lists them
? 2
$ weft invoke add --export is_prime 97
1
$ weft logs add -n 2 --errors
[..]  v1  div  error  [..]
    guest_trap: integer divide by zero
[..]  v1  [..]error[..]
    invalid_argument: [..]
$ weft logs note -n 1 -f | head -n 1 > first.txt; echo ${PIPESTATUS[0]}
141
$ weft logs note -n 0 -f | true; echo ${PIPESTATUS[0]}
141
$ weft logs add -n -1
weft: --lines: -1 is no whole number from 0 to 10000
? 2
$ weft logs add --json -n 1
{"id":[..]"function":"add",[..]}
$ weft logs $(weft logs add -n 2 --errors --json | grep guest_trap | grep -o '"id":"[^"]*' | cut -c7-)
[..]  [..]  add v1  div  error  [..]
    guest_trap: integer divide by zero
      at div ([..].wat:12:6)
  input (29 B)
    {"export":"div","args":[1,0]}
$ ID=$(weft logs echo --json -n 1 | grep -o '"id":"[^"]*' | cut -c7-); weft logs $ID --json | head -c 12; weft logs $ID -f
{"id":"01[..]weft: --follow is for the calls of a function: name one instead of a call's id
? 2
$ weft logs 01JD7M3Y8Q6R4T2V0W9X5Z1ABC
weft: there is no record of an invocation '01JD7M3Y8Q6R4T2V0W9X5Z1ABC'; [..]
? 3
$ weft logs nobody
weft: [..]nobody[..]
? 3
$ weft versions add
VERSION  DEPLOYED  [..]  MODULE               DIALECT  DEADLINE  MEMORY  OUTPUT  IN FLIGHT  ENV  NETWORK  STATE     INIT
2 (now)  20[..]Z  sha256:[..]  typed    2 s       16 MiB  6 MiB   4          0    0        pristine  -
1        20[..]Z  sha256:[..]  typed    2 s       16 MiB  6 MiB   4          0    0        pristine  -
$ weft versions add --json
[{"version":2,"module":"sha256:[..]","current":true,[..]},{"version":1,[..]}]
$ weft versions nobody
weft: there is no function 'nobody'; `weft list` shows those that are there
? 3

# Modules stay until they are removed, and go only when nothing uses them.
$ weft modules
ID                   DIALECT  SIZE  [..]  CREATED  [..]  EXPORTS
...
sha256:[..]  typed    584 B [..]  add, mul64, div
$ ADD=$(weft inspect examples/add.wat --json | grep -o 'sha256:[0-9a-f]*'); weft modules remove ${ADD:0:19}
weft: [..]the function 'add' uses the module[..]
? 5
$ weft remove add
add is removed
$ ADD=$(weft inspect examples/add.wat --json | grep -o 'sha256:[0-9a-f]*'); weft modules remove ${ADD:7:8}
sha256:[..] is removed
$ weft modules --json | grep -c '"mul64"'
0
? 1
$ weft modules remove ffffffffffff
weft: there is no module ffffffffffff; `weft modules` lists those that are there
? 3
$ weft modules remove add
weft: add is no module's id: sha256: and at least 8 of its 64 hexadecimal digits; `weft modules` lists them
? 2
$ weft modules delete x
weft: there is no `weft modules delete`: write `weft modules`, or `weft modules remove ID`
? 2
$ weft modules remove
weft: which module? Write `weft modules remove ID`; `weft modules` lists them
? 2
$ weft show add
weft: [..]
? 3
$ weft deploy add examples/add.wat > added.txt; weft remove add --json
{"removed":"add"}
$ ADD=$(weft inspect examples/add.wat --json | grep -o 'sha256:[0-9a-f]*'); weft modules remove $ADD --json | sed "s,sha256:[0-9a-f]*,ID,"
{"removed":"ID"}
$ weft remove add --json
{"type":"about:blank","code":"not_found",[..]"exit_code":3}
? 3

# What prepares a module runs once; a warm function remembers; both are kept by the next version.
$ cat > count.wat <<END
> (module (global \$n (mut i32) (i32.const 0))
>   (func (export "_initialize") (global.set \$n (i32.add (global.get \$n) (i32.const 10))))
>   (func (export "build") (global.set \$n (i32.add (global.get \$n) (i32.const 100))))
>   (func (export "count") (result i32) (global.set \$n (i32.add (global.get \$n) (i32.const 1))) (global.get \$n)))
> END
$ weft deploy count count.wat --init bild
weft: the module exports no bild that could initialise it; did you mean build?
weft: the module is on the server; [..]
? 2
$ weft deploy count count.wat --init build > deployed.txt; weft invoke count --export count; weft invoke count --export count
111
111
$ weft show count | sed -n 5,6p
state     pristine: its instances are put back to their beginning after each call
init      _initialize, build: each call begins with what it left
$ weft deploy count count.wat --state warm > deployed.txt; weft invoke count --export count; weft invoke count --export count
count keeps --init build of version 1; --fresh begins with the defaults
count is warm: as it was deployed: calls see what earlier calls left
111
112
$ weft deploy count count.wat --deadline 1s --init '' > deployed.txt; weft invoke count --export count; weft invoke count --export count
count keeps --state warm of version 2; --fresh begins with the defaults
count is warm: as it was deployed: calls see what earlier calls left
11
12
$ weft versions count | awk '{ print $NF, $(NF - 1) }'; weft list --search count | awk '{ print $4 }'
INIT STATE
- warm
build warm
build pristine
STATE
warm
$ weft rollback count 1; weft show count | sed -n 5,6p
count is at version 1 of 3 now
state     pristine: its instances are put back to their beginning after each call
init      _initialize, build: each call begins with what it left
$ weft deploy count count.wat --state cold
weft: [..]
...
? 2
$ sed '$s/)$/ (table 1 funcref) (func (export "set") (table.set (i32.const 0) (ref.null func))))/' count.wat > set.wat; weft deploy set set.wat > deployed.txt; weft show set | sed -n 5,6p
set is not initialised once: it changes a table, so it runs before each call
state     fresh: it changes a table, so each call gets an instance of its own
init      _initialize: it changes a table, so it runs before each call
$ printf '(module (func $i (export "i") unreachable) (func (export "f")))' | weft deploy trap - --init i
weft: the guest trapped: initialisation failed in i: unreachable code reached [..]
  at i ([..])
weft: the module is on the server; [..]
? 134

# What a module's author made long is cut, but not for programs.
$ (printf '(module'; for i in $(seq 3000); do printf ' (func (export "f%d"))' $i; done; printf ')') > many.wat; weft deploy many many.wat | tail -n 2
  f50()                                     weft invoke many --export f50
  … and 2950 more: see `weft show many --json`
$ weft show many | awk 'END { print (NR < 70) }'; weft inspect many.wat | tail -n 1; weft inspect many.wat --json | grep -o '"name":' | wc -l
1
  … and 2950 more: see `weft inspect many.wat --json`
3000
$ weft invoke many 2>&1 | tail -n 2
  f50()
  … and 2950 more: see `weft show many --json`
$ weft run many.wat 2>&1 | wc -l
52
$ printf '(module (func (export "%s") (param %s)))' "$(head -c 5000 /dev/zero | tr '\0' x)" "$(yes i32 | head -n 900 | tr '\n' ' ')" > long.wat; weft deploy long long.wat | awk 'length > 500' | wc -l
0
