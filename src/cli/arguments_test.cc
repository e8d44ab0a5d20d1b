#include "cli/arguments.h"

#include <array>

#include <doctest/doctest.h>

namespace weft::cli {
namespace {

constexpr std::array kOptions = {
    Option{.name = "timeout", .value = "T", .help = ""},
    Option{.name = "invoke", .value = "NAME", .help = ""},
    Option{.name = "env", .value = "K=V", .help = ""},
    Option{.name = "follow", .value = "", .help = "", .letter = 'f'},
};
constexpr Grammar kPlain{.options = kOptions, .operands_min = 1, .operands_max = 2};
constexpr Grammar kGuest{.options = kOptions,
                         .operands_min = 1,
                         .operands_max = SIZE_MAX,
                         .own_operands = 1,
                         .unless_option = "invoke"};

Result<Arguments> parse(std::vector<std::string> words, const Grammar& grammar = kPlain) {
  return parse_arguments(words, grammar);
}

using Words = std::vector<std::string>;

TEST_CASE("options stand anywhere, with their value behind them or behind an equals sign") {
  const auto parsed = parse({"a", "--timeout", "3s", "--env=A=b", "b", "-f"}).value();
  CHECK(parsed.operands() == Words{"a", "b"});
  CHECK(parsed.value("timeout") == "3s");
  CHECK(parsed.value("env") == "A=b");
  CHECK(parsed.has("follow"));
  CHECK_FALSE(parsed.has("invoke"));
  CHECK(parsed.operand(1) == "b");
  CHECK(parsed.operand(2).empty());
}

TEST_CASE("the last of a repeated option wins, and all can be had") {
  const auto parsed = parse({"a", "--env", "A=1", "--env", "B=2"}).value();
  CHECK(parsed.value("env") == "B=2");
  CHECK(parsed.values("env") == std::vector<std::string_view>{"A=1", "B=2"});
}

TEST_CASE("negative numbers and a lone hyphen are operands") {
  for (const char* word : {"-1", "-.5", "-inf", "-nan", "-Infinity", "-"}) {
    CAPTURE(word);
    CHECK(parse({word}).value().operands() == Words{word});
  }
}

TEST_CASE("two hyphens end the options") {
  CHECK(parse({"--", "--timeout", "-f"}).value().operands() == Words{"--timeout", "-f"});
}

TEST_CASE("an unknown option is refused with the one that was meant") {
  const Error error = parse({"a", "--timeot", "3"}).error();
  CHECK(error.code() == ErrorCode::kInvalidArgument);
  CHECK(error.message() == "unknown option --timeot; did you mean --timeout?");
  CHECK(parse({"a", "-x"}).error().message() == "unknown option -x");
  CHECK(parse({"a", "--zzzzzzz=\x1b"}).error().message() == "unknown option --zzzzzzz");
}

TEST_CASE("missing and superfluous words are named") {
  CHECK(parse({}).error().message() == "an argument is missing");
  CHECK(parse({"a", "b", "c"}).error().message() == "unexpected argument c");
  CHECK(parse({"a", "--timeout"}).error().message() == "--timeout needs a value: --timeout T");
  CHECK(parse({"a", "--follow=1"}).error().message() == "--follow takes no value");
}

TEST_CASE("help needs no operands") {
  CHECK(parse({"--help"}).value().has("help"));
  CHECK(parse({"-h"}).value().has("help"));
}

TEST_CASE("behind a program's file, the first foreign word begins what belongs to the program") {
  const auto parsed =
      parse({"--timeout", "1s", "p.wasm", "--env", "A=b", "--verbose", "--timeout", "x", "-h"},
            kGuest)
          .value();
  CHECK(parsed.operands() == Words{"p.wasm", "--verbose", "--timeout", "x", "-h"});
  CHECK(parsed.value("timeout") == "1s");
  CHECK(parsed.value("env") == "A=b");
  CHECK_FALSE(parsed.has("help"));
  CHECK(parse({"p.wasm", "--", "--env"}, kGuest).value().operands() == Words{"p.wasm", "--env"});
}

TEST_CASE("with --invoke, options stand anywhere") {
  const auto parsed =
      parse({"add.wat", "--invoke", "add", "2", "-3", "--timeout", "1s"}, kGuest).value();
  CHECK(parsed.operands() == Words{"add.wat", "2", "-3"});
  CHECK(parsed.value("timeout") == "1s");
  CHECK_FALSE(parse({"--invoke", "add", "add.wat", "--verbose"}, kGuest).has_value());
}

}  // namespace
}  // namespace weft::cli
