# What weft says about itself.
$ weft --version
weft [..]
$ weft
weft runs WebAssembly that you need not trust: programs, and functions behind HTTP.
...
? 2
$ weft --help | head -n 1
weft runs WebAssembly that you need not trust: programs, and functions behind HTTP.
$ weft help run | head -n 4
weft run – run a program, or call one export of a module

Usage
  weft run FILE|DIRECTORY [--invoke NAME] [ARGS…]
$ weft --help run | head -n 1
weft run – run a program, or call one export of a module
$ weft instpect x
weft: there is no command instpect; did you mean inspect?; `weft help` lists them
? 2
$ weft secret set key
weft: secret: not available in this version
? 1
$ weft completions bash > completions.bash && bash -n completions.bash && bash -c '. ./completions.bash; COMP_WORDS=(weft inv); COMP_CWORD=1; _weft; echo "${COMPREPLY[@]}"'
invoke
$ cat > complete.bash <<'END'
> . ./completions.bash
> COMP_WORDS=(weft "$@"); COMP_CWORD=$#; _weft weft "${!#}"; echo "${COMPREPLY[@]}"
> END
$ bash complete.bash help r
run rollback remove reactor
$ bash complete.bash --help sh
show
$ bash complete.bash completions b
bash
$ bash complete.bash serve --log-level w; bash complete.bash serve --log-level = w; bash complete.bash serve --log-level =
warning
warning
debug info warning error
$ bash complete.bash serve --config weft.toml --log-l
--log-level
$ bash complete.bash inspect examples/add; bash complete.bash run examples/add.wat examples/he
examples/add.wat
examples/hello.wat
$ bash complete.bash doctor --data exam; bash complete.bash list exam; bash complete.bash modules r; bash complete.bash run --env exam
examples

remove

$ WEFT_SERVER=http://127.0.0.1:1 bash complete.bash show a

$ weft completions zsh | grep -c "serve) _arguments"; weft completions fish | grep -- "-l log-level"
1
complete -c weft -n '__fish_seen_subcommand_from serve' -l log-level -x -a 'debug info warning error' -d '[..]'
$ weft completions bash zsh
weft: unexpected argument zsh: only `functions` takes one
? 2
$ weft completions functions a b 2>&1 | head -n 2
weft: unexpected argument b
Usage: weft completions bash|zsh|fish | functions [TEXT]
$ bash complete.bash completions fu
functions
$ weft completions powershell
weft: no completions for powershell: only for bash, zsh, fish
? 2
$ weft doctor --json
{"checks":[{"name":"kernel","health":"ok",[..]}
$ weft inspect examples/add.wat
module examples/add.wat
id       sha256:[..]
size     [..]
dialect  typed
pristine yes: nothing in it can change, so calls share instances

exports
  add(a: i32, b: i32) -> i32
  mul64(a: i64, b: i64) -> i64
  div(a: i32, b: i32) -> i32
$ printf '(module (table 1 funcref) (func (export "f") (table.set (i32.const 0) (ref.null func))))' > changes.wat; weft inspect changes.wat
module changes.wat
id       sha256:[..]
size     [..]
dialect  typed
pristine no: it changes a table, so each call gets an instance of its own

exports
  f()

# The server's settings.
$ weft serve --listen 0.0.0.0:0 --data d
weft: 0.0.0.0:0 can be reached from other machines, so clients must show a token: [..]--token-file[..]WEFT_TOKEN[..]
? 4
$ weft serve --threads 1000
weft: --threads: 1000 is not within 0 to 256
? 2
$ weft serve --listen 127.0.0.1:0 --data d --volume nope=/nonexistent
weft: volume nope: there is no /nonexistent
? 3
$ touch file; weft serve --listen 127.0.0.1:0 --data d --volume data=file
weft: volume data: file is not a directory
? 2
$ printf 'threds = 1\n' > weft.toml; weft serve --config weft.toml
weft: weft.toml: line 1, column 1: there is no setting threds; did you mean threads?
? 2
$ printf '' > token; weft serve --token-file token --data d
weft: the token file token is empty
? 2
$ mkdir tokens; weft serve --token-file tokens --data d
weft: tokens is a directory: name the token's file in it
? 2
$ exec 3< <(WEFT_TOKEN=short exec weft serve --listen '*:0' --data d 2>&1); SERVER=$!; read -r LINE <&3; read -r WARNING <&3; kill $SERVER; cat <&3 > rest; echo "$LINE"; echo "$WARNING"
listening on http://localhost:[..] and on every other address of this machine (data in [..]/d)
20[..]Z warning the token is short enough to be guessed: `openssl rand -hex 16` makes a good one
$ weft serve --listen '*:0' --data d
weft: *:0 can be reached from other machines, [..]
? 4

# No server.
$ weft list --server http://127.0.0.1:1
weft: [..]http://127.0.0.1:1[..]
...
? 7
$ weft list --server ftp://example
weft: ftp://example is no server: write http://HOST:PORT
? 2
