// What came of the tests of a suite, and how it is said.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weft::conformance {

enum class Outcome : std::uint8_t {
  kExact,      // as the suite expects
  kDiffering,  // it ran, and came to something else
  kFailing,    // it could not be run, or did not end
};

struct Verdict {
  Outcome outcome = Outcome::kExact;
  std::string why = {};  // one line, fit to be printed; empty when exact
};

// Counts verdicts.
class Tally {
 public:
  // The line "exact NAME" or "differing NAME: WHY".
  std::string line(std::string_view name, const Verdict& verdict);
  // Adds the counts of the other.
  void add(const Tally& other);
  // "exact N differing N failing N".
  std::string summary() const;
  bool is_all_exact() const { return differing_ == 0 && failing_ == 0; }

 private:
  std::size_t exact_ = 0;
  std::size_t differing_ = 0;
  std::size_t failing_ = 0;
};

}  // namespace weft::conformance
