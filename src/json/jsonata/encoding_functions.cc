// Base64, and what URLs make of text.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "json/jsonata/builtins.h"
#include "json/jsonata/values.h"

namespace weft::json::jsonata::builtins {

namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHex = "0123456789ABCDEF";
constexpr std::string_view kUnreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
constexpr std::string_view kReserved = ";/?:@&=+$,#";

// The low bytes of a text's UTF-16 units, which is what the reference implementation encodes.
std::string low_bytes(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = character_size(text, at);
    const auto byte = [&](std::size_t index) {
      return static_cast<unsigned char>(text[at + index]);
    };
    std::uint32_t unit = byte(0);
    if (size == 2) unit = ((byte(0) & 0x1FU) << 6) | (byte(1) & 0x3FU);
    if (size == 3) unit = ((byte(1) & 0x3FU) << 6) | (byte(2) & 0x3FU);
    if (size == 4) {
      const std::uint32_t code_point = ((byte(0) & 0x07U) << 18) | ((byte(1) & 0x3FU) << 12) |
                                       ((byte(2) & 0x3FU) << 6) | (byte(3) & 0x3FU);
      out += static_cast<char>((code_point - 0x10000) >> 10);
      unit = code_point;
    }
    out += static_cast<char>(unit);
    at += size;
  }
  return out;
}

std::optional<std::uint32_t> hex_digit(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return std::nullopt;
}

std::unexpected<std::unique_ptr<Fault>> malformed(Call& call, std::string_view function) {
  return fault({.code = "D3140",
                .value = shown(call.run, call.argument(0)),
                .value2 = std::string(function)});
}

Made<Var> encoded(Call& call, std::string_view function, bool keeps_reserved) {
  if (!call.argument(0).defined()) return Var();
  const std::string_view text = call.argument(0).text();
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char byte = text[at];
    if (kUnreserved.contains(byte) || (keeps_reserved && kReserved.contains(byte))) {
      out += byte;
      at++;
      continue;
    }
    const CodePoint code_point = decode_utf8(text, at);
    if (!code_point.valid) return malformed(call, function);
    for (std::size_t end = at + code_point.size; at < end; at++) {
      const auto value = static_cast<unsigned char>(text[at]);
      out += {'%', kHex[value >> 4], kHex[value & 15]};
    }
  }
  return call.run.text(out);
}

bool is_utf8_from(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const CodePoint code_point = decode_utf8(text, at);
    if (!code_point.valid) return false;
    at += code_point.size;
  }
  return true;
}

// The byte that %XX at the start of the text stands for.
std::optional<char> escaped_byte(std::string_view text) {
  if (text.size() < 3) return std::nullopt;
  const auto high = hex_digit(text[1]);
  const auto low = hex_digit(text[2]);
  if (!high.has_value() || !low.has_value()) return std::nullopt;
  return static_cast<char>((*high << 4) | *low);
}

Made<Var> decoded(Call& call, std::string_view function, bool keeps_reserved) {
  if (!call.argument(0).defined()) return Var();
  std::string_view rest = call.argument(0).text();
  std::string out;
  std::size_t sequence = 0;  // where the bytes that were escaped begin in `out`
  while (!rest.empty()) {
    const bool is_escape = rest[0] == '%';
    const auto byte = is_escape ? escaped_byte(rest) : std::optional(rest[0]);
    if (!byte.has_value()) return malformed(call, function);
    const std::size_t size = is_escape ? 3 : 1;
    if (is_escape && !(keeps_reserved && kReserved.contains(*byte))) {
      out += *byte;
    } else {
      if (!is_utf8_from(out, sequence)) return malformed(call, function);
      out += rest.substr(0, size);
      sequence = out.size();
    }
    rest.remove_prefix(size);
  }
  if (!is_utf8_from(out, sequence)) return malformed(call, function);
  return call.run.text(out);
}

}  // namespace

Made<Var> base64_encode(Call& call) {
  if (!call.argument(0).defined()) return Var();
  const std::string bytes = low_bytes(call.argument(0).text());
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; i++) {
      group =
          (group << 8) | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0);
    }
    for (std::size_t i = 0; i < 4; i++) {
      out += at + i <= bytes.size() ? kBase64[(group >> (18 - (6 * i))) & 63] : '=';
    }
  }
  return call.run.text(out);
}

Made<Var> base64_decode(Call& call) {
  if (!call.argument(0).defined()) return Var();
  std::string out;
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (char byte : call.argument(0).text()) {
    if (byte == '=') break;
    if (byte == '-') byte = '+';
    if (byte == '_') byte = '/';
    const std::size_t value = kBase64.find(byte);
    if (value == std::string_view::npos) continue;
    group = (group << 6) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    append_code_point(out, (group >> bits) & 0xFF);
  }
  return call.run.text(out);
}

Made<Var> encode_url(Call& call) {
  return encoded(call, "encodeUrl", true);
}
Made<Var> encode_url_component(Call& call) {
  return encoded(call, "encodeUrlComponent", false);
}
Made<Var> decode_url(Call& call) {
  return decoded(call, "decodeUrl", true);
}
Made<Var> decode_url_component(Call& call) {
  return decoded(call, "decodeUrlComponent", false);
}

}  // namespace weft::json::jsonata::builtins
