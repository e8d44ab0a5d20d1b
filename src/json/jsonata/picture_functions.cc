// Functions that write and read numbers and times by pictures (pictures.h), and the clock.
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "json/jsonata/builtins.h"
#include "json/jsonata/pictures.h"
#include "json/jsonata/values.h"

namespace weft::json::jsonata::builtins {

namespace {

template <class T>
Made<T> made(Outcome<T> outcome) {
  if (outcome.has_value()) return *std::move(outcome);
  Fault own{.code = outcome.error().code};
  // Where the reference implementation has one sentence for a code, that is what users know.
  if (!has_sentence(own.code)) own.message = outcome.error().message;
  return fault(std::move(own));
}

std::optional<std::string_view> text_argument(const Call& call, std::size_t index) {
  const Var text = call.argument(index);
  return text.is_string() ? std::optional(text.text()) : std::nullopt;
}

DecimalFormat format_of(const Var& options) {
  struct Option {
    std::string_view name;
    std::string DecimalFormat::* field;
  };
  static constexpr auto kOptions =
      std::to_array<Option>({{"decimal-separator", &DecimalFormat::decimal_separator},
                             {"grouping-separator", &DecimalFormat::grouping_separator},
                             {"exponent-separator", &DecimalFormat::exponent_separator},
                             {"infinity", &DecimalFormat::infinity},
                             {"minus-sign", &DecimalFormat::minus_sign},
                             {"NaN", &DecimalFormat::nan},
                             {"percent", &DecimalFormat::percent},
                             {"per-mille", &DecimalFormat::per_mille},
                             {"zero-digit", &DecimalFormat::zero_digit},
                             {"digit", &DecimalFormat::digit},
                             {"pattern-separator", &DecimalFormat::pattern_separator}});
  DecimalFormat format;
  for (const auto& [name, field] : kOptions) {
    const Var value = options.member(name);
    if (value.is_string()) format.*field = value.text();
  }
  return format;
}

// Work that is bounded by the pictures' own limits.
constexpr std::uint64_t kStepsPerPicture = 100;

}  // namespace

Made<Var> format_number(Call& call) {
  const Var value = call.argument(0);
  if (!value.defined()) return value;
  WEFT_MADE(call.run.spend(kStepsPerPicture));
  const auto picture = text_argument(call, 1);
  if (!picture.has_value()) return fault({.code = "T0410", .index = 2});
  return call.run.text(WEFT_MADE(
      made(jsonata::format_number(value.number(), *picture, format_of(call.argument(2))))));
}

Made<Var> format_integer(Call& call) {
  const Var value = call.argument(0);
  if (!value.defined()) return value;
  WEFT_MADE(call.run.spend(kStepsPerPicture));
  const auto picture = text_argument(call, 1);
  if (!picture.has_value()) return fault({.code = "T0410", .index = 2});
  return call.run.text(WEFT_MADE(made(jsonata::format_integer(value.number(), *picture))));
}

Made<Var> parse_integer(Call& call) {
  const auto text = text_argument(call, 0);
  if (!text.has_value()) return Var();
  WEFT_MADE(call.run.spend(kStepsPerPicture + (text->size() / 16)));
  const auto picture = text_argument(call, 1);
  if (!picture.has_value()) return fault({.code = "T0410", .index = 2});
  const auto number = WEFT_MADE(made(jsonata::parse_integer(*text, *picture)));
  return number.has_value() ? Var(*number) : Var();
}

Made<Var> from_millis(Call& call) {
  const Var value = call.argument(0);
  if (!value.defined()) return value;
  WEFT_MADE(call.run.spend(kStepsPerPicture));
  return call.run.text(WEFT_MADE(
      made(jsonata::from_millis(value.number(), text_argument(call, 1), text_argument(call, 2)))));
}

Made<Var> to_millis(Call& call) {
  const auto text = text_argument(call, 0);
  if (!text.has_value()) return Var();
  WEFT_MADE(call.run.spend(kStepsPerPicture + (text->size() / 16)));
  const auto millis =
      WEFT_MADE(made(jsonata::to_millis(*text, text_argument(call, 1), call.run.now())));
  return millis.has_value() ? Var(*millis) : Var();
}

Made<Var> now(Call& call) {
  WEFT_MADE(call.run.spend(kStepsPerPicture));
  return call.run.text(WEFT_MADE(
      made(jsonata::from_millis(call.run.now(), text_argument(call, 0), text_argument(call, 1)))));
}

Made<Var> millis(Call& call) {
  return Var(call.run.now());
}

}  // namespace weft::json::jsonata::builtins
