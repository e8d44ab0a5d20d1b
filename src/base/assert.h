// Asserts about our own code, in every build. Nothing that a guest or a client sends may reach one.
#pragma once

namespace weft::detail {
[[noreturn]] void assert_failed(const char* expression, const char* file, int line);
}

#define WEFT_ASSERT(condition)                                       \
  do {                                                               \
    if (!(condition)) [[unlikely]] {                                 \
      ::weft::detail::assert_failed(#condition, __FILE__, __LINE__); \
    }                                                                \
  } while (false)
