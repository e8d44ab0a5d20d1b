// What the operations of AWS's services answer: to compare mocked results with.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"

namespace weft::workflow {

class ResultShapes {
 public:
  ResultShapes() = default;
  ResultShapes(const ResultShapes&) = delete;
  ResultShapes& operator=(const ResultShapes&) = delete;
  virtual ~ResultShapes() = default;

  // What the operation that a Task's resource calls would never answer: "Field 'EventId' must be a
  // string". Nothing when it would, or when what it answers is not known. With `is_strict`, fields
  // that it always answers have to be there.
  virtual std::optional<std::string> problem_of(std::string_view resource,
                                                const json::Value& result,
                                                bool is_strict) const = 0;
};

}  // namespace weft::workflow
