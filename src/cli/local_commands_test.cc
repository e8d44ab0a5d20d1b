// weft run and inspect on modules from standard input, without a process.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>
#include <unistd.h>

#include "base/id.h"
#include "cli/local_code.h"
#include "cli/testing.h"
#include "function/module_record.h"
#include "json/parse.h"

namespace weft::cli {
namespace {

constexpr const char* kArithmetic = R"((module
  (func (export "add") (param $a i32) (param $b i32) (result i32)
    (i32.add (local.get $a) (local.get $b)))
  (func $div (export "div") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func (export "mul64") (param i64 i64) (result i64) (i64.mul (local.get 0) (local.get 1)))
  (func (export "pair") (result f64 v128) (f64.const 0.1) (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15))
  (func (export "reference") (param externref))
))";

struct Ended {
  int code;
  std::string output;
  std::string errors;
};

Ended run(const char* module, std::vector<std::string> words) {
  // No HOME: nothing is cached.
  TestConsole test({}, module);
  const int code = test.run(std::move(words));
  return {code, test.output(), test.errors()};
}

TEST_CASE("an export is called with typed arguments and its results are printed one a line") {
  CHECK(run(kArithmetic, {"run", "-", "--invoke", "add", "2", "3"}).output == "5\n");
  CHECK(run(kArithmetic, {"run", "--invoke=add", "-", "-2", "0xff"}).output == "253\n");
  CHECK(run(kArithmetic, {"run", "-", "--invoke", "mul64", "9223372036854775807", "1"}).output ==
        "9223372036854775807\n");
  CHECK(run(kArithmetic, {"run", "-", "--invoke", "pair"}).output ==
        "0.1\n0x000102030405060708090a0b0c0d0e0f\n");
}

TEST_CASE("results are JSON when wanted, with exact 64-bit numbers as strings") {
  CHECK(run(kArithmetic, {"run", "-", "--json", "--invoke", "mul64", "-1", "9007199254740993"})
            .output == "{\"results\":[\"-9007199254740993\"]}\n");
}

TEST_CASE("a wrong argument is named with what is expected") {
  const Ended wrong = run(kArithmetic, {"run", "-", "--invoke", "add", "2", "two"});
  CHECK(wrong.code == 2);
  CHECK(wrong.errors.starts_with("weft: argument 2 (b), two: expected an i32"));
  const Ended few = run(kArithmetic, {"run", "-", "--invoke", "add", "2"});
  CHECK(few.code == 2);
  CHECK(few.errors == "weft: add(a: i32, b: i32) -> i32 takes 2 arguments, not 1\n");
}

TEST_CASE("an export that is not there or cannot be called is answered with those that can") {
  const Ended missing = run(kArithmetic, {"run", "-", "--invoke", "sub", "2", "3"});
  CHECK(missing.code == 3);
  CHECK(missing.errors.find("weft run - --invoke add 2 3") != std::string::npos);
  CHECK(run(kArithmetic, {"run", "-", "--invoke", "reference"}).code == 2);
}

TEST_CASE("a module without _start is answered with how to call it") {
  const Ended ended = run(kArithmetic, {"run", "-"});
  CHECK(ended.code == 2);
  CHECK(ended.errors.find("exports no _start") != std::string::npos);
  CHECK(ended.errors.find("add(a: i32, b: i32) -> i32") != std::string::npos);
}

TEST_CASE("a _start of another type is told from one that is not there") {
  const Ended ended = run(R"((module (func (export "_start") (param i32))))", {"run", "-"});
  CHECK(ended.code == 2);
  CHECK(ended.errors.find("it exports no _start that is a function without parameters and results. "
                          "Call one of its functions:\n  _start(i32)") != std::string::npos);
}

TEST_CASE("a trap ends with 134 and a backtrace") {
  const Ended ended = run(kArithmetic, {"run", "-", "--invoke", "div", "1", "0"});
  CHECK(ended.code == 134);
  CHECK(ended.errors.starts_with("weft: the guest trapped: integer divide by zero\n  at div"));
}

TEST_CASE("fuel ends a loop at the same place each time") {
  constexpr const char* kLoop = "(module (func (export \"spin\") (loop br 0)))";
  const Ended once = run(kLoop, {"run", "-", "--invoke", "spin", "--fuel", "10_000"});
  const Ended again = run(kLoop, {"run", "-", "--invoke", "spin", "--fuel", "10_000"});
  CHECK(once.code == 6);
  CHECK(once.errors == again.errors);
}

