// What a host says to a plugin of SE2 in one call: room for the payload, the payload, run_e.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "abi/se2/plugin.h"
#include "base/result.h"
#include "engine/host_call.h"
#include "engine/instance.h"
#include "engine/types.h"

namespace weft::abi::se2 {

// One call. Used by one thread at a time.
class Dialogue {
 public:
  // `payload` is borrowed until run_e has begun. `gives_back`: deallocate is called at the end, for
  // an instance that gets more calls; with some languages the plugin has given the room back
  // itself, so this is not for others.
  Dialogue(std::string_view payload, std::int32_t ident, bool gives_back)
      : payload_(payload), ident_(ident), gives_back_(gives_back) {}

  struct Operation {
    std::string_view name;
    std::vector<engine::Value> arguments;
  };
  // The next operation for the instance; nothing when all is said. `results` are those of the one
  // before, empty at the beginning. kGuestLimit (memory_bytes, whose value the caller knows) when
  // the plugin has no room for the payload, kGuestError for room that is not in its memory.
  Result<std::optional<Operation>> next(const engine::GuestMemory& memory,
                                        std::span<const engine::Value> results);

 private:
  enum class Step : std::uint8_t { kAllocate, kRun, kDeallocate, kEnd };

  Result<Operation> run(const engine::GuestMemory& memory, std::span<const engine::Value> results);

  std::string_view payload_;
  std::int32_t ident_;
  bool gives_back_;
  Step step_ = Step::kAllocate;
  std::int32_t address_ = 0;
};

// One call of an instance that is ready for it and has that plugin beside its state, to its end.
// Blocks. Errors: those of Dialogue, of Plugin, and of the instance, where the plugin had not
// returned one.
Result<std::string> call(engine::Instance& instance, Plugin& plugin, std::string_view payload);

}  // namespace weft::abi::se2
