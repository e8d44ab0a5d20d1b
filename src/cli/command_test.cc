#include "cli/command.h"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/version.h"
#include "cli/report.h"
#include "cli/testing.h"
#include "json/parse.h"

namespace weft::cli {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("commands and their options have names of their own") {
  std::set<std::string_view> names;
  for (const Command* const command : commands()) {
    CHECK(names.insert(command->name).second);
    CHECK_FALSE(command->summary.empty());
    std::set<std::string_view> options;
    std::set<char> letters;
    for (const Option& option : command->grammar.options) {
      CHECK(options.insert(option.name).second);
      CHECK_FALSE(option.help.empty());
      if (option.letter != 0) CHECK(letters.insert(option.letter).second);
    }
  }
}

TEST_CASE("help texts fit into 100 columns and end their lines") {
  for (const Command* const command : commands()) {
    if (command->run == nullptr) continue;
    CAPTURE(command->name);
    TestConsole test;
    CHECK(test.run({"help", std::string(command->name)}) == 0);
    std::string_view text = test.output();
    CHECK(text.ends_with('\n'));
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      CAPTURE(line);
      CHECK(std::ranges::count_if(line, [](unsigned char c) { return (c & 0xc0U) != 0x80U; }) <=
            110);
      text.remove_prefix(line.size() + 1);
    }
  }
}

TEST_CASE("--help of a command is the same as help COMMAND") {
  TestConsole one;
  TestConsole other;
  CHECK(one.run({"run", "--help"}) == 0);
  CHECK(other.run({"help", "run"}) == 0);
  CHECK(one.output() == other.output());
  CHECK(one.errors().empty());
}

TEST_CASE("--help may stand before a command") {
  TestConsole one;
  TestConsole other;
  CHECK(one.run({"--help", "run"}) == 0);
  CHECK(other.run({"help", "run"}) == 0);
  CHECK(one.output() == other.output());
  TestConsole unknown;
  CHECK(unknown.run({"--help", "rnu"}) == 2);
}

TEST_CASE("doctor says where no data can be") {
  for (const char* place : {"/proc/x", "/dev/null"}) {
    CAPTURE(place);
    TestConsole test({{"HOME", "."}});
    CHECK(test.run({"doctor", "--data", place, "--json"}) == 1);
    const json::Value document = json::parse(test.output()).value();
    for (const json::Value& check : document.find("checks")->as_array()) {
      if (check.find("name")->as_string() == "data")
        CHECK(check.find("health")->as_string() == "missing");
    }
  }
}

TEST_CASE("without a command the overview goes to standard error") {
  TestConsole test;
  CHECK(test.run({}) == 2);
  CHECK(test.output().empty());
  CHECK(test.errors().find("weft run hello.wasm") != std::string::npos);
}

TEST_CASE("the version goes to standard output") {
  TestConsole test;
  CHECK(test.run({"--version"}) == 0);
  CHECK(test.output() == "weft " + std::string(kVersion) + "\n");
}

TEST_CASE("an unknown command is refused with the one that was meant") {
  TestConsole test;
  CHECK(test.run({"inspct", "x"}) == 2);
  CHECK(test.errors() ==
        "weft: there is no command inspct; did you mean inspect?; `weft help` lists them\n");
}

TEST_CASE(
    "what a command is called elsewhere is known, and only commands that exist are suggested") {
  const auto said = [](const Words& words) {
    TestConsole test;
    CHECK(test.run(words) == 2);
    return test.errors();
  };
  CHECK(said({"rm", "x"}) ==
        "weft: there is no command rm; did you mean remove?; `weft help` lists them\n");
  CHECK(said({"ls"}).find("did you mean list?") != std::string::npos);
  CHECK(said({"help", "delete"}).find("did you mean remove?") != std::string::npos);
  for (const char* word : {"nope", "nod", "pul", "secre", "workflo"}) {
    const std::string text = said({"help", word});
    CAPTURE(text);
    for (const Command* const command : commands()) {
      if (command->run == nullptr)
        CHECK(text.find(fmt::format("mean {}?", command->name)) == std::string::npos);
    }
  }
}

