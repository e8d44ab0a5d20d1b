// How weft says that something failed because of a guest, a client or the world.
// Our own bugs are asserts (base/assert.h); absence is std::optional.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft {

// Stored and sent: never renumber. The table in result.cc gives each its name, HTTP status and exit
// code.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument = 0,
  kUnauthenticated = 1,
  kPermissionDenied = 2,
  kNotFound = 3,
  kAlreadyExists = 4,
  kFailedPrecondition = 5,
  kTooLarge = 6,
  kUnsupported = 7,
  kResourceExhausted = 8,
  kCancelled = 9,
  kInternal = 10,
  kDataLoss = 11,
  kGuestError = 12,
  kGuestTrap = 13,
  kGuestLimit = 14,
  kUnavailable = 15,
  kDeadlineExceeded = 16,
};

// What each error code means outside the process.
struct ErrorCodeInfo {
  ErrorCode code;
  std::string_view name;   // "invalid_argument": in problem documents and records
  std::string_view title;  // "Invalid argument": for people
  int http_status;
  int exit_code;
  bool retryable;
};

const ErrorCodeInfo& info(ErrorCode code);

// All codes in numeric order, each exactly once.
std::vector<ErrorCodeInfo> error_codes();

// The code of that name; nothing when there is none.
std::optional<ErrorCode> error_code_named(std::string_view name);

// Where in an input something is wrong. Lines and columns count from 1; the offset is in bytes from
// 0.
struct Position {
  std::optional<std::uint64_t> line;
  std::optional<std::uint64_t> column;
  std::optional<std::uint64_t> offset;

  bool operator==(const Position&) const = default;
};

// One frame of a guest's stack, innermost first in a backtrace.
struct BacktraceFrame {
  std::string function;                 // name, or "function 12" without one
  std::uint64_t module_offset = 0;      // bytes from the module's start
  std::optional<std::string> file;      // from DWARF
  std::optional<std::uint32_t> line;    // from 1
  std::optional<std::uint32_t> column;  // from 1

  bool operator==(const BacktraceFrame&) const = default;
};

// A limit that was reached: its name as users set it and its value in the unit of that name.
struct LimitReached {
  std::string name;
  std::uint64_t value = 0;

  bool operator==(const LimitReached&) const = default;
};

// Why something failed: a code for programs, one sentence for people, and what is known about the
// place. A value; cheap to move.
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::optional<Position>& position() const;
  const std::vector<BacktraceFrame>& backtrace() const;
  const std::optional<LimitReached>& limit() const;
  // What clients of a server may be told when the message itself, which can have names of its
  // files, is only for whoever runs it.
  const std::optional<std::string>& told_clients() const;

  // "deploy hello: " in front of the message.
  Error with_context(std::string_view context) &&;
  // Behind the message.
  Error with_suffix(std::string_view text) &&;
  Error with_position(Position position) &&;
  Error with_backtrace(std::vector<BacktraceFrame> frames) &&;
  Error with_limit(std::string name, std::uint64_t value) &&;
  Error telling_clients(std::string message) &&;

 private:
  struct Details {
    std::optional<Position> position;
    std::vector<BacktraceFrame> backtrace;
    std::optional<LimitReached> limit;
    std::optional<std::string> told_clients;
  };
  Details& details();

  ErrorCode code_;
  std::string message_;
  std::shared_ptr<Details>
      details_;  // Absent for most errors; written only by the with_ functions.
};

// A value or an Error. An ignored one does not compile.
template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected<Error>(Error(code, std::move(message)));
}
inline std::unexpected<Error> fail(Error error) {
  return std::unexpected<Error>(std::move(error));
}

}  // namespace weft

// The value of a Result, or return its error from the calling function:  const auto x =
// TRY(parse(text));
#define TRY(expression)                                        \
  ({                                                           \
    auto weft_try_result = (expression);                       \
    if (!weft_try_result.has_value()) {                        \
      return ::weft::fail(std::move(weft_try_result).error()); \
    }                                                          \
    ::weft::detail::take(std::move(weft_try_result));          \
  })

namespace weft::detail {
template <class T>
T take(Result<T>&& result) {
  return *std::move(result);
}
inline void take(Result<>&&) {}
}  // namespace weft::detail
