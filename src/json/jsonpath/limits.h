// What a JSONPath and its evaluation may cost.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::json::jsonpath {

// Reaching one is kTooLarge with the limit's name in limit().
struct ParseLimits {
  // "jsonpath_bytes": of the path's text.
  std::size_t bytes_max = 64 << 10;
  // "jsonpath_depth": parentheses, functions and paths in filters inside each other. Nothing that
  // handles a path recurses deeper than this.
  std::size_t depth_max = 32;
};

struct EvaluationLimits {
  // "jsonpath_nodes": what each segment of a path may give, and all of them together where
  // normalized paths are asked for.
  std::size_t nodes_max = 1'000'000;
  // "jsonpath_path_bytes": of all normalized paths together.
  std::size_t path_bytes_max = 64 << 20;
  // "jsonpath_steps": visited, tested and compared values and the steps of regular expressions
  // (some ten nanoseconds each).
  std::uint64_t steps_max = 10'000'000;
};

}  // namespace weft::json::jsonpath
