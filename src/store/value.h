// What goes into and comes out of SQL statements, alike for every engine.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.h"

namespace weft::store {

// Binary data, as opposed to text: a column of type BYTEA.
struct Bytes {
  std::string data;

  bool operator==(const Bytes&) const = default;
};

// NULL, a 64-bit integer, UTF-8 text or bytes. Implicit from all of these, so that parameters read
// as a plain list.
class Value {
 public:
  Value() = default;
  // NOLINTBEGIN(google-explicit-constructor): parameters read as a plain list.
  Value(std::nullptr_t) {}
  template <std::integral T>
  Value(T number) : data_(static_cast<std::int64_t>(number)) {}
  Value(std::string text) : data_(std::move(text)) {}
  Value(std::string_view text) : data_(std::string(text)) {}
  Value(const char* text) : data_(std::string(text)) {}
  Value(Bytes bytes) : data_(std::move(bytes)) {}
  template <class T>
  Value(const std::optional<T>& maybe) {
    if (maybe) *this = Value(*maybe);
  }
  // NOLINTEND(google-explicit-constructor)

  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  // The value of that type; nothing when it is NULL or of another type.
  const std::int64_t* if_integer() const { return std::get_if<std::int64_t>(&data_); }
  const std::string* if_text() const { return std::get_if<std::string>(&data_); }
  const Bytes* if_bytes() const { return std::get_if<Bytes>(&data_); }

  bool operator==(const Value&) const = default;

 private:
  std::variant<std::monostate, std::int64_t, std::string, Bytes> data_;
};

using Values = std::vector<Value>;

// One row of an answer. Columns count from 0 in the statement's order. Asking for a column that is
// not there, or for another type than the schema gives it, is our bug (an assert).
class Row {
 public:
  explicit Row(Values columns) : columns_(std::move(columns)) {}

  const Value& operator[](std::size_t column) const {
    WEFT_ASSERT(column < columns_.size());
    return columns_[column];
  }
  std::int64_t integer(std::size_t column) const {
    const auto* number = (*this)[column].if_integer();
    WEFT_ASSERT(number != nullptr);
    return *number;
  }
  const std::string& text(std::size_t column) const {
    const auto* found = (*this)[column].if_text();
    WEFT_ASSERT(found != nullptr);
    return *found;
  }
  const std::string& bytes(std::size_t column) const {
    const auto* found = (*this)[column].if_bytes();
    WEFT_ASSERT(found != nullptr);
    return found->data;
  }
  // Nothing when NULL.
  std::optional<std::int64_t> maybe_integer(std::size_t column) const {
    if ((*this)[column].is_null()) return std::nullopt;
    return integer(column);
  }
  std::optional<std::string> maybe_text(std::size_t column) const {
    if ((*this)[column].is_null()) return std::nullopt;
    return text(column);
  }

 private:
  Values columns_;
};

// All rows of an answer, and how many rows the statement inserted, changed or deleted.
struct Rows {
  std::vector<Row> rows;
  std::uint64_t changed = 0;

  bool empty() const { return rows.empty(); }
  std::size_t size() const { return rows.size(); }
  const Row& operator[](std::size_t index) const {
    WEFT_ASSERT(index < rows.size());
    return rows[index];
  }
  auto begin() const { return rows.begin(); }
  auto end() const { return rows.end(); }
};

}  // namespace weft::store
