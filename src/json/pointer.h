// JSON Pointer (RFC 6901): the way to one value of a document, "/orders/0/id".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"

namespace weft::json {

// The value that the pointer leads to, which lives as long as the document; null when there is
// none. kInvalidArgument for a text that is no pointer: one that is neither empty nor begins with
// "/", or that has a "~" without 0 or 1 behind it. Linear in the pointer's length and, where
// objects are large, logarithmic in their members.
Result<const Value*> value_at(const Value& document, std::string_view pointer);

// Makes a pointer longer by the name of a member or the digits of an index.
void append_pointer_step(std::string& pointer, std::string_view step);

}  // namespace weft::json
