// Whatever a guest asks for, it is refused where no rule allows it, and what it is told is JSON.
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "abi/command/http.h"
#include "base/assert.h"
#include "json/parse.h"
#include "system/outbound_http.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft;
  static const SystemClock clock;
  static system::OutboundHttp http({}, clock);
  system::OutboundCaller caller(http, nullptr);
  auto request = abi::command::http::request_of({reinterpret_cast<const char*>(data), size});
  if (!request) return 0;
  const auto exchange = caller.begin(*std::move(request));
  WEFT_ASSERT(!exchange.has_value());
  const std::string told = abi::command::http::bytes_of(exchange.error());
  WEFT_ASSERT(json::parse(std::string_view(told).substr(4)).has_value());
  return 0;
}
