#include "base/child_process.h"

#include <csignal>

#include <doctest/doctest.h>

namespace weft {
namespace {

constexpr std::chrono::seconds kPatience{60};

ChildProcess shell(const std::string& script, const Clock& clock,
                   std::vector<std::string> environment = {}) {
  return ChildProcess::start({.arguments = {"/bin/sh", "-c", script},
                              .environment = std::move(environment),
                              .output_bytes_max = 100'000},
                             clock)
      .value();
}

void take_all(ChildProcess& child, const Clock& clock) {
  while (child.take(clock.monotonic() + kPatience)) {
  }
}

TEST_CASE("a child's output, errors and exit code arrive, and only the environment that it got") {
  const SystemClock clock;
  ChildProcess child = shell("echo out $A$HOME; echo err >&2; exit 7", clock, {"A=1"});
  take_all(child, clock);
  CHECK(child.output() == "out 1\n");
  CHECK(child.errors() == "err\n");
  REQUIRE(child.exit().has_value());
  CHECK(*child.exit() == ChildExit{.code = 7});
}

TEST_CASE("a child reads what is written to it, up to the end") {
  const SystemClock clock;
  ChildProcess child = shell("cat", clock);
  const std::string text(300'000, 'x');  // More than the pipes hold.
  CHECK(child.write(text, clock.monotonic() + kPatience));
  child.close_input();
  take_all(child, clock);
  CHECK(child.output() == text.substr(0, 100'000));  // As much as is kept.
  CHECK(*child.exit() == ChildExit{});
}

TEST_CASE("a child that does not read stops a write at its deadline") {
  const SystemClock clock;
  ChildProcess child = shell("read line; exec sleep 1000", clock);
  CHECK(child.write("line\n", clock.monotonic() + kPatience));
  CHECK(!child.write(std::string(300'000, 'x'), clock.monotonic()));
  CHECK(!child.exit().has_value());
}

TEST_CASE("a write to a child that has ended fails") {
  const SystemClock clock;
  std::signal(SIGPIPE, SIG_IGN);
  ChildProcess child = shell("exit 0", clock);
  CHECK(!child.write(std::string(300'000, 'x'), clock.monotonic() + kPatience));
}

TEST_CASE("a child that is killed has ended by a signal") {
  const SystemClock clock;
  ChildProcess child = shell("echo up; exec sleep 1000", clock);
  while (child.output() != "up\n") {
    REQUIRE(child.take(clock.monotonic() + kPatience));
  }
  child.send(SIGKILL);
  take_all(child, clock);
  REQUIRE(child.exit().has_value());
  CHECK(*child.exit() == ChildExit{.signal = SIGKILL});
}

TEST_CASE("a program that is not there is named") {
  const SystemClock clock;
  const auto child =
      ChildProcess::start({.arguments = {"/nowhere/weft"}, .environment = {}}, clock);
  REQUIRE(!child.has_value());
  CHECK(child.error().code() == ErrorCode::kNotFound);
  CHECK(child.error().message() == "Cannot start /nowhere/weft: No such file or directory.");
}

}  // namespace
}  // namespace weft
