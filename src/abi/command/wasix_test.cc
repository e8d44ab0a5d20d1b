// What WASIX adds, but for sockets: how it is linked and refused, descriptors, the working
// directory, epoll, and what a program of one process and one thread is told of others.
#include <array>
#include <cstring>

#include "abi/command/wasix_testing.h"
#include "system/pipe.h"

namespace weft::abi::command {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the words of these tests.

using engine::ValueType;

constexpr std::int32_t kOut = 500;
constexpr std::int64_t kAllRights = (1LL << 39) - 1;  // WASIX has more than preview 1

std::vector<Value> all_of(const engine::FunctionType& type, std::int32_t value) {
  std::vector<Value> arguments;
  for (const ValueType param : type.params) {
    if (param == ValueType::kI32) {
      arguments.emplace_back(value);
    } else {
      arguments.emplace_back(static_cast<std::int64_t>(value));
    }
  }
  return arguments;
}

// --- linking ---

TEST_CASE("a function of WASIX that weft does not have is refused by its name when it is called") {
  Wasix it;
  for (const std::string_view name :
       {"proc_fork", "proc_spawn3", "thread_spawn_v2", "stack_checkpoint", "context_create",
        "dlopen", "closure_prepare", "port_route_list", "clock_time_set", "call_dynamic",
        "sock_join_multicast_v4"}) {
    CAPTURE(name);
    CHECK(it.guest.errno_of(name, all_of(type_of_function(kWasix, name).value(), 0)) ==
          Errno::kNotsup);
    CHECK(it.guest.program.refusals().function == name);
  }
}

TEST_CASE("a function that never returns, and that weft does not have, ends the program") {
  for (const std::string_view name : {"proc_exec", "proc_exec2", "stack_restore"}) {
    Wasix it;
    const auto ended = it.guest.call(name, all_of(type_of_function(kWasix, name).value(), 0));
    CHECK(ended.error().code() == ErrorCode::kUnsupported);
    CHECK(ended.error().message() ==
          fmt::format("the program called {} of WASIX, which weft does not have", name));
  }
}

TEST_CASE("how a program ends tells what it had called in vain") {
  Wasix it;
  CHECK(it("proc_fork", 0, kOut) == Errno::kNotsup);
  const auto ended = it.guest.call("proc_exit2", {3});
  CHECK(ended.error().message() ==
        "the program ended with exit code 3; it had called proc_fork of WASIX, which weft does "
        "not have");
  CHECK(it.guest.program.exit_code() == 3U);
  Wasix other;
  CHECK(other.guest.call("thread_exit", {0}).error().message() ==
        "the program ended with exit code 0");
}

TEST_CASE("sock_accept has a type in each interface, and a module gets the one that it imports") {
  for (const auto& [module, types] :
       {std::pair(kModule, "i32 i32"), std::pair(kModule, "i32 i32 i32"),
        std::pair(kWasix, "i32 i32 i32"), std::pair(kWasix, "i32 i32 i32 i32")}) {
    CAPTURE(types);
    const Compiled compiled(fmt::format(
        R"((module (import "{}" "sock_accept" (func $accept (param {}) (result i32)))
             (memory (export "memory") 1)
             (func (export "accept") (param {}) (result i32)
               {} (call $accept))))",
        module, types, types, [&] {
          std::string gets;
          for (std::size_t i = 0; i < (std::string_view(types).size() + 1) / 4; ++i)
            gets += fmt::format("(local.get {}) ", i);
          return gets;
        }()));
    Guest guest(compiled);
    std::vector<Value> arguments((std::string_view(types).size() + 1) / 4, Value{0});
    CHECK(guest.errno_of("accept", arguments) == Errno::kNotsock);
  }
}

TEST_CASE("a module calls WASIX when it imports anything of it") {
  engine::ModuleInfo info;
  CHECK_FALSE(calls_wasix(info));
  info.imports.push_back(
      {.module = std::string(kModule), .name = "fd_write", .type = "", .function = {}});
  CHECK_FALSE(calls_wasix(info));
  info.imports.push_back(
      {.module = std::string(kWasix), .name = "fd_dup", .type = "", .function = {}});
  CHECK(calls_wasix(info));
}

constexpr std::array<std::int64_t, 11> kHostile = {-1, INT32_MAX, INT32_MIN, 65'535,    65'536,   0,
                                                   1,  3,         4,         INT64_MAX, INT64_MIN};

Value argument_of(ValueType type, std::int64_t value) {
  if (type == ValueType::kI32) return static_cast<std::int32_t>(value);
  return value;
}

