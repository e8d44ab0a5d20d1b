#include "cli/substitutions.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/log.h"
#include "base/nearest.h"
#include "json/unicode.h"

namespace weft::cli {
namespace {

constexpr std::string_view kBegin = "${";
// More than any definition may have.
constexpr std::size_t kFilledBytesMax = 16UZ << 20U;
constexpr std::size_t kShownMax = 10;

Error too_long() {
  return Error(ErrorCode::kTooLarge,
               fmt::format("the definition with its substitutions is longer than {} bytes",
                           kFilledBytesMax))
      .with_limit("definition_bytes", kFilledBytesMax);
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char letter) {
    return is_letter_or_digit(letter) || std::string_view("_-.:").contains(letter);
  });
}

Error unknown(std::string_view name, std::string_view text) {
  std::set<std::string_view> unique;
  for (const Placeholder& placeholder : placeholders_in(text))
    unique.insert(placeholder.name);
  const std::vector<std::string_view> names(unique.begin(), unique.end());
  const auto meant = nearest(name, names);
  std::string hint;
  if (meant) {
    hint = fmt::format("; did you mean {}?", *meant);
  } else if (names.empty()) {
    hint = ": it has none";
  } else {
    const std::span shown = std::span(names).first(std::min(names.size(), kShownMax));
    const std::size_t others = names.size() - shown.size();
    hint = fmt::format(": it has {}{}", fmt::join(shown, ", "),
                       others > 0 ? fmt::format(" and {} others", others) : "");
  }
  return {ErrorCode::kInvalidArgument,
          fmt::format("--substitute {}: the definition has no placeholder ${{{}}}{}", name, name,
                      hint)};
}

}  // namespace

std::vector<Placeholder> placeholders_in(std::string_view text) {
  std::vector<Placeholder> found;
  for (std::size_t at = text.find(kBegin); at != std::string_view::npos;
       at = text.find(kBegin, at + 1)) {
    const std::string_view rest = text.substr(at + kBegin.size());
    const auto* const end = std::ranges::find_if_not(
        rest, [](char letter) { return is_name(std::string_view(&letter, 1)); });
    const auto size = static_cast<std::size_t>(end - rest.begin());
    if (size > 0 && end != rest.end() && *end == '}')
      found.push_back({.name = rest.substr(0, size), .offset = at});
  }
  return found;
}

Position FilledText::in_original(const Position& position) const {
  if (pieces_.empty() || !position.offset) return position;
  const auto offset = static_cast<std::size_t>(*position.offset);
  const auto behind = std::ranges::upper_bound(pieces_, offset, {}, &Piece::begin);
  if (behind == pieces_.begin()) return json::position_of(original_, offset);
  const Piece& piece = *std::prev(behind);
  return json::position_of(original_, offset < piece.end ? piece.original_begin
                                                         : offset - piece.end + piece.original_end);
}

Result<Substitutions> Substitutions::create(const std::vector<std::string_view>& options) {
  Substitutions substitutions;
  for (const std::string_view option : options) {
    const std::size_t equals = option.find('=');
    std::string_view name = option.substr(0, equals);
    if (equals == std::string_view::npos || !is_name(name)) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("--substitute {}: expected NAME=VALUE for a placeholder ${{NAME}}",
                              printable(option)));
    }
    if (!substitutions.values_.emplace(name, option.substr(equals + 1)).second) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("--substitute {}: {} is given twice", printable(option), name));
    }
  }
  return substitutions;
}

Result<FilledText> Substitutions::fill(std::string text) const {
  FilledText filled(std::move(text));
  if (values_.empty()) return filled;
  if (filled.original_.size() > kFilledBytesMax) return fail(too_long());
  const std::string_view original = filled.original_;
  filled.text_.clear();
  std::map<std::string_view, bool> used;
  std::size_t done = 0;
  for (const Placeholder& placeholder : placeholders_in(original)) {
    const auto value = values_.find(placeholder.name);
    if (value == values_.end()) continue;
    used[value->first] = true;
    filled.text_ += original.substr(done, placeholder.offset - done);
    done = placeholder.offset + kBegin.size() + placeholder.name.size() + 1;
    const std::size_t begin = filled.text_.size();
    filled.text_ += value->second;
    if (filled.text_.size() > kFilledBytesMax) return fail(too_long());
    filled.pieces_.push_back({.original_begin = placeholder.offset,
                              .original_end = done,
                              .begin = begin,
                              .end = filled.text_.size()});
  }
  filled.text_ += original.substr(done);
  if (filled.text_.size() > kFilledBytesMax) return fail(too_long());
  for (const auto& [name, value] : values_) {
    if (!used.contains(name)) return fail(unknown(name, original));
  }
  return filled;
}

}  // namespace weft::cli
