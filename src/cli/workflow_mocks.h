// Answers to a workflow's Tasks that a file has ready.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "workflow/definition.h"
#include "workflow/execution.h"

namespace weft::cli {

// A Task's result, or how it fails.
struct MockAnswer {
  std::optional<json::Value> result = std::nullopt;
  workflow::Failure failure = {};
};

// By the state's name, for one attempt after the other; the last one is for all that follow.
class Mocks {
 public:
  // {"STATE": {"result": …}, "OTHER": [{"error": "E", "cause": "c"}, {"result": …}]}. Errors name
  // `file` and show the place: kInvalidArgument for what has another form, or is for a state that
  // is no Task of the definition.
  static Result<Mocks> parse(std::string_view text, std::string_view file,
                             const workflow::Definition& definition);

  Mocks() = default;
  // Null when there is none for that state. Valid as long as this object.
  const MockAnswer* next(std::string_view state);

 private:
  struct Answers {
    std::vector<MockAnswer> list;
    std::size_t next = 0;
  };
  std::map<std::string, Answers, std::less<>> states_;
};

}  // namespace weft::cli
