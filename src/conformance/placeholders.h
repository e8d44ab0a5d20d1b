// Recordings of a service with placeholders where a value differs from run to run.
#pragma once

#include <string_view>

#include "json/value.h"

namespace weft::conformance {

// `found` with the recording's own text wherever a placeholder stands for what was found, so that
// the rest can be compared: "<uuid:1>" inside a text, and texts such as "timestamp" that stand for
// a whole. `material` is what the test gave: a text that is in there is itself and stands for
// nothing. Where the recording has a document and a text was found, the text is read as JSON.
json::Value aligned(const json::Value& expected, const json::Value& found,
                    std::string_view material);

}  // namespace weft::conformance
