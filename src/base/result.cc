#include "base/result.h"

#include <array>

#include "base/assert.h"

namespace weft {
namespace {

constexpr std::array kErrorCodes = {
    ErrorCodeInfo{ErrorCode::kInvalidArgument, "invalid_argument", "Invalid argument", 400, 2,
                  false},
    ErrorCodeInfo{ErrorCode::kUnauthenticated, "unauthenticated", "Not authenticated", 401, 4,
                  false},
    ErrorCodeInfo{ErrorCode::kPermissionDenied, "permission_denied", "Permission denied", 403, 4,
                  false},
    ErrorCodeInfo{ErrorCode::kNotFound, "not_found", "Not found", 404, 3, false},
    ErrorCodeInfo{ErrorCode::kAlreadyExists, "already_exists", "Already exists", 409, 5, false},
    ErrorCodeInfo{ErrorCode::kFailedPrecondition, "failed_precondition", "Failed precondition", 409,
                  5, false},
    ErrorCodeInfo{ErrorCode::kTooLarge, "too_large", "Too large", 413, 6, false},
    ErrorCodeInfo{ErrorCode::kUnsupported, "unsupported", "Not supported", 422, 1, false},
    ErrorCodeInfo{ErrorCode::kResourceExhausted, "resource_exhausted", "Too busy", 429, 6, true},
    ErrorCodeInfo{ErrorCode::kCancelled, "cancelled", "Cancelled", 499, 130, false},
    ErrorCodeInfo{ErrorCode::kInternal, "internal", "Internal error", 500, 1, false},
    ErrorCodeInfo{ErrorCode::kDataLoss, "data_loss", "Data loss", 500, 1, false},
    ErrorCodeInfo{ErrorCode::kGuestError, "guest_error", "The guest failed", 502, 1, false},
    ErrorCodeInfo{ErrorCode::kGuestTrap, "guest_trap", "The guest trapped", 502, 134, false},
    ErrorCodeInfo{ErrorCode::kGuestLimit, "guest_limit", "The guest reached a limit", 502, 6,
                  false},
    ErrorCodeInfo{ErrorCode::kUnavailable, "unavailable", "Unavailable", 503, 7, true},
    ErrorCodeInfo{ErrorCode::kDeadlineExceeded, "deadline_exceeded", "Deadline exceeded", 504, 124,
                  false},
};

}  // namespace

const ErrorCodeInfo& info(ErrorCode code) {
  const auto index = static_cast<std::size_t>(code);
  WEFT_ASSERT(index < kErrorCodes.size());
  return kErrorCodes.at(index);
}

std::vector<ErrorCodeInfo> error_codes() {
  return {kErrorCodes.begin(), kErrorCodes.end()};
}

std::optional<ErrorCode> error_code_named(std::string_view name) {
  for (const auto& entry : kErrorCodes) {
    if (entry.name == name) return entry.code;
  }
  return std::nullopt;
}

const std::optional<Position>& Error::position() const {
  static const std::optional<Position> kNone;
  return details_ ? details_->position : kNone;
}

const std::vector<BacktraceFrame>& Error::backtrace() const {
  static const std::vector<BacktraceFrame> kNone;
  return details_ ? details_->backtrace : kNone;
}

const std::optional<LimitReached>& Error::limit() const {
  static const std::optional<LimitReached> kNone;
  return details_ ? details_->limit : kNone;
}

const std::optional<std::string>& Error::told_clients() const {
  static const std::optional<std::string> kNone;
  return details_ ? details_->told_clients : kNone;
}

Error Error::with_context(std::string_view context) && {
  message_.insert(0, std::string(context) + ": ");
  return std::move(*this);
}

Error Error::with_suffix(std::string_view text) && {
  message_ += text;
  return std::move(*this);
}

Error Error::with_position(Position position) && {
  details().position = position;
  return std::move(*this);
}

Error Error::with_backtrace(std::vector<BacktraceFrame> frames) && {
  details().backtrace = std::move(frames);
  return std::move(*this);
}

Error Error::with_limit(std::string name, std::uint64_t value) && {
  details().limit = LimitReached{std::move(name), value};
  return std::move(*this);
}

Error Error::telling_clients(std::string message) && {
  details().told_clients = std::move(message);
  return std::move(*this);
}

Error::Details& Error::details() {
  // Copies of an error share their details, so a changed one gets its own.
  details_ = details_ ? std::make_shared<Details>(*details_) : std::make_shared<Details>();
  return *details_;
}

}  // namespace weft
