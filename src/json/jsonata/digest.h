// Digests of texts, for $hash: in plain C++, as the module also runs where there is no OpenSSL.
// Not for secrets.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weft::json::jsonata {

// By MD5, SHA-1, SHA-256, SHA-384 or SHA-512 (RFC 1321, FIPS 180-4), in lower-case hexadecimal
// digits; nothing for another name.
std::optional<std::string> digest_of(std::string_view text, std::string_view algorithm);

}  // namespace weft::json::jsonata
