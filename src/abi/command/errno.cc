#include "abi/command/errno.h"

#include <algorithm>
#include <array>

namespace weft::abi::command {
namespace {

struct Entry {
  system::Errno from;
  Errno to;
};

constexpr std::array kErrors = {
    Entry{system::Errno::kAccess, Errno::kAcces},
    Entry{system::Errno::kAddressFamilyNotSupported, Errno::kAfnosupport},
    Entry{system::Errno::kAddressInUse, Errno::kAddrinuse},
    Entry{system::Errno::kAddressNotAvailable, Errno::kAddrnotavail},
    Entry{system::Errno::kAgain, Errno::kAgain},
    Entry{system::Errno::kAlready, Errno::kAlready},
    Entry{system::Errno::kBadDescriptor, Errno::kBadf},
    Entry{system::Errno::kBusy, Errno::kBusy},
    Entry{system::Errno::kConnectionAborted, Errno::kConnaborted},
    Entry{system::Errno::kConnectionRefused, Errno::kConnrefused},
    Entry{system::Errno::kConnectionReset, Errno::kConnreset},
    Entry{system::Errno::kDeadlock, Errno::kDeadlk},
    Entry{system::Errno::kDestinationRequired, Errno::kDestaddrreq},
    Entry{system::Errno::kExists, Errno::kExist},
    Entry{system::Errno::kFileTooLarge, Errno::kFbig},
    Entry{system::Errno::kHostUnreachable, Errno::kHostunreach},
    Entry{system::Errno::kIllegalSequence, Errno::kIlseq},
    Entry{system::Errno::kInProgress, Errno::kInprogress},
    Entry{system::Errno::kInterrupted, Errno::kIntr},
    Entry{system::Errno::kInvalid, Errno::kInval},
    Entry{system::Errno::kIo, Errno::kIo},
    Entry{system::Errno::kIsConnected, Errno::kIsconn},
    Entry{system::Errno::kIsDirectory, Errno::kIsdir},
    Entry{system::Errno::kLinkLoop, Errno::kLoop},
    Entry{system::Errno::kTooManyLinks, Errno::kMlink},
    Entry{system::Errno::kMessageSize, Errno::kMsgsize},
    Entry{system::Errno::kNameTooLong, Errno::kNametoolong},
    Entry{system::Errno::kNetworkUnreachable, Errno::kNetunreach},
    Entry{system::Errno::kNoBufferSpace, Errno::kNobufs},
    Entry{system::Errno::kNoDevice, Errno::kNodev},
    Entry{system::Errno::kNoEntry, Errno::kNoent},
    Entry{system::Errno::kNoMemory, Errno::kNomem},
    Entry{system::Errno::kNoProtocolOption, Errno::kNoprotoopt},
    Entry{system::Errno::kNoSpace, Errno::kNospc},
    Entry{system::Errno::kNotCapable, Errno::kNotcapable},
    Entry{system::Errno::kNotConnected, Errno::kNotconn},
    Entry{system::Errno::kNotDirectory, Errno::kNotdir},
    Entry{system::Errno::kNotEmpty, Errno::kNotempty},
    Entry{system::Errno::kNotSocket, Errno::kNotsock},
    Entry{system::Errno::kNotSupported, Errno::kNotsup},
    Entry{system::Errno::kNotTerminal, Errno::kNotty},
    Entry{system::Errno::kNotPermitted, Errno::kPerm},
    Entry{system::Errno::kOverflow, Errno::kOverflow},
    Entry{system::Errno::kPipe, Errno::kPipe},
    Entry{system::Errno::kProtocolNotSupported, Errno::kProtonosupport},
    Entry{system::Errno::kProtocolType, Errno::kPrototype},
    Entry{system::Errno::kQuotaExceeded, Errno::kDquot},
    Entry{system::Errno::kRange, Errno::kRange},
    Entry{system::Errno::kReadOnlyFileSystem, Errno::kRofs},
    Entry{system::Errno::kSeekOnPipe, Errno::kSpipe},
    Entry{system::Errno::kTextBusy, Errno::kTxtbsy},
    Entry{system::Errno::kTimedOut, Errno::kTimedout},
    Entry{system::Errno::kTooManyDescriptors, Errno::kMfile},
    Entry{system::Errno::kCrossDevice, Errno::kXdev},
};

}  // namespace

Errno errno_of(system::Errno error) {
  const auto* const found = std::ranges::find(kErrors, error, &Entry::from);
  return found == kErrors.end() ? Errno::kIo : found->to;
}

}  // namespace weft::abi::command
