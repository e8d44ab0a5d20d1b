// How much memory of this process the channels within one guest may take.
#pragma once

#include <algorithm>
#include <cstddef>

namespace weft::system {

// One guest's; what its pipes, pairs and interest lists keep comes out of it. The guest decides how
// much that is, and no limit of its own memory sees it. Confined to the guest's thread, or
// protected by the guest's lock where it has several.
class ChannelBudget {
 public:
  static constexpr std::size_t kBytesDefault = 1 << 20;

  explicit ChannelBudget(std::size_t bytes_max = kBytesDefault) : left_(bytes_max) {}
  ChannelBudget(const ChannelBudget&) = delete;
  ChannelBudget& operator=(const ChannelBudget&) = delete;
  ~ChannelBudget() = default;

  std::size_t left() const { return left_; }
  // All of them, or none: false.
  bool take(std::size_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }
  // As many as there are, if fewer are left; returns how many.
  std::size_t take_up_to(std::size_t bytes) {
    const std::size_t taken = std::min(bytes, left_);
    left_ -= taken;
    return taken;
  }
  void give_back(std::size_t bytes) { left_ += bytes; }

 private:
  std::size_t left_;
};

}  // namespace weft::system
