// Why a JSONata expression has no value.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <utility>

namespace weft::json::jsonata {

// Of the expression or of what it was given; never a bug of ours.
struct Failure {
  std::string code;          // as the reference implementation has it: "S0201", "T2001", "D3120"
  std::string message;       // for people: one sentence without the code
  std::size_t position = 0;  // bytes of the expression before the place; 0 where there is none
};

template <class T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> failed(std::string code, std::string message,
                                       std::size_t position = 0) {
  return std::unexpected(
      Failure{.code = std::move(code), .message = std::move(message), .position = position});
}

}  // namespace weft::json::jsonata
