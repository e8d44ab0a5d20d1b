// JSON documents: immutable values that are cheap to copy and share. Numbers keep their exact text,
// objects their order, parsed values the place in the source where they stood.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/number.h"

namespace weft::json {

class Array;
class Member;
class Members;
class Object;

enum class Kind : std::uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };

// "null", "boolean", "number", "string", "array" or "object".
std::string_view name(Kind kind);

// The bytes [begin, end) of a source text.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool operator==(const Span&) const = default;
};

namespace detail {

struct Block;

// The plain fields of a Value: what it is, where its content is, and which block keeps the content
// alive.
struct Fields {
  struct Shared {
    const void* data = nullptr;  // char[size], Value[size] or Member[size].
    Block* owner = nullptr;      // Keeps `data` alive; null when there is nothing to keep.
  };
  static constexpr std::size_t kInlineBytesMax = sizeof(Shared);

  Kind kind = Kind::kNull;
  bool is_inline = false;   // The content is in `text`, not in `shared`.
  std::uint32_t size = 0;   // Bytes of a string or lexeme, items or members; 1 for true.
  std::uint32_t begin = 0;  // Span in the source text; end is 0 for values that were not parsed.
  std::uint32_t end = 0;
  union {
    Shared shared = {};
    char text[kInlineBytesMax];
  };
};

}  // namespace detail

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                  !std::same_as<T, char8_t> && !std::same_as<T, char16_t> &&
                  !std::same_as<T, char32_t> && !std::same_as<T, wchar_t>;

// One immutable JSON value.
//
// Copies share their content: copying costs one atomic increment at most, so pass and store Values
// by value freely. Values may be read and copied by several threads at once; assigning to one is
// the caller's to guard, as with an int.
//
// What as_string(), as_number(), as_array(), as_object() and find() return points into the content:
// it is valid as long as the Value it was asked of, and no longer, as short strings are kept in the
// Value itself. A value that was parsed keeps its whole document alive, its source text included:
// see detached().
//
// Strings hold any bytes; the parser lets in valid UTF-8 only, and the printer puts U+FFFD in the
// place of everything else. Strings, arrays and objects have fewer than 2^32 bytes or elements.
class Value {
 public:
  Value() = default;  // null
  // NOLINTBEGIN(google-explicit-constructor): so that documents are written as nested plain lists.
  Value(std::nullptr_t) {}
  template <std::same_as<bool> T>
  Value(T boolean);
  template <Integer T>
  Value(T integer);
  // NaN and the infinities, which JSON cannot say, become null (as in ECMAScript).
  Value(double number);
  Value(Number number);
  Value(std::string_view string);
  Value(const std::string& string) : Value(std::string_view(string)) {}
  Value(const char* string) : Value(std::string_view(string)) {}
  Value(Array array);
  Value(Object object);
  // NOLINTEND(google-explicit-constructor)
  Value(const void*) = delete;

  static Value array(std::initializer_list<Value> items);
  // A key that comes twice: the last value wins, in the first one's place.
  static Value object(std::initializer_list<std::pair<std::string_view, Value>> members);

  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value();

  Kind kind() const { return fields_.kind; }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_bool() const { return kind() == Kind::kBoolean; }
  bool is_number() const { return kind() == Kind::kNumber; }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_array() const { return kind() == Kind::kArray; }
  bool is_object() const { return kind() == Kind::kObject; }

  // The content; the kind must be right, or the process ends: check it first.
  bool as_bool() const;
  Number as_number() const;
  std::string_view as_string() const;
  std::span<const Value> as_array() const;
  Members as_object() const;

  // The member of that name; null when there is none or this is not an object. Logarithmic in big
  // objects.
  const Value* find(std::string_view key) const;
  // The text of the member of that name, which lives as long as this; nothing when it is no string.
  std::optional<std::string_view> find_string(std::string_view key) const;

  // Items of an array, members of an object; 0 for everything else.
  std::size_t size() const { return is_array() || is_object() ? fields_.size : 0; }

  // Where in the source text this stood, quotes and brackets included; nothing when it was not
  // parsed.
  std::optional<Span> span() const;
  // The text of that span, verbatim; empty when this was not parsed.
  std::string_view source() const;
  // Line and column of the span's start (position_of); empty when this was not parsed.
  Position position() const;

  // The same value without spans, which keeps no source text alive: for a small part of a big
  // document that is kept for long.
  Value detached() const;

  // Deep equality: numbers by value, objects by members in any order, strings by bytes; spans do
  // not matter.
  friend bool operator==(const Value& left, const Value& right);

