// The error numbers of WASI preview 1 (snapshot-01, type errno).
#pragma once

#include <cstdint>

#include "system/errno.h"

namespace weft::abi::command {

enum class Errno : std::int32_t {
  kSuccess = 0,
  k2big = 1,
  kAcces = 2,
  kAddrinuse = 3,
  kAddrnotavail = 4,
  kAfnosupport = 5,
  kAgain = 6,
  kAlready = 7,
  kBadf = 8,
  kBusy = 10,
  kChild = 12,
  kConnaborted = 13,
  kConnrefused = 14,
  kConnreset = 15,
  kDeadlk = 16,
  kDestaddrreq = 17,
  kDquot = 19,
  kExist = 20,
  kFault = 21,
  kFbig = 22,
  kHostunreach = 23,
  kIlseq = 25,
  kInprogress = 26,
  kIntr = 27,
  kInval = 28,
  kIo = 29,
  kIsconn = 30,
  kIsdir = 31,
  kLoop = 32,
  kMfile = 33,
  kMlink = 34,
  kMsgsize = 35,
  kNametoolong = 37,
  kNetunreach = 40,
  kNobufs = 42,
  kNodev = 43,
  kNoent = 44,
  kNomem = 48,
  kNoprotoopt = 50,
  kNospc = 51,
  kNosys = 52,
  kNotconn = 53,
  kNotdir = 54,
  kNotempty = 55,
  kNotsock = 57,
  kNotsup = 58,
  kNotty = 59,
  kOverflow = 61,
  kPerm = 63,
  kPipe = 64,
  kProtonosupport = 66,
  kPrototype = 67,
  kRange = 68,
  kRofs = 69,
  kSpipe = 70,
  kSrch = 71,
  kTimedout = 73,
  kTxtbsy = 74,
  kXdev = 75,
  kNotcapable = 76,
};

Errno errno_of(system::Errno error);

// kSuccess, or why not.
template <class T>
Errno errno_of(const system::Attempt<T>& attempt) {
  return attempt ? Errno::kSuccess : errno_of(attempt.error());
}

}  // namespace weft::abi::command
