#include "engine/signal_stack.h"

#include "base/assert.h"

namespace weft::engine {

// The bytes stay as they are: a page that nobody uses takes no memory.
SignalStack::SignalStack() {  // NOLINT(cppcoreguidelines-pro-type-member-init): see above
  const stack_t stack{.ss_sp = bytes_.data(), .ss_flags = 0, .ss_size = bytes_.size()};
  WEFT_ASSERT(::sigaltstack(&stack, &before_) == 0);
}

SignalStack::~SignalStack() {
  WEFT_ASSERT(::sigaltstack(&before_, nullptr) == 0);
}

}  // namespace weft::engine
