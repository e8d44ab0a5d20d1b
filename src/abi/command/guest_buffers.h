// The buffers that a guest names in an iovec array. Private to command.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "abi/command/errno.h"
#include "engine/host_call.h"

namespace weft::abi::command {

// Byte is std::uint8_t for buffers to fill, const for those to take from. They may overlap.
template <class Byte>
class GuestBuffers {
 public:
  // How many one call may name, as Linux's IOV_MAX.
  static constexpr std::uint32_t kCountMax = 1024;

  // kFault when the array or a buffer lies outside of the memory; kInval when there are too many,
  // or more bytes than a 32-bit number counts.
  static std::expected<GuestBuffers, Errno> at(const engine::GuestMemory& memory,
                                               engine::GuestAddress array, std::uint32_t count) {
    if (count > kCountMax) return std::unexpected(Errno::kInval);
    GuestBuffers buffers;
    buffers.count_ = count;
    // Most calls name one or two.
    if (count > kFew) buffers.many_.resize(count);
    std::uint64_t total = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      std::uint32_t address = 0;
      std::uint32_t size = 0;
      const auto entry = static_cast<engine::GuestAddress>(static_cast<std::uint64_t>(array) +
                                                           std::uint64_t{i} * 8);
      if (!memory.load(entry, address) ||
          !memory.load(static_cast<engine::GuestAddress>(static_cast<std::uint64_t>(entry) + 4),
                       size)) {
        return std::unexpected(Errno::kFault);
      }
      const auto bytes = memory.bytes(static_cast<engine::GuestAddress>(address), size);
      if (!bytes) return std::unexpected(Errno::kFault);
      (count > kFew ? buffers.many_[i] : buffers.few_[i]) = *bytes;
      total += size;
    }
    if (total > UINT32_MAX) return std::unexpected(Errno::kInval);
    return buffers;
  }

  std::span<const std::span<Byte>> all() const {
    return {count_ > kFew ? many_.data() : few_.data(), count_};
  }

 private:
  static constexpr std::uint32_t kFew = 8;

  std::array<std::span<Byte>, kFew> few_;
  std::vector<std::span<Byte>> many_;
  std::uint32_t count_ = 0;
};

}  // namespace weft::abi::command
