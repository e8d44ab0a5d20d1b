// How the tables of host functions are written. Private to command.
#pragma once

#include <cstdint>
#include <string_view>

#include "abi/command/calls.h"
#include "engine/engine.h"
#include "engine/host_call.h"

namespace weft::abi::command {

// One function: it sets its results, or stops the guest.
using Function = Errno (*)(engine::HostCall& call, Program& program);

template <Function kFunction>
void answer(engine::HostCall& call) {
  auto& program = call.state<Program>();
  const Turn turn(program);
  if (turn.is_over()) return call.stop(Turn::over());
  Errno error = kFunction(call, program);
  if (call.is_yielding()) return;
  if (program.world().parks) {
    const bool wants_to_park = program.is_parked();
    if (program.end_call(call.can_park())) return call.park();
    if (wants_to_park) error = Errno::kAgain;
  }
  call.return_i32(static_cast<std::int32_t>(error));
}

struct Entry {
  std::string_view name;
  std::string_view params;  // i: i32, I: i64
  engine::HostFunction function;
  engine::HostFunction unstable = nullptr;  // where it differs
  bool has_result = true;
  engine::Waiting waiting = engine::Waiting::kNever;
};

// What may take long, and lets others have their turn meanwhile.
constexpr Entry lasts(Entry entry) {
  entry.waiting = engine::Waiting::kForTurn;
  return entry;
}
// What may wait for time to pass; for sockets, too. Where its guest is parked, its call is made
// again from its beginning: it does nothing that cannot be done twice before it waits, but for the
// bytes of Program::keep_moved_bytes.
constexpr Entry sleeps(Entry entry) {
  entry.waiting = engine::Waiting::kForTime;
  return entry;
}
constexpr Entry waits(Entry entry) {
  entry.waiting = engine::Waiting::kForStreams;
  return entry;
}

inline engine::FunctionType type_of(const Entry& entry) {
  engine::FunctionType type;
  for (const char letter : entry.params) {
    type.params.push_back(letter == 'i' ? engine::ValueType::kI32 : engine::ValueType::kI64);
  }
  if (entry.has_result) type.results = {engine::ValueType::kI32};
  return type;
}

}  // namespace weft::abi::command
