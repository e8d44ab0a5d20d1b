// What a field of HTTP can be (RFC 9110 sections 5.1, 5.5): whoever writes one asks here, so that
// it cannot end early and begin another.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace weft {

namespace detail {
// RFC 9110 section 5.6.2.
inline constexpr std::array<bool, 256> kTokenBytes = [] {
  std::array<bool, 256> allowed{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    allowed[static_cast<unsigned char>(c)] = true;
  }
  return allowed;
}();
}  // namespace detail

inline bool is_field_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return detail::kTokenBytes[static_cast<unsigned char>(c)];
  });
}

// No control characters but the tab.
inline bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
  });
}

}  // namespace weft
