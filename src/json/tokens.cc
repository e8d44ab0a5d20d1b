#include "json/tokens.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/utf8.h"
#include "json/unicode.h"

namespace weft::json {

static_assert(Tokens::kPaddingBytes >= simdjson::SIMDJSON_PADDING);

namespace {

// simdjson says what is wrong, but not where: finds it, byte by byte.
Error locate(std::string_view text) {
  std::size_t string_begin = std::string_view::npos;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    if (!point.valid) {
      return syntax_error(
          text, at,
          fmt::format("the byte 0x{:02X} is not valid UTF-8 here: save the text as UTF-8",
                      static_cast<unsigned char>(text[at])));
    }
    const bool in_string = string_begin != std::string_view::npos;
    if (point.value == '"') {
      string_begin = in_string ? std::string_view::npos : at;
    } else if (in_string && point.value < 0x20) {
      return syntax_error(text, at,
                          fmt::format("a control character in a string: write it as \\u{:04x}",
                                      static_cast<std::uint32_t>(point.value)));
    } else if (in_string && point.value == '\\' && at + 1 < text.size() && text[at + 1] >= 0x20 &&
               text[at + 1] < 0x7F) {
      ++at;  // Whatever is escaped, a quote above all, ends nothing.
    } else if (!in_string && point.value == '\\') {
      return syntax_error(text, at, "a backslash outside a string");
    }
    at += point.size;
  }
  if (string_begin != std::string_view::npos) {
    return syntax_error(text, string_begin, "this string has no closing quote");
  }
  return Error(ErrorCode::kInternal, "the JSON tokenizer refuses this text without a reason");
}

}  // namespace

Error syntax_error(std::string_view text, std::size_t offset, std::string_view message) {
  Position position = position_of(text, offset);
  std::string sentence =
      fmt::format("invalid JSON at line {}, column {}: {}", position.line.value_or(0),
                  position.column.value_or(0), message);
  return Error(ErrorCode::kInvalidArgument, std::move(sentence)).with_position(position);
}

// The virtual functions of simdjson's `internal` namespace are how its own parsers get their
// tokens; both of its APIs on top hide the offsets that positions need.
Result<Tokens> Tokens::create(std::string_view text) {
  if (text.empty()) return fail(syntax_error(text, 0, "the text is empty, expected a value"));
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  constexpr std::size_t kDepthUnused = 1;  // Only its second stage nests.
  auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
      text.size(), kDepthUnused, parser);
  if (error == simdjson::SUCCESS) {
    error = parser->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                           simdjson::stage1_mode::regular);
  }
  switch (error) {
    case simdjson::SUCCESS:
      return Tokens(std::move(parser->structural_indexes), parser->n_structural_indexes);
    case simdjson::EMPTY:
      return fail(
          syntax_error(text, text.size(), "the text is only white space, expected a value"));
    case simdjson::MEMALLOC:
      return fail(ErrorCode::kResourceExhausted, "no memory for a JSON text of this size");
    default:
      return fail(locate(text));
  }
}

bool is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace weft::json
