#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace weft::detail {

void assert_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "weft: assertion failed at %s:%d: %s\n", file, line, expression);
  std::abort();
}

}  // namespace weft::detail