TEST_CASE("a memory limit is told with the option that raises it") {
  constexpr const char* kHungry = R"((module (memory 1) (func (export "eat")
    (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable)))";
  const Ended ended = run(kHungry, {"run", "-", "--invoke", "eat", "--max-memory", "4MiB"});
  CHECK(ended.code == 6);
  CHECK(ended.errors.find("--max-memory") != std::string::npos);
}

TEST_CASE("an import that nobody provides is named with the dialects that would") {
  constexpr const char* kExtism =
      R"((module (import "extism:host/env" "alloc" (func (param i64) (result i64))) (func (export "_start"))))";
  const Ended ended = run(kExtism, {"run", "-"});
  CHECK(ended.code == 1);
  CHECK(ended.errors.find("extism:host/env.alloc") != std::string::npos);
  CHECK(ended.errors.find("the dialect extism") != std::string::npos);
}

TEST_CASE("a plugin of SE2 answers on standard output, and says the rest on standard error") {
  // Says whether `init` ran, logs, and fails when it gets a payload.
  constexpr const char* kPlugin = R"((module
    (import "env" "return_result" (func $result (param i32 i32 i32)))
    (import "env" "return_error" (func $error (param i32 i32 i32 i32)))
    (import "env" "log_msg" (func $log (param i32 i32 i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "answer")
    (func (export "init") (i32.store8 (i32.const 0) (i32.const 65)))
    (func (export "allocate") (param i32) (result i32) (i32.const 1024))
    (func (export "deallocate") (param i32 i32))
    (func (export "run_e") (param $at i32) (param $size i32) (param $ident i32)
      (call $log (local.get $at) (local.get $size) (i32.const 2) (local.get $ident))
      (if (local.get $size)
        (then (call $error (i32.const 3) (i32.const 1) (i32.const 5) (local.get $ident))))
      (call $result (i32.const 0) (i32.const 6) (local.get $ident)))))";
  const Ended good = run(kPlugin, {"run", "-"});
  CHECK(good.code == 0);
  CHECK(good.output == "Answer");
  CHECK(good.errors == "warning: \n");
  const auto file =
      std::filesystem::temp_directory_path() / ("weft-cli-test-" + std::to_string(::getpid()));
  std::ofstream(file) << "payload";
  const Ended failed = run(kPlugin, {"run", "-", "--stdin", file.string()});
  std::filesystem::remove(file);
  CHECK(failed.code == 1);
  CHECK(failed.output.empty());
  CHECK(failed.errors.starts_with("warning: payload\n"));
  CHECK(failed.errors.find("nswer (code 3)") != std::string::npos);
  CHECK(run(kPlugin, {"inspect", "-"}).output.find("se2") != std::string::npos);
}

TEST_CASE("wrong text is shown with its line") {
  const Ended ended = run("(module\n  (func bad))\n", {"run", "-"});
  CHECK(ended.code == 2);
  CHECK(ended.errors.find("standard input: line 2, column 9") != std::string::npos);
  CHECK(ended.errors.find("  2 |   (func bad))\n              ^\n") != std::string::npos);
}

TEST_CASE("a text that is too long to translate is refused with its limit") {
  const std::string text = "(module" + std::string(engine::kTextBytesMax, ' ') + ")";
  const Ended ended = run(text.c_str(), {"run", "-"});
  CHECK(ended.code == 6);
  CHECK(ended.errors.find("standard input: the text has 16777224 bytes, and at most 16777216") !=
        std::string::npos);
}

TEST_CASE("a reactor is initialized before its export is called") {
  constexpr const char* kReactor = R"((module (global $ready (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $ready (i32.const 7)))
    (func (export "ready") (result i32) (global.get $ready))))";
  CHECK(run(kReactor, {"run", "-", "--invoke", "ready"}).output == "7\n");
}

// Its second initialization traps.
constexpr const char* kOnce = R"((module (global $n (mut i32) (i32.const 0))
  (func (export "_initialize") (if (global.get $n) (then unreachable))
    (global.set $n (i32.const 1)))
  (func (export "f") (result i32) (global.get $n))))";

TEST_CASE("an initializer that is called by its name runs once") {
  CHECK(run(kOnce, {"run", "-", "--invoke", "_initialize"}).code == 0);
  CHECK(run(kOnce, {"run", "-", "--invoke", "f"}).output == "1\n");
}

TEST_CASE("a program is not initialized, also when its start is named") {
  constexpr const char* kProgram = R"((module
    (func (export "_initialize") unreachable) (func (export "_start"))))";
  CHECK(run(kProgram, {"run", "-"}).code == 0);
  CHECK(run(kProgram, {"run", "-", "--invoke", "_start"}).code == 0);
}

