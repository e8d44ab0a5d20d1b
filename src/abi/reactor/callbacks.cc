#include "abi/reactor/callbacks.h"

#include <fmt/format.h>

namespace weft::abi::reactor {

void define_functions(engine::HostTable& table) {
  const engine::FunctionType type{.params = {engine::ValueType::kI32, engine::ValueType::kI32},
                                  .results = {}};
  table.define("host", "callback", type, [](engine::HostCall& call) {
    auto* const callbacks = call.state_beside<Callbacks>();
    if (callbacks == nullptr) {
      return call.stop(
          Error(ErrorCode::kUnsupported, "host.callback was called, and nobody calls a reactor"));
    }
    if (callbacks->told_.size() >= kCallbacksMax) {
      return call.stop(
          Error(ErrorCode::kGuestLimit,
                fmt::format("the reactor called its host back more than {} times", kCallbacksMax))
              .with_limit("callbacks", kCallbacksMax));
    }
    callbacks->told_.push_back(
        {.id = call.i32(0), .address = static_cast<std::uint32_t>(call.i32(1))});
  });
}

}  // namespace weft::abi::reactor
