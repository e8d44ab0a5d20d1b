// Command lines and quantities from any bytes: they are refused or understood, and what was
// understood is printed in a form that is understood again.
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "base/assert.h"
#include "cli/arguments.h"
#include "cli/quantity.h"

namespace {

using weft::cli::Option;

constexpr std::array kOptions = {
    Option{.name = "timeout", .value = "T", .help = ""},
    Option{.name = "invoke", .value = "NAME", .help = ""},
    Option{.name = "follow", .value = "", .help = "", .letter = 'f'},
};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (;;) {
    const std::size_t end = text.find('\n');
    words.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end + 1);
  }
}

void check_command_line(const std::vector<std::string>& words, const weft::cli::Grammar& grammar) {
  const auto parsed = weft::cli::parse_arguments(words, grammar);
  if (!parsed || parsed->has("help")) return;
  WEFT_ASSERT(parsed->operands().size() >= grammar.operands_min);
  WEFT_ASSERT(parsed->operands().size() <= grammar.operands_max);
  WEFT_ASSERT(parsed->operands().size() <= words.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto bytes = weft::cli::parse_bytes(text)) weft::cli::bytes_text(*bytes);
  if (const auto count = weft::cli::parse_count(text))
    WEFT_ASSERT(weft::cli::parse_count(std::to_string(*count)).value() == *count);
  if (const auto time = weft::cli::parse_duration(text)) {
    WEFT_ASSERT(time->count() >= 0);
    weft::cli::duration_text(*time);
  }
  const std::vector<std::string> words = words_of(text);
  check_command_line(words, {.options = kOptions, .operands_min = 1, .operands_max = 3});
  check_command_line(words, {.options = kOptions,
                             .operands_min = 1,
                             .operands_max = SIZE_MAX,
                             .own_operands = 1,
                             .unless_option = "invoke"});
  return 0;
}
