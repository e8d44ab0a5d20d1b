// Every function that guests can import, with any arguments, over memories of any content: each
// call comes back with an errno or ends the guest with an error that is not ours, nothing is
// touched outside of what the guest was given, and nothing waits. The input's bytes are choices;
// where they end, numbers made from them go on, so that any input is a whole session.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>

#include "abi/command/command.h"
#include "abi/dialect.h"
#include "base/assert.h"
#include "engine/instance.h"
#include "engine/module_info.h"
#include "system/host_directory.h"
#include "system/memory_tree.h"
#include "system/network.h"
#include "system/scratch.h"

namespace {

using weft::ErrorCode;
using weft::FakeClock;
using weft::Random;
namespace abi = weft::abi;
namespace engine = weft::engine;
namespace system = weft::system;
using weft::abi::command::Program;
using weft::abi::command::World;
using weft::engine::GuestAddress;
using weft::engine::Value;
using weft::engine::ValueType;

constexpr int kStepsMax = 150;
constexpr std::uint32_t kMemoryPages = 2;
constexpr std::uint32_t kMemoryBytes = kMemoryPages * 65'536;

// Where a guest's memory has what.
constexpr std::uint32_t kPaths = 0x400;
constexpr std::uint32_t kPathBytes = 64;
constexpr std::uint32_t kBuffers = 0x1000;  // arrays of iovecs
constexpr std::uint32_t kSubscriptions = 0x2000;
constexpr std::uint32_t kAddresses = 0x3000;  // of sockets
constexpr std::uint32_t kRecords = 0x3a00;    // of epoll, and optional times
constexpr std::uint32_t kRecordBytes = 32;
constexpr std::uint32_t kSubscriptionBytes = 48;
constexpr std::uint32_t kAddressBytes = 160;
constexpr std::uint32_t kContent = 0x4000;
constexpr std::uint32_t kOut = 0x8000;

constexpr std::uint32_t kName = 16;  // the path text that is an address
constexpr std::array<std::string_view, 17> kPathTexts = {
    "a",        "b",      "d",  "d/a",
    "d/e",      "link",   "..", "../x",
    ".",        "/a",     "",   std::string_view("a\0b", 3),
    "\xff",     "link/a", "a/", "d/../../../../../../../../etc/passwd",
    "127.0.0.1"};

// What the parameters of a function are, so that half of its calls get further than its checks. d:
// a descriptor, L: one of a list of epoll, f: flags, a small number, P: a path and its size, N: a
// name and its size, B: buffers and how many, A: the address of a socket, p: a port, S:
// subscriptions, E: a record of epoll or an optional time, o: where something is put, n: a size; x:
// anything. One that is not here gets anything.
struct Shape {
  std::string_view name;
  std::size_t params;
  std::string_view letters;
};
constexpr std::array kShapes = {
    Shape{"clock_time_get", 3, "fxo"},
    Shape{"fd_allocate", 3, "dxx"},
    Shape{"fd_fdstat_set_flags", 2, "df"},
    Shape{"fd_pread", 5, "dBxo"},
    Shape{"fd_pwrite", 5, "dBxo"},
    Shape{"fd_read", 4, "dBo"},
    Shape{"fd_readdir", 5, "donxo"},
    Shape{"fd_renumber", 2, "dd"},
    Shape{"fd_seek", 4, "dxfo"},
    Shape{"fd_write", 4, "dBo"},
    Shape{"path_create_directory", 3, "dP"},
    Shape{"path_filestat_get", 5, "dfPo"},
    Shape{"path_filestat_set_times", 7, "dfPxxf"},
    Shape{"path_link", 7, "dfPdP"},
    Shape{"path_open", 9, "dfPfxxfo"},
    Shape{"path_readlink", 6, "dPono"},
    Shape{"path_remove_directory", 3, "dP"},
    Shape{"path_rename", 6, "dPdP"},
    Shape{"path_symlink", 5, "PdP"},
    Shape{"path_unlink_file", 3, "dP"},
    Shape{"poll_oneoff", 4, "Sofo"},
    Shape{"epoll_oneoff", 4, "Sofo"},
    Shape{"sock_accept", 3, "dfo"},
    Shape{"sock_accept_v2", 3, "dfo"},
    Shape{"sock_bind", 3, "dAn"},
    Shape{"sock_bind_v2", 3, "dAn"},
    Shape{"sock_connect", 3, "dAp"},
    Shape{"sock_connect_v2", 3, "dAp"},
    Shape{"sock_getaddrinfo", 8, "PPAAfo"},
    Shape{"sock_getlocaladdr", 3, "dAo"},
    Shape{"sock_getlocaladdr", 4, "dAoo"},
    Shape{"sock_getlocaladdr_v2", 3, "dAo"},
    Shape{"sock_getpeeraddr", 3, "dAo"},
    Shape{"sock_getpeeraddr_v2", 3, "dAo"},
    Shape{"sock_getsockopt", 5, "dffoo"},
    Shape{"sock_listen", 2, "df"},
    Shape{"sock_listen_v2", 2, "df"},
    Shape{"sock_open", 3, "ffo"},
    Shape{"sock_open_v2", 3, "ffo"},
    Shape{"sock_recv", 6, "dBfoo"},
    Shape{"sock_recv_v2", 6, "dBfoo"},
    Shape{"sock_recv_from", 7, "dBAfoo"},
    Shape{"sock_recv_from", 8, "dBAfooo"},
    Shape{"sock_recv_from_v2", 8, "dBAfooo"},
    Shape{"sock_send", 5, "dBfo"},
    Shape{"sock_send_v2", 5, "dBfo"},
    Shape{"sock_send_to", 7, "dBApfo"},
    Shape{"sock_send_to_v2", 7, "dBApfo"},
    Shape{"sock_setsockopt", 5, "dffon"},
    Shape{"sock_shutdown", 2, "df"},
};

// Of WASIX, where they differ from those above.
constexpr std::array kWasixShapes = {
    Shape{"chdir", 2, "P"},
    Shape{"epoll_create", 1, "o"},
    Shape{"epoll_ctl", 4, "LfdE"},
    Shape{"epoll_wait", 5, "Lofxo"},
    Shape{"fd_dup", 2, "do"},
    Shape{"fd_dup2", 4, "dnfo"},
    Shape{"fd_event", 3, "xfo"},
    Shape{"fd_fdflags_get", 2, "do"},
    Shape{"fd_fdflags_set", 2, "df"},
    Shape{"fd_pipe", 2, "oo"},
    Shape{"futex_wait", 4, "oxEo"},
    Shape{"futex_wake", 2, "oo"},
    Shape{"getcwd", 2, "oo"},
    Shape{"path_open2", 10, "dfPfxxffo"},
    Shape{"proc_signal", 2, "ff"},
    Shape{"resolve", 6, "Nfofo"},
    Shape{"sock_accept", 4, "dfoA"},
    Shape{"sock_accept_v2", 4, "dfoA"},
    Shape{"sock_addr_local", 2, "do"},
    Shape{"sock_addr_peer", 2, "do"},
    Shape{"sock_bind", 2, "dA"},
    Shape{"sock_connect", 2, "dA"},
    Shape{"sock_get_opt_flag", 3, "dfo"},
    Shape{"sock_get_opt_size", 3, "dfo"},
    Shape{"sock_get_opt_time", 3, "dfo"},
    Shape{"sock_open", 4, "fffo"},
    Shape{"sock_pair", 5, "fffoo"},
    Shape{"sock_recv_from", 7, "dBfooA"},
    Shape{"sock_send_file", 5, "ddxxo"},
    Shape{"sock_send_to", 6, "dBfAo"},
    Shape{"sock_set_opt_flag", 3, "dff"},
    Shape{"sock_set_opt_size", 3, "dfx"},
    Shape{"sock_set_opt_time", 3, "dfE"},
    Shape{"sock_status", 2, "do"},
};

// Which parameters of a function say where a new descriptor's number goes, and what that is of.
enum class Kind : std::uint8_t { kFile, kSocket, kList };
struct Made {
  std::string_view name;
  std::size_t params;
  std::size_t from;
  std::size_t to;
  Kind kind;
};
constexpr std::array kMade = {
    Made{"path_open", 9, 8, 8, Kind::kFile},     Made{"path_open2", 10, 9, 9, Kind::kFile},
    Made{"fd_dup", 2, 1, 1, Kind::kFile},        Made{"fd_dup2", 4, 3, 3, Kind::kFile},
    Made{"fd_event", 3, 2, 2, Kind::kFile},      Made{"fd_pipe", 2, 0, 1, Kind::kFile},
    Made{"epoll_create", 1, 0, 0, Kind::kList},  Made{"sock_open", 3, 2, 2, Kind::kSocket},
    Made{"sock_open", 4, 3, 3, Kind::kSocket},   Made{"sock_pair", 5, 3, 4, Kind::kFile},
    Made{"sock_accept", 2, 1, 1, Kind::kSocket}, Made{"sock_accept", 3, 2, 2, Kind::kSocket},
    Made{"sock_accept", 4, 2, 2, Kind::kSocket}, Made{"sock_accept_v2", 4, 2, 2, Kind::kSocket},
};

constexpr std::int32_t kListener = 6;  // behind three streams and three directories
constexpr std::string_view kWasix = "wasix_32v1";

std::string_view letters_for(const engine::HostTable::Definition& definition) {
  const auto fits = [&](const Shape& each) {
    return each.name == definition.name && each.params == definition.type.params.size();
  };
  if (definition.module == kWasix) {
    const auto* const shape = std::ranges::find_if(kWasixShapes, fits);
    if (shape != kWasixShapes.end()) return shape->letters;
  }
  const auto* const shape = std::ranges::find_if(kShapes, fits);
  return shape != kShapes.end() ? shape->letters : std::string_view();
}

class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
    std::uint64_t seed = 0xcbf29ce484222325;  // FNV-1a
    for (const std::uint8_t byte : bytes)
      seed = (seed ^ byte) * 0x100000001b3;
    numbers_.seed(seed);
  }

  std::uint8_t next() {
    if (bytes_.empty()) return static_cast<std::uint8_t>(numbers_());
    const std::uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  std::uint32_t below(std::uint32_t limit) {
    const std::uint32_t low = next();
    return (limit <= 256 ? low : low | std::uint32_t{next()} << 8U) % limit;
  }
  bool one_in(std::uint32_t many) { return below(many) == 0; }
  std::uint64_t wild() {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i)
      value = value << 8U | next();
    return value;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::mt19937_64 numbers_;
};