// It answers with an errno, or ends the guest because that is what it is for.
void check_answer(std::string_view name, const std::vector<Value>& arguments,
                  const std::shared_ptr<const Compiled>& compiled) {
  Wasix it({"localhost"}, false, compiled);
  const auto result = it.guest.call(name, arguments);
  if (type_of_function(kWasix, name)->results.empty()) return;
  REQUIRE(result.has_value());
  const std::int32_t error = std::get<std::int32_t>(result->at(0));
  CHECK(error >= 0);
  CHECK(error <= static_cast<std::int32_t>(Errno::kNotcapable));
}

TEST_CASE("no argument of a function of WASIX harms its host") {
  const auto compiled = compiled_wasix_guest();
  for (const std::string_view name : functions_of(kWasix)) {
    const auto params = type_of_function(kWasix, name)->params;
    CAPTURE(name);
    for (const std::int64_t value : kHostile) {
      std::vector<Value> arguments;
      arguments.reserve(params.size());
      for (const ValueType param : params)
        arguments.push_back(argument_of(param, value));
      check_answer(name, arguments, compiled);
    }
  }
}

TEST_CASE("no argument of a function of WASIX harms its host where the others are right") {
  const auto compiled = compiled_wasix_guest();
  for (const std::string_view name : functions_of(kWasix)) {
    const auto params = type_of_function(kWasix, name)->params;
    CAPTURE(name);
    for (std::size_t index = 0; index < params.size(); ++index) {
      CAPTURE(index);
      // A descriptor, a flag or a place.
      for (const std::int64_t others : {1, 3, 1'000}) {
        for (const std::int64_t value : kHostile) {
          std::vector<Value> arguments;
          arguments.reserve(params.size());
          for (std::size_t i = 0; i < params.size(); ++i)
            arguments.push_back(argument_of(params[i], i == index ? value : others));
          check_answer(name, arguments, compiled);
        }
      }
    }
  }
}

// --- descriptors ---

TEST_CASE("a copy of a descriptor shares its position and lives on its own") {
  Wasix it;
  system::testing::write_file(*it.tree.root(), "f", "abcdef");
  const auto [path, size] = it.text("f");
  REQUIRE(it("path_open2", 3, 1, path, size, 0, kAllRights, kAllRights, 0, 1, kOut) ==
          Errno::kSuccess);
  const std::int32_t file = it.number(kOut);
  CHECK(file == 5);
  REQUIRE(it("fd_dup", file, kOut) == Errno::kSuccess);
  const std::int32_t copy = it.number(kOut);
  CHECK(copy == 6);
  REQUIRE(it("fd_dup2", file, 20, 1, kOut) == Errno::kSuccess);
  CHECK(it.number(kOut) == 20);
  it.guest.buffer(3'000, 0, 2'000, 2);
  REQUIRE(it("fd_read", file, 3'000, 1, 3'100) == Errno::kSuccess);
  CHECK(it.guest.text(2'000, 2) == "ab");
  REQUIRE(it("fd_close", file) == Errno::kSuccess);
  CHECK(it.read(copy) == "cdef");
  CHECK(it.read(20).empty());
}

TEST_CASE("whether a descriptor is closed for other programs is kept, and copies have their own") {
  Wasix it;
  const auto flags = [&](std::int32_t descriptor) {
    REQUIRE(it("fd_fdflags_get", descriptor, kOut) == Errno::kSuccess);
    return it.guest.load<std::uint16_t>(kOut);
  };
  CHECK(flags(1) == 0);
  CHECK(it("fd_fdflags_set", 1, 1) == Errno::kSuccess);
  CHECK(flags(1) == 1);
  CHECK(it("fd_fdflags_set", 1, 2) == Errno::kInval);
  REQUIRE(it("fd_dup", 1, 600) == Errno::kSuccess);
  CHECK(flags(it.number(600)) == 0);
  REQUIRE(it("fd_dup2", 1, 0, 1, 600) == Errno::kSuccess);
  CHECK(flags(it.number(600)) == 1);
  for (const std::int32_t closed : {99, -1}) {
    CHECK(it("fd_dup", closed, 600) == Errno::kBadf);
    CHECK(it("fd_dup2", closed, 0, 0, 600) == Errno::kBadf);
    CHECK(it("fd_fdflags_get", closed, 600) == Errno::kBadf);
    CHECK(it("fd_fdflags_set", closed, 0) == Errno::kBadf);
  }
  CHECK(it("fd_dup", 1, -1) == Errno::kFault);
  CHECK(it("fd_dup2", 1, 5'000, 0, 600) == Errno::kInval);
  CHECK(it("fd_dup2", 1, -1, 0, 600) == Errno::kInval);
}

TEST_CASE("fd_renumber copies for a program of WASIX, also to where nothing is open") {
  Wasix it;
  REQUIRE(it("fd_pipe", kOut, kOut + 4) == Errno::kSuccess);
  const std::int32_t writer = it.number(kOut + 4);
  CHECK(it("fd_renumber", writer, 1) == Errno::kSuccess);
  CHECK(it("fd_renumber", writer, 30) == Errno::kSuccess);
  CHECK(it.write(1, "out") == Errno::kSuccess);
  CHECK(it.write(30, "put") == Errno::kSuccess);
  CHECK(it.write(writer, "!") == Errno::kSuccess);
  CHECK(it.read(it.number(kOut)) == "output!");
  CHECK(it.guest.output.text().empty());
  CHECK(it("fd_renumber", 31, 1) == Errno::kBadf);
  CHECK(it("fd_renumber", writer, -1) == Errno::kBadf);
  CHECK(it("fd_renumber", writer, 1'000'000) == Errno::kBadf);
}

TEST_CASE("a program cannot copy more descriptors than it may have") {
  Wasix it;
  Errno last = Errno::kSuccess;
  int copies = 0;
  while (last == Errno::kSuccess && copies < 2'000) {
    last = it("fd_dup", 1, kOut);
    ++copies;
  }
  CHECK(last == Errno::kMfile);
  CHECK(copies < 1'100);
  CHECK(it("fd_pipe", kOut, kOut + 4) == Errno::kMfile);
  CHECK(it("fd_event", std::int64_t{0}, 0, kOut) == Errno::kMfile);
  REQUIRE(it("fd_close", 7) == Errno::kSuccess);
  // A pipe takes two, or none.
  CHECK(it("fd_pipe", kOut, kOut + 4) == Errno::kMfile);
  CHECK(it("fd_dup", 1, kOut) == Errno::kSuccess);
}

TEST_CASE(
    "what a program keeps in pipes, pairs and lists takes no more of the host than is granted") {
  Wasix it;
  it.guest.buffer(3'000, 0, 0, 65'535);
  const auto fill = [&](std::string_view make, std::int32_t& first) {
    const bool is_pipe = make == "fd_pipe";
    REQUIRE((is_pipe ? it(make, kOut, kOut + 4) : it(make, 3, 1, 0, kOut, kOut + 4)) ==
            Errno::kSuccess);
    first = it.number(kOut);
    const Errno error = it("fd_write", it.number(kOut + 4), 3'000, 1, 3'100);
    REQUIRE(it("fd_close", it.number(kOut + 4)) == Errno::kSuccess);
    return error;
  };
  std::vector<std::int32_t> readers(1);
  while (readers.size() < 400 &&
         fill(readers.size() % 2 == 0 ? "fd_pipe" : "sock_pair", readers.back()) == Errno::kSuccess)
    readers.emplace_back();
  CHECK(readers.size() == 1 + system::ChannelBudget::kBytesDefault / system::kPipeBytesMax);
  REQUIRE(it("epoll_create", 600) == Errno::kSuccess);
  it.guest.store(4'000, 1U);
  CHECK(it("epoll_ctl", it.number(600), 0, 0, 4'000) == Errno::kNomem);
  // What is closed is free again.
  REQUIRE(it("fd_close", readers.front()) == Errno::kSuccess);
  CHECK(it("epoll_ctl", it.number(600), 0, 0, 4'000) == Errno::kSuccess);
  REQUIRE(it("fd_close", it.number(600)) == Errno::kSuccess);
  CHECK(fill("fd_pipe", readers.front()) == Errno::kSuccess);
  CHECK(fill("fd_pipe", readers.back()) == Errno::kNobufs);
}

TEST_CASE("a program has as many descriptors as its world says") {
  Wasix it;
  World world = it.world({}, false);
  world.descriptors_max = 8;
  Guest guest(*it.compiled, "", std::move(world));
  for (int i = 0; i < 3; ++i)
    CHECK(guest.errno_of("fd_dup", {1, kOut}) == Errno::kSuccess);
  CHECK(guest.errno_of("fd_dup", {1, kOut}) == Errno::kMfile);
  CHECK(guest.errno_of("fd_dup2", {1, 8, 0, kOut}) == Errno::kInval);
}

TEST_CASE("a program writes into a pipe and reads what it wrote") {
  Wasix it;
  REQUIRE(it("fd_pipe", kOut, kOut + 4) == Errno::kSuccess);
  const std::int32_t reader = it.number(kOut);
  const std::int32_t writer = it.number(kOut + 4);
  CHECK(it.write(writer, "hello") == Errno::kSuccess);
  CHECK(it.read(reader) == "hello");
  CHECK(it.write(reader, "x") == Errno::kBadf);
  CHECK(it.read(writer) == "errno 8");
  // It waits for itself.
  CHECK(it.read(reader) == "errno 16");
  REQUIRE(it("fd_fdstat_set_flags", reader, 4) == Errno::kSuccess);
  CHECK(it.read(reader) == "errno 6");
  REQUIRE(it("fd_close", writer) == Errno::kSuccess);
  CHECK(it.read(reader).empty());
  CHECK(it("fd_pipe", -1, kOut) == Errno::kFault);
  CHECK(it("fd_pipe", kOut, 65'533) == Errno::kFault);
}

TEST_CASE("a pair is talked on in both directions") {
  Wasix it;
  REQUIRE(it("sock_pair", 3, 1, 0, kOut, kOut + 4) == Errno::kSuccess);
  const std::int32_t one = it.number(kOut);
  const std::int32_t other = it.number(kOut + 4);
  CHECK(it.write(one, "there") == Errno::kSuccess);
  CHECK(it.write(other, "back") == Errno::kSuccess);
  CHECK(it.read(one) == "back");
  CHECK(it.read(other) == "there");
  // As on a socket.
  it.guest.store(2'000, "by call");
  it.guest.buffer(3'000, 0, 2'000, 7);
  REQUIRE(it("sock_send", one, 3'000, 1, 0, 600) == Errno::kSuccess);
  it.guest.buffer(3'000, 0, 2'100, 100);
  REQUIRE(it("sock_recv", other, 3'000, 1, 0, 600, 604) == Errno::kSuccess);
  CHECK(it.guest.text(2'100, it.guest.load(600)) == "by call");
  CHECK(it("sock_recv", other, 3'000, 1, 0, 600, 604) == Errno::kDeadlk);
  CHECK(it("sock_recv", other, 3'000, 1, 8, 600, 604) == Errno::kAgain);
  CHECK(it("sock_recv", other, 3'000, 1, 1, 600, 604) == Errno::kNotsup);
  CHECK(it("sock_recv", other, -1, 1, 0, 600, 604) == Errno::kFault);
  CHECK(it("sock_send", other, 3'000, 1, 0, -1) == Errno::kFault);
  // Nothing is opened below it, and a right that was given up is missing.
  REQUIRE(it("fd_fdstat_get", one, 600) == Errno::kSuccess);
  CHECK(it.guest.load<std::uint64_t>(616) == 0);
  const auto rights = it.guest.load<std::uint64_t>(608);
  const auto give_up = [&](std::uint64_t lost) {
    return it("fd_fdstat_set_rights", it.number(700), static_cast<std::int64_t>(rights & ~lost),
              std::int64_t{0});
  };
  REQUIRE(it("sock_pair", 3, 1, 0, 700, 704) == Errno::kSuccess);
  REQUIRE(give_up(std::uint64_t{1} << 1U | std::uint64_t{1} << 6U | std::uint64_t{1} << 28U) ==
          Errno::kSuccess);
  CHECK(it("sock_recv", it.number(700), 3'000, 1, 0, 600, 604) == Errno::kNotcapable);
  CHECK(it("sock_send", it.number(700), 3'000, 1, 0, 600) == Errno::kNotcapable);
  CHECK(it("sock_shutdown", it.number(700), 2) == Errno::kNotcapable);
  CHECK(it("sock_shutdown", one, 4) == Errno::kInval);
  CHECK(it("sock_shutdown", one, 2) == Errno::kSuccess);
  CHECK(it.read(other).empty());
  CHECK(it.write(one, "x") == Errno::kPipe);
  CHECK(it("sock_pair", 9, 1, 0, kOut, kOut + 4) == Errno::kAfnosupport);
  CHECK(it("sock_pair", 3, 2, 0, kOut, kOut + 4) == Errno::kProtonosupport);
  CHECK(it("sock_pair", 3, 1, 0, kOut, -1) == Errno::kFault);
}

TEST_CASE("a counter of events gives what was added to it") {
  Wasix it;
  REQUIRE(it("fd_event", std::int64_t{2}, 0, kOut) == Errno::kSuccess);
  const std::int32_t counter = it.number(kOut);
  const std::string three = std::string("\3", 1) + std::string(7, '\0');
  CHECK(it.write(counter, three) == Errno::kSuccess);
  CHECK(it.read(counter) == std::string("\5", 1) + std::string(7, '\0'));
  CHECK(it.read(counter) == "errno 16");
  CHECK(it("fd_event", std::int64_t{0}, 2, kOut) == Errno::kInval);
  CHECK(it("fd_event", std::int64_t{-1}, 0, kOut) == Errno::kInval);
  CHECK(it("fd_event", std::int64_t{0}, 0, -1) == Errno::kFault);
}

TEST_CASE("a poll that nothing can end says so") {
  Wasix it;
  REQUIRE(it("fd_pipe", kOut, kOut + 4) == Errno::kSuccess);
  it.guest.store(0, 7U);
  it.guest.store(4, 0U);
  it.guest.store(8, 1U);  // fd_read
  it.guest.store(16, it.guest.load(kOut));
  CHECK(it("poll_oneoff", 0, 100, 1, 504 + 4) == Errno::kDeadlk);
  REQUIRE(it.write(it.number(kOut + 4), "abc") == Errno::kSuccess);
  CHECK(it("poll_oneoff", 0, 100, 1, 600) == Errno::kSuccess);
  CHECK(it.guest.load<std::uint64_t>(116) == 3);
}

TEST_CASE("a program is told of a terminal, and does not change it") {
  Wasix it;
  REQUIRE(it("tty_get", kOut) == Errno::kSuccess);
  CHECK(it.guest.load(kOut) == 80);
  CHECK(it.guest.load<std::uint8_t>(kOut + 17) == 0);
  CHECK(it("tty_set", kOut) == Errno::kSuccess);
  CHECK(it.guest.program.refusals().function.empty());
  it.guest.store(kOut + 16, 0U);  // no echo
  CHECK(it("tty_set", kOut) == Errno::kNotsup);
  CHECK(it.guest.program.refusals().limited_function == "tty_set");
  CHECK(it("tty_get", 65'536 - 23) == Errno::kFault);
  CHECK(it("tty_set", 65'536 - 23) == Errno::kFault);
}

// --- paths ---

TEST_CASE("a path with a slash in front leads into the directories that the program was given") {
  Wasix it;
  system::testing::write_file(*it.tree.root(), "f", "of the root");
  system::testing::write_file(*it.data.root(), "f", "of data");
  REQUIRE(it.tree.root()->make_directory("database").has_value());
  system::testing::write_file(*it.tree.root(), "database/f", "of another");
  const auto content = [&](std::int32_t directory, std::string_view name) -> std::string {
    const auto [path, size] = it.text(name);
    const Errno error =
        it("path_open2", directory, 1, path, size, 0, kAllRights, kAllRights, 0, 0, kOut);
    if (error != Errno::kSuccess) return fmt::format("errno {}", static_cast<int>(error));
    return it.read(it.number(kOut));
  };
  CHECK(content(3, "f") == "of the root");
  CHECK(content(3, "/f") == "of the root");
  CHECK(content(3, "//f") == "of the root");
  CHECK(content(3, "/data/f") == "of data");
  CHECK(content(3, "/./data/f") == "of data");
  CHECK(content(3, "//.//./data/./f") == "of data");
  CHECK(content(3, "/./f") == "of the root");
  CHECK(content(3, "/./../data/f") == "errno 63");
  CHECK(content(4, "f") == "of data");
  CHECK(content(4, "/f") == "of the root");
  CHECK(content(3, "/database/f") == "of another");
  CHECK(content(3, "/data/g") == "errno 44");
  CHECK(content(3, "/../f") == "errno 63");
  CHECK(content(3, "/data/../f") == "errno 63");
  CHECK(content(1, "/f") == "errno 54");
  CHECK(content(99, "/f") == "errno 8");
  // The other functions of preview 1 too.
  const auto [path, size] = it.text("/data/f");
  CHECK(it("path_filestat_get", 3, 1, path, size, 600) == Errno::kSuccess);
  CHECK(it.guest.load<std::uint64_t>(632) == 7);
  CHECK(it("path_unlink_file", 3, path, size) == Errno::kSuccess);
  CHECK(content(4, "f") == "errno 44");
  // What it has given up leads nowhere.
  REQUIRE(it("fd_close", 3) == Errno::kSuccess);
  CHECK(content(4, "/f") == "errno 44");
}

TEST_CASE("path_open2 knows one flag more than path_open") {
  Wasix it;
  system::testing::write_file(*it.tree.root(), "f", "abc");
  const auto [path, size] = it.text("f");
  REQUIRE(it("path_open2", 3, 1, path, size, 0, kAllRights, kAllRights, 0, 1, kOut) ==
          Errno::kSuccess);
  REQUIRE(it("fd_fdflags_get", it.number(kOut), 600) == Errno::kSuccess);
  CHECK(it.guest.load<std::uint16_t>(600) == 1);
  CHECK(it("path_open2", 3, 1, path, size, 0, kAllRights, kAllRights, 0, 2, kOut) == Errno::kInval);
  CHECK(it("path_open2", 3, 1, path, size, 0, kAllRights, kAllRights, 0, 0, -1) == Errno::kFault);
  CHECK(it("path_open2", 3, 1, -1, size, 0, kAllRights, kAllRights, 0, 0, kOut) == Errno::kFault);
}

TEST_CASE("the working directory is where the program went last") {
  Wasix it;
  REQUIRE(it.data.root()->make_directory("in").has_value());
  system::testing::write_file(*it.data.root(), "f", "a file");
  const auto where = [&] {
    it.guest.store(kOut, 100U);
    REQUIRE(it("getcwd", 600, kOut) == Errno::kSuccess);
    CHECK(it.guest.load<std::uint8_t>(600 + it.guest.load(kOut)) == 0);
    return it.guest.text(600, it.guest.load(kOut));
  };
  const auto go = [&](std::string_view to) {
    const auto [path, size] = it.text(to);
    return it("chdir", path, size);
  };
  CHECK(where() == "/");
  CHECK(go("/data/in") == Errno::kSuccess);
  CHECK(where() == "/data/in");
  CHECK(go("..") == Errno::kSuccess);
  CHECK(where() == "/data");
  CHECK(go("./in/../in//.") == Errno::kSuccess);
  CHECK(where() == "/data/in");
  CHECK(go("/data/f") == Errno::kNotdir);
  CHECK(go("/data/none") == Errno::kNoent);
  CHECK(go("") == Errno::kNoent);
  CHECK(go("\xff") == Errno::kIlseq);
  CHECK(where() == "/data/in");
  CHECK(go("../../../..") == Errno::kSuccess);
  CHECK(where() == "/");
  CHECK(it("chdir", -1, 4) == Errno::kFault);
  CHECK(it("chdir", 0, -1) == Errno::kFault);
  CHECK(it("chdir", 0, 65'536) == Errno::kNametoolong);
}

TEST_CASE("a place that is too small for the working directory is told how large it must be") {
  Wasix it;
  REQUIRE(it.tree.root()->make_directory("directory").has_value());
  const auto [path, size] = it.text("/directory");
  REQUIRE(it("chdir", path, size) == Errno::kSuccess);
  it.guest.store(kOut, 10U);
  CHECK(it("getcwd", 600, kOut) == Errno::kRange);
  CHECK(it.guest.load(kOut) == 11);
  CHECK(it("getcwd", 600, kOut) == Errno::kSuccess);
  CHECK(it.guest.text(600, 10) == "/directory");
  it.guest.store(kOut, 11U);
  CHECK(it("getcwd", 65'530, kOut) == Errno::kFault);
  CHECK(it("getcwd", 600, -1) == Errno::kFault);
}

// --- epoll ---

struct Epoll : Wasix {
  using Wasix::Wasix;

  std::int32_t list = [this] {
    REQUIRE((*this)("epoll_create", kOut) == Errno::kSuccess);
    return number(kOut);
  }();
  std::int32_t reader = [this] {
    REQUIRE((*this)("fd_pipe", kOut, kOut + 4) == Errno::kSuccess);
    return number(kOut);
  }();
  std::int32_t writer = number(kOut + 4);

  Errno control(std::int32_t operation, std::int32_t file, std::uint32_t bits,
                std::uint32_t name = 0) {
    guest.store(4'000, bits);
    guest.store(4'008, name);
    return (*this)("epoll_ctl", list, operation, file, 4'000);
  }
  // The bits and the name of each event, or an errno.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> wait(std::int64_t nanoseconds) {
    const Errno error = (*this)("epoll_wait", list, 5'000, 8, nanoseconds, 4'100);
    if (error != Errno::kSuccess) return {{UINT32_MAX, static_cast<std::uint32_t>(error)}};
    std::vector<std::pair<std::uint32_t, std::uint32_t>> events;
    events.reserve(guest.load(4'100));
    for (std::uint32_t i = 0; i < guest.load(4'100); ++i)
      events.emplace_back(guest.load(5'000 + 32 * i), guest.load(5'008 + 32 * i));
    return events;
  }
};
using Events = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
constexpr std::uint32_t kIn = 1;
constexpr std::uint32_t kOutBit = 2;
constexpr std::uint32_t kEnd = 4;
constexpr std::uint32_t kError = 16;
constexpr std::uint32_t kHangUp = 32;

TEST_CASE_FIXTURE(Epoll, "epoll tells what is ready, with the guest's own data") {
  REQUIRE(control(0, reader, kIn, 11) == Errno::kSuccess);
  REQUIRE(control(0, writer, kOutBit, 22) == Errno::kSuccess);
  CHECK(wait(0) == Events{{kOutBit, 22}});
  REQUIRE(write(writer, "x") == Errno::kSuccess);
  CHECK(wait(-1).size() == 2);
  REQUIRE(control(2, writer, 0) == Errno::kSuccess);
  CHECK(wait(-1) == Events{{kIn, 11}});
  REQUIRE(control(1, reader, kIn | kEnd, 33) == Errno::kSuccess);
  CHECK(wait(-1) == Events{{kIn, 33}});
  REQUIRE((*this)("fd_close", writer) == Errno::kSuccess);
  CHECK(read(reader) == "x");
  CHECK(wait(-1) == Events{{kIn | kEnd | kHangUp, 33}});
}

TEST_CASE_FIXTURE(Epoll, "epoll tells of a lost end and of an error also who asked for nothing") {
  REQUIRE(control(0, reader, 0, 11) == Errno::kSuccess);
  REQUIRE(control(0, writer, kHangUp | kError, 22) == Errno::kSuccess);
  CHECK(wait(0).empty());
  CHECK(wait(-1) == Events{{UINT32_MAX, static_cast<std::uint32_t>(Errno::kDeadlk)}});
  REQUIRE((*this)("fd_close", writer) == Errno::kSuccess);
  CHECK(wait(-1) == Events{{kHangUp, 11}});
  REQUIRE((*this)("fd_pipe", kOut, kOut + 4) == Errno::kSuccess);
  REQUIRE(control(2, reader, 0) == Errno::kSuccess);
  REQUIRE(control(0, number(kOut + 4), 0, 33) == Errno::kSuccess);
  REQUIRE((*this)("fd_close", number(kOut)) == Errno::kSuccess);
  CHECK(wait(-1) == Events{{kError, 33}});
}

TEST_CASE_FIXTURE(Epoll, "epoll waits as long as it is told") {
  REQUIRE(control(0, reader, kIn) == Errno::kSuccess);
  const auto begin = guest.clock.monotonic();
  CHECK(wait(5'000'000).empty());
  CHECK(guest.clock.monotonic() - begin == std::chrono::milliseconds(5));
  CHECK(wait(0).empty());
  // Nobody would ever write.
  CHECK(wait(-1) == Events{{UINT32_MAX, static_cast<std::uint32_t>(Errno::kDeadlk)}});
}

TEST_CASE("epoll does not wait where the thread serves others") {
  Epoll it({}, false);
  REQUIRE(it.control(0, it.reader, kIn) == Errno::kSuccess);
  CHECK(it.wait(0).empty());
  CHECK(it.wait(1) == Events{{UINT32_MAX, static_cast<std::uint32_t>(Errno::kNotsup)}});
}

TEST_CASE_FIXTURE(Epoll, "an edge is told once, and a wish for one event too") {
  REQUIRE(control(0, reader, kIn | (1U << 6U), 1) == Errno::kSuccess);
  REQUIRE(control(0, writer, kOutBit | (1U << 7U), 2) == Errno::kSuccess);
  REQUIRE(write(writer, "abc") == Errno::kSuccess);
  CHECK(wait(0).size() == 2);
  CHECK(wait(0).empty());
  CHECK(wait(20'000'000).empty());
  CHECK(read(reader) == "abc");
  REQUIRE(write(writer, "abc") == Errno::kSuccess);
  CHECK(wait(0) == Events{{kIn, 1}});
}

TEST_CASE_FIXTURE(Epoll, "what a program says of epoll that is wrong is an errno") {
  CHECK((*this)("epoll_create", -1) == Errno::kFault);
  CHECK(control(0, 99, kIn) == Errno::kBadf);
  CHECK(control(0, list, kIn) == Errno::kInval);
  const auto [path, size] = text("file");
  REQUIRE((*this)("path_open2", 3, 1, path, size, 1, kAllRights, kAllRights, 0, 0, kOut) ==
          Errno::kSuccess);
  const std::int32_t file = number(kOut);
  for (const std::int32_t operation : {0, 1, 2}) {
    CHECK(control(operation, 3, kIn) == Errno::kPerm);  // a directory
    CHECK(control(operation, file, kIn) == Errno::kPerm);
  }
  CHECK(control(0, reader, 1U << 31U) == Errno::kInval);
  CHECK(control(7, reader, kIn) == Errno::kInval);
  CHECK(control(1, reader, kIn) == Errno::kNoent);
  CHECK(control(2, reader, kIn) == Errno::kNoent);
  REQUIRE(control(0, reader, kIn) == Errno::kSuccess);
  CHECK(control(0, reader, kIn) == Errno::kExist);
  CHECK((*this)("epoll_ctl", list, 2, reader, 0) == Errno::kSuccess);
  CHECK((*this)("epoll_ctl", list, 0, reader, 0) == Errno::kInval);
  CHECK((*this)("epoll_ctl", list, 0, reader, -1) == Errno::kFault);
  CHECK((*this)("epoll_ctl", list, 0, reader, 65'536 - 31) == Errno::kFault);
  CHECK((*this)("epoll_ctl", reader, 0, reader, 4'000) == Errno::kInval);
  CHECK((*this)("epoll_ctl", -1, 0, reader, 4'000) == Errno::kBadf);
  constexpr std::int64_t kNow = 0;
  CHECK((*this)("epoll_wait", reader, 5'000, 8, kNow, 4'100) == Errno::kInval);
  CHECK((*this)("epoll_wait", 99, 5'000, 8, kNow, 4'100) == Errno::kBadf);
  CHECK((*this)("epoll_wait", list, 5'000, 0, kNow, 4'100) == Errno::kInval);
  CHECK((*this)("epoll_wait", list, 5'000, -1, kNow, 4'100) == Errno::kInval);
  CHECK((*this)("epoll_wait", list, 65'000, 100, kNow, 4'100) == Errno::kFault);
  CHECK((*this)("epoll_wait", list, 5'000, 8, kNow, -1) == Errno::kFault);
}

// --- processes, threads and time ---

TEST_CASE("a program is one process of one thread") {
  Wasix it;
  CHECK(it("proc_id", kOut) == Errno::kSuccess);
  CHECK(it.number(kOut) == 1);
  CHECK(it("thread_id", kOut) == Errno::kSuccess);
  CHECK(it.number(kOut) == 1);
  CHECK(it("proc_parent", 1, kOut) == Errno::kSuccess);
  CHECK(it.number(kOut) == 0);
  CHECK(it("proc_parent", 2, kOut) == Errno::kSrch);
  CHECK(it("proc_join", kOut, 0, kOut) == Errno::kChild);
  CHECK(it("thread_join", 2) == Errno::kSrch);
  CHECK(it("thread_join", 1) == Errno::kDeadlk);
  CHECK(it("thread_parallelism", kOut) == Errno::kSuccess);
  CHECK(it.number(kOut) == 1);
  for (const std::string_view name :
       {"proc_id", "thread_id", "thread_parallelism", "proc_signals_sizes_get"})
    CHECK(it(name, 65'533) == Errno::kFault);
}

TEST_CASE("a program says how it takes signals, and gets none") {
  Wasix it;
  CHECK(it.guest.call("callback_signal", {0, 0}).has_value());
  CHECK(it.guest.call("callback_signal", {-1, -1}).has_value());
  CHECK(it("proc_signals_sizes_get", kOut) == Errno::kSuccess);
  CHECK(it.number(kOut) == 0);
  CHECK(it("proc_signals_get", kOut) == Errno::kSuccess);
  CHECK(it("proc_signal", 1, 0) == Errno::kSuccess);
  CHECK(it("thread_signal", 1, 0) == Errno::kSuccess);
  CHECK(it("proc_signal", 2, 0) == Errno::kSrch);
  CHECK(it("proc_raise_interval", 14, std::int64_t{0}, 0) == Errno::kSuccess);
  CHECK(it.guest.program.refusals().function.empty());
  CHECK(it("proc_signal", 1, 15) == Errno::kNotsup);
  CHECK(it.guest.program.refusals().limited_function == "proc_signal");
  CHECK(it.guest.program.refusals().function.empty());
  CHECK(it("proc_raise_interval", 14, std::int64_t{1}, 0) == Errno::kNotsup);
}

TEST_CASE("a program sleeps where its thread is its own") {
  Wasix it;
  const auto begin = it.guest.clock.monotonic();
  CHECK(it("thread_sleep", std::int64_t{3'000'000}) == Errno::kSuccess);
  CHECK(it.guest.clock.monotonic() - begin == std::chrono::milliseconds(3));
  CHECK(it("thread_sleep", std::int64_t{0}) == Errno::kSuccess);
  Wasix other({}, false);
  CHECK(other("thread_sleep", std::int64_t{1}) == Errno::kNotsup);
  CHECK(other("thread_sleep", std::int64_t{0}) == Errno::kSuccess);
}

TEST_CASE("a futex that only another thread could change is waited for as long as is said") {
  Wasix it;
  it.guest.store(600, 5U);
  it.guest.store(700, 0U);  // no timeout
  CHECK(it("futex_wait", 600, 4, 700, kOut) == Errno::kSuccess);
  CHECK(it.guest.load<std::uint8_t>(kOut) == 1);
  CHECK(it("futex_wait", 600, 5, 700, kOut) == Errno::kDeadlk);
  CHECK(it.guest.program.refusals().limited_function == "futex_wait");
  it.guest.store(700, 1U);
  it.guest.store(708, 2'000'000U);
  it.guest.store(712, 0U);
  const auto begin = it.guest.clock.monotonic();
  CHECK(it("futex_wait", 600, 5, 700, kOut) == Errno::kSuccess);
  CHECK(it.guest.load<std::uint8_t>(kOut) == 0);
  CHECK(it.guest.clock.monotonic() - begin == std::chrono::milliseconds(2));
  it.guest.store(700, 2U);
  CHECK(it("futex_wait", 600, 5, 700, kOut) == Errno::kInval);
  for (const std::string_view name : {"futex_wake", "futex_wake_all"}) {
    CHECK(it(name, 600, kOut) == Errno::kSuccess);
    CHECK(it.guest.load<std::uint8_t>(kOut) == 0);
    CHECK(it(name, 65'533, kOut) == Errno::kFault);
    CHECK(it(name, 600, 65'536) == Errno::kFault);
  }
}

}  // namespace
}  // namespace weft::abi::command
