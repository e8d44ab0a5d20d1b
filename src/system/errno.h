// Why a guest's operation failed.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace weft::system {

// The names of POSIX.1-2017 <errno.h>, as far as they are used; a dialect translates them into its
// own numbers. kNotCapable is WASI's: the descriptor lacks the right.
enum class Errno : std::uint8_t {
  kAccess,
  kAddressFamilyNotSupported,
  kAddressInUse,
  kAddressNotAvailable,
  kAgain,
  kAlready,
  kBadDescriptor,
  kBusy,
  kConnectionAborted,
  kConnectionRefused,
  kConnectionReset,
  kDeadlock,
  kDestinationRequired,
  kExists,
  kFileTooLarge,
  kHostUnreachable,
  kIllegalSequence,
  kInProgress,
  kInterrupted,
  kInvalid,
  kIo,
  kIsConnected,
  kIsDirectory,
  kLinkLoop,
  kTooManyLinks,
  kMessageSize,
  kNameTooLong,
  kNetworkUnreachable,
  kNoBufferSpace,
  kNoDevice,
  kNoEntry,
  kNoMemory,
  kNoProtocolOption,
  kNoSpace,
  kNotCapable,
  kNotConnected,
  kNotDirectory,
  kNotEmpty,
  kNotSocket,
  kNotSupported,
  kNotTerminal,
  kNotPermitted,
  kOverflow,
  kPipe,
  kProtocolNotSupported,
  kProtocolType,
  kQuotaExceeded,
  kRange,
  kReadOnlyFileSystem,
  kSeekOnPipe,
  kTextBusy,
  kTimedOut,
  kTooManyDescriptors,
  kCrossDevice,
};

// A value or why there is none. Never waits.
template <class T = void>
using Attempt = std::expected<T, Errno>;

// Of an `errno` of this system; kIo for those that no guest should see.
Errno errno_of(int error_number);

// "no such file or directory"
std::string_view text_of(Errno error);

}  // namespace weft::system
