// For the tests of programs: a guest that exports, for each function of WASI, one that calls it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "abi/command/command.h"
#include "abi/command/errno.h"
#include "engine/instance.h"
#include "engine/module_info.h"

namespace weft::abi::command::testing {

using engine::Value;
using engine::ValueType;

inline constexpr std::string_view kModule = "wasi_snapshot_preview1";

// Every function of snapshot-01.
inline constexpr std::array<std::string_view, 46> kNames = {"args_get",
                                                            "args_sizes_get",
                                                            "environ_get",
                                                            "environ_sizes_get",
                                                            "clock_res_get",
                                                            "clock_time_get",
                                                            "fd_advise",
                                                            "fd_allocate",
                                                            "fd_close",
                                                            "fd_datasync",
                                                            "fd_fdstat_get",
                                                            "fd_fdstat_set_flags",
                                                            "fd_fdstat_set_rights",
                                                            "fd_filestat_get",
                                                            "fd_filestat_set_size",
                                                            "fd_filestat_set_times",
                                                            "fd_pread",
                                                            "fd_prestat_get",
                                                            "fd_prestat_dir_name",
                                                            "fd_pwrite",
                                                            "fd_read",
                                                            "fd_readdir",
                                                            "fd_renumber",
                                                            "fd_seek",
                                                            "fd_sync",
                                                            "fd_tell",
                                                            "fd_write",
                                                            "path_create_directory",
                                                            "path_filestat_get",
                                                            "path_filestat_set_times",
                                                            "path_link",
                                                            "path_open",
                                                            "path_readlink",
                                                            "path_remove_directory",
                                                            "path_rename",
                                                            "path_symlink",
                                                            "path_unlink_file",
                                                            "poll_oneoff",
                                                            "proc_exit",
                                                            "proc_raise",
                                                            "random_get",
                                                            "sched_yield",
                                                            "sock_accept",
                                                            "sock_recv",
                                                            "sock_send",
                                                            "sock_shutdown"};

inline std::string text_of(const std::vector<ValueType>& types, std::string_view word) {
  std::string text;
  for (const ValueType type : types)
    text += fmt::format(" ({} {})", word, engine::name_of(type));
  return text;
}

// A program that exports, for each function of WASI, one that calls it with its own arguments.
inline std::string guest_text(std::string_view memory, std::string_view more = "") {
  std::string imports;
  std::string functions;
  for (const std::string_view name : kNames) {
    const auto type = type_of_function(kModule, name).value();
    const std::string signature = text_of(type.params, "param") + text_of(type.results, "result");
    imports += fmt::format("(import \"{0}\" \"{1}\" (func ${1}{2}))\n", kModule, name, signature);
    functions += fmt::format("(func (export \"{0}\"){1}", name, signature);
    for (std::size_t i = 0; i < type.params.size(); ++i)
      functions += fmt::format(" local.get {}", i);
    functions += fmt::format(" call ${})\n", name);
  }
  return fmt::format("(module {} {} {} {})", imports, memory, functions, more);
}

inline constexpr std::string_view kOnePage = R"((memory (export "memory") 1))";

// Gives 0, 1, 2, …
class CountingRandom final : public Random {
 public:
  void fill(void* bytes, std::size_t size) override {
    for (std::size_t i = 0; i < size; ++i)
      static_cast<std::uint8_t*>(bytes)[i] = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

class FailingStream final : public system::OutputStream {
 public:
  explicit FailingStream(ErrorCode code) : code_(code) {}
  Result<> write(std::span<const std::uint8_t>) override { return fail(code_, "it failed"); }

 private:
  ErrorCode code_;
};

class TerminalStream final : public system::OutputStream {
 public:
  Result<> write(std::span<const std::uint8_t>) override { return {}; }
  bool is_terminal() const override { return true; }
};

// The compiled guest, which the instances of one test share.
struct Compiled {
  std::unique_ptr<engine::Engine> engine =
      engine::Engine::create(
          {.interruption = engine::Interruption::kNone, .parallel_compilation = false})
          .value();
  engine::HostTable table{*engine};
  std::shared_ptr<const engine::Program> program;

  explicit Compiled(std::string_view wat) {
    define_functions(table);
    link(wat, engine::Waiting::kNever);
  }
  // For guests that are parked.
  Compiled(std::string_view wat, engine::Waiting parking)
      : engine(engine::Engine::create({.parallel_compilation = false}).value()) {
    define_functions(table);
    link(wat, parking);
  }

 private:
  void link(std::string_view wat, engine::Waiting parking) {
    const std::string module = engine::to_binary(wat, "test.wat").value();
    REQUIRE(engine::inspect(module).has_value());
    program = table.link(engine->compile(module).value(), nullptr, parking).value();
  }
};

// One program that runs, with streams that the test can look at.
struct Guest {
  FakeClock clock;
  CountingRandom random;
  system::BytesInput input;
  system::CaptureStream output{1'000, "output_bytes"};
  system::CaptureStream errors{1'000, "output_bytes"};
  Program program;
  std::unique_ptr<engine::Instance> instance;

  explicit Guest(const Compiled& compiled, std::string_view stdin_bytes = "", World world = {})
      : input(stdin_bytes), program(complete(std::move(world))) {
    instance = engine::Instance::create(compiled.program, {}, &program).value();
    REQUIRE(engine::instantiate(*instance).has_value());
  }

  World complete(World world) {
    world.input = &input;
    if (world.output == nullptr) world.output = &output;
    if (world.errors == nullptr) world.errors = &errors;
    world.clock = &clock;
    if (world.random == nullptr) world.random = &random;
    return world;
  }

  Result<std::vector<Value>> call(std::string_view name, const std::vector<Value>& arguments) {
    return engine::call(*instance, name, arguments);
  }
  Errno errno_of(std::string_view name, const std::vector<Value>& arguments) {
    return static_cast<Errno>(std::get<std::int32_t>(call(name, arguments).value().at(0)));
  }

  template <class T = std::uint32_t>
  T load(std::uint64_t address) {
    T value{};
    REQUIRE(instance->memory().load(engine::GuestAddress{address}, value));
    return value;
  }
  void store(std::uint64_t address, std::uint32_t value) {
    REQUIRE(instance->memory().store(engine::GuestAddress{address}, value));
  }
  void store(std::uint64_t address, std::string_view text) {
    const auto place = instance->memory().bytes(engine::GuestAddress{address}, text.size());
    REQUIRE(place.has_value());
    std::copy(text.begin(), text.end(), place->begin());
  }
  std::string text(std::uint64_t address, std::size_t size) {
    const auto place = instance->memory().bytes(engine::GuestAddress{address}, size);
    REQUIRE(place.has_value());
    return {place->begin(), place->end()};
  }
  // The iovec number `index` of the array at `array`.
  void buffer(std::uint32_t array, std::uint32_t index, std::uint32_t address, std::uint32_t size) {
    store(array + 8 * index, address);
    store(array + 8 * index + 4, size);
  }
};

}  // namespace weft::abi::command::testing
