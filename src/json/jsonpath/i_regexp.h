// I-Regexp (RFC 9485), the regular expressions of JSONPath, matched in time linear in the text.
//
// Own code: std::regex and PCRE2 go back, so that a hostile expression takes exponential time;
// RE2 does not, but would be one more library for the builds without an engine. What RFC 9485 asks
// for is small, as there is nothing to capture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/jsonpath/general_category.h"

namespace weft::json::jsonpath {

struct RegexpLimits {
  // Of the expression's text.
  std::size_t bytes_max = 64 << 10;
  // Groups inside each other.
  std::size_t depth_max = 32;
  // Of the compiled program: about one for each character, times what {n,m} repeats.
  std::size_t instructions_max = 10'000;
};

// A compiled expression. Immutable: may be used by several threads at once.
//
// `^` and `$` outside of brackets are the beginning and the end of the text: RFC 9485 calls them
// plain characters, but keeps them as they are where it maps expressions to ECMAScript, PCRE and
// RE2 (sections 5.3 to 5.5), and nobody who writes them means anything else.
class IRegexp {
 public:
  enum class Extent : std::uint8_t { kWhole, kAnywhere };

  // Errors: kInvalidArgument with position(); kTooLarge with limit() "regexp_bytes", "regexp_depth"
  // or "regexp_instructions".
  static Result<IRegexp> parse(std::string_view pattern, const RegexpLimits& limits = {});

  // Whether all or some of the text is of that form. Takes at most about two steps for each
  // instruction and character out of `steps`; nothing when those do not suffice.
  std::optional<bool> matches(std::string_view text, Extent extent, std::uint64_t& steps) const;

  std::size_t instructions() const { return program_.size(); }

 private:
  friend class RegexpCompiler;

  // What one character may be: in a range or of a category, or the contrary.
  struct Set {
    std::vector<std::pair<char32_t, char32_t>> ranges;  // sorted, not overlapping
    CategoryMask categories = 0;
    bool negated = false;

    bool contains(char32_t value) const;
  };
  enum class Operation : std::uint8_t { kSet, kSplit, kBegin, kEnd, kMatch };
  struct Instruction {
    Operation operation = Operation::kMatch;
    std::uint32_t set = 0;     // of kSet
    std::uint32_t next = 0;    // of all but kMatch
    std::uint32_t second = 0;  // the other way of kSplit
  };
  class Threads;

  IRegexp() = default;

  std::vector<Set> sets_;
  std::vector<Instruction> program_;
};

}  // namespace weft::json::jsonpath
