// Arguments, environment, clocks, randomness, the end.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "abi/command/calls.h"

namespace weft::abi::command {
namespace {

using engine::GuestAddress;
using engine::GuestMemory;
using engine::HostCall;

// Made at once; after each piece others may have their turn.
constexpr std::size_t kRandomPieceBytes = 64UZ * 1024;

std::vector<std::string> environment_of(const Program& program) {
  std::vector<std::string> list;
  for (const auto& [name, value] : program.world().environment)
    list.push_back(fmt::format("{}={}", name, value));
  return list;
}

// Arguments and environment are both a list of strings, each ended by a zero byte.
Errno store_sizes(HostCall& call, const std::vector<std::string>& strings) {
  std::uint64_t bytes = 0;
  for (const std::string& string : strings)
    bytes += string.size() + 1;
  const GuestMemory memory = call.memory();
  const bool stored = memory.store(call.address(0), static_cast<std::uint32_t>(strings.size())) &&
                      memory.store(call.address(1), static_cast<std::uint32_t>(bytes));
  return stored ? Errno::kSuccess : Errno::kFault;
}

Errno store_strings(HostCall& call, const std::vector<std::string>& strings) {
  const GuestMemory memory = call.memory();
  GuestAddress pointer = call.address(0);
  GuestAddress text = call.address(1);
  for (const std::string& string : strings) {
    const auto place = memory.bytes(text, string.size() + 1);
    if (!place || !memory.store(pointer, static_cast<std::uint32_t>(text))) return Errno::kFault;
    std::copy_n(string.c_str(), string.size() + 1, place->begin());
    pointer = pointer + sizeof(std::uint32_t);
    text = text + (string.size() + 1);
  }
  return Errno::kSuccess;
}

std::optional<std::uint64_t> nanoseconds_of(const Program& program, std::uint32_t clock) {
  const auto count = [](auto time) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(time).count());
  };
  switch (clock) {
    case 0:
      return count(program.world().clock->exact_wall().time_since_epoch());
    case 1:
      return count(program.world().clock->monotonic().time_since_epoch());
    case 2:  // CPU time of the process: other guests may have threads of it where this has only
             // one.
      return count(program.threads() != nullptr ? process_cpu_time() : thread_cpu_time());
    case 3:
      return count(thread_cpu_time());
    default:
      return std::nullopt;
  }
}

}  // namespace

Error exit_error(std::uint32_t code) {
  return {ErrorCode::kGuestError, fmt::format("the program ended with exit code {}", code)};
}

Errno args_sizes_get(HostCall& call, Program& program) {
  return store_sizes(call, program.world().arguments);
}
Errno args_get(HostCall& call, Program& program) {
  return store_strings(call, program.world().arguments);
}
Errno environ_sizes_get(HostCall& call, Program& program) {
  return store_sizes(call, environment_of(program));
}
Errno environ_get(HostCall& call, Program& program) {
  return store_strings(call, environment_of(program));
}

Errno clock_time_get(HostCall& call, Program& program) {
  const auto now = nanoseconds_of(program, static_cast<std::uint32_t>(call.i32(0)));
  if (!now) return Errno::kInval;
  return call.memory().store(call.address(2), *now) ? Errno::kSuccess : Errno::kFault;
}

Errno clock_res_get(HostCall& call, Program& /*program*/) {
  constexpr std::array<std::uint64_t, 4> kResolutions = {1, 1, 1, 1};  // nanoseconds
  const auto clock = static_cast<std::uint32_t>(call.i32(0));
  if (clock >= kResolutions.size()) return Errno::kInval;
  return call.memory().store(call.address(1), kResolutions.at(clock)) ? Errno::kSuccess
                                                                      : Errno::kFault;
}

Errno random_get(HostCall& call, Program& program) {
  const auto size = static_cast<std::uint32_t>(call.i32(1));
  const auto place = call.memory().bytes(call.address(0), size);
  if (!place) return Errno::kFault;
  auto filled = static_cast<std::size_t>(program.take_moved_bytes());
  while (filled < place->size()) {
    if (filled > 0 && call.should_yield()) {
      program.keep_moved_bytes(filled);
      call.yield();
      return Errno::kSuccess;
    }
    if (Threads* const threads = program.threads(); threads != nullptr && filled > 0)
      threads->yield();
    const auto piece = place->subspan(filled, std::min(place->size() - filled, kRandomPieceBytes));
    program.world().random->fill(piece.data(), piece.size());
    filled += piece.size();
  }
  return Errno::kSuccess;
}

Errno sched_yield(HostCall& /*call*/, Program& program) {
  if (Threads* const threads = program.threads()) threads->yield();
  return Errno::kSuccess;
}
Errno proc_raise(HostCall& /*call*/, Program& /*program*/) {
  return Errno::kNotsup;
}

void proc_exit(HostCall& call) {
  const auto code = static_cast<std::uint32_t>(call.i32(0));
  auto& program = call.state<Program>();
  program.exit(code);
  Error error = exit_error(code);
  // With threads, nobody sees it; and another one may have the turn for ever.
  if (code != 0 && program.threads() == nullptr && !program.refusals().function.empty()) {
    error =
        Error(error.code(), fmt::format("{}; it had called {} of WASIX, which weft does not have",
                                        error.message(), program.refusals().function));
  }
  call.stop(std::move(error));
}

}  // namespace weft::abi::command
