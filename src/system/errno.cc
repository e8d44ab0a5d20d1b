#include "system/errno.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/assert.h"

namespace weft::system {
namespace {

struct Entry {
  Errno error;
  int number;  // of Linux; -1: none
  std::string_view text;
};

constexpr std::array kErrors = {
    Entry{Errno::kAccess, EACCES, "permission denied"},
    Entry{Errno::kAddressFamilyNotSupported, EAFNOSUPPORT, "address family not supported"},
    Entry{Errno::kAddressInUse, EADDRINUSE, "address in use"},
    Entry{Errno::kAddressNotAvailable, EADDRNOTAVAIL, "address not available"},
    Entry{Errno::kAgain, EAGAIN, "would have to wait"},
    Entry{Errno::kAlready, EALREADY, "already in progress"},
    Entry{Errno::kBadDescriptor, EBADF, "bad descriptor"},
    Entry{Errno::kBusy, EBUSY, "in use"},
    Entry{Errno::kConnectionAborted, ECONNABORTED, "connection aborted"},
    Entry{Errno::kConnectionRefused, ECONNREFUSED, "connection refused"},
    Entry{Errno::kConnectionReset, ECONNRESET, "connection reset"},
    Entry{Errno::kDeadlock, EDEADLK, "would wait forever"},
    Entry{Errno::kDestinationRequired, EDESTADDRREQ, "destination address required"},
    Entry{Errno::kExists, EEXIST, "it exists already"},
    Entry{Errno::kFileTooLarge, EFBIG, "file too large"},
    Entry{Errno::kHostUnreachable, EHOSTUNREACH, "host unreachable"},
    Entry{Errno::kIllegalSequence, EILSEQ, "not UTF-8"},
    Entry{Errno::kInProgress, EINPROGRESS, "in progress"},
    Entry{Errno::kInterrupted, EINTR, "interrupted"},
    Entry{Errno::kInvalid, EINVAL, "invalid argument"},
    Entry{Errno::kIo, EIO, "input/output error"},
    Entry{Errno::kIsConnected, EISCONN, "connected already"},
    Entry{Errno::kIsDirectory, EISDIR, "is a directory"},
    Entry{Errno::kLinkLoop, ELOOP, "too many symbolic links"},
    Entry{Errno::kTooManyLinks, EMLINK, "too many links"},
    Entry{Errno::kMessageSize, EMSGSIZE, "message too long"},
    Entry{Errno::kNameTooLong, ENAMETOOLONG, "name too long"},
    Entry{Errno::kNetworkUnreachable, ENETUNREACH, "network unreachable"},
    Entry{Errno::kNoBufferSpace, ENOBUFS, "no buffer space"},
    Entry{Errno::kNoDevice, ENODEV, "no such device"},
    Entry{Errno::kNoEntry, ENOENT, "no such file or directory"},
    Entry{Errno::kNoMemory, ENOMEM, "out of memory"},
    Entry{Errno::kNoProtocolOption, ENOPROTOOPT, "protocol option not available"},
    Entry{Errno::kNoSpace, ENOSPC, "no space left"},
    Entry{Errno::kNotCapable, -1, "the descriptor lacks the right"},
    Entry{Errno::kNotConnected, ENOTCONN, "not connected"},
    Entry{Errno::kNotDirectory, ENOTDIR, "not a directory"},
    Entry{Errno::kNotEmpty, ENOTEMPTY, "directory not empty"},
    Entry{Errno::kNotSocket, ENOTSOCK, "not a socket"},
    Entry{Errno::kNotSupported, EOPNOTSUPP, "not supported"},
    Entry{Errno::kNotTerminal, ENOTTY, "not a terminal"},
    Entry{Errno::kNotPermitted, EPERM, "not permitted"},
    Entry{Errno::kOverflow, EOVERFLOW, "value too large"},
    Entry{Errno::kPipe, EPIPE, "nobody reads any more"},
    Entry{Errno::kProtocolNotSupported, EPROTONOSUPPORT, "protocol not supported"},
    Entry{Errno::kProtocolType, EPROTOTYPE, "wrong protocol type"},
    Entry{Errno::kQuotaExceeded, EDQUOT, "quota exceeded"},
    Entry{Errno::kRange, ERANGE, "result too large"},
    Entry{Errno::kReadOnlyFileSystem, EROFS, "read-only file system"},
    Entry{Errno::kSeekOnPipe, ESPIPE, "cannot seek"},
    Entry{Errno::kTextBusy, ETXTBSY, "program file in use"},
    Entry{Errno::kTimedOut, ETIMEDOUT, "timed out"},
    // ENFILE, that of the whole system, is the same to a guest.
    Entry{Errno::kTooManyDescriptors, EMFILE, "too many open files"},
    Entry{Errno::kCrossDevice, EXDEV, "crosses file systems"},
};

}  // namespace

Errno errno_of(int error_number) {
  if (error_number == ENFILE) return Errno::kTooManyDescriptors;
  const auto* const found = std::ranges::find(kErrors, error_number, &Entry::number);
  return found == kErrors.end() ? Errno::kIo : found->error;
}

std::string_view text_of(Errno error) {
  const auto* const found = std::ranges::find(kErrors, error, &Entry::error);
  WEFT_ASSERT(found != kErrors.end());
  return found->text;
}

}  // namespace weft::system
