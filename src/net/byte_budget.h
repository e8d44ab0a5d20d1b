// Memory that many connections share.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace weft::net {

// Thread-safe.
class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t bytes) : bytes_(bytes) {}

  std::uint64_t bytes() const { return bytes_; }
  bool is_exhausted() const { return used_.load(std::memory_order_relaxed) >= bytes_; }

 private:
  friend class BudgetShare;

  const std::uint64_t bytes_;
  std::atomic<std::uint64_t> used_ = 0;  // A sum: what it guards is not read through it.
};

// What one connection has of it. Confined to one thread; gives all back at the end.
class BudgetShare {
 public:
  // `budget` outlives this object.
  explicit BudgetShare(ByteBudget& budget) : budget_(budget) {}
  BudgetShare(const BudgetShare&) = delete;
  BudgetShare& operator=(const BudgetShare&) = delete;
  ~BudgetShare() { release(); }

  // Whether there was room to have `bytes` in all.
  bool grow_to(std::uint64_t bytes) {
    if (bytes <= held_) return true;
    if (budget_.used_.fetch_add(bytes - held_, std::memory_order_relaxed) + (bytes - held_) >
        budget_.bytes_) {
      budget_.used_.fetch_sub(bytes - held_, std::memory_order_relaxed);
      return false;
    }
    held_ = bytes;
    return true;
  }
  // Also when there is no room: for what is there already.
  void add(std::uint64_t bytes) {
    budget_.used_.fetch_add(bytes, std::memory_order_relaxed);
    held_ += bytes;
  }
  void release() {
    if (held_ > 0) budget_.used_.fetch_sub(std::exchange(held_, 0), std::memory_order_relaxed);
  }

 private:
  ByteBudget& budget_;
  std::uint64_t held_ = 0;
};

}  // namespace weft::net
