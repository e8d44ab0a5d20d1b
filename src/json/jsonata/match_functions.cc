// Functions that take regular expressions, or functions that look for matches as they do.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "json/jsonata/builtins.h"
#include "json/jsonata/evaluator.h"
#include "json/jsonata/regex.h"
#include "json/jsonata/values.h"

namespace weft::json::jsonata {

namespace {

// Where a matcher found something in a text.
struct Found {
  std::string_view match;
  std::size_t begin = 0;  // bytes
  std::size_t end = 0;
  Var start;  // in UTF-16 units
  Var groups;
  Var object;  // as the matcher gave it; undefined of regular expressions
};

Made<std::optional<RegexMatch>> match_of(Evaluator& run, const Node& regex, std::string_view text,
                                         std::size_t from) {
  constexpr std::uint64_t kStepsPerMatch = 64;
  WEFT_MADE(run.spend(kStepsPerMatch));
  auto match = regex.regex->match(text, from, run.regex_limits());
  if (!match.has_value()) {
    return fault({.code = "D1012",
                  .position = regex.position,
                  .message = "A match of the regular expression takes more steps than it may"});
  }
  return std::move(match).value();
}

Var groups_of(Heap& heap, const RegexMatch& match, std::string_view text) {
  Array* groups = heap.make<Array>();
  for (const auto& group : match.groups) {
    groups->push(heap, group.has_value()
                           ? Var::string(text.substr(group->begin, group->end - group->begin))
                           : Var());
  }
  return groups;
}

Var match_object_of(Heap& heap, const Function& regex, std::string_view text, const Found& found) {
  const double start = found.start.number();
  auto* next = heap.make<Function>();
  next->kind = Function::Kind::kNext;
  next->node = regex.node;
  next->text = text;
  next->from = found.end;
  auto* object = heap.make<Object>();
  object->set(heap, "match", Var::string(found.match));
  object->set(heap, "start", Var(start));
  object->set(heap, "end", Var(start + static_cast<double>(utf16_size(found.match))));
  object->set(heap, "groups", found.groups);
  object->set(heap, "next", Var(next));
  return object;
}

// The matches in a text, one after the other.
class Matches {
 public:
  // Borrows the text.
  Matches(Call& call, Var matcher, std::string_view text)
      : run_(call.run), frame_(call.frame), matcher_(matcher), text_(text) {
    is_regex_ = matcher.function()->kind == Function::Kind::kRegex;
  }

  // False when there is no other.
  Made<bool> next(Found& found) {
    return is_regex_ ? next_of_regex(found) : next_of_function(found);
  }

  // The match as the object that functions take.
  Var object(const Found& found) {
    if (found.object.defined()) return found.object;
    return match_object_of(run_.heap(), *matcher_.function(), text_, found);
  }

 private:
  Made<bool> next_of_regex(Found& found) {
    const Node& node = *matcher_.function()->node;
    if (started_ && at_ >= text_.size()) return false;
    const auto match = WEFT_MADE(match_of(run_, node, text_, at_));
    if (!match.has_value()) return false;
    const auto [begin, end] = match->whole;
    if (started_ && begin == end) return fault("D1004", node.position);
    units_ += utf16_size(text_.substr(counted_, begin - counted_));
    WEFT_MADE(run_.spend((begin - counted_) / 64));
    counted_ = begin;
    started_ = true;
    at_ = end;
    found = {.match = text_.substr(begin, end - begin),
             .begin = begin,
             .end = end,
             .start = Var(static_cast<double>(units_)),
             .groups = groups_of(run_.heap(), *match, text_),
             .object = {}};
    return true;
  }

  Made<bool> next_of_function(Found& found) {
    const Var text = started_ ? Var() : Var::string(text_);
    const Var object = WEFT_MADE(run_.apply(matcher_, {&text, 1}, frame_));
    started_ = true;
    if (!object.defined()) return false;
    const Var match = object.member("match");
    const Var start = object.member("start");
    matcher_ = object.member("next");
    if (!match.is_string() || !start.is_number() || !object.member("groups").is_array() ||
        !matcher_.is_function()) {
      return fault("T1010");
    }
    const std::size_t begin = offset_of(start.number());
    const Var end = object.member("end");
    found = {.match = match.text(),
             .begin = begin,
             .end = end.is_number() ? std::max(begin, offset_of(end.number())) : begin,
             .start = start,
             .groups = object.member("groups"),
             .object = object};
    return true;
  }

