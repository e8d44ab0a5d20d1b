#include "json/jsonata/runtime.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "json/value.h"

namespace weft::json::jsonata {

Var Var::null() {
  Var var;
  var.type_ = Type::kNull;
  return var;
}

Var Var::boolean(bool value) {
  Var var;
  var.type_ = Type::kBoolean;
  var.size_ = value ? 1 : 0;
  return var;
}

Var Var::string(std::string_view text) {
  Var var;
  var.type_ = Type::kString;
  var.size_ = static_cast<std::uint32_t>(text.size());
  var.content_.text = text.data();
  return var;
}

Var Var::of(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return null();
    case Kind::kBoolean:
      return boolean(value.as_bool());
    case Kind::kString:
      return string(value.as_string());
    case Kind::kNumber:
    case Kind::kArray:
    case Kind::kObject:
      break;
  }
  Var var;
  if (value.is_number()) {
    var.type_ = Type::kNumber;
  } else {
    var.type_ = value.is_array() ? Type::kArray : Type::kObject;
  }
  var.foreign_ = true;
  var.content_.value = &value;
  return var;
}

std::size_t Var::size() const {
  if (!is_array() && !is_object()) return 0;
  if (foreign_) return content_.value->size();
  if (is_array()) return content_.array->size;
  return content_.object->size;
}

Var Var::item(std::size_t index) const {
  if (is_array()) {
    return foreign_ ? of(content_.value->as_array()[index]) : content_.array->at(index);
  }
  return foreign_ ? of(content_.value->as_object()[index].value())
                  : content_.object->entries[index].value;
}

std::string_view Var::key(std::size_t index) const {
  return foreign_ ? content_.value->as_object()[index].key() : content_.object->entries[index].key;
}

Var Var::member(std::string_view key) const {
  if (!is_object()) return {};
  if (foreign_) {
    const Value* found = content_.value->find(key);
    return found == nullptr ? Var() : of(*found);
  }
  const Object::Entry* found = content_.object->find(key);
  return found == nullptr ? Var() : found->value;
}

bool Var::has(std::string_view key) const {
  if (!is_object()) return false;
  return foreign_ ? content_.value->find(key) != nullptr : content_.object->find(key) != nullptr;
}

bool Var::is_sequence() const {
  return is_array() && !foreign_ && content_.array->sequence;
}

bool Var::same(const Var& other) const {
  if (type_ != other.type_) return false;
  switch (type_) {
    case Type::kUndefined:
    case Type::kNull:
      return true;
    case Type::kBoolean:
      return size_ == other.size_;
    case Type::kNumber:
      return number() == other.number();
    case Type::kString:
      return text() == other.text();
    default:
      return foreign_ == other.foreign_ && content_.array == other.content_.array;
  }
}

bool Heap::has(std::size_t bytes) {
  if (bytes > bytes_max_ - used_ - charged_) exhausted_ = true;
  return !exhausted_;
}

void Heap::charge(std::size_t bytes) {
  if (has(bytes)) charged_ += bytes;
}

void Heap::rewind(const Mark& mark) {
  blocks_.resize(mark.blocks);
  free_ = mark.free;
  free_bytes_ = mark.free_bytes;
  used_ = mark.used;
}

void* Heap::allocate(std::size_t bytes) {
  if (bytes > bytes_max_) bytes = bytes_max_ + 1;  // which there is not
  bytes = (bytes + alignof(std::max_align_t) - 1) & ~(alignof(std::max_align_t) - 1);
  if (!has(bytes)) return nullptr;
  used_ += bytes;
  if (bytes > free_bytes_) {
    if (bytes >= kBlockBytes / 2) {
      return blocks_.emplace_back(std::make_unique_for_overwrite<std::byte[]>(bytes)).get();
    }
    free_ = blocks_.emplace_back(std::make_unique_for_overwrite<std::byte[]>(kBlockBytes)).get();
    free_bytes_ = kBlockBytes;
  }
  void* memory = free_;
  free_ += bytes;
  free_bytes_ -= bytes;
  return memory;
}

void* Heap::spare(std::size_t bytes) {
  return blocks_.emplace_back(std::make_unique<std::byte[]>(std::max(bytes, kSpareBytes))).get();
}

Array* Heap::sequence() {
  Array* array = make<Array>();
  array->sequence = true;
  return array;
}

Array* Heap::sequence(Var item) {
  Array* array = sequence();
  array->push(*this, item);
  return array;
}

std::string_view Heap::copy(std::string_view text) {
  if (text.empty() || text.size() >= UINT32_MAX) {
    if (!text.empty()) exhausted_ = true;
    return {};
  }
  void* memory = allocate(text.size());
  if (memory == nullptr) return {};
  std::memcpy(memory, text.data(), text.size());
  return {static_cast<const char*>(memory), text.size()};
}

bool Array::reserve(Heap& heap, std::size_t count) {
  if (count <= capacity && !range) return true;
  if (count > UINT32_MAX / 2) return heap.has(SIZE_MAX);
  const std::size_t wanted =
      std::max<std::size_t>({count, std::size_t{capacity} * 2, std::size_t{4}});
  auto* grown = static_cast<Var*>(heap.allocate(wanted * sizeof(Var)));
  if (grown == nullptr) return false;
  for (std::size_t i = 0; i < size; i++) {
    std::construct_at(grown + i, at(i));
  }
  items = grown;
  capacity = static_cast<std::uint32_t>(wanted);
  range = false;
  return true;
}

