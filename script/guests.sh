# Sourced by script/setup: brings what the tests compile guests from and do not have in this repository.
# shellcheck shell=bash

GUESTS=$WEFT_BUILD/guests
PROGRAM_HASHES=$WEFT_ROOT/tests/guests/programs/sources.sha256

# apt-get with state of its own: the machine's stays as it is, and nobody has to be root.
source_apt_get() {
  local apt=$GUESTS/apt
  apt-get -o Acquire::Retries=3 -o APT::Sandbox::User="$(id --user --name)" -o Dir::State="$apt" \
    -o Dir::State::Status=/var/lib/dpkg/status -o Dir::Cache="$apt/cache" -o Dir::Etc::SourceList="$apt/sources.list" \
    -o Dir::Etc::SourceParts="$apt/parts" --yes --quiet "$@"
}

# Source packages come from where this machine has its packages from.
configure_source_apt() {
  local apt=$GUESTS/apt file
  rm -rf "$apt"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
  sed -n 's/^deb\([[:space:]]\)/deb-src\1/p' /etc/apt/sources.list >"$apt/sources.list" 2>/dev/null || true
  for file in /etc/apt/sources.list.d/*.list; do
    [[ ! -f $file ]] || sed -n 's/^deb\([[:space:]]\)/deb-src\1/p' "$file" >"$apt/parts/${file##*/}"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [[ ! -f $file ]] || sed 's/^Types:.*/Types: deb-src/' "$file" >"$apt/parts/${file##*/}"
  done
}

# Into the folder $1: the sources as their authors published them, each in a folder named by its package.
fetch_program_sources() {
  local folder=$1 packages
  mapfile -t packages < <(sed 's/.*  \([^_]*\)_.*/\1/' "$PROGRAM_HASHES")
  configure_source_apt
  # What somebody else's repository lacks does not matter: a package that is not found is told below.
  source_apt_get update || true
  (cd "$folder" && source_apt_get source --download-only --tar-only "${packages[@]}") || return
  (cd "$folder" && sha256sum --check --strict "$PROGRAM_HASHES") || return
  local package
  for package in "${packages[@]}"; do
    mkdir "$folder/$package"
    tar --extract --file "$(echo "$folder/${package}"_*.orig.tar.*)" --directory "$folder/$package" --strip-components 1 ||
      return
  done
}

# The two files that SQLite makes from its sources for others to compile.
make_sqlite_sources() {
  (cd "$1" && ./configure --disable-shared --disable-tcl && make sqlite3.c shell.c)
}

setup_program_sources() {
  local content folder=$GUESTS/sources
  content=$(hash_files "$PROGRAM_HASHES" "${BASH_SOURCE[0]}")
  ! is_stamped "$folder/.weft-stamp" "$content" || return 0
  rm -rf "$folder"
  mkdir -p "$folder"
  stage "Fetching the sources of programs that the tests compile" programs fetch_program_sources "$folder" ||
    die "Is the network there? If Debian has other versions by now, tests/guests/programs/sources.sha256 has to name them"
  stage "Preparing SQLite's sources" sqlite make_sqlite_sources "$folder/sqlite3" || exit
  stamp "$folder/.weft-stamp" "$content"
}

# setup_npm TITLE LOG FOLDER FROM [OPTION…]: what FROM/package-lock.json names, into FOLDER, by npm ci with these options.
setup_npm() {
  local title=$1 log=$2 folder=$3 from=$4 content
  shift 4
  content=$(hash_files "$from/package.json" "$from/package-lock.json")-$(node --version)
  ! is_stamped "$folder/.weft-stamp" "$content" || return 0
  mkdir -p "$folder"
  cp "$from/package.json" "$from/package-lock.json" "$folder"
  stage "$title" "$log" npm --prefix "$folder" ci --ignore-scripts --no-audit --no-fund "$@" ||
    die "It is npm's: $from/package-lock.json names what is wanted"
  stamp "$folder/.weft-stamp" "$content"
}

setup_assemblyscript() {
  setup_npm "Installing AssemblyScript" assemblyscript "$GUESTS/npm" tests/guests/assemblyscript
}

# The crates that plugins in Rust are made with. Debian's cargo, which fits its rustc, reads no registry that is there today.
setup_crates() {
  local content folder=$GUESTS/crates from=tests/guests/se2
  content=$(hash_files "$from/Cargo.toml" "$from/Cargo.lock" "${BASH_SOURCE[0]}")
  ! is_stamped "$folder/.weft-stamp" "$content" || return 0
  stage "Fetching the crates of a plugin" crates \
    cargo vendor --locked --manifest-path "$from/Cargo.toml" "$folder" ||
    die "It is cargo's: $from/Cargo.lock names what is wanted"
  stamp "$folder/.weft-stamp" "$content"
}

setup_published_modules() {
  setup_npm "Installing npm packages with modules in them" published "$GUESTS/published" tests/guests/published
}

# The peers of script/bench without those that only it needs.
setup_jsonata() {
  setup_npm "Installing the reference implementation of JSONata" jsonata "$GUESTS/jsonata" tests/bench --omit=optional
}

# Where a user installs them, too.
setup_example_hosts() {
  local content folder=examples/hosts
  content=$(hash_files "$folder/package.json" "$folder/package-lock.json")-$(node --version)
  ! is_stamped "$folder/node_modules/.weft-stamp" "$content" || return 0
  stage "Installing what the example hosts run on" hosts npm --prefix "$folder" ci --ignore-scripts --no-audit --no-fund ||
    die "It is npm's: $folder/package-lock.json names what is wanted"
  stamp "$folder/node_modules/.weft-stamp" "$content"
}