 private:
  friend class DocumentBuilder;
  friend class Member;
  friend struct detail::Block;

  explicit Value(const detail::Fields& fields) : fields_(fields) {}
  static Value from_signed(std::int64_t integer);
  static Value from_unsigned(std::uint64_t integer);

  void set_text(Kind kind, std::string_view text);
  std::string_view text() const;
  void retain() const;
  void release();

  detail::Fields fields_;
};

// One member of an object: `const auto& [key, value] = member;` works.
class Member {
 public:
  Member(std::string_view key, Value value) : key_(key), value_(std::move(value)) {}
  Member(Value key, Value value) : key_(std::move(key)), value_(std::move(value)) {}

  std::string_view key() const { return key_.as_string(); }
  const Value& value() const { return value_; }
  // The key as a value, for its span.
  const Value& key_value() const { return key_; }

  template <std::size_t kIndex>
  decltype(auto) get() const {
    if constexpr (kIndex == 0) {
      return key();
    } else {
      return value();
    }
  }

 private:
  friend class DocumentBuilder;
  friend class Members;
  friend class Object;
  friend struct detail::Block;

  Member(const detail::Fields& key, const detail::Fields& value) : key_(key), value_(value) {}

  Value key_;
  Value value_;
  // Only in big objects: the n-th member says which member has the n-th smallest key.
  std::uint32_t sorted_ = 0;
};

// The members of an object in their order. Borrowed from a Value.
class Members {
 public:
  explicit Members(std::span<const Member> members) : members_(members) {}

  const Member* begin() const { return members_.data(); }
  const Member* end() const { return members_.data() + members_.size(); }
  std::size_t size() const { return members_.size(); }
  bool empty() const { return members_.empty(); }
  const Member& operator[](std::size_t index) const { return members_[index]; }
  const Value* find(std::string_view key) const;

  // Objects with more members than this know the order of their keys, so that find() need not try
  // them all.
  static constexpr std::size_t kLinearSearchMax = 16;
  // Finds the order. When two keys are equal it returns the index of the later one.
  static std::optional<std::size_t> sort(std::span<Member> members);

 private:
  std::span<const Member> members_;
};

// An array under construction: Value(std::move(array)) is the finished one. Not for several threads
// at once.
class Array {
 public:
  Array() = default;
  explicit Array(std::span<const Value> items) : items_(items.begin(), items.end()) {}

  void reserve(std::size_t size) { items_.reserve(size); }
  void push_back(Value item) { items_.push_back(std::move(item)); }
  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  Value& operator[](std::size_t index) { return items_[index]; }
  const Value& operator[](std::size_t index) const { return items_[index]; }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  friend class Value;
  std::vector<Value> items_;
};

// An object under construction: Value(std::move(object)) is the finished one. Not for several
// threads at once.
class Object {
 public:
  Object() = default;
  explicit Object(Members members);

  void reserve(std::size_t size) { members_.reserve(size); }
  // Appends the member, or replaces the value of the one of that name, which keeps its place.
  void set(std::string_view key, Value value);
  // False when there is none of that name. Linear in the number of members.
  bool erase(std::string_view key);
  // Null when there is none. Valid until the next set() or erase().
  Value* find(std::string_view key);
  const Value* find(std::string_view key) const;
  std::size_t size() const { return members_.size(); }
  bool empty() const { return members_.empty(); }
  auto begin() const { return members_.begin(); }
  auto end() const { return members_.end(); }

 private:
  friend class Value;
  std::optional<std::size_t> index_of(std::string_view key) const;
  void index_all();

  std::vector<Member> members_;
  // Where each key is; filled only when there are more than Members::kLinearSearchMax.
  std::map<std::string, std::size_t, std::less<>> index_;
};

template <std::same_as<bool> T>
Value::Value(T boolean) {
  fields_.kind = Kind::kBoolean;
  fields_.size = boolean ? 1 : 0;
}

template <Integer T>
Value::Value(T integer) {
  if constexpr (std::signed_integral<T>) {
    *this = from_signed(integer);
  } else {
    *this = from_unsigned(integer);
  }
}

}  // namespace weft::json

template <>
struct std::tuple_size<weft::json::Member> : std::integral_constant<std::size_t, 2> {};
template <>
struct std::tuple_element<0, weft::json::Member> {
  // NOLINTNEXTLINE(readability-identifier-naming): structured bindings look for this name.
  using type = const std::string_view;
};
template <>
struct std::tuple_element<1, weft::json::Member> {
  // NOLINTNEXTLINE(readability-identifier-naming): structured bindings look for this name.
  using type = const weft::json::Value;
};
