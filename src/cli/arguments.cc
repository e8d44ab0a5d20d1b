#include "cli/arguments.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/nearest.h"

namespace weft::cli {
namespace {

constexpr std::string_view kHelp = "help";
constexpr Option kHelpOption{.name = kHelp, .value = "", .help = "show this help", .letter = 'h'};

const Option* find_long(std::span<const Option> options, std::string_view name) {
  if (name == kHelp) return &kHelpOption;
  const auto found = std::ranges::find(options, name, &Option::name);
  return found == options.end() ? nullptr : &*found;
}

const Option* find_short(std::span<const Option> options, char letter) {
  if (letter == kHelpOption.letter) return &kHelpOption;
  const auto found = std::ranges::find(options, letter, &Option::letter);
  return found == options.end() ? nullptr : &*found;
}

bool is_negative_number(std::string_view word) {
  if (word.size() < 2 || word.front() != '-') return false;
  const char next = word[1];
  return (next >= '0' && next <= '9') || next == '.' || word == "-inf" || word == "-nan" ||
         word == "-Infinity" || word == "-NaN";
}

Error unknown_option(std::string_view word, std::span<const Option> options) {
  const std::string_view name = word.substr(0, word.find('='));
  std::vector<std::string> spelled;
  for (const Option& option : options)
    spelled.push_back(fmt::format("--{}", option.name));
  const std::vector<std::string_view> candidates(spelled.begin(), spelled.end());
  const auto meant = nearest(name, candidates);
  return {ErrorCode::kInvalidArgument,
          fmt::format("unknown option {}{}", printable(name),
                      meant ? fmt::format("; did you mean {}?", *meant) : std::string())};
}

// What a word turned out to be.
struct Found {
  const Option* option = nullptr;         // Nothing: an operand, or unknown.
  std::optional<std::string_view> value;  // Behind the "=".
  bool looks_like_option = false;
};

Found classify(std::string_view word, std::span<const Option> options) {
  if (word.size() < 2 || word.front() != '-' || is_negative_number(word)) return {};
  if (word.starts_with("--")) {
    const std::size_t equals = word.find('=');
    Found found{.option = find_long(options, word.substr(2, equals - 2)),
                .value = std::nullopt,
                .looks_like_option = true};
    if (equals != std::string_view::npos) found.value = word.substr(equals + 1);
    return found;
  }
  return {.option = word.size() == 2 ? find_short(options, word[1]) : nullptr,
          .value = std::nullopt,
          .looks_like_option = true};
}

Result<> check_count(const std::vector<std::string>& operands, const Grammar& grammar) {
  if (operands.size() < grammar.operands_min)
    return fail(ErrorCode::kInvalidArgument, "an argument is missing");
  if (operands.size() > grammar.operands_max) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("unexpected argument {}", printable(operands[grammar.operands_max])));
  }
  return {};
}

}  // namespace

std::string_view Arguments::operand(std::size_t index) const {
  return index < operands_.size() ? std::string_view(operands_[index]) : std::string_view();
}

bool Arguments::has(std::string_view option) const {
  return std::ranges::any_of(options_, [&](const auto& given) { return given.first == option; });
}

std::optional<std::string_view> Arguments::value(std::string_view option) const {
  const auto all = values(option);
  if (all.empty()) return std::nullopt;
  return all.back();
}

std::vector<std::string_view> Arguments::values(std::string_view option) const {
  std::vector<std::string_view> found;
  for (const auto& [name, value] : options_) {
    if (name == option) found.emplace_back(value);
  }
  return found;
}

Result<Arguments> parse_arguments(std::span<const std::string> words, const Grammar& grammar) {
  Arguments parsed;
  const auto guest_may_begin = [&] {
    return parsed.operands_.size() >= grammar.own_operands &&
           (grammar.unless_option.empty() || !parsed.has(grammar.unless_option));
  };
  std::size_t i = 0;
  for (; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      ++i;
      break;
    }
    const Found found = classify(word, grammar.options);
    if (found.option == nullptr) {
      if (guest_may_begin()) break;
      if (found.looks_like_option) return fail(unknown_option(word, grammar.options));
      parsed.operands_.push_back(word);
      continue;
    }
    const Option& option = *found.option;
    if (option.value.empty()) {
      if (found.value)
        return fail(ErrorCode::kInvalidArgument, fmt::format("--{} takes no value", option.name));
      parsed.options_.emplace_back(option.name, "");
      continue;
    }
    if (!found.value && i + 1 == words.size()) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("--{} needs a value: --{} {}",
                                                           option.name, option.name, option.value));
    }
    parsed.options_.emplace_back(option.name, found.value ? std::string(*found.value) : words[++i]);
  }
  parsed.operands_.insert(parsed.operands_.end(), words.begin() + static_cast<std::ptrdiff_t>(i),
                          words.end());
  if (parsed.has(kHelp)) return parsed;
  TRY(check_count(parsed.operands_, grammar));
  return parsed;
}

}  // namespace weft::cli