void Array::push(Heap& heap, Var item) {
  if ((size == capacity || range) && !reserve(heap, std::size_t{size} + 1)) return;
  std::construct_at(items + size, item);
  size++;
}

void Array::push_all(Heap& heap, const Var& array) {
  const std::size_t count = array.size();
  const Array* other = array.array();
  if (size == 0 && other != nullptr && other->range) {
    range = true;
    first = other->first;
    size = other->size;
    capacity = 0;
    return;
  }
  if (!reserve(heap, size + count)) return;
  for (std::size_t i = 0; i < count; i++) {
    std::construct_at(items + size, array.item(i));
    size++;
  }
}

Object::Entry* Object::find(std::string_view key) const {
  if (table != nullptr) {
    const std::size_t mask = table_size - 1;
    for (std::size_t at = std::hash<std::string_view>()(key) & mask; table[at] != 0;
         at = (at + 1) & mask) {
      Entry* entry = entries + (table[at] - 1);
      if (entry->key == key) return entry;
    }
    return nullptr;
  }
  for (std::uint32_t i = 0; i < size; i++) {
    if (entries[i].key == key) return entries + i;
  }
  return nullptr;
}

void Object::set(Heap& heap, std::string_view key, Var value) {
  if (Entry* found = find(key); found != nullptr) {
    found->value = value;
    return;
  }
  if (size == capacity) {
    const std::uint32_t wanted = std::max(4U, capacity * 2);
    auto* grown = static_cast<Entry*>(heap.allocate(wanted * sizeof(Entry)));
    if (grown == nullptr) return;
    std::uninitialized_copy_n(entries, size, grown);
    entries = grown;
    capacity = wanted;
  }
  std::construct_at(entries + size, key, value);
  size++;
  if (size <= kLinearMax) return;
  if (table == nullptr || size * 2 > table_size) {
    index_all(heap);
  } else {
    index(size - 1);
  }
}

void Object::erase(Heap& heap, std::string_view key) {
  Entry* found = find(key);
  if (found == nullptr) return;
  std::move(found + 1, entries + size, found);
  size--;
  if (table != nullptr) index_all(heap);
}

void Object::index_all(Heap& heap) {
  std::uint32_t wanted = std::max(table_size, 32U);
  while (wanted < size * 4) {
    wanted *= 2;
  }
  if (wanted != table_size) {
    table = static_cast<std::uint32_t*>(heap.allocate(wanted * sizeof(std::uint32_t)));
    table_size = table == nullptr ? 0 : wanted;
    if (table == nullptr) return;
  }
  std::fill_n(table, table_size, 0);
  for (std::uint32_t i = 0; i < size; i++) {
    index(i);
  }
}

void Object::index(std::uint32_t entry) {
  const std::size_t mask = table_size - 1;
  std::size_t at = std::hash<std::string_view>()(entries[entry].key) & mask;
  while (table[at] != 0) {
    at = (at + 1) & mask;
  }
  table[at] = entry + 1;
}

void Frame::bind(Heap& heap, std::string_view name, Var value) {
  for (std::uint32_t i = 0; i < size; i++) {
    if (slots[i].name == name) {
      slots[i].value = value;
      return;
    }
  }
  if (size == capacity) {
    const std::uint32_t wanted = std::max(2U, capacity * 2);
    auto* grown = static_cast<Slot*>(heap.allocate(wanted * sizeof(Slot)));
    if (grown == nullptr) return;
    std::uninitialized_copy_n(slots, size, grown);
    slots = grown;
    capacity = wanted;
  }
  std::construct_at(slots + size, name, value);
  size++;
}

const Var* Frame::find(std::string_view name) const {
  for (const Frame* frame = this; frame != nullptr; frame = frame->parent) {
    for (std::uint32_t i = 0; i < frame->size; i++) {
      if (frame->slots[i].name == name) return &frame->slots[i].value;
    }
  }
  return nullptr;
}

std::size_t character_size(std::string_view text, std::size_t offset) {
  const auto lead = static_cast<unsigned char>(text[offset]);
  std::size_t size = 1;
  if (lead >= 0xC2 && lead < 0xE0) size = 2;
  if (lead >= 0xE0 && lead < 0xF0) size = 3;
  if (lead >= 0xF0 && lead < 0xF5) size = 4;
  if (offset + size > text.size()) return 1;
  for (std::size_t i = 1; i < size; i++) {
    if ((static_cast<unsigned char>(text[offset + i]) & 0xC0) != 0x80) return 1;
  }
  return size;
}

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += character_size(text, at)) {
    count++;
  }
  return count;
}

std::size_t utf16_size(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = character_size(text, at);
    count += size == 4 ? 2 : 1;
    at += size;
  }
  return count;
}

void append_code_point(std::string& out, char32_t code_point) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3F));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

int compare_text(std::string_view left, std::string_view right) {
  const auto [l, r] = std::ranges::mismatch(left, right);
  if (l == left.end() || r == right.end()) {
    return static_cast<int>(l != left.end()) - static_cast<int>(r != right.end());
  }
  // Code points from U+10000 on are surrogates in UTF-16 and stand before U+E000 to U+FFFF.
  const auto rank = [](char byte) {
    const int value = static_cast<unsigned char>(byte);
    return value == 0xEE || value == 0xEF ? value + 0x10 : value;
  };
  return rank(*l) - rank(*r);
}

}  // namespace weft::json::jsonata