  std::size_t offset_of(double units) const {
    std::size_t at = 0;
    for (double seen = 0; seen < units && at < text_.size();) {
      const std::size_t size = character_size(text_, at);
      seen += size == 4 ? 2 : 1;
      at += size;
    }
    return at;
  }

  Evaluator& run_;
  Frame* frame_;
  Var matcher_;
  std::string_view text_;
  bool is_regex_ = false;
  bool started_ = false;
  std::size_t at_ = 0;       // of a regular expression: where to go on
  std::size_t counted_ = 0;  // bytes before which there are…
  std::size_t units_ = 0;    // …so many UTF-16 units
};

// Up to how many there may be; nothing when there is no limit.
Made<std::optional<double>> limit_of(Call& call, std::size_t index, std::string_view code) {
  const Var limit = call.argument(index);
  if (!limit.defined()) return std::nullopt;
  if (limit.number() < 0) {
    return fault({.code = std::string(code), .value = shown(call.run, limit), .index = index + 1});
  }
  return limit.number();
}

bool is_below(std::size_t count, std::optional<double> limit) {
  return !limit.has_value() || static_cast<double>(count) < *limit;
}

}  // namespace

Made<Var> match_object(Evaluator& run, const Function& regex, std::string_view text,
                       std::size_t from) {
  const auto match = WEFT_MADE(match_of(run, *regex.node, text, from));
  if (!match.has_value()) return Var();
  const auto [begin, end] = match->whole;
  const auto units = static_cast<double>(utf16_size(text.substr(0, begin)));
  WEFT_MADE(run.spend(begin / 64));
  return match_object_of(run.heap(), regex, text,
                         {.match = text.substr(begin, end - begin),
                          .begin = begin,
                          .end = end,
                          .start = Var(units),
                          .groups = groups_of(run.heap(), *match, text),
                          .object = {}});
}

namespace builtins {

Made<Var> contains(Call& call) {
  const Var text = call.argument(0);
  const Var token = call.argument(1);
  if (!text.defined() || !token.defined()) return Var();
  if (token.is_string()) {
    WEFT_MADE(call.run.spend(text.text().size() / 64));
    return Var::boolean(text.text().contains(token.text()));
  }
  Matches matches(call, token, text.text());
  Found found;
  return Var::boolean(WEFT_MADE(matches.next(found)));
}

Made<Var> match(Call& call) {
  const Var text = call.argument(0);
  if (!text.defined()) return Var();
  const auto limit = WEFT_MADE(limit_of(call, 2, "D3040"));
  Heap& heap = call.run.heap();
  Array* result = heap.sequence();
  Matches matches(call, call.argument(1), text.text());
  while (is_below(result->size, limit)) {
    Found found;
    if (!WEFT_MADE(matches.next(found))) break;
    auto* object = heap.make<Object>();
    object->set(heap, "match", Var::string(found.match));
    object->set(heap, "index", found.start);
    object->set(heap, "groups", found.groups);
    result->push(heap, object);
  }
  return Var(result);
}

namespace {

// The number that the digits at the start of the text make, of which at most `count` count.
std::optional<std::size_t> leading_number(std::string_view text, std::size_t count) {
  std::size_t value = 0;
  std::size_t digits = 0;
  while (digits < std::min(count, text.size()) && text[digits] >= '0' && text[digits] <= '9') {
    value = (value * 10) + static_cast<std::size_t>(text[digits] - '0');
    digits++;
  }
  return digits == 0 ? std::nullopt : std::optional(value);
}

// The replacement with $0 and $1 as what was found, and $$ as a dollar sign.
std::string substituted(std::string_view replacement, const Found& found) {
  std::string out;
  const std::size_t groups = found.groups.size();
  const std::size_t digits = groups == 0 ? 1 : std::to_string(groups).size();
  while (true) {
    const std::size_t dollar = replacement.find('$');
    out += replacement.substr(0, dollar);
    if (dollar == std::string_view::npos) return out;
    replacement.remove_prefix(dollar + 1);
    if (replacement.starts_with('$') || replacement.starts_with('0')) {
      out += replacement[0] == '$' ? "$" : found.match;
      replacement.remove_prefix(1);
      continue;
    }
    auto index = leading_number(replacement, digits);
    if (digits > 1 && index.has_value() && *index > groups) {
      index = leading_number(replacement, digits - 1);
    }
    if (!index.has_value()) {
      out += '$';
      continue;
    }
    if (*index >= 1 && *index <= groups) {
      const Var group = found.groups.item(*index - 1);
      if (group.is_string()) out += group.text();
    }
    replacement.remove_prefix(std::to_string(*index).size());
  }
}

Made<std::string> replacement_of(Call& call, Matches& matches, const Found& found) {
  const Var replacement = call.argument(2);
  if (replacement.is_string()) return substituted(replacement.text(), found);
  const Var match = matches.object(found);
  const Var text = WEFT_MADE(call.run.apply(replacement, {&match, 1}, call.frame));
  if (!text.is_string()) return fault({.code = "D3012", .value = shown(call.run, text)});
  return std::string(text.text());
}

Made<Var> replace_text(Call& call, std::optional<double> limit) {
  std::string_view rest = call.argument(0).text();
  const std::string_view pattern = call.argument(1).text();
  const Var replacement = call.argument(2);
  if (!replacement.is_string()) {
    return fault({.code = "D3012", .value = shown(call.run, replacement)});
  }
  std::string out;
  for (std::size_t count = 0; is_below(count, limit); count++) {
    const std::size_t at = rest.find(pattern);
    if (at == std::string_view::npos) break;
    out += rest.substr(0, at);
    out += replacement.text();
    rest.remove_prefix(at + pattern.size());
    WEFT_MADE(call.run.spend(1));
    if (!call.run.heap().has(out.size())) return fault("D2015");
  }
  out += rest;
  return call.run.text(out);
}

}  // namespace

Made<Var> replace(Call& call) {
  const Var text = call.argument(0);
  const Var pattern = call.argument(1);
  if (!text.defined()) return Var();
  if (pattern.is_string() && pattern.text().empty()) {
    return fault({.code = "D3010", .value = R"("")", .index = 2});
  }
  const auto limit = WEFT_MADE(limit_of(call, 3, "D3011"));
  if (pattern.is_string()) return replace_text(call, limit);
  if (!pattern.is_function() || !call.argument(2).defined()) {
    return fault({.code = "T0410", .index = pattern.is_function() ? 3U : 2U});
  }
  std::string out;
  std::size_t position = 0;
  Matches matches(call, pattern, text.text());
  for (std::size_t count = 0; is_below(count, limit); count++) {
    Found found;
    if (!WEFT_MADE(matches.next(found))) break;
    if (found.begin > position) out += text.text().substr(position, found.begin - position);
    out += WEFT_MADE(replacement_of(call, matches, found));
    position = found.begin + found.match.size();
    if (!call.run.heap().has(out.size())) return fault("D2015");
  }
  if (position < text.text().size()) out += text.text().substr(position);
  return call.run.text(out);
}

namespace {

Made<Var> split_at_text(Call& call, std::optional<double> limit) {
  if (limit.has_value()) limit = std::floor(*limit);
  std::string_view rest = call.argument(0).text();
  const std::string_view separator = call.argument(1).text();
  Heap& heap = call.run.heap();
  Array* result = heap.make<Array>();
  while (is_below(result->size, limit)) {
    WEFT_MADE(call.run.spend(1));
    if (separator.empty() && rest.empty()) break;
    const std::size_t at = separator.empty() ? character_size(rest, 0) : rest.find(separator);
    result->push(heap, Var::string(rest.substr(0, at)));
    if (at == std::string_view::npos) break;
    rest.remove_prefix(at + separator.size());
  }
  return Var(result);
}

}  // namespace

Made<Var> split(Call& call) {
  const Var text = call.argument(0);
  const Var separator = call.argument(1);
  if (!text.defined()) return Var();
  const auto limit = WEFT_MADE(limit_of(call, 2, "D3020"));
  if (separator.is_string()) return split_at_text(call, limit);
  if (!separator.is_function()) return fault({.code = "T0410", .index = 2});
  Heap& heap = call.run.heap();
  Array* result = heap.make<Array>();
  Matches matches(call, separator, text.text());
  std::size_t start = 0;
  while (is_below(result->size, limit)) {
    Found found;
    const bool is_found = WEFT_MADE(matches.next(found));
    const std::size_t end = is_found ? std::max(found.begin, start) : text.text().size();
    result->push(heap, Var::string(text.text().substr(start, end - start)));
    if (!is_found) break;
    start = found.end;
  }
  return Var(result);
}

}  // namespace builtins

}  // namespace weft::json::jsonata
