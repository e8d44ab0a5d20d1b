// SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104), at once: OpenSSL's EVP interface first loads
// its configuration and providers, which takes longer than a small command as a whole.
#pragma once

#include <array>
#include <initializer_list>
#include <string_view>

namespace weft {

using Sha256 = std::array<unsigned char, 32>;

// The hash of the parts, one behind the other. Thread-safe, as all here.
Sha256 sha256(std::initializer_list<std::string_view> parts);

// `key` may have any length; as many bytes as the hash are as good as more.
Sha256 hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts);

inline std::string_view bytes_of(const Sha256& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace weft