TEST_CASE("commands of later versions say so") {
  for (const char* name : {"secret", "push", "pull", "login", "node", "new"}) {
    TestConsole test;
    CHECK(test.run({name, "--anything", "at", "all"}) == 1);
    CHECK(test.errors() == "weft: " + std::string(name) + ": not available in this version\n");
  }
}

TEST_CASE("a wrong command line is answered with the usage") {
  TestConsole test;
  CHECK(test.run({"inspect"}) == 2);
  CHECK(test.errors() ==
        "weft: an argument is missing\nUsage: weft inspect FILE|DIRECTORY\nTry `weft help "
        "inspect`.\n");
}

TEST_CASE("with --json, errors are JSON too") {
  TestConsole test;
  CHECK(test.run({"inspect", "no-such-file.wasm", "--json"}) == 3);
  CHECK(json::parse(test.errors()).value().find("code")->as_string() == "not_found");
  TestConsole usage;
  CHECK(usage.run({"inspect", "--json"}) == 2);
  CHECK(json::parse(usage.errors()).has_value());
}

TEST_CASE("with --json, errors of the command line are JSON where no command knows the option") {
  for (const Words& words :
       {Words{"nope", "--json"}, Words{"secret", "list", "--json"}, Words{"serve", "--json"},
        Words{"--json"}, Words{"remove", "a", "b", "--json"}}) {
    TestConsole test;
    CHECK(test.run(words) != 0);
    CHECK(json::parse(test.errors()).value().find("exit_code") != nullptr);
  }
  TestConsole text;
  CHECK(text.run({"nope", "--", "--json"}) == 2);
  CHECK(text.errors().starts_with("weft: there is no command nope"));
}

TEST_CASE("a reader that goes away ends a command quietly") {
  class Closed final : public system::OutputStream {
    Result<> write(std::span<const std::uint8_t>) override {
      return fail(ErrorCode::kUnavailable, "nobody reads");
    }
  };
  Closed closed;
  system::CaptureStream errors(1024, "errors");
  system::BytesInput input("");
  const FakeClock clock;
  SystemRandom random;
  Console console({.input = input,
                   .output = closed,
                   .errors = errors,
                   .environment = [](const char*) { return std::nullopt; },
                   .variables = [] { return std::vector<std::string>(); },
                   .clock = clock,
                   .random = random});
  CHECK(run_command_line(Words{"--version"}, console) == kClosedPipeExitCode);
  CHECK(errors.text().empty());
}

TEST_CASE("colours are shown where they are wanted") {
  system::CaptureStream output(1 << 16, "output");
  system::CaptureStream errors(1 << 16, "errors");
  system::BytesInput input("");
  const FakeClock clock;
  SystemRandom random;
  Console console({.input = input,
                   .output = output,
                   .errors = errors,
                   .environment = [](const char*) { return std::nullopt; },
                   .variables = [] { return std::vector<std::string>(); },
                   .clock = clock,
                   .random = random,
                   .colours = true});
  CHECK(run_command_line(Words{"nonsense"}, console) == 2);
  CHECK(errors.text().starts_with("\x1b[1;31mweft:\x1b[0m "));
}

TEST_CASE("completions name every command and option") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    TestConsole test;
    CHECK(test.run({"completions", shell}) == 0);
    for (const Command* const command : commands()) {
      if (command->run == nullptr) continue;
      CHECK(test.output().find(command->name) != std::string::npos);
      for (const Option& option : command->grammar.options)
        CHECK(test.output().find(option.name) != std::string::npos);
    }
  }
  TestConsole test;
  CHECK(test.run({"completions", "powershell"}) == 2);
}

TEST_CASE("doctor says something about everything it looks at") {
  TestConsole test({{"HOME", "."}});
  CHECK(test.run({"doctor", "--json"}) == 0);
  const json::Value document = json::parse(test.output()).value();
  CHECK(document.find("checks")->size() >= 9);
  for (const json::Value& check : document.find("checks")->as_array()) {
    const auto health = check.find("health")->as_string();
    CHECK((health == "ok" || check.find("advice") != nullptr));
  }
}

}  // namespace
}  // namespace weft::cli
