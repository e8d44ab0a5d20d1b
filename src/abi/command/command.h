// Programs of WASI preview 1 (github.com/WebAssembly/WASI, tag snapshot-01): arguments,
// environment, standard streams, files in the directories that they were given, sockets that
// listen, clocks, randomness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "engine/engine.h"
#include "engine/host_call.h"
#include "engine/module_info.h"
#include "system/channel_budget.h"
#include "system/directory.h"
#include "system/outbound_http.h"
#include "system/sandbox.h"
#include "system/socket.h"
#include "system/stream_files.h"
#include "system/streams.h"

namespace weft::abi::command {

// A directory that a program is given.
struct GivenDirectory {
  std::string name;  // as the program knows it: "/", ".", "/data"
  std::shared_ptr<system::Directory> directory;
};

// What is left of `path` below a directory that a program knows as `name`, as the C library of WASI
// reads both: "/" and "." stand for the same, and so do "/data", "data" and "./data/". Nothing when
// the path does not lead there. A part of `path`; of several directories, the one that leaves least
// counts.
std::optional<std::string_view> path_below(std::string_view name, std::string_view path);

// What a program sees of the world. All pointers are borrowed and outlive the instance.
struct World {
  std::vector<std::string> arguments = {};  // the first is the program's name
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<GivenDirectory> directories = {};  // from descriptor 3 on
  // Where its own sockets may go; null: it gets none. Calls of WASIX and those that WasmEdge adds
  // make them.
  std::shared_ptr<system::Network> network = nullptr;
  // How it makes requests to servers of HTTP; null: none are made, and it is told so.
  std::shared_ptr<system::OutboundCaller> http = nullptr;
  // Whether the program imports WASIX, for which some functions of preview 1 do something else: see
  // calls_wasix.
  bool calls_wasix = false;
  // How many descriptors may be open at once; with room for the streams, the directories and the
  // listeners.
  std::size_t descriptors_max = system::kDescriptorsMax;
  // How much memory of this process its pipes, pairs and interest lists may take together.
  std::size_t channel_bytes = system::ChannelBudget::kBytesDefault;
  // Sockets that listen; their descriptors are the next ones behind the directories.
  std::vector<std::shared_ptr<system::Socket>> listeners = {};
  system::InputStream* input = nullptr;    // null: at its end
  system::OutputStream* output = nullptr;  // null: everything is dropped
  system::OutputStream* errors = nullptr;
  const Clock* clock = nullptr;
  Random* random = nullptr;
  // Blocks the thread until one of them is there or their earliest time has passed. Absent where
  // the thread serves others: then `parks`, or a call that would have to wait fails with EAGAIN,
  // and poll_oneoff with ENOTSUP.
  // Threads of one program call it at the same time, while others run host functions.
  std::function<void(const std::vector<system::Wait>&)> wait = {};
  // A call that would have to wait parks the guest (engine::Progress::kParked), whose host polls it
  // again when something of `Program::waits` is there. For a program that is linked so that it can.
  bool parks = false;
};

// What a program asked for in vain, as far as a person could have given it.
struct Refusals {
  bool no_directories = false;  // It asked for its directories, and has none.
  bool read_only = false;       // It wanted to change what it may only read.
  bool outside = false;         // It named a path outside of its directories.
  bool network = false;         // It wanted to go where its network does not let it.
  bool no_listeners = false;    // It waited for connections, and no socket listens for it.
  // The last function that it called and that is there only so that programs can be linked: its
  // name, or empty.
  std::string_view function = {};
  // The last function that could not do all it was asked for; where nothing else says why a program
  // failed.
  std::string_view limited_function = {};
};

class Threads;

// The state of the host functions of one program: of its instance, or of those of all its threads,
// which then hold a Turn while they use it.
class Program final : public engine::HostState {
 public:
  explicit Program(World world);

  const World& world() const { return world_; }
  system::Sandbox& sandbox() { return sandbox_; }
  const std::shared_ptr<system::ChannelBudget>& channels() const { return channels_; }
  // Why a call that just failed must end the program.
  system::MustEnd& must_end() { return must_end_; }
  Refusals& refusals() { return refusals_; }
  const Refusals& refusals() const { return refusals_; }

  // Null: it has only one.
  Threads* threads() const { return threads_; }
  void set_threads(Threads* threads) { threads_ = threads; }
  // Waits as the world does; other threads of the program run meanwhile, so nothing that was found
  // in the sandbox holds any more. False when the program has ended, or is parked: the call returns
  // kIntr. Only where can_wait().
  bool wait(const std::vector<system::Wait>& waits);
  bool can_wait() const { return world_.parks || world_.wait != nullptr; }

  // What a guest waits for that has just been parked; also when the earliest of the times has
  // passed.
  std::vector<system::Wait> take_waits() { return std::exchange(waits_, {}); }
  // A parked call of a host function is made again, from its beginning. When the first one began:
  MonotonicTime begun();
  // Whether wait() has just parked this one; the host function returns then.
  bool is_parked() const { return is_parked_; }
  // How many bytes it had moved when it was parked, once; what moves none again, need not say so.
  std::uint64_t take_moved_bytes() { return std::exchange(moved_bytes_, 0); }
  void keep_moved_bytes(std::uint64_t bytes);
  // A host function has returned. Whether its call is to be made again, if it can be.
  bool end_call(bool can_park);

  // Ends the program with that code.
  void exit(std::uint32_t code);
  // Of WASIX: absolute, without "." and "..".
  const std::string& working_directory() const { return working_directory_; }
  void set_working_directory(std::string path) { working_directory_ = std::move(path); }

  // Set when the guest called proc_exit; its call then fails, although nothing went wrong with code
  // 0.
  std::optional<std::uint32_t> exit_code() const { return exit_code_; }
  void set_exit_code(std::uint32_t code) { exit_code_ = code; }

 private:
  World world_;
  system::MustEnd must_end_;
  std::shared_ptr<system::ChannelBudget> channels_;
  system::Sandbox sandbox_;
  Refusals refusals_;
  // Of the call that is parked or under way; only where the world parks.
  std::vector<system::Wait> waits_;
  std::optional<MonotonicTime> begun_;
  std::uint64_t moved_bytes_ = 0;
  std::uint32_t futile_attempts_ = 0;
  bool is_parked_ = false;
  std::string working_directory_ = "/";
  std::optional<std::uint32_t> exit_code_;
  Threads* threads_ = nullptr;  // Outlived by this object.
};

// Whether the module imports anything of WASIX, so that its World must say so.
bool calls_wasix(const engine::ModuleInfo& module);

// Adds every function of wasi_snapshot_preview1, with those that WasmEdge adds to it, of
// wasi_unstable, of wasix_32v1, which has those of preview 1 too, and of weft; their HostState is a
// Program.
void define_functions(engine::HostTable& table);

// Whether there is a function of that name and type. WasmEdge has some names of preview 1 with
// other types.
bool has_function(std::string_view module, std::string_view name, const engine::FunctionType& type);

// The type of a function of that module; nothing when there is none. Of several, that of the
// standard.
std::optional<engine::FunctionType> type_of_function(std::string_view module,
                                                     std::string_view name);

// The names of the functions of that module; none when it is not one of ours.
std::vector<std::string_view> functions_of(std::string_view module);

}  // namespace weft::abi::command
