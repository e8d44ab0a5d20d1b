#include "system/sandbox.h"

#include <algorithm>
#include <utility>

namespace weft::system {

Attempt<FileNumber> Sandbox::add(Descriptor descriptor) {
  if (open_count_ >= descriptors_max_) return std::unexpected(Errno::kTooManyDescriptors);
  while (lowest_free_ < table_.size() && table_[lowest_free_])
    ++lowest_free_;
  if (lowest_free_ == table_.size()) table_.emplace_back();
  table_[lowest_free_] = std::move(descriptor);
  ++open_count_;
  return static_cast<FileNumber>(lowest_free_++);
}

Attempt<FileNumber> Sandbox::add_from(FileNumber lowest, Descriptor descriptor) {
  auto index = static_cast<std::size_t>(lowest);
  if (index >= descriptors_max_) return std::unexpected(Errno::kInvalid);
  while (index < table_.size() && table_[index])
    ++index;
  const auto number = static_cast<FileNumber>(index);
  // There may be fewer than so many and none of those numbers free.
  if (index >= descriptors_max_) return std::unexpected(Errno::kTooManyDescriptors);
  const auto done = put(number, std::move(descriptor));
  if (!done) return std::unexpected(done.error());
  return number;
}

Attempt<> Sandbox::put(FileNumber number, Descriptor descriptor) {
  const auto index = static_cast<std::size_t>(number);
  if (index >= descriptors_max_) return std::unexpected(Errno::kBadDescriptor);
  const bool is_new = find(number) == nullptr;
  if (is_new && is_full()) return std::unexpected(Errno::kTooManyDescriptors);
  if (index >= table_.size()) table_.resize(index + 1);
  table_[index] = std::move(descriptor);
  if (is_new) ++open_count_;
  return {};
}

Descriptor* Sandbox::find(FileNumber number) {
  const auto index = static_cast<std::size_t>(number);
  if (index >= table_.size()) return nullptr;
  auto& place = table_[index];
  return place ? &*place : nullptr;
}

Attempt<> Sandbox::close(FileNumber number) {
  if (find(number) == nullptr) return std::unexpected(Errno::kBadDescriptor);
  const auto index = static_cast<std::size_t>(number);
  table_[index].reset();
  lowest_free_ = std::min(lowest_free_, index);
  --open_count_;
  return {};
}

Attempt<> Sandbox::renumber(FileNumber from, FileNumber to) {
  Descriptor* const source = find(from);
  Descriptor* const target = find(to);
  if (source == nullptr || target == nullptr) return std::unexpected(Errno::kBadDescriptor);
  if (source == target) return {};
  *target = std::move(*source);
  return close(from);
}

}  // namespace weft::system
