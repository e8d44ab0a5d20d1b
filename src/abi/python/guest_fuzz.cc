// Whatever a guest says, it is read or refused; what is read can be said to HTTP clients.
#include <cstdint>
#include <string>
#include <string_view>

#include "abi/python/guest.h"
#include "base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft::abi::python;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  if (const auto answer = http_answer_of(bytes)) {
    WEFT_ASSERT(answer->status >= 200 && answer->status <= 599);
    for (const auto& [name, value] : answer->headers) {
      WEFT_ASSERT(!name.empty() && name.find_first_of("\r\n: ") == name.npos);
      for (const char letter : value) {
        const auto byte = static_cast<unsigned char>(letter);
        WEFT_ASSERT((byte >= 0x20 || byte == '\t') && byte != 0x7F);
      }
    }
  }
  const GuestFailure failure = failure_of(bytes, Doing::kLoading);
  WEFT_ASSERT(failure.error.backtrace().size() <= 50);
  if (const auto loaded = loaded_of({.kind = Kind::kJson, .bytes = bytes}))
    WEFT_ASSERT(loaded->handler.size() <= 1'000);
  return 0;
}
