// Programs of WASI preview 1 (github.com/WebAssembly/WASI, tag snapshot-01): arguments,
// environment, standard streams, clocks and randomness. A program has no directories and no sockets
// here.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "engine/engine.h"
#include "engine/host_call.h"
#include "system/streams.h"

namespace weft::abi::command {

// What a program sees of the world. All pointers are borrowed and outlive the instance.
struct World {
  std::vector<std::string> arguments = {};  // the first is the program's name
  std::vector<std::pair<std::string, std::string>> environment = {};
  system::InputStream* input = nullptr;    // null: at its end
  system::OutputStream* output = nullptr;  // null: everything is dropped
  system::OutputStream* errors = nullptr;
  const Clock* clock = nullptr;
  Random* random = nullptr;
};

// The state of one instance's host functions.
class Program final : public engine::HostState {
 public:
  explicit Program(World world) : world_(std::move(world)) {}

  const World& world() const { return world_; }
  // Set when the guest called proc_exit; its call then fails, although nothing went wrong with code
  // 0.
  std::optional<std::uint32_t> exit_code() const { return exit_code_; }
  void set_exit_code(std::uint32_t code) { exit_code_ = code; }

  // Descriptors 0, 1 and 2, until the guest closes them. There are no others.
  bool is_open(std::uint32_t descriptor) const {
    return descriptor < is_closed_.size() && !is_closed_.at(descriptor);
  }
  // `descriptor` is open.
  void close(std::uint32_t descriptor) { is_closed_.at(descriptor) = true; }

 private:
  World world_;
  std::array<bool, 3> is_closed_{};
  std::optional<std::uint32_t> exit_code_;
};

// Adds every function of wasi_snapshot_preview1 and wasi_unstable; their HostState is a Program.
void define_functions(engine::HostTable& table);

// The type of a function of that module; nothing when there is none.
std::optional<engine::FunctionType> type_of_function(std::string_view module,
                                                     std::string_view name);

// The names of the functions of that module; none when it is not one of the two.
std::vector<std::string_view> functions_of(std::string_view module);

}  // namespace weft::abi::command
