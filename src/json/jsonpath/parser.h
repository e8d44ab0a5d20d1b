// Reading JSONPath in both dialects.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "json/jsonpath/limits.h"
#include "json/jsonpath/syntax.h"

namespace weft::json::jsonpath {

struct ParseOptions {
  Dialect dialect = Dialect::kRfc9535;
  // The bytes at the text's beginning that name the root, which are not looked at. 0: it begins
  // with "$".
  std::size_t root_bytes = 0;
  ParseLimits limits = {};
};

// Errors: kInvalidArgument with position() in the whole text; kTooLarge with limit()
// "jsonpath_bytes" or "jsonpath_depth", and those of regular expressions.
Result<Query> parse_query(std::string_view text, const ParseOptions& options);

}  // namespace weft::json::jsonpath
