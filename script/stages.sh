# Sourced by the scripts beside it: stages with elapsed time and quiet logs, and the build's own stages.
# shellcheck shell=bash

set -euo pipefail

WEFT_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
WEFT_BUILD=$WEFT_ROOT/build
WEFT_LOGS=$WEFT_BUILD/log
# Inherited, so that a script started by another one goes on counting.
export WEFT_STARTED=${WEFT_STARTED:-$(date +%s)}
cd "$WEFT_ROOT"
mkdir -p "$WEFT_LOGS"

# A toolchain by rustup goes before Debian's cargo, which is too old. HOME may be unset under a service manager.
HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
export HOME
PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
# Tests drive Debian's browser.
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1

# The comment at the head of the script $1, as its help. Its path may be relative to where we came from.
print_help() {
  sed -n '2,/^$/{s/^# \{0,1\}//;p}' "script/$(basename "$1")"
}

elapsed() {
  echo $(($(date +%s) - WEFT_STARTED))
}

say() {
  printf '[%4d s] %s\n' "$(elapsed)" "$*" >&2
}

die() {
  say "$@"
  exit 1
}

# Repeats, until stopped or orphaned, what the running stage $1 last wrote to its log $2: each second on a terminal, else
# each minute.
report_progress() {
  local title=$1 log=$2 nap=60 sleeper width last
  [[ -t 2 ]] && nap=1
  # A sleep that outlived this function would keep the callers' pipes open.
  trap 'kill "$sleeper"; exit' TERM
  while kill -0 $$ 2>/dev/null; do
    sleep "$nap" >/dev/null 2>&1 &
    sleeper=$!
    wait "$sleeper"
    last=$(tail -n 1 "$log" 2>/dev/null | tr -cd '[:print:]' || true)
    if [[ -t 2 ]]; then
      width=$(tput cols 2>/dev/null || echo 80)
      printf '\r\033[K%.*s' "$((width - 1))" "[$(printf %4d "$(elapsed)") s] $title … $last" >&2
    else
      say "$title … ${last:0:100}"
    fi
  done
}

reporter=
stop_reporter() {
  [[ -n $reporter ]] || return 0
  kill "$reporter" 2>/dev/null || true
  wait "$reporter" 2>/dev/null || true
  reporter=
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
}
trap stop_reporter EXIT

# stage TITLE LOG COMMAND…: runs the command with its output in build/log/LOG.log. When it fails: shows the log's last
# lines and returns the command's status. `set -e` is off inside a COMMAND that is a function.
stage() {
  local title=$1 log=$WEFT_LOGS/$2.log began status=0
  shift 2
  began=$(date +%s)
  say "$title"
  : >"$log"
  report_progress "$title" "$log" 8>&- 9>&- &
  reporter=$!
  "$@" >"$log" 2>&1 </dev/null 8>&- || status=$?
  stop_reporter
  if ((status != 0)); then
    say "$title: failed (status $status). The last lines of ${log#"$WEFT_ROOT/"}:"
    # Lines of ctest and ninja about what went well say nothing.
    grep -vE '^ *[0-9]+/[0-9]+ .* Passed +[0-9.]+ sec$|^ +Start +[0-9]+: |^\[[0-9]+/[0-9]+\] ' "$log" | tail -n "${WEFT_LOG_LINES:-40}" |
      sed 's/^/    /' >&2 || true
    return "$status"
  fi
  # A stage that took no time says nothing more.
  if (($(date +%s) - began >= 2)); then
    say "$title: done in $(($(date +%s) - began)) s"
  fi
}

# One build at a time in this checkout. Children inherit the lock: a build that outlives its interrupted script still
# holds it.
lock_build() {
  exec 9>"$WEFT_BUILD/.lock"
  if ! flock --nonblock 9; then
    say "Another build runs in this checkout: waiting for it"
    flock 9
  fi
}

unlock_build() {
  exec 9>&-
}

# One run of the tests at a time in this checkout: they share logs and reports. Held until this script ends, and by none
# of its children.
lock_tests() {
  exec 8>"$WEFT_BUILD/.test-lock"
  if ! flock --nonblock 8; then
    say "The tests of this checkout are running already: waiting for them"
    flock 8
  fi
}

# The hash of the files of a folder, without what tools write into it.
hash_folder() {
  find "$1" \( -name node_modules -o -name dist \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum |
    sha256sum | cut -d' ' -f1
}

hash_files() {
  cat "$@" | sha256sum | cut -d' ' -f1
}

# Whether the stamp file $1 holds the text $2.
is_stamped() {
  [[ -f $1 && $(<"$1") == "$2" ]]
}

stamp() {
  mkdir -p "$(dirname "$1")"
  printf '%s\n' "$2" >"$1.new"
  mv "$1.new" "$1"
}

install_ui_packages() {
  local lock
  lock=$(hash_files ui/package-lock.json)-$(node --version)
  if ! is_stamped ui/node_modules/.weft-stamp "$lock"; then
    stage "Installing the web pages' packages" npm npm --prefix ui ci --no-audit --no-fund || return
    stamp ui/node_modules/.weft-stamp "$lock"
  fi
}

# Builds ui/dist when something under ui/ or one of the examples, which the pages show, changed. Does nothing while there is no web UI.
build_ui() {
  [[ -f ui/package.json ]] || return 0
  install_ui_packages || return
  local content
  content=$(hash_folder ui)-$(hash_folder examples)
  if [[ ! -d ui/dist ]] || ! is_stamped "$WEFT_BUILD/ui.stamp" "$content"; then
    rm -f "$WEFT_BUILD/ui.stamp"
    stage "Building the web pages" ui npm --prefix ui run build || return
    stamp "$WEFT_BUILD/ui.stamp" "$content"
  fi
}

# Ninja configures anew by itself when a CMake file changes, but does not know the presets, nor that the checkout or the
# sources of crates have moved: CMake wants to begin from nothing then.
configure() {
  local preset=$1 places presets
  places="$WEFT_ROOT ${CARGO_HOME:-$HOME/.cargo}"
  presets=$(hash_files CMakePresets.json)
  if [[ -d build/$preset ]] && ! is_stamped "build/$preset/.places" "$places"; then
    rm -rf "build/$preset"
  fi
  if [[ ! -f build/$preset/build.ninja ]] || ! is_stamped "build/$preset/.presets" "$presets"; then
    stage "Configuring $preset" "configure-$preset" cmake --preset "$preset" || return
    stamp "build/$preset/.places" "$places"
    stamp "build/$preset/.presets" "$presets"
  fi
}

# build_preset PRESET TARGET…
build_preset() {
  local preset=$1
  shift
  configure "$preset" || return
  stage "Building $preset: $*" "build-$preset" cmake --build "build/$preset" --target "$@"
}
