// Plugins of Suborbital Extension Engine 2 (SE2): they get bytes and answer each call with bytes or
// an error. Beside these functions they import WASI preview 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/engine.h"
#include "engine/host_call.h"
#include "engine/module_info.h"
#include "system/streams.h"

namespace weft::abi::se2 {

// What a plugin exports.
inline constexpr std::string_view kRun = "run_e";              // (address, size, ident)
inline constexpr std::string_view kAllocate = "allocate";      // (size) -> address
inline constexpr std::string_view kDeallocate = "deallocate";  // (address, size)
inline constexpr std::string_view kMemory = "memory";
// What prepares one, last; of no parameters and no results, where there is such an export.
inline constexpr std::string_view kInit = "init";

// What the module lacks of a plugin, in words without a period: "it exports no run_e (i32, i32,
// i32) -> ()". Nothing for a plugin.
std::optional<std::string> lack_of(const engine::ModuleInfo& module);

// Whether some version of SE2 has an import of that name, whether it is here or not.
bool knows(std::string_view module, std::string_view name);
// Whether it is here, with that type.
bool has_function(std::string_view module, std::string_view name, const engine::FunctionType& type);
// The type of one that is here.
std::optional<engine::FunctionType> type_of_function(std::string_view module,
                                                     std::string_view name);

// How much of an error's message is kept.
inline constexpr std::uint64_t kMessageBytesMax = 16'384;

// What the host functions keep for one instance: whose call runs, and what it answered. Confined to
// the invocation's thread.
class Plugin final : public engine::HostState {
 public:
  // More than `result_bytes_max` bytes are no result: the guest ends then (output_bytes).
  explicit Plugin(std::uint64_t result_bytes_max) : result_bytes_max_(result_bytes_max) {}

  // Where log_msg writes, one line for each, and notes on answers that do not count. Borrowed;
  // null: they are dropped.
  void set_log(system::OutputStream* log) { log_ = log; }

  // A call begins; what was answered before is forgotten. Answers to any other ident do not count,
  // nor do those outside of calls.
  void begin(std::int32_t ident);

  // How the call ended whose run_e has returned: the first result, empty when there was none. The
  // error where one was returned, however many results there were.
  Result<std::string> take_answer();
  // The first error that was returned: kGuestError, with its text as one line and its code.
  std::optional<Error> error() const;
  // The text of that error, as far as it is kept; empty without one.
  const std::string& error_text() const { return error_text_; }

 private:
  friend class Answers;

  std::uint64_t result_bytes_max_;
  system::OutputStream* log_ = nullptr;
  std::optional<std::int32_t> ident_;  // of the call that runs
  std::optional<std::string> result_;
  std::optional<std::int32_t> error_code_;
  std::string error_text_;
};

// Adds the functions; what is beside their HostState (HostState::beside) is a Plugin. Where nothing
// is, a call of theirs ends the guest with kUnsupported.
void define_functions(engine::HostTable& table);

}  // namespace weft::abi::se2
