// How members are found: by trying them all in small objects, by binary search in big ones. Neither
// has a worst case that a hostile document could ask for, as hash tables have.
#include <algorithm>
#include <bit>
#include <cstring>

#include "json/value.h"

namespace weft::json {

namespace {

// The first bytes of a key as a number that sorts as they do; spares most comparisons the way to
// the key itself.
std::uint64_t prefix_of(std::string_view key) {
  std::uint64_t prefix = 0;
  std::memcpy(&prefix, key.data(), std::min(key.size(), sizeof prefix));
  return std::endian::native == std::endian::little ? std::byteswap(prefix) : prefix;
}

// The index of the second of two members of the same key, in a small object.
std::optional<std::size_t> find_duplicate(std::span<const Member> members) {
  for (std::size_t later = 1; later < members.size(); ++later) {
    const std::string_view key = members[later].key();
    for (std::size_t index = 0; index < later; ++index) {
      if (members[index].key() == key) return later;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> Members::sort(std::span<Member> members) {
  if (members.size() <= kLinearSearchMax) return find_duplicate(members);
  struct Entry {
    std::uint64_t prefix;
    std::uint32_t index;
  };
  std::vector<Entry> entries(members.size());
  for (std::uint32_t index = 0; index < entries.size(); ++index) {
    entries[index] = {prefix_of(members[index].key()), index};
  }
  std::ranges::sort(entries, [&](const Entry& left, const Entry& right) {
    if (left.prefix != right.prefix) return left.prefix < right.prefix;
    const int order = members[left.index].key().compare(members[right.index].key());
    return order != 0 ? order < 0 : left.index < right.index;
  });
  std::optional<std::size_t> duplicate;
  for (std::size_t index = 0; index < entries.size(); ++index) {
    members[index].sorted_ = entries[index].index;
    if (index == 0 || entries[index - 1].prefix != entries[index].prefix) continue;
    const std::size_t later = entries[index].index;
    if (members[entries[index - 1].index].key() != members[later].key()) continue;
    duplicate = std::min(duplicate.value_or(later), later);
  }
  return duplicate;
}

const Value* Members::find(std::string_view key) const {
  if (members_.size() <= kLinearSearchMax) {
    for (const Member& member : members_) {
      if (member.key() == key) return &member.value();
    }
    return nullptr;
  }
  const auto at = std::ranges::lower_bound(
      members_, key, {}, [&](const Member& nth) { return members_[nth.sorted_].key(); });
  if (at == members_.end() || members_[at->sorted_].key() != key) return nullptr;
  return &members_[at->sorted_].value();
}

Object::Object(Members members) : members_(members.begin(), members.end()) {
  if (members_.size() > Members::kLinearSearchMax) index_all();
}

void Object::index_all() {
  index_.clear();
  for (std::size_t index = 0; index < members_.size(); ++index) {
    index_.emplace(members_[index].key(), index);
  }
}

std::optional<std::size_t> Object::index_of(std::string_view key) const {
  if (!index_.empty()) {
    const auto at = index_.find(key);
    return at == index_.end() ? std::nullopt : std::optional(at->second);
  }
  const auto at = std::ranges::find(members_, key, &Member::key);
  if (at == members_.end()) return std::nullopt;
  return static_cast<std::size_t>(at - members_.begin());
}

void Object::set(std::string_view key, Value value) {
  if (const auto index = index_of(key)) {
    members_[*index].value_ = std::move(value);
    return;
  }
  members_.emplace_back(key, std::move(value));
  if (!index_.empty()) {
    index_.emplace(key, members_.size() - 1);
  } else if (members_.size() > Members::kLinearSearchMax) {
    index_all();
  }
}

bool Object::erase(std::string_view key) {
  const auto index = index_of(key);
  if (!index) return false;
  members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(*index));
  index_.clear();
  if (members_.size() > Members::kLinearSearchMax) index_all();
  return true;
}

Value* Object::find(std::string_view key) {
  const auto index = index_of(key);
  return index ? &members_[*index].value_ : nullptr;
}

const Value* Object::find(std::string_view key) const {
  const auto index = index_of(key);
  return index ? &members_[*index].value() : nullptr;
}

}  // namespace weft::json
