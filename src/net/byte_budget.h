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

 private:
  friend class BudgetShare;

  const std::uint64_t bytes_;
  std::atomic<std::uint64_t> used_ = 0;  // A sum: what it guards is not read through it.
};

// What one connection has of it. Confined to one thread; gives all back at the end.
class BudgetShare {
 public:
  // `budget` outlives what is held of it, not this object.
  explicit BudgetShare(ByteBudget& budget) : budget_(budget) {}
  BudgetShare(const BudgetShare&) = delete;
  BudgetShare& operator=(const BudgetShare&) = delete;
  ~BudgetShare() { release(); }

  // Whether there was room to have `bytes` in all.
  bool grow_to(std::uint64_t bytes) {
    return bytes <= held_ || take(bytes - held_, budget_.bytes_);
  }
  // The same, or all the others have nothing: so that what is larger than the budget can be had,
  // one at a time.
  bool grow_to_or_alone(std::uint64_t bytes) {
    if (grow_to(bytes)) return true;
    return budget_.used_.load(std::memory_order_relaxed) == held_ &&
           take(bytes - held_, UINT64_MAX);
  }
  void release() {
    if (held_ > 0) budget_.used_.fetch_sub(std::exchange(held_, 0), std::memory_order_relaxed);
  }

 private:
  bool take(std::uint64_t more, std::uint64_t bytes_max) {
    if (budget_.used_.fetch_add(more, std::memory_order_relaxed) + more > bytes_max) {
      budget_.used_.fetch_sub(more, std::memory_order_relaxed);
      return false;
    }
    held_ += more;
    return true;
  }

  ByteBudget& budget_;
  std::uint64_t held_ = 0;
};

}  // namespace weft::net
