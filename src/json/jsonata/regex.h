// Regular expressions as JavaScript has them, by PCRE2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::json::jsonata {

struct RegexOptions {
  bool ignore_case = false;
  bool multiline = false;
};

// What may be spent on one match.
struct RegexLimits {
  std::uint32_t steps_max = 2'000'000;
  std::uint32_t heap_kib_max = 16 << 10;
};

// A place in the subject, in bytes.
struct RegexSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct RegexMatch {
  RegexSpan whole;
  std::vector<std::optional<RegexSpan>> groups;  // absent: took no part in the match
};

enum class RegexTrouble : std::uint8_t { kTooManySteps };

// One compiled pattern. Immutable; thread-safe.
class Regex {
 public:
  static constexpr std::size_t kPatternBytesMax = 32 << 10;

  // Or why the pattern is none, as a sentence.
  static std::expected<Regex, std::string> compile(std::string_view pattern, RegexOptions options);

  // The first match from that byte on.
  std::expected<std::optional<RegexMatch>, RegexTrouble> match(std::string_view subject,
                                                               std::size_t from,
                                                               const RegexLimits& limits) const;

 private:
  struct Code;
  explicit Regex(std::shared_ptr<const Code> code) : code_(std::move(code)) {}

  std::shared_ptr<const Code> code_;
};

// The text in other letters, character by character as Unicode's simple mappings have it (and ß
// as SS).
std::string upper_case(std::string_view text);
std::string lower_case(std::string_view text);

}  // namespace weft::json::jsonata
