// Which versions of Python a script takes (PEP 440, "version specifiers").
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/requirements.h"

namespace weft::cli {
namespace {

// Numbers that the version begins with. What stands behind the second is the guests' own business.
struct Release {
  std::vector<std::uint32_t> numbers;
  bool is_prefix = false;  // "3.13.*"
};

constexpr std::array<std::uint32_t, 2> kGuest = {3, 13};
constexpr std::size_t kNumbersMax = 8;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

std::optional<Release> release_of(std::string_view text) {
  Release release;
  if (text.ends_with(".*")) {
    release.is_prefix = true;
    text.remove_suffix(2);
  }
  while (release.numbers.size() < kNumbersMax) {
    std::uint32_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc()) return std::nullopt;
    release.numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    if (!text.starts_with('.')) break;
    text.remove_prefix(1);
  }
  // A pre-release (3.14rc1) counts as what it leads to.
  if (!text.empty() && text.find_first_not_of("0123456789abcrpost.dev") != text.npos)
    return std::nullopt;
  return release;
}

// -1, 0 or 1 as 3.13 is before, among or behind the versions that begin so.
int compare(const Release& release) {
  for (std::size_t i = 0; i < kGuest.size() && i < release.numbers.size(); ++i) {
    if (kGuest.at(i) != release.numbers[i]) return kGuest.at(i) < release.numbers[i] ? -1 : 1;
  }
  return 0;
}

// Where only patch releases decide, the benefit of the doubt is the script's.
bool holds(std::string_view op, const Release& release) {
  const int order = compare(release);
  const bool is_whole = release.numbers.size() <= kGuest.size();
  if (op == ">=") return order >= 0;
  if (op == "<=") return order <= 0;
  if (op == ">") return order > 0 || (order == 0 && !is_whole);
  if (op == "<") return order < 0 || (order == 0 && !is_whole);
  if (op == "!=") return order != 0 || !(is_whole && release.is_prefix);
  if (op != "~=") return order == 0;
  Release series{.numbers = release.numbers, .is_prefix = true};
  series.numbers.pop_back();
  return order >= 0 && compare(series) == 0;
}

}  // namespace

Result<bool> takes_guest_python(std::string_view specifier) {
  constexpr std::array<std::string_view, 8> kOperators = {
      "===", "~=", "==", "!=", ">=", "<=", ">", "<"};
  bool takes = true;
  while (!specifier.empty()) {
    const std::string_view clause = trimmed(specifier.substr(0, specifier.find(',')));
    specifier.remove_prefix(std::min(specifier.size(), specifier.find(',')));
    if (!specifier.empty()) specifier.remove_prefix(1);
    if (clause.empty()) continue;
    const auto* const op = std::ranges::find_if(
        kOperators, [&](std::string_view each) { return clause.starts_with(each); });
    const auto release =
        op == kOperators.end() ? std::nullopt : release_of(trimmed(clause.substr(op->size())));
    if (!release || (*op == "~=" && release->numbers.size() < 2)) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} is no specifier of Python's versions", printable(clause)));
    }
    takes = takes && holds(*op, *release);
  }
  return takes;
}

}  // namespace weft::cli
