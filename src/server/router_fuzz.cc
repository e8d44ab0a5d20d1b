// Every method and path has one answer, whose parts lie inside the path.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "base/assert.h"
#include "server/router.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft::server;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t space = text.find(' ');
  const std::string_view method = space == text.npos ? "GET" : text.substr(0, space);
  const std::string_view path = space == text.npos ? text : text.substr(space + 1);
  const Routing routing = route(method, path);
  if (const auto* match = std::get_if<Match>(&routing)) {
    WEFT_ASSERT(path.starts_with('/'));
    WEFT_ASSERT(match->parameter.find('/') == match->parameter.npos);
    WEFT_ASSERT(match->parameter.empty() ||
                (match->parameter.data() > path.data() &&
                 match->parameter.data() + match->parameter.size() <= path.data() + path.size()));
    WEFT_ASSERT(!class_of(match->id).empty());
  }
  if (const auto* others = std::get_if<MethodNotAllowed>(&routing)) {
    WEFT_ASSERT(!others->allow.empty());
  }
  return 0;
}
