// The sort of $sort and of ^( ): stable, and with a comparison that may fail.
#pragma once

#include <cstddef>
#include <numeric>
#include <vector>

#include "json/jsonata/evaluator.h"
#include "json/jsonata/fault.h"

namespace weft::json::jsonata {

namespace detail {

// A part of the indexes, to be halved or, when that is done, merged.
struct SortRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool halved = false;

  std::size_t middle() const { return begin + ((end - begin) / 2); }
};

template <class IsBehind>
Made<void> merge_halves(const SortRange& range, std::vector<std::size_t>& order,
                        std::vector<std::size_t>& merged, IsBehind& is_behind) {
  std::size_t left = range.begin;
  std::size_t right = range.middle();
  for (std::size_t to = range.begin; to < range.end; to++) {
    bool take_right = left == range.middle();
    if (!take_right && right < range.end) {
      take_right = WEFT_MADE(is_behind(order[left], order[right]));
    }
    merged[to] = take_right ? order[right++] : order[left++];
  }
  for (std::size_t at = range.begin; at < range.end; at++) {
    order[at] = merged[at];
  }
  return {};
}

}  // namespace detail

// The indexes 0 to size - 1 in their order. `is_behind(left, right)` says whether the item `left`
// must come behind `right`; it is asked as the reference implementation's merge sort asks.
template <class IsBehind>
Made<std::vector<std::size_t>> sort_indexes(Evaluator& run, std::size_t size, IsBehind is_behind) {
  if (!run.heap().has(size * 2 * sizeof(std::size_t))) return fault("D2015");
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  std::vector<std::size_t> merged(size);
  std::vector<detail::SortRange> open = {{.begin = 0, .end = size}};
  while (!open.empty()) {
    const detail::SortRange range = open.back();
    if (range.halved || range.end - range.begin <= 1) {
      open.pop_back();
    } else {
      open.back().halved = true;
      open.push_back({.begin = range.middle(), .end = range.end});
      open.push_back({.begin = range.begin, .end = range.middle()});
    }
    if (!range.halved) continue;
    WEFT_MADE(run.spend((range.end - range.begin) / 8));
    WEFT_MADE(detail::merge_halves(range, order, merged, is_behind));
  }
  return order;
}

}  // namespace weft::json::jsonata