class ChosenRandom final : public Random {
 public:
  void fill(void* bytes, std::size_t size) override {
    std::ranges::fill(std::span(static_cast<std::uint8_t*>(bytes), size), next_++);
  }

 private:
  std::uint8_t next_ = 0;
};

struct Function {
  std::size_t guest = 0;  // which of the modules has it
  std::string exported;
  const engine::HostTable::Definition* definition = nullptr;
  bool only_refuses = false;
};

// Modules that have, for each function, an export that calls it. A module can import only one
// function of a name, so there are as many modules as a name has types.
class Guests {
 public:
  Guests() {
    engine_ = engine::Engine::create(
                  {.interruption = engine::Interruption::kNone, .parallel_compilation = false})
                  .value();
    table_ = std::make_unique<engine::HostTable>(*engine_);
    abi::define_functions(*table_);
    std::map<std::pair<std::string_view, std::string_view>, std::size_t> types;
    std::vector<std::string> imports;
    std::vector<std::string> exports;
    for (const auto& definition : table_->definitions()) {
      const std::size_t guest = types[{definition.module, definition.name}]++;
      imports.resize(std::max(imports.size(), guest + 1));
      exports.resize(imports.size());
      const std::string name = fmt::format("f{}", functions_.size());
      const std::string type = type_text(definition.type);
      imports[guest] += fmt::format("(import \"{}\" \"{}\" (func ${}{}))\n", definition.module,
                                    definition.name, name, type);
      exports[guest] += fmt::format("(func (export \"{}\"){}", name, type);
      for (std::size_t i = 0; i < definition.type.params.size(); ++i)
        exports[guest] += fmt::format(" local.get {}", i);
      exports[guest] += fmt::format(" call ${})\n", name);
      functions_.push_back({.guest = guest, .exported = name, .definition = &definition});
    }
    for (std::size_t i = 0; i < imports.size(); ++i) {
      const std::string text = fmt::format("(module {} (memory (export \"memory\") {} {}) {})",
                                           imports[i], kMemoryPages, kMemoryPages, exports[i]);
      auto code = engine_->compile(engine::to_binary(text, "guest.wat").value()).value();
      programs_.push_back(table_->link(std::move(code)).value());
    }
    // What is there only so that programs can be linked would end every session, or is not worth
    // many calls.
    std::erase_if(functions_, [this](Function& function) { return is_refused(function); });
  }

