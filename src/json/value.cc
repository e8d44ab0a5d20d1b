#include "json/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>

#include "base/assert.h"
#include "json/block.h"
#include "json/unicode.h"

namespace weft::json {

namespace detail {

void Block::release(Block* block) {
  if (block->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  Block* dead = block;
  while (dead != nullptr) {
    const std::unique_ptr<Block> current(dead);
    dead = current->next_dead;
    current->release_content(dead);
  }
}

void Block::release_content(Value& value, Block*& dead) {
  Fields& fields = value.fields_;
  if (fields.is_inline || fields.shared.owner == nullptr) return;
  Block* const owner = std::exchange(fields.shared.owner, nullptr);
  if (owner->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  owner->next_dead = dead;
  dead = owner;
}

void Block::release_content(Member& member, Block*& dead) {
  release_content(member.key_, dead);
  release_content(member.value_, dead);
}

void ItemsBlock::release_content(Block*& dead) {
  for (Value& item : items)
    Block::release_content(item, dead);
}

void MembersBlock::release_content(Block*& dead) {
  for (Member& member : members)
    Block::release_content(member, dead);
}

}  // namespace detail

using detail::Fields;

namespace {

std::uint32_t checked_size(std::size_t size) {
  WEFT_ASSERT(size <= std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(size);
}

}  // namespace

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return "boolean";
    case Kind::kNumber:
      return "number";
    case Kind::kString:
      return "string";
    case Kind::kArray:
      return "array";
    case Kind::kObject:
      return "object";
  }
  return "unknown";
}

Value::Value(double number) {
  if (!std::isfinite(number)) return;
  std::string text;
  append_number(text, number);
  set_text(Kind::kNumber, text);
}

Value::Value(Number number) {
  set_text(Kind::kNumber, number.lexeme());
}

Value::Value(std::string_view string) {
  set_text(Kind::kString, string);
}

Value::Value(Array array) {
  fields_.kind = Kind::kArray;
  fields_.size = checked_size(array.size());
  if (array.empty()) return;
  auto block = std::make_unique<detail::ItemsBlock>(std::move(array.items_));
  fields_.shared.data = block->items.data();
  fields_.shared.owner = block.release();
}

Value::Value(Object object) {
  fields_.kind = Kind::kObject;
  fields_.size = checked_size(object.size());
  if (object.empty()) return;
  auto block = std::make_unique<detail::MembersBlock>(std::move(object.members_));
  WEFT_ASSERT(!Members::sort(block->members).has_value());
  fields_.shared.data = block->members.data();
  fields_.shared.owner = block.release();
}

Value Value::array(std::initializer_list<Value> items) {
  return Array(std::span<const Value>(items.begin(), items.size()));
}

Value Value::object(std::initializer_list<std::pair<std::string_view, Value>> members) {
  Object object;
  object.reserve(members.size());
  for (const auto& [key, value] : members)
    object.set(key, value);
  return object;
}

Value Value::from_signed(std::int64_t integer) {
  char buffer[24];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, integer);
  Value value;
  value.set_text(Kind::kNumber, {buffer, static_cast<std::size_t>(result.ptr - buffer)});
  return value;
}

Value Value::from_unsigned(std::uint64_t integer) {
  char buffer[24];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, integer);
  Value value;
  value.set_text(Kind::kNumber, {buffer, static_cast<std::size_t>(result.ptr - buffer)});
  return value;
}

void Value::set_text(Kind kind, std::string_view text) {
  fields_.kind = kind;
  fields_.size = checked_size(text.size());
  if (text.size() <= Fields::kInlineBytesMax) {
    fields_.is_inline = true;
    std::copy(text.begin(), text.end(), fields_.text);
    return;
  }
  auto block = std::make_unique<detail::TextBlock>(text);
  fields_.shared.data = block->text.data();
  fields_.shared.owner = block.release();
}

std::string_view Value::text() const {
  if (fields_.is_inline) return {fields_.text, fields_.size};
  return {static_cast<const char*>(fields_.shared.data), fields_.size};
}

Value::Value(const Value& other) : fields_(other.fields_) {
  retain();
}

Value::Value(Value&& other) noexcept : fields_(std::exchange(other.fields_, Fields())) {}

Value& Value::operator=(const Value& other) {
  if (this == &other) return *this;
  // `other` may be inside the content of this.
  const Fields fields = other.fields_;
  other.retain();
  release();
  fields_ = fields;
  return *this;
}

Value& Value::operator=(Value&& other) noexcept {
  if (this == &other) return *this;
  const Fields fields = std::exchange(other.fields_, Fields());
  release();
  fields_ = fields;
  return *this;
}

Value::~Value() {
  release();
}

void Value::retain() const {
  if (fields_.is_inline || fields_.shared.owner == nullptr) return;
  fields_.shared.owner->references.fetch_add(1, std::memory_order_relaxed);
}

