#include "base/sha256.h"

#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace weft {
namespace {

std::string hex(const Sha256& hash) {
  std::string text;
  for (const unsigned char byte : hash)
    text += fmt::format("{:02x}", byte);
  return text;
}

std::string repeated(std::size_t size, char byte) {
  std::string text;
  text.resize(size, byte);
  return text;
}

// What OpenSSL's own HMAC makes of it.
Sha256 expected_hmac(std::string_view key, std::string_view text) {
  Sha256 mac{};
  unsigned int size = 0;
  REQUIRE(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
               reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(),
               &size) != nullptr);
  REQUIRE(size == mac.size());
  return mac;
}

TEST_CASE("hashes are those of the standard, however the input is cut") {
  CHECK(hex(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(sha256({"abc"})) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(sha256({"a", "", "bc"})) == hex(sha256({"abc"})));
  const std::string million = repeated(1'000'000, 'a');
  CHECK(hex(sha256({million})) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("message codes are those of RFC 4231") {
  CHECK(hex(hmac_sha256(repeated(20, '\x0b'), {"Hi There"})) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex(hmac_sha256("Jefe", {"what do ya want ", "for nothing?"})) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(hmac_sha256(repeated(131, '\xaa'),
                        {"Test Using Larger Than Block-Size Key - Hash Key First"})) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("message codes agree with OpenSSL's for keys of every length around a block") {
  for (std::size_t size = 1; size <= 130; ++size) {
    const std::string key = repeated(size, static_cast<char>(size));
    const std::string text = repeated(size * 7, 'x');
    CHECK(hex(hmac_sha256(key, {text})) == hex(expected_hmac(key, text)));
  }
}

}  // namespace
}  // namespace weft