  const std::vector<std::shared_ptr<const engine::Program>>& programs() const { return programs_; }
  const std::vector<Function>& functions() const { return functions_; }
  const Function& named(std::string_view name) const {
    return *std::ranges::find(functions_, name,
                              [](const Function& function) { return function.definition->name; });
  }

 private:
  bool is_refused(Function& function) const {
    const FakeClock clock;
    ChosenRandom random;
    Program program(World{.clock = &clock, .random = &random});
    const auto instance = engine::Instance::create(programs_[function.guest], {}, &program).value();
    WEFT_ASSERT(engine::instantiate(*instance).has_value());
    std::vector<Value> arguments;
    for (const ValueType type : function.definition->type.params) {
      if (type == ValueType::kI32) {
        arguments.emplace_back(std::int32_t{0});
      } else {
        arguments.emplace_back(std::int64_t{0});
      }
    }
    const auto results = engine::call(*instance, function.exported, arguments);
    function.only_refuses = program.refusals().function == function.definition->name;
    return !results && results.error().code() == ErrorCode::kUnsupported;
  }

  static std::string type_text(const engine::FunctionType& type) {
    std::string text;
    for (const ValueType param : type.params)
      text += fmt::format(" (param {})", engine::name_of(param));
    for (const ValueType result : type.results)
      text += fmt::format(" (result {})", engine::name_of(result));
    return text;
  }

  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::HostTable> table_;
  std::vector<std::shared_ptr<const engine::Program>> programs_;
  std::vector<Function> functions_;
};

