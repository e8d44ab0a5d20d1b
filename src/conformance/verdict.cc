#include "conformance/verdict.h"

#include <fmt/format.h>

namespace weft::conformance {

std::string Tally::line(std::string_view name, const Verdict& verdict) {
  switch (verdict.outcome) {
    case Outcome::kExact:
      ++exact_;
      return fmt::format("exact {}\n", name);
    case Outcome::kDiffering:
      ++differing_;
      return fmt::format("differing {}: {}\n", name, verdict.why);
    case Outcome::kFailing:
      break;
  }
  ++failing_;
  return fmt::format("failing {}: {}\n", name, verdict.why);
}

void Tally::add(const Tally& other) {
  exact_ += other.exact_;
  differing_ += other.differing_;
  failing_ += other.failing_;
}

std::string Tally::summary() const {
  return fmt::format("exact {} differing {} failing {}\n", exact_, differing_, failing_);
}

}  // namespace weft::conformance
