// What goes wrong inside an evaluation, small enough to be returned by every function.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "json/jsonata/failure.h"

namespace weft::json::jsonata {

// A Failure in the making: callers add what they know before it becomes a sentence.
struct Fault {
  std::string code;
  std::size_t position = 0;
  std::string token = {};
  std::string value = {};    // as JSON
  std::string value2 = {};   // as JSON
  std::size_t index = 0;     // of an argument, from 1
  std::string message = {};  // instead of the code's own
};

template <class T>
using Made = std::expected<T, std::unique_ptr<Fault>>;

inline std::unexpected<std::unique_ptr<Fault>> fault(Fault fault) {
  return std::unexpected(std::make_unique<Fault>(std::move(fault)));
}
inline std::unexpected<std::unique_ptr<Fault>> fault(std::string_view code,
                                                     std::size_t position = 0) {
  return fault(Fault{.code = std::string(code), .position = position});
}

// Whether faults of that code need no message.
bool has_sentence(std::string_view code);

// The fault's code, sentence and place.
Failure failure_of(const Fault& fault);

namespace detail {
template <class T>
T take(Made<T>&& made) {
  return *std::move(made);
}
inline void take(Made<void>&&) {}
}  // namespace detail

}  // namespace weft::json::jsonata

// The value of a Made, or return its fault from the calling function. (Without braces around the
// return, which would count as one more level of nesting in each function.)
#define WEFT_MADE(expression)                                                         \
  ({                                                                                  \
    auto weft_made = (expression);                                                    \
    if (!weft_made.has_value()) return std::unexpected(std::move(weft_made).error()); \
    ::weft::json::jsonata::detail::take(std::move(weft_made));                        \
  })
