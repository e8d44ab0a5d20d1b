#include "system/event_counter.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace weft::system {
namespace {

using Number = std::array<std::uint8_t, sizeof(std::uint64_t)>;

// Copies between the number and the front of the buffers; false when they are too small for it.
template <class Byte, class Copy>
bool for_number(std::span<const std::span<Byte>> buffers, const Copy& copy) {
  std::size_t size = 0;
  for (const auto& buffer : buffers)
    size += buffer.size();
  if (size < sizeof(Number)) return false;
  std::size_t done = 0;
  for (const auto& buffer : buffers) {
    const std::size_t count = std::min(buffer.size(), sizeof(Number) - done);
    copy(buffer.first(count), done);
    done += count;
  }
  return true;
}

}  // namespace

Attempt<std::size_t> EventCounter::read(std::span<const Buffer> buffers) {
  count_use(Wait::For::kReading);
  const std::uint64_t taken = counts_down_ ? std::min<std::uint64_t>(value_, 1) : value_;
  Number number{};
  std::memcpy(number.data(), &taken, sizeof(number));
  // Where it has to wait, the buffers stay as they are.
  const bool fits = for_number(buffers, [&](Buffer part, std::size_t offset) {
    if (taken > 0) std::copy_n(number.begin() + offset, part.size(), part.begin());
  });
  if (!fits) return std::unexpected(Errno::kInvalid);
  if (taken == 0) return std::unexpected(would_wait());
  value_ -= taken;
  return sizeof(number);
}

Attempt<std::size_t> EventCounter::write(std::span<const ConstBuffer> buffers) {
  count_use(Wait::For::kWriting);
  Number number{};
  const bool fits = for_number(buffers, [&](ConstBuffer part, std::size_t offset) {
    std::ranges::copy(part, number.begin() + offset);
  });
  std::uint64_t more = 0;
  std::memcpy(&more, number.data(), sizeof(more));
  if (!fits || more == UINT64_MAX) return std::unexpected(Errno::kInvalid);
  if (more > UINT64_MAX - 1 - value_) return std::unexpected(would_wait());
  value_ += more;
  return sizeof(number);
}

Attempt<> EventCounter::set_flags(const StatusFlags& flags) {
  flags_ = flags;
  return {};
}

std::optional<std::uint64_t> EventCounter::ready(Wait::For what) {
  const bool is_ready = what == Wait::For::kReading ? value_ > 0 : value_ < UINT64_MAX - 1;
  return is_ready ? std::optional<std::uint64_t>(sizeof(Number)) : std::nullopt;
}

}  // namespace weft::system
