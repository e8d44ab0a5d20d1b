#include "system/pipe.h"

#include <algorithm>
#include <bit>

namespace weft::system {
namespace {

// Less is not worth an allocation.
constexpr std::size_t kLeastBytes = 64;

template <class Byte>
std::size_t size_of(std::span<const std::span<Byte>> buffers) {
  std::size_t size = 0;
  for (const auto& buffer : buffers)
    size += buffer.size();
  return size;
}

}  // namespace

std::size_t PipeBytes::take(std::span<const Buffer> buffers) {
  std::size_t taken = 0;
  for (const Buffer& buffer : buffers) {
    const std::size_t count = std::min(buffer.size(), size());
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_), count, buffer.begin());
    begin_ += count;
    taken += count;
  }
  if (size() == 0) {
    bytes_.clear();
    begin_ = 0;
    // Others may need the memory of an empty pipe; a little is kept for the next time.
    if (bytes_.capacity() > kPipeAtomicBytes) release();
  }
  return taken;
}

// So that `count` bytes more fit, which are at most room(); or fewer, which it returns.
std::size_t PipeBytes::make_place(std::size_t count) {
  if (bytes_.size() + count <= bytes_.capacity()) return count;
  // What was taken makes room again, seldom enough to cost nothing.
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
  const std::size_t needed = size() + count;
  if (needed > bytes_.capacity()) {
    const std::size_t wanted = std::max(std::bit_ceil(needed), kLeastBytes);
    const std::size_t capacity = bytes_.capacity();
    bytes_.reserve(capacity + budget_->take_up_to(wanted - capacity));
  }
  return std::min(count, bytes_.capacity() - size());
}

Attempt<std::size_t> PipeBytes::give(std::span<const ConstBuffer> buffers) {
  const std::size_t wanted = std::min(size_of(buffers), room());
  std::size_t left = make_place(wanted);
  if (left < std::min(wanted, kPipeAtomicBytes)) return std::unexpected(Errno::kNoBufferSpace);
  const std::size_t given = left;
  for (const ConstBuffer& buffer : buffers) {
    const ConstBuffer fits = buffer.first(std::min(buffer.size(), left));
    bytes_.insert(bytes_.end(), fits.begin(), fits.end());
    left -= fits.size();
  }
  return given;
}

void PipeBytes::release() {
  budget_->give_back(bytes_.capacity());
  bytes_ = std::vector<std::uint8_t>();
  begin_ = 0;
}

void PipeBytes::close_reading() {
  has_reader_ = false;
  release();
}

PipeEnd::~PipeEnd() {
  if (in_ != nullptr) in_->close_reading();
  if (out_ != nullptr) out_->close_writing();
}

Attempt<FileStatus> PipeEnd::status() {
  return FileStatus{.type = is_of_pair() ? FileType::kStreamSocket : FileType::kUnknown};
}

Attempt<std::size_t> PipeEnd::read(std::span<const Buffer> buffers) {
  count_use(Wait::For::kReading);
  if (in_ == nullptr) return std::unexpected(Errno::kBadDescriptor);
  if (!in_->has_reader()) return 0;  // It was shut down.
  if (in_->size() == 0 && in_->has_writer() && size_of(buffers) > 0)
    return std::unexpected(would_wait());
  return in_->take(buffers);
}

Attempt<std::size_t> PipeEnd::write(std::span<const ConstBuffer> buffers) {
  count_use(Wait::For::kWriting);
  if (out_ == nullptr) return std::unexpected(Errno::kBadDescriptor);
  if (!out_->has_reader() || !out_->has_writer()) return std::unexpected(Errno::kPipe);
  const std::size_t size = size_of(buffers);
  if (out_->room() < std::min(size, kPipeAtomicBytes)) return std::unexpected(would_wait());
  return out_->give(buffers);
}

Attempt<> PipeEnd::set_flags(const StatusFlags& flags) {
  flags_ = flags;
  return {};
}

Attempt<> PipeEnd::shut_down(bool reading, bool writing) {
  if (!is_of_pair()) return std::unexpected(Errno::kNotSocket);
  if (!reading && !writing) return std::unexpected(Errno::kInvalid);
  if (reading) in_->close_reading();
  if (writing) out_->close_writing();
  return {};
}

std::optional<std::uint64_t> PipeEnd::ready(Wait::For what) {
  if (what == Wait::For::kReading) {
    if (in_ == nullptr) return std::nullopt;
    if (in_->size() == 0 && in_->has_writer() && in_->has_reader()) return std::nullopt;
    return in_->size();
  }
  if (out_ == nullptr) return std::nullopt;
  if (!out_->has_reader() || !out_->has_writer()) return 1;  // It fails at once.
  if (out_->room() < kPipeAtomicBytes) return std::nullopt;
  return out_->room();
}

// As Linux tells it of pipes and of connected sockets.
Condition PipeEnd::condition() {
  const auto is_over = [](const PipeBytes& bytes) {
    return !bytes.has_reader() || !bytes.has_writer();
  };
  if (is_of_pair()) return {.at_end = is_over(*in_), .hung_up = is_over(*in_) && is_over(*out_)};
  if (in_ == nullptr) return {.failed = is_over(*out_)};
  return {.at_end = is_over(*in_) && in_->size() == 0, .hung_up = is_over(*in_)};
}

std::pair<std::shared_ptr<PipeEnd>, std::shared_ptr<PipeEnd>> make_pipe(
    const std::shared_ptr<ChannelBudget>& budget) {
  auto bytes = std::make_shared<PipeBytes>(budget);
  return {std::make_shared<PipeEnd>(bytes, nullptr), std::make_shared<PipeEnd>(nullptr, bytes)};
}

std::pair<std::shared_ptr<PipeEnd>, std::shared_ptr<PipeEnd>> make_pair_of_ends(
    const std::shared_ptr<ChannelBudget>& budget) {
  auto there = std::make_shared<PipeBytes>(budget);
  auto back = std::make_shared<PipeBytes>(budget);
  return {std::make_shared<PipeEnd>(back, there), std::make_shared<PipeEnd>(there, back)};
}

}  // namespace weft::system
