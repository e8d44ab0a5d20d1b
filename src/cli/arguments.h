// The words of a command line, sorted into options and operands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace weft::cli {

enum class WordKind : std::uint8_t { kText, kFile, kDirectory, kFunction, kCommand };

// What a word of a command line may be, for completions: one of `choices`, or something of `kind`.
struct Word {
  WordKind kind = WordKind::kText;
  std::string_view choices = {};  // separated by spaces; empty: anything
};

// An option of a command: --name, or --name VALUE.
struct Option {
  std::string_view name;           // without the hyphens
  std::string_view value;          // what stands for its value in the help; empty: it takes none
  std::string_view help;           // one line
  char letter = 0;                 // 'f' for -f; 0: it has none
  std::string_view fallback = {};  // the default, where the help should tell it
  Word word = {};                  // what its value is
};

// What a command takes.
struct Grammar {
  std::span<const Option> options;
  std::size_t operands_min = 0;
  std::size_t operands_max = 0;
  // After so many operands the command's own part may end: the first further operand or unknown
  // option, and all behind it, are the guest's, whatever they look like.
  std::size_t own_operands = SIZE_MAX;
  // When this option was given, the rule above does not hold: options may stand anywhere.
  std::string_view unless_option = {};
};

// A parsed command line. A value; borrows the Grammar's options.
class Arguments {
 public:
  // In their order, the guest's included.
  const std::vector<std::string>& operands() const { return operands_; }
  // The operand at `index`; empty when there are fewer.
  std::string_view operand(std::size_t index) const;

  bool has(std::string_view option) const;
  // The value of the option; the last one wins.
  std::optional<std::string_view> value(std::string_view option) const;
  std::vector<std::string_view> values(std::string_view option) const;

 private:
  friend Result<Arguments> parse_arguments(std::span<const std::string> words,
                                           const Grammar& grammar);

  std::vector<std::pair<std::string_view, std::string>> options_;
  std::vector<std::string> operands_;
};

// `--name value`, `--name=value`, `-f`; `--` ends the options. A word that begins like a negative
// number is an operand, and so is `-`. `--help` and `-h` are always options. kInvalidArgument names
// the word that does not fit, and the option that it may have meant. Does not check operands_min
// when help was asked for.
Result<Arguments> parse_arguments(std::span<const std::string> words, const Grammar& grammar);

}  // namespace weft::cli
