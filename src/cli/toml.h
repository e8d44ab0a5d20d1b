// toml++, as all of cli includes it. Private to cli.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace weft::cli {

// An assertion of the library: version 3.3 of it asserts of some texts that are no TOML.
[[noreturn]] void refuse_toml();

}  // namespace weft::cli

#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ASSERT(expression) ((expression) ? static_cast<void>(0) : ::weft::cli::refuse_toml())
#include <toml++/toml.h>

namespace weft::cli {

struct TomlProblem {
  std::uint32_t line = 1;  // both from 1
  std::uint32_t column = 1;
  std::string what;
};

// A text of anybody's.
std::expected<toml::table, TomlProblem> parse_toml(std::string_view text);

}  // namespace weft::cli
