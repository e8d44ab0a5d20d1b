// Writing JSON: whole documents, or piece by piece without building one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "json/value.h"

namespace weft::json {

// Without white space; number lexemes as they are, members in their order. Always valid JSON and
// valid UTF-8.
std::string to_string(const Value& value);
void append(std::string& out, const Value& value);

// The same with two spaces per level and one item or member per line; no newline at the end.
std::string to_pretty_string(const Value& value);

// Appends a quoted and escaped JSON string: quote, backslash and control characters are escaped,
// everything else is itself; bytes that are not valid UTF-8 become U+FFFD.
void append_string(std::string& out, std::string_view text);

// Appends JSON text to a string, commas included:
//   Writer writer(out);
//   writer.begin_object().key("id").value(7).key("tags").begin_array().end_array().end_object();
// Calls that could only make invalid JSON (a value in an object without a key, a wrong end) are our
// bugs: asserts. `out` must live as long as the writer is used; several writers may follow each
// other on it.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view key);

  Writer& value(std::string_view string);
  Writer& value(const std::string& string) { return value(std::string_view(string)); }
  Writer& value(const char* string) { return value(std::string_view(string)); }
  Writer& value(std::nullptr_t);
  Writer& value(double number);  // NaN and the infinities become null.
  Writer& value(const Value& value);
  template <std::same_as<bool> T>
  Writer& value(T boolean) {
    return raw(boolean ? "true" : "false");
  }
  template <Integer T>
  Writer& value(T integer) {
    if constexpr (std::signed_integral<T>) {
      return signed_value(integer);
    } else {
      return unsigned_value(integer);
    }
  }
  // A text that the caller knows to be one valid JSON value.
  Writer& raw(std::string_view json_text);

  // Whether everything that was begun has ended.
  bool complete() const { return open_.empty(); }

 private:
  Writer& signed_value(std::int64_t integer);
  Writer& unsigned_value(std::uint64_t integer);
  void before_value();
  void begin(char bracket);
  void end(char bracket);

  std::string& out_;  // Outlives this object.
  std::string open_;  // The brackets that are open, the innermost last.
  bool needs_comma_ = false;
  bool has_key_ = false;
  bool has_value_ = false;
};

}  // namespace weft::json
