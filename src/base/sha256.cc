// These functions are deprecated in favour of EVP, which costs what the header says.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/sha256.h"

#include <algorithm>

#include <openssl/sha.h>

#include "base/assert.h"

namespace weft {
namespace {

using Block = std::array<char, SHA256_CBLOCK>;

static_assert(std::tuple_size_v<Sha256> == SHA256_DIGEST_LENGTH);

std::string_view masked(Block& block, char mask) {
  for (char& byte : block)
    byte = static_cast<char>(byte ^ mask);
  return {block.data(), block.size()};
}

Sha256 hash_of(std::string_view first, std::initializer_list<std::string_view> rest) {
  SHA256_CTX context;
  Sha256 hash{};
  bool done =
      SHA256_Init(&context) == 1 && SHA256_Update(&context, first.data(), first.size()) == 1;
  for (const std::string_view part : rest)
    done = done && SHA256_Update(&context, part.data(), part.size()) == 1;
  done = done && SHA256_Final(hash.data(), &context) == 1;
  WEFT_ASSERT(done);
  return hash;
}

}  // namespace

Sha256 sha256(std::initializer_list<std::string_view> parts) {
  return hash_of({}, parts);
}

Sha256 hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts) {
  Block block{};
  if (key.size() <= block.size()) {
    std::ranges::copy(key, block.begin());
  } else {
    std::ranges::copy(bytes_of(sha256({key})), block.begin());
  }
  constexpr char kInner = 0x36;
  constexpr char kOuter = 0x5c;
  const Sha256 inner = hash_of(masked(block, kInner), parts);
  return hash_of(masked(block, kInner ^ kOuter), {bytes_of(inner)});
}

}  // namespace weft
