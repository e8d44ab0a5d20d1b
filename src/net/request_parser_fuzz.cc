// The request parser on arbitrary bytes in arbitrary pieces: it must end, stay within its limits
// and see the same request however the bytes arrive.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "net/request_parser.h"

namespace {

using weft::net::HttpRequest;
using weft::net::RequestParser;
using Progress = RequestParser::Progress;

constexpr std::uint64_t kBodyMax = 1000;

struct Outcome {
  Progress progress = Progress::kMore;
  std::string target;
  std::string body;
  bool operator==(const Outcome&) const = default;
};

// Feeds `text` in pieces of `step` bytes.
Outcome parse(std::string_view text, std::size_t step, const weft::net::HttpLimits& limits) {
  RequestParser parser(limits);
  Outcome outcome;
  std::size_t end = 0;
  while (outcome.progress == Progress::kMore && end < text.size()) {
    end = std::min(text.size(), end + step);
    // A copy of exact size, so that a read past the end shows.
    outcome.progress = parser.parse_head(std::string(text.substr(0, end)));
  }
  if (outcome.progress != Progress::kDone) return outcome;
  const HttpRequest request = parser.take_request(nullptr);
  outcome.target = request.target();
  WEFT_ASSERT(parser.head_size() <= limits.header_bytes_max);
  for (std::size_t i = 0; i < request.header_count(); ++i) {
    WEFT_ASSERT(request.header_at(i).value.find('\n') == std::string_view::npos);
  }
  if (!parser.is_chunked()) return outcome;
  parser.limit_chunks({.bytes = kBodyMax});
  std::size_t begin = parser.head_size();
  end = begin;
  outcome.progress = Progress::kMore;
  while (outcome.progress == Progress::kMore && end < text.size()) {
    end = std::min(text.size(), end + step);
    std::size_t consumed = 0;
    outcome.progress =
        parser.parse_chunks(std::string(text.substr(begin, end - begin)), consumed, outcome.body);
    WEFT_ASSERT(consumed <= end - begin);
    begin += consumed;
  }
  WEFT_ASSERT(outcome.body.size() <= kBodyMax);
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const void* const bytes = data + 1;
  const std::string_view text(static_cast<const char*>(bytes), size - 1);
  weft::net::HttpLimits limits;
  limits.header_bytes_max = 256;
  limits.header_count_max = 8;
  const Outcome whole = parse(text, text.size() + 1, limits);
  const Outcome pieces = parse(text, data[0] % 16 + 1u, limits);
  // Bytes that only more of them can judge may be refused sooner in one piece; what is accepted is
  // the same.
  if (whole.progress == Progress::kDone && pieces.progress == Progress::kDone)
    WEFT_ASSERT(whole == pieces);
  return 0;
}
