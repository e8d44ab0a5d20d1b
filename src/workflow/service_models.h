// What the operations of AWS's services answer: to compare mocked results with.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"

namespace weft::workflow {

// A table as cmake/service_models.py writes it, which outlives this (embedded_models.h has that of
// all services). Immutable; thread-safe.
class ServiceModels {
 public:
  explicit ServiceModels(std::string_view table) : table_(table) {}

  // What the operation that a Task's resource calls would never answer: "Field 'EventId' must be a
  // string". Nothing when it would, or when what it answers is not known. With `is_strict`, what it
  // always answers has to be there.
  std::optional<std::string> problem_of(std::string_view resource, const json::Value& result,
                                        bool is_strict) const;

 private:
  std::optional<json::Value> model_of(std::string_view service) const;

  std::string_view table_;
};

}  // namespace weft::workflow
