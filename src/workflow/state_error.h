// What a state ends with when it does not end with a result.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace weft::workflow {

// As the States Language and AWS Step Functions name errors ("States.Runtime").
struct StateError {
  std::string error;
  // For people; where AWS's text is known, that text. Without what it says in front of all errors
  // of a state ("An error occurred while executing the state …"), which the interpreter adds.
  std::string cause;
  // The field of the state whose expression failed ("Output/result"): the history has an event
  // EvaluationFailed for it. Empty for all other errors.
  std::string location = {};

  bool operator==(const StateError&) const = default;
};

template <class T = void>
using Outcome = std::expected<T, StateError>;

inline std::unexpected<StateError> ends_with(std::string error, std::string cause) {
  return std::unexpected(StateError{.error = std::move(error), .cause = std::move(cause)});
}

}  // namespace weft::workflow
