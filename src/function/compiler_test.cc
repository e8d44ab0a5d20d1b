#include "function/compiler.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "engine/module_info.h"
#include "store/testing.h"

namespace weft::function {
namespace {

// A compiler whose child is a shell script.
struct Scripted {
  // A child need not read.
  Scripted() { std::signal(SIGPIPE, SIG_IGN); }

  SystemClock clock;
  store::TemporaryDirectory directory;
  std::unique_ptr<engine::Engine> engine =
      engine::Engine::create({.parallel_compilation = false}).value();

  Result<std::string> compile(std::string_view script, std::string_view module,
                              std::chrono::seconds seconds = std::chrono::seconds(30)) const {
    const std::filesystem::path file = directory.path() / "child";
    std::ofstream(file) << "#!/bin/sh\n" << script << '\n';
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    const ChildCompiler compiler(file.string(), {.seconds = seconds}, clock);
    return compiler.compile(*engine, module);
  }
};

TEST_CASE("a child gets the module and its limits, and gives code") {
  const Scripted scripted;
  const auto code = scripted.compile(R"(echo "$1 $2 $3"; cat)", "the module").value();
  CHECK(code == "compile-worker 4294967296 30\nthe module");
  const std::string large(3UZ << 20U, 'x');
  CHECK(scripted.compile("cat", large).value() == large);
  CHECK(scripted.compile(R"(echo "$3"; cat > /dev/null)", large).value() == "75\n");
}

TEST_CASE("a child that fails says whose fault it is") {
  const Scripted scripted;
  struct Case {
    const char* script;
    ErrorCode code;
    const char* message;
  };
  for (const Case& one : {
           Case{"cat > /dev/null; echo -n 'no such feature' >&2; exit 10", ErrorCode::kUnsupported,
                "no such feature"},
           Case{"echo -n 'wrong words' >&2; exit 11", ErrorCode::kUnavailable,
                "the compiler did not start: wrong words"},
           Case{"kill -XCPU $$", ErrorCode::kTooLarge,
                "the module takes more than 30 s of CPU time or 4096 MiB of memory to compile: "
                "make it smaller, or split it"},
           Case{"kill -KILL $$", ErrorCode::kTooLarge, nullptr},
           Case{"kill -ABRT $$", ErrorCode::kTooLarge, nullptr},
           Case{"kill -SEGV $$", ErrorCode::kUnsupported,
                "the compiler fails on this module (code 0, signal 11)"},
           Case{"exit 3", ErrorCode::kUnsupported,
                "the compiler fails on this module (code 3, signal 0)"},
       }) {
    CAPTURE(one.script);
    const Error error = scripted.compile(one.script, "module").error();
    CHECK(error.code() == one.code);
    if (one.message != nullptr) CHECK(error.message() == one.message);
  }
}

TEST_CASE("a compiler that stops ends its children and starts no more") {
  const Scripted scripted;
  const std::filesystem::path file = scripted.directory.path() / "child";
  const std::filesystem::path running = scripted.directory.path() / "running";
  REQUIRE(::mkfifo(running.c_str(), 0600) == 0);
  std::ofstream(file) << "#!/bin/sh\necho > " << running.string() << "\nexec sleep 1000\n";
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  ChildCompiler compiler(file.string(), {}, scripted.clock);
  std::thread stopping([&] {
    std::string line;
    std::ifstream fifo(running);  // Opens once the child runs.
    std::getline(fifo, line);
    compiler.stop();
  });
  CHECK(compiler.compile(*scripted.engine, "module").error().code() == ErrorCode::kUnavailable);
  stopping.join();
  CHECK(compiler.compile(*scripted.engine, "module").error().message() == "the server stops");
}

TEST_CASE("a child that writes without end is not believed") {
  const Scripted scripted;
  const auto refused = scripted.compile("cat > /dev/null; exec head -c 20000000 /dev/zero", "m");
  CHECK(refused.error().code() == ErrorCode::kTooLarge);
}

TEST_CASE("a child that never ends is ended") {
  const Scripted scripted;
  const auto refused = scripted.compile("exec sleep 1000", "module", std::chrono::seconds(0));
  CHECK(refused.error().code() == ErrorCode::kTooLarge);
}

TEST_CASE("the program that cannot be started is named") {
  const SystemClock clock;
  const Scripted scripted;
  const ChildCompiler compiler("/nowhere/weft", {}, clock);
  const auto refused = compiler.compile(*scripted.engine, "module");
  CHECK(refused.error().code() == ErrorCode::kUnavailable);
  CHECK(refused.error().message().find("/nowhere/weft") != std::string::npos);
}

}  // namespace
}  // namespace weft::function
