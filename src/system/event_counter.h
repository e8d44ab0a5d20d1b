// A number that is counted up and taken, to wake who waits for it (Linux's eventfd).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "system/open_file.h"

namespace weft::system {

// Belongs to a guest of one thread: what would have to wait is kAgain or kDeadlock, as of PipeEnd.
class EventCounter final : public OpenFile {
 public:
  // Reading takes everything, or 1 where it `counts_down`.
  EventCounter(std::uint64_t value, bool counts_down) : value_(value), counts_down_(counts_down) {}

  Attempt<FileStatus> status() override { return FileStatus{}; }
  // A number of 8 bytes; kInvalid when less is asked for or given, or the number is UINT64_MAX.
  Attempt<std::size_t> read(std::span<const Buffer> buffers) override;
  Attempt<std::size_t> write(std::span<const ConstBuffer> buffers) override;
  StatusFlags flags() const override { return flags_; }
  Attempt<> set_flags(const StatusFlags& flags) override;
  std::optional<std::uint64_t> ready(Wait::For what) override;

 private:
  Errno would_wait() const { return flags_.nonblocking ? Errno::kAgain : Errno::kDeadlock; }

  std::uint64_t value_;  // below UINT64_MAX
  bool counts_down_;
  StatusFlags flags_;
};

}  // namespace weft::system
