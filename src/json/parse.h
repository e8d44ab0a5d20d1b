// Reading JSON (RFC 8259) from untrusted text.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "json/unicode.h"  // position_of: for who reports on a parsed document
#include "json/value.h"

namespace weft::json {

// What a text may cost. A document takes its text once or twice and at most about 72 bytes per
// node.
struct ParseLimits {
  // Bytes of the text; never more than 4 GiB - 2 whatever is set.
  std::size_t bytes_max = 64 << 20;
  // Arrays and objects inside each other: [] is 1, [[]] is 2.
  std::size_t depth_max = 128;
  // Values in the document, the root included; keys do not count.
  std::size_t nodes_max = 4'000'000;
  // Take an escape \ud800 to \udfff that is not one of a surrogate pair, and keep it as the three
  // bytes that UTF-8 forbids for it (WTF-8). For readers of texts that have such strings on
  // purpose; the printer turns them into U+FFFD.
  bool lone_surrogates = false;
};

// The document in `text`, which is not needed afterwards.
//
// The whole text must be one JSON value in valid UTF-8 with nothing but white space around it.
// Refused, beyond what the grammar refuses: a byte order mark, an object with the same key twice
// (after unescaping), and lone surrogates (see above).
//
// Errors: kInvalidArgument with line and column in the message and in position(); kTooLarge with
// limit() "json_bytes", "json_depth" or "json_values". Thread-safe.
Result<Value> parse(std::string_view text, const ParseLimits& limits = {});

}  // namespace weft::json
