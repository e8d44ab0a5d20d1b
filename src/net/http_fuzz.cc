// What net parses by hand: percent escapes, query strings, targets and addresses to listen on.
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "net/endpoint.h"
#include "net/http.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const void* const bytes = data;
  const std::string_view text(static_cast<const char*>(bytes), size);
  const auto decoded = weft::net::percent_decode(text);
  WEFT_ASSERT(!decoded || decoded->size() <= text.size());

  const std::size_t half = size / 2;
  const auto parameter = weft::net::query_parameter(text.substr(half), text.substr(0, half));
  WEFT_ASSERT(!parameter || parameter->size() <= text.size());

  const weft::net::HttpRequest request("GET", text, {{"Host", "a"}});
  WEFT_ASSERT(request.path().size() + request.query().size() <= text.size() + 1);
  WEFT_ASSERT(!request.segments().empty());

  const auto endpoint = weft::net::parse_listen_address(text);
  if (endpoint) WEFT_ASSERT(weft::net::parse_listen_address(endpoint->text()).value() == *endpoint);
  return 0;
}
