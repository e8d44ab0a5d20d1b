#include "base/base64.h"

#include <cstddef>
#include <cstdint>

namespace weft {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view part = bytes.substr(at, 3);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = (group << 8) | (i < part.size() ? static_cast<unsigned char>(part[i]) : 0);
    for (std::size_t i = 0; i < 4; ++i)
      text += i <= part.size() ? kAlphabet[(group >> (18 - (6 * i))) & 63] : '=';
  }
  return text;
}

std::string base64_decode_leniently(std::string_view text) {
  std::string bytes;
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (char letter : text) {
    if (letter == '=') break;
    if (letter == '-') letter = '+';
    if (letter == '_') letter = '/';
    const std::size_t value = kAlphabet.find(letter);
    if (value == std::string_view::npos) continue;
    group = (group << 6) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((group >> bits) & 0xFF);
  }
  return bytes;
}

}  // namespace weft
