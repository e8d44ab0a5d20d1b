// "Did you mean …": the known word that a misspelt one stands for.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace weft {

// The candidate that is spelled most like `word`; nothing when none is near, and for words beyond
// 64 bytes. A candidate that begins with `word` (3 bytes or more) is near.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates);

}  // namespace weft
