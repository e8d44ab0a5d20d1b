#include "cli/toml.h"

#include <exception>

namespace weft::cli {
namespace {

class Refused final : public std::exception {};

}  // namespace

void refuse_toml() {
  std::rethrow_exception(std::make_exception_ptr(Refused()));
}

std::expected<toml::table, TomlProblem> parse_toml(std::string_view text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& problem) {
    const toml::source_position& place = problem.source().begin;
    return std::unexpected(TomlProblem{
        .line = place.line, .column = place.column, .what = std::string(problem.description())});
  } catch (const Refused&) {
    return std::unexpected(TomlProblem{.what = "a bracket is followed by what is no name"});
  }
}

}  // namespace weft::cli
