#include "json/jsonata/digest.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weft::json::jsonata {

namespace {

// The text, a one bit, zeros, and the text's size in bits, as whole blocks.
std::string padded(std::string_view text, std::size_t block_bytes, std::size_t length_bytes,
                   bool big_endian) {
  std::string out(text);
  out += '\x80';
  while (out.size() % block_bytes != block_bytes - length_bytes) {
    out += '\0';
  }
  const std::uint64_t bits = std::uint64_t{text.size()} * 8;
  for (std::size_t i = 0; i < length_bytes; i++) {
    const std::size_t place = big_endian ? length_bytes - 1 - i : i;
    out += place < 8 ? static_cast<char>(bits >> (8 * place)) : '\0';
  }
  return out;
}

template <class Word>
Word word_at(std::string_view bytes, std::size_t index, bool big_endian) {
  Word word = 0;
  for (std::size_t i = 0; i < sizeof(Word); i++) {
    const std::size_t place = big_endian ? sizeof(Word) - 1 - i : i;
    const auto byte = static_cast<unsigned char>(bytes[(index * sizeof(Word)) + i]);
    word |= static_cast<Word>(Word{byte} << (8 * place));
  }
  return word;
}

template <class Word>
std::string hex_of(std::span<const Word> words, bool big_endian) {
  std::string out;
  for (const Word word : words) {
    for (std::size_t i = 0; i < sizeof(Word); i++) {
      const std::size_t place = big_endian ? sizeof(Word) - 1 - i : i;
      const auto byte = static_cast<unsigned char>(word >> (8 * place));
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    }
  }
  return out;
}

std::string md5(std::string_view text) {
  static constexpr std::array<int, 16> kTurns = {7, 12, 17, 22, 5, 9,  14, 20,
                                                 4, 11, 16, 23, 6, 10, 15, 21};
  std::array<std::uint32_t, 4> state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  const std::string message = padded(text, 64, 8, false);
  for (std::size_t block = 0; block < message.size(); block += 64) {
    const auto bytes = std::string_view(message).substr(block, 64);
    auto [a, b, c, d] = state;
    for (std::uint32_t i = 0; i < 64; i++) {
      std::uint32_t mixed = 0;
      std::uint32_t word = 0;
      switch (i / 16) {
        case 0:
          mixed = (b & c) | (~b & d);
          word = i;
          break;
        case 1:
          mixed = (d & b) | (~d & c);
          word = (5 * i) + 1;
          break;
        case 2:
          mixed = b ^ c ^ d;
          word = (3 * i) + 5;
          break;
        default:
          mixed = c ^ (b | ~d);
          word = 7 * i;
          break;
      }
      const auto constant = static_cast<std::uint32_t>(std::fabs(std::sin(i + 1.0)) * 0x1p32);
      const std::uint32_t sum =
          a + mixed + constant + word_at<std::uint32_t>(bytes, word % 16, false);
      a = d;
      d = c;
      c = b;
      b += std::rotl(sum, kTurns[((i / 16) * 4) + (i % 4)]);
    }
    state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
  }
  return hex_of<std::uint32_t>(state, false);
}

std::string sha1(std::string_view text) {
  std::array<std::uint32_t, 5> state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  const std::string message = padded(text, 64, 8, true);
  for (std::size_t block = 0; block < message.size(); block += 64) {
    const auto bytes = std::string_view(message).substr(block, 64);
    std::array<std::uint32_t, 80> words = {};
    for (std::size_t i = 0; i < 80; i++) {
      words[i] = i < 16 ? word_at<std::uint32_t>(bytes, i, true)
                        : std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    auto [a, b, c, d, e] = state;
    for (std::size_t i = 0; i < 80; i++) {
      std::uint32_t mixed = b ^ c ^ d;
      std::uint32_t constant = i < 40 ? 0x6ed9eba1 : 0xca62c1d6;
      if (i < 20) {
        mixed = (b & c) | (~b & d);
        constant = 0x5a827999;
      } else if (i >= 40 && i < 60) {
        mixed = (b & c) | (b & d) | (c & d);
        constant = 0x8f1bbcdc;
      }
      const std::uint32_t sum = std::rotl(a, 5) + mixed + e + constant + words[i];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = sum;
    }
    state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e};
  }
  return hex_of<std::uint32_t>(state, true);
}

// The first 64 bits of the fractional parts of the cube roots of the first 80 primes; SHA-256
// takes the upper halves of 64 of them.
constexpr std::array<std::uint64_t, 80> kRoots = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

// What SHA-256 and SHA-512 differ in beside the size of their words.
struct Turns {
  std::array<int, 3> first;   // of the big sigma 0
  std::array<int, 3> second;  // of the big sigma 1
  std::array<int, 3> third;   // of the small sigma 0, whose last one is a shift
  std::array<int, 3> fourth;  // of the small sigma 1
};
constexpr Turns kTurns256 = {{2, 13, 22}, {6, 11, 25}, {7, 18, 3}, {17, 19, 10}};
constexpr Turns kTurns512 = {{28, 34, 39}, {14, 18, 41}, {1, 8, 7}, {19, 61, 6}};

template <class Word>
Word turned(Word word, const std::array<int, 3>& by) {
  return std::rotr(word, by[0]) ^ std::rotr(word, by[1]) ^ std::rotr(word, by[2]);
}
template <class Word>
Word shifted(Word word, const std::array<int, 3>& by) {
  return std::rotr(word, by[0]) ^ std::rotr(word, by[1]) ^ (word >> by[2]);
}

template <class Word>
std::array<Word, 8> sha2(std::string_view text, std::array<Word, 8> state, const Turns& turns) {
  constexpr bool kIsWide = sizeof(Word) == 8;
  constexpr std::size_t kRounds = kIsWide ? 80 : 64;
  constexpr std::size_t kBlockBytes = 16 * sizeof(Word);
  const std::string message = padded(text, kBlockBytes, 2 * sizeof(Word), true);
  for (std::size_t block = 0; block < message.size(); block += kBlockBytes) {
    const auto bytes = std::string_view(message).substr(block, kBlockBytes);
    std::array<Word, kRounds> words = {};
    for (std::size_t i = 0; i < kRounds; i++) {
      words[i] = i < 16 ? word_at<Word>(bytes, i, true)
                        : words[i - 16] + shifted(words[i - 15], turns.third) + words[i - 7] +
                              shifted(words[i - 2], turns.fourth);
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t i = 0; i < kRounds; i++) {
      const auto root = static_cast<Word>(kIsWide ? kRoots[i] : kRoots[i] >> 32);
      const Word one = h + turned(e, turns.second) + ((e & f) ^ (~e & g)) + root + words[i];
      const Word two = turned(a, turns.first) + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = d + one;
      d = c;
      c = b;
      b = a;
      a = one + two;
    }
    const std::array<Word, 8> mixed = {a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; i++) {
      state[i] += mixed[i];
    }
  }
  return state;
}

}  // namespace

std::optional<std::string> digest_of(std::string_view text, std::string_view algorithm) {
  if (algorithm == "MD5") return md5(text);
  if (algorithm == "SHA-1") return sha1(text);
  if (algorithm == "SHA-256") {
    return hex_of<std::uint32_t>(
        sha2<std::uint32_t>(text,
                            {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                             0x1f83d9ab, 0x5be0cd19},
                            kTurns256),
        true);
  }
  if (algorithm == "SHA-384") {
    const auto state = sha2<std::uint64_t>(
        text,
        {0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
         0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4},
        kTurns512);
    return hex_of(std::span<const std::uint64_t>(state).first(6), true);
  }
  if (algorithm == "SHA-512") {
    return hex_of<std::uint64_t>(
        sha2<std::uint64_t>(
            text,
            {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
             0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179},
            kTurns512),
        true);
  }
  return std::nullopt;
}

}  // namespace weft::json::jsonata
