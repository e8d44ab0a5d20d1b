// Inputs and outputs of states.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "json/parse.h"
#include "json/print.h"
#include "json/value.h"

namespace weft::workflow {

// A JSON value, and the text that history has of it: what came in as it was written, what was
// computed without white space. Cheap to copy.
class Payload {
 public:
  Payload() : Payload(json::Value()) {}
  // What was computed. Where it came out as the whole of a document that was parsed, it is that
  // document no more: messages quote it as it is printed, now and after it was stored.
  explicit Payload(json::Value value)
      : value_(is_document(value) ? value.detached() : std::move(value)) {}
  // What was parsed from that text as a whole, in which white space around it does not count.
  static Payload verbatim(json::Value document) {
    Payload payload;
    payload.text_ = json::Value(document.source());
    payload.value_ = is_document(document) ? std::move(document)
                                           : json::parse(document.source(), kLimits).value();
    return payload;
  }
  // A part of what was parsed as it was written there; anything else as computed.
  static Payload as_written(const json::Value& value) {
    return value.source().empty() ? Payload(value) : verbatim(value);
  }

  // What is stored was within limits when it came in, and may have grown since then.
  static constexpr json::ParseLimits kLimits = {
      .bytes_max = std::numeric_limits<std::size_t>::max(),
      .depth_max = std::numeric_limits<std::size_t>::max(),
      .nodes_max = std::numeric_limits<std::size_t>::max(),
  };

  const json::Value& value() const { return value_; }
  // A JSON string. Printed at the first use.
  const json::Value& text() const {
    if (text_.is_null()) text_ = json::Value(json::to_string(value_));
    return text_;
  }
  std::size_t size_bytes() const { return text().as_string().size(); }

 private:
  static bool is_document(const json::Value& value) {
    const auto span = value.span();
    return span && span->begin == 0;
  }

  json::Value value_;
  mutable json::Value text_;
};

}  // namespace weft::workflow