// In memory, where there is such a place: guests ask for their files to reach the disk.
std::filesystem::path scratch_place() {
  const std::filesystem::path memory = "/dev/shm";
  return std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
}

class Session {
 public:
  Session(const Guests& guests, Choices choices)
      : guests_(guests), choices_(choices), program_(world()) {
    for (const auto& program : guests.programs()) {
      instances_.push_back(engine::Instance::create(program, {}, &program_).value());
      WEFT_ASSERT(engine::instantiate(*instances_.back()).has_value());
      fill(instances_.back()->memory());
    }
  }

  void run() {
    bool goes_on = true;
    for (int step = 0; step < kStepsMax && goes_on; ++step) {
      const std::uint32_t what = choices_.below(16);
      if (what < 2) {
        change_memory();
      } else if (what < 5) {
        goes_on = open();
      } else {
        goes_on = call_any();
      }
    }
    scratch_.check_alone();
  }

 private:
  World world() {
    const auto host =
        system::HostDirectory::open_tree(scratch_.tree(), {.use_openat2 = choices_.one_in(2)});
    WEFT_ASSERT(host.has_value());
    World world{.arguments = {"guest", "", "two words"},
                .environment = {{"NAME", "value"}, {"EMPTY", ""}},
                .directories = {{.name = "/memory", .directory = tree_.root()},
                                {.name = "/host", .directory = *host},
                                {.name = ".", .directory = tree_.read_only_root()}},
                .input = &input_,
                .output = &output_,
                .errors = &errors_,
                .clock = &clock_,
                .random = &random_};
    world.calls_wasix = choices_.one_in(2);
    if (choices_.one_in(4)) return world;
    // Nothing can be reached but its own listener.
    const system::IpAddress loopback(std::array<std::uint8_t, 4>{127, 0, 0, 1});
    std::vector<system::NetworkRule> rules;
    if (choices_.one_in(2)) {
      world.listeners.push_back(
          system::Socket::listen_on({.address = loopback, .port = 0}).value());
      port_ = world.listeners.back()->local_address().value().port;
      rules.push_back({.host = system::NetworkRule::Host::kRange,
                       .ranges = {{.address = loopback, .bits = 32}},
                       .port_min = port_,
                       .port_max = port_});
      sockets_.push_back(kListener);
    }
    world.network = std::make_shared<system::Network>(std::move(rules), [=](const auto&) {
      return system::Attempt<std::vector<system::IpAddress>>(std::vector{loopback});
    });
    return world;
  }

