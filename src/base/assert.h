// Asserts about our own code, in every build. Nothing that a guest or a client sends may reach one.
#pragma once

namespace weft::detail {
[[noreturn]] void assert_failed(const char* expression, const char* file, int line);
}

// An expression, so that it counts as no branch where it stands.
#define WEFT_ASSERT(condition)                       \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::weft::detail::assert_failed(#condition, __FILE__, __LINE__))
