// Inputs and outputs of states.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "json/print.h"
#include "json/value.h"

namespace weft::workflow {

// A JSON value, and the text that history has of it: what came in as it was written, what was
// computed without white space. Cheap to copy.
class Payload {
 public:
  Payload() : Payload(json::Value()) {}
  // What was computed.
  explicit Payload(json::Value value) : value_(std::move(value)) {}
  // What was parsed from that text as a whole.
  static Payload verbatim(json::Value document) {
    Payload payload(std::move(document));
    payload.text_ = json::Value(payload.value_.source());
    return payload;
  }
  // A part of what was parsed as it was written there; anything else as computed.
  static Payload as_written(const json::Value& value) {
    return value.source().empty() ? Payload(value) : verbatim(value);
  }

  const json::Value& value() const { return value_; }
  // A JSON string. Printed at the first use.
  const json::Value& text() const {
    if (text_.is_null()) text_ = json::Value(json::to_string(value_));
    return text_;
  }
  std::size_t size_bytes() const { return text().as_string().size(); }

 private:
  json::Value value_;
  mutable json::Value text_;
};

}  // namespace weft::workflow
