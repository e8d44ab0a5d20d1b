#include "cli/kept_requirements.h"

#include <fstream>
#include <iterator>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "cli/testing.h"
#include "store/testing.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

// A python3 whose pip knows two projects of one namespace: a, in Python alone, and pyyaml, which is
// native. It installs as pip does: what has the name of a directory in the target is left out.
constexpr std::string_view kPip = R"sh(#!/bin/sh
target= report= file=
while [ $# -gt 0 ]; do
  case $1 in
    --target) target=$2 ;;
    --report) report=$2 ;;
    -r) file=$2 ;;
  esac
  shift
done
echo "$file" >> "$PIP_LOG"
wheel() {
  printf '{"metadata":{"name":"%s","version":"1"},"download_info":{"url":"https://x/%s-1-%s.whl",' "$1" "$1" "$2"
  printf '"archive_info":{"hashes":{"sha256":"0a"}}}}'
}
if [ -n "$report" ]; then
  printf '{"install":[%s,%s]}' "$(wheel a py3-none-any)" "$(wheel pyyaml cp313-cp313-linux)" > "$report"
elif [ ! -e "$target/ns" ]; then
  read -r name < "$file"
  /bin/mkdir -p "$target/ns/${name%%=*}"
  echo "${name%%=*}" > "$target/ns/${name%%=*}/__init__.py"
fi
)sh";

struct Machine {
  store::TemporaryDirectory root;
  fs::path log = root.path() / "log";
  fs::path kept = root.path() / "cache/weft/requirements";
  TestConsole test{
      {{"PATH", root.path() / "bin"}, {"PIP_LOG", log}, {"XDG_CACHE_HOME", root.path() / "cache"}}};

  Machine() {
    fs::create_directory(root.path() / "bin");
    std::ofstream(root.path() / "bin/python3") << kPip;
    REQUIRE(::chmod((root.path() / "bin/python3").c_str(), 0700) == 0);
  }

  Requirements of_file(std::string_view text) const {
    return {.files = {{.path = root.path() / "r.txt", .text = std::string(text)}},
            .dependencies = {}};
  }
  // How often pip ran until they were there.
  std::size_t runs_for(const Requirements& requirements) {
    fs::remove(log);
    TemporaryPlace place;
    const auto packages = kept_requirements(requirements, place, test.console());
    REQUIRE_MESSAGE(packages.has_value(), packages.error().message());
    CHECK(fs::exists(*packages / "ns/a/__init__.py"));
    std::ifstream lines(log);
    return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(lines), {}, '\n'));
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(kept), {}));
  }
};

TEST_CASE("packages in Python and native ones that do without come into one namespace") {
  Machine machine;
  const fs::path target = machine.root.path() / "packages";
  REQUIRE(install_requirements(machine.of_file("a\npyyaml\n"), target, machine.test.console())
              .has_value());
  CHECK(fs::exists(target / "ns/a/__init__.py"));
  CHECK(fs::exists(target / "ns/pyyaml/__init__.py"));
}

TEST_CASE("what was resolved is kept") {
  Machine machine;
  const Requirements script{.files = {}, .dependencies = {"a", "pyyaml"}};
  CHECK(machine.runs_for(script) == 3);
  CHECK(machine.runs_for(script) == 0);
  const auto file = machine.of_file(
      "# all\na==1 \\\n    --hash=sha256:0a \\\n    --hash=sha256:0b\r\npyyaml>=1 ; os_name == "
      "'posix'  # native\n\n");
  CHECK_FALSE(machine.runs_for(file) == 0);
  CHECK(machine.runs_for(file) == 0);
  CHECK(machine.entries() == 2);
}

TEST_CASE("what another place or environment gives another meaning is not kept") {
  Machine machine;
  for (const std::string_view text :
       {"a @ https://x/a-1-py3-none-any.whl\n", "./a\n", "a-1-py3-none-any.whl\n", "a.tar.gz\n",
        "${NAME}\n", "-r other.txt\n", "--find-links here\n", "a # b\n-e .\n", "a \\\n-e .\n"}) {
    CAPTURE(text);
    CHECK(machine.runs_for(machine.of_file(text)) == 3);
    CHECK(machine.runs_for(machine.of_file(text)) == 3);
  }
  CHECK_FALSE(fs::exists(machine.kept));
}

TEST_CASE("nothing is left of what failed") {
  Machine machine;
  fs::remove(machine.root.path() / "bin/python3");
  {
    TemporaryPlace place;
    CHECK_FALSE(
        kept_requirements({.files = {}, .dependencies = {"a"}}, place, machine.test.console())
            .has_value());
  }
  CHECK(fs::is_empty(machine.kept));
  fs::path of_file;
  {
    TemporaryPlace place;
    of_file = place.make(machine.kept).value();
    CHECK(fs::is_directory(of_file));
  }
  CHECK_FALSE(fs::exists(of_file));
}

TEST_CASE("packages that were not used for longest leave first, and what was left over") {
  Machine machine;
  const Requirements first{.files = {}, .dependencies = {"a==1"}};
  const Requirements second{.files = {}, .dependencies = {"a==2"}};
  const Requirements third{.files = {}, .dependencies = {"a==3"}};
  for (const Requirements& requirements : {first, second, third, first}) {
    machine.runs_for(requirements);
    machine.test.clock().advance(std::chrono::seconds(1));
  }
  REQUIRE(machine.entries() == 3);
  const fs::path left_over = machine.kept / "weft-123456";
  fs::create_directory(left_over);
  fs::last_write_time(left_over, std::chrono::file_clock::from_sys(machine.test.clock().wall()));
  const auto trim = [&](std::uint64_t bytes_max, const fs::path& last) {
    trim_kept_packages(machine.kept, bytes_max, last, machine.test.clock());
  };
  // Each has nine bytes: "a\n" and "pyyaml\n".
  trim(20, {});
  CHECK(machine.runs_for(first) == 0);
  CHECK(machine.runs_for(third) == 0);
  CHECK(machine.runs_for(second) == 3);
  trim(0, *fs::directory_iterator(machine.kept));
  CHECK(fs::exists(left_over));
  machine.test.clock().advance(std::chrono::hours(25));
  trim(0, {});
  CHECK(fs::is_empty(machine.kept));
}

}  // namespace
}  // namespace weft::cli
