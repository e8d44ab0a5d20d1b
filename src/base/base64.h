// Base 64 (RFC 4648 section 4).
#pragma once

#include <string>
#include <string_view>

namespace weft {

// With padding.
std::string base64_encode(std::string_view bytes);

// The bytes, as lenient readers of MIME (RFC 2045) have it: what is neither of the alphabet nor of
// the one for URLs is skipped, the first "=" ends it, and no padding need be there.
std::string base64_decode_leniently(std::string_view text);

}  // namespace weft
