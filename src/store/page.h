// Lists in pages: how many, after which, and where the next page begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft::store {

inline constexpr std::size_t kPageLimitMax = 1000;

// Which part of a list to return.
struct Page {
  std::size_t limit = 50;  // 1 … kPageLimitMax, else kInvalidArgument
  std::string after = {};  // the `next` of the page before; empty: the first page
};

// Part of a list, newest first.
template <class T>
struct Listed {
  std::vector<T> items;
  std::optional<std::string>
      next;  // the cursor of the next page; nothing when this is the last one
};

// Which list a cursor belongs to, so that one of another list is refused. Sent: never change a
// letter.
enum class CursorKind : char {
  kModules = 'm',
  kFunctions = 'f',
  kVersions = 'v',
  kInvocations = 'i',
  kReactors = 'r'
};

// A place in a list: behind the item with this sort key.
struct Cursor {
  CursorKind kind;
  std::int64_t number = 0;
  std::string text;  // at most kCursorTextMax bytes of printable ASCII

  bool operator==(const Cursor&) const = default;
};

inline constexpr std::size_t kCursorTextMax = 128;

// Opaque text of letters, digits, '-' and '_'.
std::string to_text(const Cursor& cursor);

// The inverse. kInvalidArgument for everything that to_text cannot have written for a list of this
// kind.
Result<Cursor> parse_cursor(std::string_view text, CursorKind kind);

}  // namespace weft::store
