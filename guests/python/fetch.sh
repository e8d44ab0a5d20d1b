# Sourced by guests/python/build: brings sources, each held against its pinned hash.
# shellcheck shell=bash

PYTHON_BUILD=$WEFT_BUILD/python
PYTHON_DOWNLOADS=$PYTHON_BUILD/downloads
PYTHON_SOURCES=$WEFT_ROOT/guests/python/sources.sha256
SQLITE_MANIFEST=$WEFT_ROOT/src/store/sqlite/Cargo.toml

# Where this machine's packages of its own release come from, one a line; others' repositories may be among them. One pool
# serves all of Debian's releases.
debian_mirrors() {
  local release
  release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  apt-get --print-uris update | sed -n "s|^'\(.*\)/dists/$release/InRelease'.*|\1|p" | sort -u
}

# fetch_debian HASH PATH: a file of Debian's pool.
fetch_debian() {
  local hash=$1 path=$2 to mirror
  to=$PYTHON_DOWNLOADS/${path##*/}
  while read -r mirror; do
    # apt's own way out: its proxies, its mirrors, its retries.
    if /usr/lib/apt/apt-helper -o Acquire::Retries=3 -o APT::Sandbox::User="$(id --user --name)" \
      download-file "$mirror/pool/main/${path:0:1}/$path" "$to.new" "SHA256:$hash" &&
      echo "$hash  $to.new" | sha256sum --check --strict --quiet; then
      mv "$to.new" "$to"
      return
    fi
  done < <(debian_mirrors)
  echo "None of apt's repositories has $path"
  return 1
}

fetch_pool() {
  local hash path
  while read -r hash path; do
    [[ -f $PYTHON_DOWNLOADS/${path##*/} ]] || fetch_debian "$hash" "$path" || return
  done <"$PYTHON_SOURCES"
}

fetch_time_zones() {
  rm -rf "$PYTHON_DOWNLOADS/tzdata.new"
  /usr/bin/python3 -m pip download --disable-pip-version-check --progress-bar off --require-hashes --no-deps \
    --only-binary :all: --dest "$PYTHON_DOWNLOADS/tzdata.new" --requirement guests/python/requirements.txt &&
    mv "$PYTHON_DOWNLOADS"/tzdata.new/tzdata-*.whl "$PYTHON_DOWNLOADS/tzdata.whl" && rmdir "$PYTHON_DOWNLOADS/tzdata.new"
}

fetch_sqlite() {
  "$CARGO" fetch --locked --manifest-path "$SQLITE_MANIFEST"
}

# The folder of SQLite's amalgamation, in the crate that Cargo.lock pins.
sqlite_folder() {
  "$CARGO" metadata --locked --offline --format-version 1 --manifest-path "$SQLITE_MANIFEST" |
    sed -n 's/.*"manifest_path":"\([^"]*libsqlite3-sys-[^"]*\)\/Cargo.toml".*/\1\/sqlite3/p'
}

# What Cargo.lock says of it.
sqlite_version() {
  grep --after-context=2 '^name = "libsqlite3-sys"' "$WEFT_ROOT/Cargo.lock"
}

fetch_all() {
  mkdir -p "$PYTHON_DOWNLOADS"
  local hash path missing=0
  while read -r hash path; do
    [[ -f $PYTHON_DOWNLOADS/${path##*/} ]] || missing=$((missing + 1))
  done <"$PYTHON_SOURCES"
  if ((missing > 0)); then
    stage "Fetching the sources of Python and its libraries" python-fetch fetch_pool ||
      die "Is the network there? If Debian has other versions by now, guests/python/sources.sha256 has to name them"
  fi
  [[ -f $PYTHON_DOWNLOADS/tzdata.whl ]] || stage "Fetching the time zones" python-zones fetch_time_zones || exit
  [[ -n $(sqlite_folder 2>/dev/null) ]] || stage "Fetching SQLite" python-sqlite fetch_sqlite || exit
}

# What was brought is what was pinned, each time.
check_fetched() {
  local hash path
  while read -r hash path; do
    [[ -f $PYTHON_DOWNLOADS/${path##*/} ]] || die "build/python/downloads/${path##*/} is missing: run guests/python/build with a network"
    echo "$hash  $PYTHON_DOWNLOADS/${path##*/}"
  done <"$PYTHON_SOURCES" | sha256sum --check --strict --quiet || die "Remove what was damaged in build/python/downloads"
}
