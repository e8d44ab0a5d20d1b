// The bytes that a connection has received and not yet used, in one piece.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace weft::net {

// Confined to its connection. What it hands out is valid until the next call of `space`.
class ReadBuffer {
 public:
  std::string_view unread() const { return {data_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }

  // Room for at least `bytes` more.
  std::span<char> space(std::size_t bytes) {
    if (capacity_ - end_ < bytes) make_room(bytes);
    return {data_.get() + end_, capacity_ - end_};
  }
  // `bytes` were written into the last space.
  void commit(std::size_t bytes) { end_ += bytes; }
  // The first `bytes` of unread() are used.
  void consume(std::size_t bytes) {
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Gives memory back that a long body needed.
  void trim() {
    if (capacity_ <= kKept || !empty()) return;
    data_.reset();
    capacity_ = 0;
  }

 private:
  static constexpr std::size_t kSmallest = 2048;
  static constexpr std::size_t kKept = 16UZ * 1024;

  void make_room(std::size_t bytes) {
    const std::size_t size = end_ - begin_;
    if (capacity_ - size >= bytes && begin_ >= size) {
      std::memcpy(data_.get(), data_.get() + begin_, size);
    } else {
      const std::size_t capacity = std::max({kSmallest, 2 * capacity_, size + bytes});
      auto larger = std::make_unique_for_overwrite<char[]>(capacity);
      if (size != 0) std::memcpy(larger.get(), data_.get() + begin_, size);
      data_ = std::move(larger);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = size;
  }

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace weft::net