void Value::release() {
  if (fields_.is_inline || fields_.shared.owner == nullptr) return;
  detail::Block::release(fields_.shared.owner);
}

bool Value::as_bool() const {
  WEFT_ASSERT(is_bool());
  return fields_.size == 1;
}

Number Value::as_number() const {
  WEFT_ASSERT(is_number());
  return Number(text());
}

std::string_view Value::as_string() const {
  WEFT_ASSERT(is_string());
  return text();
}

std::span<const Value> Value::as_array() const {
  WEFT_ASSERT(is_array());
  return {static_cast<const Value*>(fields_.shared.data), fields_.size};
}

Members Value::as_object() const {
  WEFT_ASSERT(is_object());
  return Members({static_cast<const Member*>(fields_.shared.data), fields_.size});
}

const Value* Value::find(std::string_view key) const {
  return is_object() ? as_object().find(key) : nullptr;
}

std::optional<std::string_view> Value::find_string(std::string_view key) const {
  const Value* const found = find(key);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return found->as_string();
}

std::optional<Span> Value::span() const {
  if (fields_.end == 0) return std::nullopt;
  return Span{fields_.begin, fields_.end};
}

std::string_view Value::source() const {
  if (fields_.end == 0) return {};
  return fields_.shared.owner->source().substr(fields_.begin, fields_.end - fields_.begin);
}

Position Value::position() const {
  if (fields_.end == 0) return {};
  return position_of(fields_.shared.owner->source(), fields_.begin);
}

namespace {

// One container that is being copied, and what there is of its copy.
struct Copying {
  explicit Copying(const Value& value) : source(value) {
    if (value.is_array()) {
      items.reserve(value.size());
    } else {
      members.reserve(value.size());
    }
  }

  const Value& source;
  Array items;
  Object members;

  std::size_t done() const { return source.is_array() ? items.size() : members.size(); }
  const Value& next() const {
    return source.is_array() ? source.as_array()[done()] : source.as_object()[done()].value();
  }
  void add(Value copy) {
    if (source.is_array()) {
      items.push_back(std::move(copy));
    } else {
      members.set(source.as_object()[done()].key(), std::move(copy));
    }
  }
  Value finish() { return source.is_array() ? Value(std::move(items)) : Value(std::move(members)); }
};

Value copy_of_scalar(const Value& value) {
  switch (value.kind()) {
    case Kind::kBoolean:
      return value.as_bool();
    case Kind::kNumber:
      return value.as_number();
    case Kind::kString:
      return value.as_string();
    default:
      return nullptr;
  }
}

bool is_container(const Value& value) {
  return value.is_array() || value.is_object();
}

}  // namespace

// A loop, as are the comparison and the printer: nesting may be deeper than the stack.
Value Value::detached() const {
  if (!is_container(*this)) return copy_of_scalar(*this);
  std::vector<Copying> open;
  open.emplace_back(*this);
  for (;;) {
    Copying& top = open.back();
    if (top.done() < top.source.size()) {
      const Value& next = top.next();
      if (is_container(next)) {
        open.emplace_back(next);
      } else {
        top.add(copy_of_scalar(next));
      }
      continue;
    }
    Value finished = top.finish();
    open.pop_back();
    if (open.empty()) return finished;
    open.back().add(std::move(finished));
  }
}

namespace {

using Pair = std::pair<const Value*, const Value*>;

// Compares two values but for what is inside them, which goes to `inside`.
bool equal_outside(const Value& left, const Value& right, std::vector<Pair>& inside) {
  if (left.kind() != right.kind() || left.size() != right.size()) return false;
  switch (left.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kBoolean:
      return left.as_bool() == right.as_bool();
    case Kind::kNumber:
      return left.as_number() == right.as_number();
    case Kind::kString:
      return left.as_string() == right.as_string();
    case Kind::kArray:
      if (left.as_array().data() == right.as_array().data()) return true;
      for (std::size_t index = 0; index < left.size(); ++index) {
        inside.emplace_back(&left.as_array()[index], &right.as_array()[index]);
      }
      return true;
    case Kind::kObject:
      if (left.as_object().begin() == right.as_object().begin()) return true;
      for (const auto& [key, value] : left.as_object()) {
        const Value* const other = right.find(key);
        if (other == nullptr) return false;
        inside.emplace_back(&value, other);
      }
      return true;
  }
  return false;
}

}  // namespace

bool operator==(const Value& left, const Value& right) {
  std::vector<Pair> open;
  if (!equal_outside(left, right, open)) return false;
  while (!open.empty()) {
    const auto [a, b] = open.back();
    open.pop_back();
    if (!equal_outside(*a, *b, open)) return false;
  }
  return true;
}

}  // namespace weft::json
