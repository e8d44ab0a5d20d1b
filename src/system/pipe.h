// Pipes within one guest: what goes in at one end comes out at the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "system/channel_budget.h"
#include "system/open_file.h"

namespace weft::system {

// How many bytes are on their way at most, as on Linux; they are memory of this process.
inline constexpr std::size_t kPipeBytesMax = 65'536;
// Up to so many bytes are written whole or not at all (POSIX's PIPE_BUF).
inline constexpr std::size_t kPipeAtomicBytes = 4'096;

// The bytes on their way in one direction. The memory for them is taken from the guest's budget.
class PipeBytes {
 public:
  explicit PipeBytes(std::shared_ptr<ChannelBudget> budget) : budget_(std::move(budget)) {}
  PipeBytes(const PipeBytes&) = delete;
  PipeBytes& operator=(const PipeBytes&) = delete;
  ~PipeBytes() { release(); }

  std::size_t size() const { return bytes_.size() - begin_; }
  std::size_t room() const { return kPipeBytesMax - size(); }

  // Takes what there is, and returns how much.
  std::size_t take(std::span<const Buffer> buffers);
  // Takes in what fits, and returns how much. kNoBufferSpace when the budget has not even enough
  // for kPipeAtomicBytes of it.
  Attempt<std::size_t> give(std::span<const ConstBuffer> buffers);

  bool has_reader() const { return has_reader_; }
  bool has_writer() const { return has_writer_; }
  // Drops the bytes: nobody will take them.
  void close_reading();
  void close_writing() { has_writer_ = false; }

 private:
  std::size_t make_place(std::size_t count);
  void release();

  std::shared_ptr<ChannelBudget> budget_;
  std::vector<std::uint8_t> bytes_;  // Its capacity is what was taken from the budget.
  std::size_t begin_ = 0;
  bool has_reader_ = true;
  bool has_writer_ = true;
};

// One end of a pipe, or of a pair. It is closed when it is destroyed.
//
// Both ends belong to the same guest, which is one thread: while it waits for its other end, nobody
// moves that. What would have to wait is kAgain where the guest does not want to wait, and
// kDeadlock where it does, instead of waiting forever.
class PipeEnd final : public OpenFile {
 public:
  // The two directions; null: it has not that one.
  PipeEnd(std::shared_ptr<PipeBytes> in, std::shared_ptr<PipeBytes> out)
      : in_(std::move(in)), out_(std::move(out)) {}
  PipeEnd(const PipeEnd&) = delete;
  PipeEnd& operator=(const PipeEnd&) = delete;
  ~PipeEnd() override;

  Attempt<FileStatus> status() override;
  // kPipe when the other end is closed, kNoBufferSpace when the guest's budget is used up.
  Attempt<std::size_t> read(std::span<const Buffer> buffers) override;
  Attempt<std::size_t> write(std::span<const ConstBuffer> buffers) override;
  StatusFlags flags() const override { return flags_; }
  Attempt<> set_flags(const StatusFlags& flags) override;
  std::optional<std::uint64_t> ready(Wait::For what) override;
  Condition condition() override;
  Attempt<> shut_down(bool reading, bool writing) override;
  bool is_of_pair() const override { return in_ != nullptr && out_ != nullptr; }

 private:
  Errno would_wait() const { return flags_.nonblocking ? Errno::kAgain : Errno::kDeadlock; }

  std::shared_ptr<PipeBytes> in_;
  std::shared_ptr<PipeBytes> out_;
  StatusFlags flags_;
};

// The end that reads and the one that writes.
std::pair<std::shared_ptr<PipeEnd>, std::shared_ptr<PipeEnd>> make_pipe(
    const std::shared_ptr<ChannelBudget>& budget);
// Two ends that read and write each: what a pair of connected sockets is within a program.
std::pair<std::shared_ptr<PipeEnd>, std::shared_ptr<PipeEnd>> make_pair_of_ends(
    const std::shared_ptr<ChannelBudget>& budget);

}  // namespace weft::system
