// How the records' lists are read: one row more than asked for tells whether there is a next page.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "base/result.h"
#include "store/page.h"
#include "store/value.h"

namespace weft::store {

// Where the page begins: behind the cursor, or before everything on the first page.
Result<Cursor> start_of(const Page& page, CursorKind kind);

// What a list's LIMIT is.
inline std::int64_t rows_for(const Page& page) {
  return static_cast<std::int64_t>(page.limit) + 1;
}

// `make(row)` gives an item, `place(item)` the cursor behind it.
template <class T, class Make, class Place>
Listed<T> listed(const Rows& rows, const Page& page, const Make& make, const Place& place) {
  Listed<T> list;
  for (const Row& row : rows) {
    if (list.items.size() == page.limit) {
      list.next = to_text(place(list.items.back()));
      break;
    }
    list.items.push_back(make(row));
  }
  return list;
}

// Times as the database has them.
inline std::int64_t microseconds(WallTime time) {
  return time.time_since_epoch().count();
}
inline WallTime wall_time(std::int64_t microseconds_since_1970) {
  return WallTime(std::chrono::microseconds(microseconds_since_1970));
}

}  // namespace weft::store
