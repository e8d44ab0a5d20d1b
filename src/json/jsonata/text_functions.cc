// Functions of strings. They count characters as code points; a lone surrogate is one.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

#include "json/jsonata/builtins.h"
#include "json/jsonata/regex.h"
#include "json/jsonata/values.h"

namespace weft::json::jsonata::builtins {

namespace {

// Offset of the character of that index; the text's end where there are not so many.
std::size_t offset_of(std::string_view text, double index) {
  std::size_t at = 0;
  for (double seen = 0; seen < index && at < text.size(); seen++) {
    at += character_size(text, at);
  }
  return at;
}

bool is_blank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

}  // namespace

Made<Var> string(Call& call) {
  const Var value = call.argument(0);
  if (!value.defined() || value.is_string()) return value;
  const Var pretty = call.argument(1);
  const bool is_pretty = pretty.defined() && pretty.boolean();
  return call.run.text(WEFT_MADE(text_of(call.run, value, is_pretty)));
}

Made<Var> substring(Call& call) {
  const Var value = call.argument(0);
  if (!value.defined()) return value;
  const std::string_view text = value.text();
  WEFT_MADE(call.run.spend(text.size() / 16));
  const Var start_argument = call.argument(1);
  double start = start_argument.defined() ? start_argument.number() : 0;
  const auto size = static_cast<double>(character_count(text));
  if (size + start < 0) start = 0;
  const Var length = call.argument(2);
  if (length.defined() && !(length.number() > 0)) return Var::string({});
  // JavaScript's slice(): fractions are cut off, and what is negative counts from the end.
  const auto place = [&](double index) {
    index = std::isnan(index) ? 0 : std::trunc(index);
    return index < 0 ? std::max(0.0, size + index) : std::min(index, size);
  };
  const double from = place(start);
  double to = size;
  if (length.defined()) {
    to = place(start >= 0 ? start + length.number() : size + start + length.number());
  }
  if (to <= from) return Var::string({});
  const std::size_t begin = offset_of(text, from);
  return Var::string(text.substr(begin, offset_of(text.substr(begin), to - from)));
}

Made<Var> substring_before(Call& call) {
  const Var text = call.argument(0);
  const Var separator = call.argument(1);
  if (!text.defined()) return text;
  // As JavaScript's indexOf(), which takes what is missing for a text.
  const std::string_view wanted = separator.defined() ? separator.text() : "undefined";
  WEFT_MADE(call.run.spend(text.text().size() / 64));
  const std::size_t at = text.text().find(wanted);
  return at == std::string_view::npos ? text : Var::string(text.text().substr(0, at));
}

Made<Var> substring_after(Call& call) {
  const Var text = call.argument(0);
  const Var separator = call.argument(1);
  if (!text.defined() || !separator.defined()) return text;
  WEFT_MADE(call.run.spend(text.text().size() / 64));
  const std::size_t at = text.text().find(separator.text());
  if (at == std::string_view::npos) return text;
  return Var::string(text.text().substr(at + separator.text().size()));
}

Made<Var> lowercase(Call& call) {
  const Var text = call.argument(0);
  return text.defined() ? call.run.text(lower_case(text.text())) : text;
}

Made<Var> uppercase(Call& call) {
  const Var text = call.argument(0);
  return text.defined() ? call.run.text(upper_case(text.text())) : text;
}

Made<Var> length(Call& call) {
  const Var text = call.argument(0);
  if (!text.defined()) return text;
  WEFT_MADE(call.run.spend(text.text().size() / 64));
  return Var(static_cast<double>(character_count(text.text())));
}

Made<Var> trim(Call& call) {
  const Var text = call.argument(0);
  if (!text.defined()) return text;
  std::string out;
  for (const char byte : text.text()) {
    if (!is_blank(byte)) {
      out += byte;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return call.run.text(out);
}

Made<Var> pad(Call& call) {
  const Var value = call.argument(0);
  if (!value.defined()) return value;
  const std::string_view text = value.text();
  std::string_view filler = call.argument(2).defined() ? call.argument(2).text() : " ";
  if (filler.empty()) filler = " ";
  const Var width_argument = call.argument(1);
  const double width = width_argument.defined() ? std::trunc(width_argument.number()) : 0;
  const double missing = std::abs(width) - static_cast<double>(character_count(text));
  if (!(missing > 0)) return value;
  constexpr double kPaddingMax = 1e9;
  const bool fits = missing < kPaddingMax &&
                    call.run.heap().has(static_cast<std::size_t>(missing) * filler.size());
  if (!fits) return fault("D2015");
  WEFT_MADE(call.run.spend(static_cast<std::size_t>(missing) / 16));
  std::string padding;
  std::size_t at = 0;
  for (auto left = static_cast<std::size_t>(missing); left > 0; left--) {
    const std::size_t size = character_size(filler, at);
    padding += filler.substr(at, size);
    at = at + size == filler.size() ? 0 : at + size;
  }
  return call.run.text(width > 0 ? std::string(text) + padding : padding + std::string(text));
}

Made<Var> join(Call& call) {
  const Var texts = call.argument(0);
  if (!texts.defined()) return texts;
  const Var separator = call.argument(1);
  std::string out;
  for (std::size_t i = 0; i < texts.size(); i++) {
    if (i > 0 && separator.defined()) out += separator.text();
    const Var text = texts.item(i);
    if (text.is_string()) out += text.text();
    WEFT_MADE(call.run.spend(1));
    if (!call.run.heap().has(out.size())) return fault("D2015");
  }
  return call.run.text(out);
}

}  // namespace weft::json::jsonata::builtins