TEST_CASE("_start and _initialize of other types are exports like all others") {
  constexpr const char* kOther = R"((module
    (func (export "_initialize") (param i32))
    (func (export "_start") (param i32) (result i32) (local.get 0))))";
  CHECK(run(kOther, {"run", "-", "--invoke", "_start", "3"}).output == "3\n");
  CHECK(run(kOther, {"run", "-", "--invoke", "_initialize", "3"}).code == 0);
}

TEST_CASE("inspect shows what is in a module") {
  const Ended ended = run(kArithmetic, {"inspect", "-"});
  CHECK(ended.code == 0);
  for (const char* text : {"add(a: i32, b: i32) -> i32", "dialect  typed",
                           "pristine yes: nothing in it can change", "sha256:"})
    CHECK(ended.output.find(text) != std::string::npos);
  const Ended as_json = run(kArithmetic, {"inspect", "-", "--json"});
  const json::Value document = json::parse(as_json.output).value();
  CHECK(document.find("dialect")->as_string() == "typed");
  CHECK(document.find("exports")->size() == 5);
  CHECK(document.find("state")->as_string() == "stateless");
}

TEST_CASE("code is kept in the cache, and a cache that cannot be used is no error") {
  const auto directory =
      std::filesystem::temp_directory_path() / ("weft-cli-test-" + std::to_string(::getpid()));
  for (int i = 0; i < 2; ++i) {
    TestConsole test({{"XDG_CACHE_HOME", directory.string()}}, kArithmetic);
    CHECK(test.run({"run", "-", "--invoke", "add", "2", "3"}) == 0);
    CHECK(test.output() == "5\n");
  }
  CHECK(std::filesystem::exists(directory / "weft" / "code.key"));
  CHECK(std::filesystem::exists(directory / "weft" / "code"));
  std::filesystem::remove_all(directory);
  std::ofstream(directory) << "a file where the directory would be";
  TestConsole test({{"XDG_CACHE_HOME", directory.string()}}, kArithmetic);
  CHECK(test.run({"run", "-", "--invoke", "add", "2", "3"}) == 0);
  std::filesystem::remove(directory);
}

// Long enough for its description to be kept.
std::string large_module(std::string_view export_name) {
  std::string text = "(module (func (export \"" + std::string(export_name) +
                     "\") (param $a i32) (result i32) local.get 0";
  for (std::size_t i = 0; i < kKeptInfoModuleBytesMin; ++i)
    text += " i32.clz";
  return engine::to_binary(text + "))", "large.wat").value();
}

// Every file of the cache's entries.
std::vector<std::filesystem::path> entries_in(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory / "weft" / "code"))
    files.push_back(entry.path());
  return files;
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void overwrite(const std::filesystem::path& file, std::string_view content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

TEST_CASE("the description of a large module is kept, and believed only when it is ours") {
  const auto directory =
      std::filesystem::temp_directory_path() / ("weft-cli-info-" + std::to_string(::getpid()));
  TestConsole test({{"XDG_CACHE_HOME", directory.string()}});
  const auto described = [&](const std::string& module) {
    return function::to_record(local_info(content_id(module), module, {}, test.console()).value());
  };
  const std::string one = large_module("one");
  const std::string one_record = function::to_record(engine::inspect(one).value());
  CHECK(described(one) == one_record);
  REQUIRE(entries_in(directory).size() == 1);
  const auto file = entries_in(directory).front();
  const std::string entry = content_of(file);
  CHECK(described(one) == one_record);

  SUBCASE("an entry that somebody changed is not") {
    for (const std::size_t at : {0UZ, 31UZ, 32UZ, entry.size() / 2, entry.size() - 1}) {
      std::string changed = entry;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      overwrite(file, changed);
      CHECK(described(one) == one_record);
      // It is replaced by a good one.
      CHECK(content_of(file) == entry);
    }
  }
  SUBCASE("an entry that is cut off is not") {
    for (const std::size_t size : {0UZ, 5UZ, 32UZ, entry.size() - 1}) {
      overwrite(file, std::string_view(entry).substr(0, size));
      CHECK(described(one) == one_record);
    }
  }
  SUBCASE("the entry of another module is not") {
    const std::string other = large_module("other");
    const std::string other_record = described(other);
    for (const auto& each : entries_in(directory)) {
      if (each != file)
        std::filesystem::copy_file(file, each, std::filesystem::copy_options::overwrite_existing);
    }
    CHECK(described(other) == other_record);
  }
  SUBCASE("a module that is not valid is refused all the same") {
    std::string broken = one;
    broken.resize(broken.size() - 1);
    CHECK_FALSE(local_info(content_id(broken), broken, {}, test.console()).has_value());
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace weft::cli
