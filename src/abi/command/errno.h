// The error numbers of WASI preview 1 (snapshot-01, type errno), as far as they are used here.
#pragma once

#include <cstdint>

namespace weft::abi::command {

enum class Errno : std::int32_t {
  kSuccess = 0,
  kBadf = 8,
  kFault = 21,
  kInval = 28,
  kIo = 29,
  kNosys = 52,
  kNotsup = 58,
  kPipe = 64,
  kSpipe = 70,
};

}  // namespace weft::abi::command