  void fill(const engine::GuestMemory& memory) const {
    for (std::uint32_t i = 0; i < kPathTexts.size(); ++i) {
      const std::string_view text = kPathTexts.at(i);
      const auto place = memory.bytes(GuestAddress{kPaths + i * kPathBytes}, text.size());
      if (place) std::ranges::copy(text, place->begin());
    }
    // Each array has buffers of other sizes: none, some bytes, overlapping ones, too long ones.
    for (std::uint32_t array = 0; array < 16; ++array) {
      for (std::uint32_t i = 0; i < 4; ++i) {
        const std::uint32_t at = kBuffers + array * 32 + i * 8;
        memory.store(GuestAddress{at}, kContent + array * 64 + i * 16);
        memory.store(GuestAddress{at + 4}, array == 15 ? 0xffff'ff00U : array * 7 * i);
      }
    }
    for (std::uint32_t i = 0; i < 16; ++i) {
      const std::uint32_t at = kSubscriptions + i * kSubscriptionBytes;
      memory.store(GuestAddress{at + 8}, static_cast<std::uint8_t>(i % 3));
      memory.store(GuestAddress{at + 16}, i / 3);
      memory.store(GuestAddress{at + 24}, std::uint64_t{i} * 1'000'000);
      fill_address(memory, i);
      const std::uint32_t record = kRecords + i * kRecordBytes;
      memory.store(GuestAddress{record}, i < 8 ? i : 1U << i);
      memory.store(GuestAddress{record + 8}, std::uint64_t{i} * 1'000'000);
    }
  }

  // As WasmEdge has it: a pointer and a size; or as WASIX: a family, a port, bytes.
  void fill_address(const engine::GuestMemory& memory, std::uint32_t index) const {
    const std::uint32_t address = kAddresses + index * kAddressBytes;
    constexpr std::uint32_t kLoopback = 0x0100'007f;
    if (index % 2 == 0) {
      memory.store(GuestAddress{address}, address + 8);
      memory.store(GuestAddress{address + 4}, std::array{4U, 16U, 128U, 0U}.at(index / 4));
      // Its own listener's, or a family that WasmEdge's longer records have.
      const std::uint32_t begin = index == 0 ? kLoopback : 1;
      memory.store(GuestAddress{address + 8}, begin);
    } else {
      const std::uint32_t family = index < 9 ? 1 : index / 4;
      memory.store(GuestAddress{address}, family | std::uint32_t{port_} << 16U);
      memory.store(GuestAddress{address + 4}, kLoopback);
    }
  }

  void change_memory() {
    const engine::GuestMemory memory =
        instances_[choices_.below(static_cast<std::uint32_t>(instances_.size()))]->memory();
    constexpr std::array kPlaces = {kPaths,   kBuffers, kSubscriptions, kAddresses, kRecords,
                                    kContent, kOut};
    const std::uint32_t at = kPlaces.at(choices_.below(kPlaces.size())) +
                             choices_.below(512) * (choices_.one_in(4) ? 1 : 4);
    switch (choices_.below(4)) {
      case 0:
        memory.store(GuestAddress{at}, choices_.next());
        break;
      case 1:
        memory.store(GuestAddress{at}, std::uint32_t{choices_.next()});
        break;
      case 2:
        memory.store(GuestAddress{at}, address());
        break;
      default:
        memory.store(GuestAddress{at}, choices_.wild());
    }
  }

  // Something that later calls can use.
  bool open() {
    const std::uint32_t what = choices_.below(8);
    if (what < 2) return open_socket();
    return what < 5 ? open_channel() : open_path();
  }

  static Value value(std::uint32_t number) { return Value(static_cast<std::int32_t>(number)); }

  bool open_socket() {
    const std::array arguments = {value(1 + choices_.below(2)), value(1 + choices_.below(2)),
                                  value(kOut)};
    const Function& function = guests_.named("sock_open");
    if (!call(function, arguments)) return false;
    if (port_ == 0 || sockets_.empty() || choices_.one_in(2)) return true;
    fill_address(instances_[function.guest]->memory(), 0);
    return call(guests_.named("sock_connect"),
                std::array{Value(sockets_.back()), value(kAddresses), value(port_)});
  }

  bool open_channel() {
    const Value first = value(kOut);
    const Value second = value(kOut + 4);
    switch (choices_.below(4)) {
      case 0:
        return call(guests_.named("fd_pipe"), std::array{first, second});
      case 1:
        return call(guests_.named("sock_pair"),
                    std::array{value(3), value(1), value(0), first, second});
      case 2:
        return call(guests_.named("fd_event"),
                    std::array{Value(std::int64_t{1}), value(choices_.below(2)), first});
      default:
        return call(guests_.named("epoll_create"), std::array{first});
    }
  }

  // A file or a directory.
  bool open_path() {
    constexpr std::int64_t kAllRights = (1LL << 30) - 1;
    const std::uint32_t path = choices_.below(8);
    const std::uint32_t flags = choices_.next();
    const std::array arguments = {
        value(3 + choices_.below(3)),
        value(choices_.below(2)),
        value(kPaths + path * kPathBytes),
        value(static_cast<std::uint32_t>(kPathTexts.at(path).size())),
        value(flags % 4 == 0 ? flags / 4 % 16 : flags % 2),
        Value(flags < 128 ? kAllRights : std::int64_t{2}),
        Value(kAllRights),
        value(flags % 8 == 0 ? flags / 16 : 0),
        value(kOut),
    };
    return call(guests_.named("path_open"), arguments);
  }

  bool call_any() {
    const auto& functions = guests_.functions();
    const Function& function =
        functions[choices_.below(static_cast<std::uint32_t>(functions.size()))];
    // What ends the guest or does nothing is not tried as often as the others.
    const bool is_rare = function.definition->type.results.empty() || function.only_refuses;
    if (is_rare && !choices_.one_in(32)) return true;
    const auto& params = function.definition->type.params;
    std::string_view letters = letters_for(*function.definition);
    if (!choices_.one_in(2)) letters = {};
    std::vector<Value> arguments;
    while (arguments.size() < params.size()) {
      append_any(arguments, *function.definition, letters.empty() ? 'x' : letters.front());
      if (!letters.empty()) letters.remove_prefix(1);
    }
    return call(function, arguments);
  }

  // One argument more, or two that belong together.
  void append_any(std::vector<Value>& arguments, const engine::HostTable::Definition& definition,
                  char letter) {
    const std::string_view name = definition.name;
    const auto& params = definition.type.params;
    const std::size_t index = arguments.size();
    const auto is_i32 = [&](std::size_t at) {
      return at < params.size() && params[at] == ValueType::kI32;
    };
    if (params[index] == ValueType::kI64) {
      arguments.emplace_back(long_number());
    } else if (letter == 'L' && !lists_.empty()) {
      arguments.emplace_back(lists_[choices_.below(static_cast<std::uint32_t>(lists_.size()))]);
    } else if (letter == 'd' || letter == 'L' ||
               (letter == 'x' && index == 0 && !choices_.one_in(4))) {
      arguments.emplace_back(descriptor(name));
    } else if (is_i32(index + 1) && (letter == 'P' || letter == 'N' || letter == 'B' ||
                                     (letter == 'x' && choices_.one_in(2)))) {
      append_pair(arguments, letter);
    } else {
      arguments.emplace_back(number(letter));
    }
  }

  // More often one that is of the kind that a function of this name wants.
  std::int32_t descriptor(std::string_view name) {
    if (name.starts_with("sock_accept") && port_ != 0 && choices_.one_in(2)) return kListener;
    // What is done with files is done with pairs of sockets too.
    const bool wants_socket = name.starts_with("sock_") && !choices_.one_in(4);
    const auto& known = wants_socket                ? sockets_
                        : name.starts_with("path_") ? directories_
                                                    : opened_;
    if (choices_.one_in(4)) return static_cast<std::int32_t>(choices_.below(16));
    if (known.empty()) return static_cast<std::int32_t>(3 + choices_.below(4));
    return known[choices_.below(static_cast<std::uint32_t>(known.size()))];
  }

  // Where something is, and how much of it.
  void append_pair(std::vector<Value>& arguments, char letter) {
    const std::uint32_t index = letter == 'N' ? kName : choices_.below(letter == 'P' ? 10 : 16);
    std::uint32_t at = kPaths + index * kPathBytes;
    auto size = static_cast<std::uint32_t>(kPathTexts.at(index).size());
    const std::uint32_t kind = choices_.below(4);
    if (letter == 'B' || (letter == 'x' && kind == 0)) {
      at = kBuffers + index * 32;
      size = choices_.below(5);
    } else if (letter == 'x' && kind == 1) {
      at = choices_.one_in(2) ? kOut : kContent;
      size = choices_.below(400);
    }
    arguments.emplace_back(static_cast<std::int32_t>(at));
    arguments.emplace_back(static_cast<std::int32_t>(size));
  }

  std::uint32_t address() {
    constexpr std::array kPlaces = {kPaths,   kBuffers, kSubscriptions, kAddresses, kRecords,
                                    kContent, kOut};
    switch (choices_.below(8)) {
      case 0:
        return kMemoryBytes - choices_.below(16);
      case 1:
        return 0xffff'ffffU - choices_.below(16);
      default:
        return kPlaces.at(choices_.below(kPlaces.size())) + choices_.below(32) * 8;
    }
  }

  std::int32_t number(char letter) {
    const auto at = [](std::uint32_t place) { return static_cast<std::int32_t>(place); };
    if (letter == 'f') return at(choices_.below(choices_.one_in(2) ? 4 : 16));
    if (letter == 'o') return at(kOut + choices_.below(32) * 8);
    if (letter == 'n') return at(choices_.below(300));
    if (letter == 'A') return at(kAddresses + choices_.below(16) * kAddressBytes);
    if (letter == 'E') return at(kRecords + choices_.below(16) * kRecordBytes);
    if (letter == 'p') return at(port_);
    if (letter == 'S') return at(kSubscriptions + choices_.below(12) * kSubscriptionBytes);
    switch (choices_.below(6)) {
      case 0:
      case 1:
        return static_cast<std::int32_t>(choices_.below(24));
      case 2:
      case 3:
        return static_cast<std::int32_t>(address());
      case 4:
        return static_cast<std::int32_t>(1U << choices_.below(32));
      default:
        return static_cast<std::int32_t>(choices_.wild());
    }
  }

  std::int64_t long_number() {
    switch (choices_.below(6)) {
      case 0:
      case 1:
        return choices_.below(1000);
      case 2:
        return (std::int64_t{1} << 30U) - 1;
      case 3:
        return (std::int64_t{1} << 32U) - 2 + choices_.below(4);
      case 4:
        return static_cast<std::int64_t>((std::uint64_t{1} << choices_.below(64)) -
                                         choices_.below(2));
      default:
        return static_cast<std::int64_t>(choices_.wild());
    }
  }

  // Whether the guest is still there.
  bool call(const Function& function, std::span<const Value> arguments) {
    const auto results = engine::call(*instances_[function.guest], function.exported, arguments);
    if (!results) {
      const ErrorCode code = results.error().code();
      WEFT_ASSERT(code == ErrorCode::kGuestError || code == ErrorCode::kGuestLimit);
      return false;
    }
    constexpr std::int32_t kErrnoMax = 76;
    const std::string_view module = function.definition->module;
    if ((module == kWasix || module.starts_with("wasi_")) && !results->empty()) {
      const auto* const number = std::get_if<std::int32_t>(&results->front());
      WEFT_ASSERT(number != nullptr && *number >= 0 && *number <= kErrnoMax);
      if (*number == 0) remember(function, arguments);
    }
    return true;
  }

  // What the call made or what it could use.
  void remember(const Function& function, std::span<const Value> arguments) {
    const std::string_view name = function.definition->name;
    if (name == "fd_readdir") keep(directories_, std::get<std::int32_t>(arguments[0]));
    const auto* const made = std::ranges::find_if(kMade, [&](const Made& each) {
      return each.name == name && each.params == arguments.size();
    });
    if (made == kMade.end()) return;
    for (std::size_t i = made->from; i <= made->to; ++i) {
      std::int32_t number = 0;
      const auto where = static_cast<std::uint32_t>(std::get<std::int32_t>(arguments[i]));
      instances_[function.guest]->memory().load(GuestAddress{where}, number);
      keep(made->kind == Kind::kSocket ? sockets_
           : made->kind == Kind::kList ? lists_
                                       : opened_,
           number);
    }
  }

  // The latest ones.
  static void keep(std::vector<std::int32_t>& descriptors, std::int32_t descriptor) {
    constexpr std::size_t kKeptMax = 6;
    if (std::ranges::find(descriptors, descriptor) != descriptors.end()) return;
    descriptors.push_back(descriptor);
    if (descriptors.size() > kKeptMax) descriptors.erase(descriptors.begin());
  }

  const Guests& guests_;
  Choices choices_;
  std::vector<std::int32_t> opened_;
  std::vector<std::int32_t> directories_{3, 4};
  std::vector<std::int32_t> sockets_;
  std::vector<std::int32_t> lists_;
  std::uint16_t port_ = 0;  // of its listener
  FakeClock clock_;
  ChosenRandom random_;
  system::testing::Scratch scratch_{scratch_place()};
  system::MemoryTree tree_{
      clock_, {.limits = {.bytes = 1ULL << 20U, .nodes = 100, .file_bytes = 1ULL << 33U}}};
  system::BytesInput input_{"some input\nof two lines"};
  system::CaptureStream output_{4'000, "output_bytes"};
  system::CaptureStream errors_{4'000, "output_bytes"};
  Program program_;
  std::vector<std::unique_ptr<engine::Instance>> instances_;
};

// So that no guest fills the disk: what goes beyond is EFBIG.
Guests make_guests() {
  constexpr rlim_t kFileBytesMax = 64ULL * 1024 * 1024;
  const rlimit limit{.rlim_cur = kFileBytesMax, .rlim_max = kFileBytesMax};
  WEFT_ASSERT(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  WEFT_ASSERT(std::signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Guests kGuests = make_guests();
  Session(kGuests, Choices({data, size})).run();
  return 0;
}
