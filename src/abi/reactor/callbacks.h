// What a reactor's guest calls of its host: host.callback(id, address), before an apply_… returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "engine/host_call.h"

namespace weft::abi::reactor {

// How many answers a guest may tell in one operation; more end it.
inline constexpr std::size_t kCallbacksMax = 64;

// What was told and has not been looked at: the guest's memory is freed after the operation,
// because no export may be called inside a host function. Confined to the thread that runs the
// instance.
class Callbacks final : public engine::HostState {
 public:
  struct Told {
    std::int32_t id;
    std::uint32_t address;  // of an answer, in the guest's memory
  };

  std::vector<Told> take() { return std::exchange(told_, {}); }

 private:
  friend void define_functions(engine::HostTable& table);

  std::vector<Told> told_;
};

// Adds host.callback; what is beside the HostState (HostState::beside) is a Callbacks. Where
// nothing is, a call ends the guest with kUnsupported; kGuestLimit (callbacks) after too many.
void define_functions(engine::HostTable& table);

}  // namespace weft::abi::reactor
