#include "abi/command/command.h"

#include <random>

#include "abi/command/testing.h"

namespace weft::abi::command {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the words of these tests.

TEST_CASE("every function of both modules has one type") {
  for (const std::string_view name : kNames) {
    CAPTURE(name);
    REQUIRE(type_of_function(kModule, name).has_value());
    CHECK(type_of_function("wasi_unstable", name) == type_of_function(kModule, name));
    CHECK_FALSE(type_of_function("env", name).has_value());
  }
  CHECK_FALSE(type_of_function(kModule, "fd_wrote").has_value());
  CHECK(engine::to_string(type_of_function(kModule, "fd_write").value()) ==
        "(i32, i32, i32, i32) -> i32");
  CHECK(engine::to_string(type_of_function(kModule, "proc_exit").value()) == "(i32) -> ()");
}

TEST_CASE("fd_write joins its buffers and writes to the stream of the descriptor") {
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled);
  guest.store(1'000, "hello");
  guest.store(2'000, " world");
  guest.buffer(0, 0, 1'000, 5);
  guest.buffer(0, 1, 0, 0);
  guest.buffer(0, 2, 2'000, 6);
  CHECK(guest.errno_of("fd_write", {1, 0, 3, 500}) == Errno::kSuccess);
  CHECK(guest.load(500) == 11);
  CHECK(guest.errno_of("fd_write", {2, 0, 1, 500}) == Errno::kSuccess);
  CHECK(guest.load(500) == 5);
  CHECK(guest.errno_of("fd_write", {1, 0, 0, 500}) == Errno::kSuccess);
  CHECK(guest.load(500) == 0);
  CHECK(guest.output.text() == "hello world");
  CHECK(guest.errors.text() == "hello");
}

TEST_CASE("buffers that overlap each other or their own array are written as they are") {
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled);
  guest.store(1'000, "abcdef");
  guest.buffer(0, 0, 1'000, 4);
  guest.buffer(0, 1, 1'002, 4);
  CHECK(guest.errno_of("fd_write", {1, 0, 2, 500}) == Errno::kSuccess);
  CHECK(guest.output.text() == "abcdcdef");
  guest.buffer(0, 0, 0, 8);
  CHECK(guest.errno_of("fd_write", {1, 0, 1, 0}) == Errno::kSuccess);
  CHECK(guest.output.text().size() == 16);
  CHECK(guest.load(0) == 8);
}

TEST_CASE("buffers outside of the memory are refused and nothing is written") {
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled);
  guest.store(1'000, "abc");
  guest.buffer(0, 0, 1'000, 3);
  struct Case {
    std::uint32_t address;
    std::uint32_t size;
  };
  for (const auto& [address, size] :
       {Case{65'535, 2}, Case{65'536, 1}, Case{65'537, 0}, Case{0, 65'537}, Case{1, 0xffffffff},
        Case{0xffffffff, 1}, Case{0xffffffff, 0xffffffff}, Case{0x80000000, 0x80000000}}) {
    CAPTURE(address);
    CAPTURE(size);
    guest.buffer(0, 1, address, size);
    CHECK(guest.errno_of("fd_write", {1, 0, 2, 500}) == Errno::kFault);
    CHECK(guest.errno_of("fd_read", {0, 0, 2, 500}) == Errno::kFault);
  }
  // The array itself, at the memory's end and beyond.
  for (const std::int32_t array : {65'529, 65'536, -1, -8, INT32_MAX, INT32_MIN}) {
    CAPTURE(array);
    CHECK(guest.errno_of("fd_write", {1, array, 1, 500}) == Errno::kFault);
  }
  CHECK(guest.errno_of("fd_write", {1, 65'528, 2, 500}) == Errno::kFault);
  // Where the number of bytes goes.
  for (const std::int32_t place : {65'533, 65'536, -1, INT32_MIN}) {
    CAPTURE(place);
    CHECK(guest.errno_of("fd_write", {1, 0, 1, place}) == Errno::kFault);
  }
  CHECK(guest.output.text().empty());
  // An empty buffer at the very end is inside.
  guest.buffer(0, 1, 65'536, 0);
  CHECK(guest.errno_of("fd_write", {1, 0, 2, 500}) == Errno::kSuccess);
  CHECK(guest.output.text() == "abc");
}

TEST_CASE("too many buffers are refused before they are read") {
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled);
  CHECK(guest.errno_of("fd_write", {1, 0, 1024, 60'000}) == Errno::kSuccess);
  CHECK(guest.errno_of("fd_write", {1, 0, 1025, 60'000}) == Errno::kInval);
  CHECK(guest.errno_of("fd_write", {1, 0, -1, 60'000}) == Errno::kInval);
  CHECK(guest.errno_of("fd_read", {0, 0, 1025, 60'000}) == Errno::kInval);
}

TEST_CASE("more bytes than a 32-bit number can count are refused") {
  const Compiled compiled(guest_text(R"((memory (export "memory") 80))"));
  TerminalStream dropped;
  Guest guest(compiled, "", {.output = &dropped});
  for (std::uint32_t i = 0; i < 1024; ++i)
    guest.buffer(0, i, 0, 4 * 1024 * 1024);
  CHECK(guest.errno_of("fd_write", {1, 0, 1024, 8192}) == Errno::kInval);
  CHECK(guest.errno_of("fd_write", {1, 0, 1023, 8192}) == Errno::kSuccess);
  CHECK(guest.load(8192) == 1023U * 4 * 1024 * 1024);
}

TEST_CASE("fd_read fills buffers in order, says how much came, and 0 at the end") {
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled, "hello world");
  guest.buffer(0, 0, 1'000, 4);
  guest.buffer(0, 1, 2'000, 3);
  CHECK(guest.errno_of("fd_read", {0, 0, 2, 500}) == Errno::kSuccess);
  CHECK(guest.load(500) == 7);
  CHECK(guest.text(1'000, 4) == "hell");
  CHECK(guest.text(2'000, 3) == "o w");
  CHECK(guest.errno_of("fd_read", {0, 0, 2, 500}) == Errno::kSuccess);
  CHECK(guest.load(500) == 4);
  CHECK(guest.text(1'000, 4) == "orld");
  for (int again = 0; again < 2; ++again) {
    CHECK(guest.errno_of("fd_read", {0, 0, 2, 500}) == Errno::kSuccess);
    CHECK(guest.load(500) == 0);
  }
}

TEST_CASE("reading what is written and writing what is read is refused") {
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled, "hello");
  for (const std::int32_t descriptor : {1, 2, 3, -1, INT32_MAX}) {
    CAPTURE(descriptor);
    CHECK(guest.errno_of("fd_read", {descriptor, 0, 0, 500}) == Errno::kBadf);
  }
  for (const std::int32_t descriptor : {0, 3, -1, INT32_MIN}) {
    CAPTURE(descriptor);
    CHECK(guest.errno_of("fd_write", {descriptor, 0, 0, 500}) == Errno::kBadf);
  }
}

TEST_CASE("a closed descriptor stays closed") {
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled, "hello");
  CHECK(guest.errno_of("fd_close", {1}) == Errno::kSuccess);
  CHECK(guest.errno_of("fd_close", {1}) == Errno::kBadf);
  CHECK(guest.errno_of("fd_write", {1, 0, 0, 500}) == Errno::kBadf);
  CHECK(guest.errno_of("fd_fdstat_get", {1, 500}) == Errno::kBadf);
  CHECK(guest.errno_of("fd_seek", {1, std::int64_t{0}, 0, 500}) == Errno::kBadf);
  CHECK(guest.errno_of("fd_write", {2, 0, 0, 500}) == Errno::kSuccess);
  CHECK(guest.errno_of("fd_close", {0}) == Errno::kSuccess);
  CHECK(guest.errno_of("fd_read", {0, 0, 0, 500}) == Errno::kBadf);
  for (const std::int32_t descriptor : {3, -1, INT32_MIN})
    CHECK(guest.errno_of("fd_close", {descriptor}) == Errno::kBadf);
}

TEST_CASE("streams cannot be sought, and what only files can do is refused") {
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled);
  CHECK(guest.errno_of("fd_seek", {1, std::int64_t{0}, 0, 500}) == Errno::kSpipe);
  CHECK(guest.errno_of("fd_tell", {1, 500}) == Errno::kSpipe);
  CHECK(guest.errno_of("fd_pwrite", {1, 0, 0, std::int64_t{0}, 500}) == Errno::kSpipe);
  CHECK(guest.errno_of("fd_filestat_set_size", {1, std::int64_t{0}}) == Errno::kNotcapable);
  CHECK(guest.errno_of("fd_readdir", {1, 0, 0, std::int64_t{0}, 500}) == Errno::kNotdir);
  CHECK(guest.errno_of("fd_prestat_get", {3, 500}) == Errno::kBadf);
  CHECK(guest.errno_of("proc_raise", {9}) == Errno::kNotsup);
  CHECK(guest.errno_of("sched_yield", {}) == Errno::kSuccess);
}

TEST_CASE("a stream is no directory and no socket, and a number that is not open is nothing") {
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled);
  int tried = 0;
  for (const std::string_view name : kNames) {
    if (!name.starts_with("path_") && !name.starts_with("sock_")) continue;
    for (const std::int32_t descriptor : {0, 1, 3, -1}) {
      std::vector<Value> arguments;
      for (const ValueType type : type_of_function(kModule, name)->params) {
        arguments.push_back(type == ValueType::kI32 ? Value(0) : Value(std::int64_t{0}));
      }
      arguments.front() = descriptor;
      CAPTURE(name);
      CAPTURE(descriptor);
      const bool is_path = name.starts_with("path_");
      const Errno of_stream = is_path ? Errno::kNotdir : Errno::kNotsock;
      // Its first parameter is not the descriptor.
      if (name == "path_symlink") continue;
      CHECK(guest.errno_of(name, arguments) ==
            (descriptor == 0 || descriptor == 1 ? of_stream : Errno::kBadf));
      ++tried;
    }
  }
  CHECK(tried == 13 * 4);
}

TEST_CASE("a program is told it has a terminal only when it has one") {
  const Compiled compiled(guest_text(kOnePage));
  TerminalStream terminal;
  Guest guest(compiled, "", {.errors = &terminal});
  constexpr std::uint64_t kStream = 1ULL << 3U | 1ULL << 21U | 1ULL << 27U;
  constexpr std::uint64_t kReading = 1ULL << 1U | kStream;
  constexpr std::uint64_t kWriting = 1ULL << 6U | kStream;
  guest.store(500, std::string(32, 'x'));
  CHECK(guest.errno_of("fd_fdstat_get", {0, 500}) == Errno::kSuccess);
  CHECK(guest.load<std::uint8_t>(500) == 0);
  CHECK(guest.load<std::uint16_t>(502) == 0);
  CHECK(guest.load<std::uint64_t>(508) == kReading);
  CHECK(guest.load<std::uint64_t>(516) == 0);
  CHECK(guest.load<std::uint8_t>(524) == 'x');
  CHECK(guest.errno_of("fd_fdstat_get", {1, 500}) == Errno::kSuccess);
  CHECK(guest.load<std::uint8_t>(500) == 0);
  CHECK(guest.load<std::uint64_t>(508) == kWriting);
  CHECK(guest.errno_of("fd_fdstat_get", {2, 500}) == Errno::kSuccess);
  CHECK(guest.load<std::uint8_t>(500) == 2);
  CHECK(guest.errno_of("fd_fdstat_get", {2, 65'513}) == Errno::kFault);
}

TEST_CASE("arguments and environment arrive as C expects them") {
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled, "",
              {.arguments = {"prog", "", "größe"}, .environment = {{"A", "1"}, {"EMPTY", ""}}});
  CHECK(guest.errno_of("args_sizes_get", {0, 4}) == Errno::kSuccess);
  CHECK(guest.load(0) == 3);
  CHECK(guest.load(4) == 5 + 1 + 8);
  CHECK(guest.errno_of("args_get", {100, 200}) == Errno::kSuccess);
  CHECK(guest.load(100) == 200);
  CHECK(guest.load(104) == 205);
  CHECK(guest.load(108) == 206);
  CHECK(guest.text(200, 14) == std::string_view("prog\0\0größe\0", 14));

  CHECK(guest.errno_of("environ_sizes_get", {0, 4}) == Errno::kSuccess);
  CHECK(guest.load(0) == 2);
  CHECK(guest.load(4) == 4 + 7);
  CHECK(guest.errno_of("environ_get", {100, 200}) == Errno::kSuccess);
  CHECK(guest.text(200, 11) == std::string_view("A=1\0EMPTY=\0", 11));
  CHECK(guest.errno_of("environ_get", {65'533, 200}) == Errno::kFault);
  CHECK(guest.errno_of("environ_get", {100, 65'530}) == Errno::kFault);
  CHECK(guest.errno_of("args_sizes_get", {-1, 4}) == Errno::kFault);
}

TEST_CASE("the clocks are the ones that the world has") {
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled);
  const auto read = [&](std::int32_t clock) {
    REQUIRE(guest.errno_of("clock_time_get", {clock, std::int64_t{0}, 8}) == Errno::kSuccess);
    return guest.load<std::uint64_t>(8);
  };
  const auto wall = read(0);
  const auto monotonic = read(1);
  CHECK(wall == static_cast<std::uint64_t>(guest.clock.wall().time_since_epoch().count()) * 1000);
  guest.clock.advance(std::chrono::milliseconds(3));
  CHECK(read(0) == wall + 3'000'000);
  CHECK(read(1) == monotonic + 3'000'000);
  CHECK(read(3) <= read(3));
  CHECK(guest.errno_of("clock_time_get", {4, std::int64_t{0}, 8}) == Errno::kInval);
  CHECK(guest.errno_of("clock_time_get", {-1, std::int64_t{0}, 8}) == Errno::kInval);
  CHECK(guest.errno_of("clock_time_get", {0, std::int64_t{0}, 65'529}) == Errno::kFault);
  CHECK(guest.errno_of("clock_res_get", {0, 8}) == Errno::kSuccess);
  CHECK(guest.load<std::uint64_t>(8) == 1);
  CHECK(guest.errno_of("clock_res_get", {4, 8}) == Errno::kInval);
  CHECK(guest.errno_of("clock_res_get", {1, -4}) == Errno::kFault);
}

TEST_CASE("randomness fills exactly what was asked for") {
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled);
  guest.store(100, "xxxxxx");
  CHECK(guest.errno_of("random_get", {101, 4}) == Errno::kSuccess);
  CHECK(guest.text(100, 6) == std::string_view("x\0\1\2\3x", 6));
  CHECK(guest.errno_of("random_get", {65'536, 0}) == Errno::kSuccess);
  CHECK(guest.errno_of("random_get", {65'535, 2}) == Errno::kFault);
  CHECK(guest.errno_of("random_get", {0, -1}) == Errno::kFault);
}

TEST_CASE("proc_exit ends the guest with its code") {
  const Compiled compiled(guest_text(kOnePage));
  for (const std::int32_t code : {0, 3, -1}) {
    Guest guest(compiled);
    CHECK_FALSE(guest.program.exit_code().has_value());
    const auto error = guest.call("proc_exit", {code}).error();
    CHECK(error.code() == ErrorCode::kGuestError);
    CHECK(error.message() ==
          fmt::format("the program ended with exit code {}", static_cast<std::uint32_t>(code)));
    CHECK(guest.program.exit_code() == static_cast<std::uint32_t>(code));
  }
}

TEST_CASE("a guest that reaches its output limit is stopped there") {
  const Compiled compiled(guest_text(kOnePage, R"((func $chatter (export "chatter")
    (i32.store (i32.const 0) (i32.const 1000)) (i32.store (i32.const 4) (i32.const 300))
    (loop (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) br 0)))"));
  Guest guest(compiled);
  const auto error = guest.call("chatter", {}).error();
  CHECK(error.code() == ErrorCode::kGuestLimit);
  CHECK(error.limit()->name == "output_bytes");
  CHECK(error.limit()->value == 1'000);
  CHECK(error.backtrace().back().function == "chatter");
  CHECK(guest.output.text().size() == 900);
}

TEST_CASE("a stream that nobody reads is EPIPE, one that fails otherwise EIO") {
  const Compiled compiled(guest_text(kOnePage));
  FailingStream closed(ErrorCode::kUnavailable);
  FailingStream broken(ErrorCode::kInternal);
  Guest guest(compiled, "", {.output = &closed, .errors = &broken});
  guest.buffer(0, 0, 1'000, 5);
  CHECK(guest.errno_of("fd_write", {1, 0, 1, 500}) == Errno::kPipe);
  CHECK(guest.errno_of("fd_write", {2, 0, 1, 500}) == Errno::kIo);
}

TEST_CASE("streams that are absent drop output and give no input") {
  const Compiled compiled(guest_text(kOnePage));
  FakeClock clock;
  CountingRandom random;
  Program program({.clock = &clock, .random = &random});
  const auto instance = engine::Instance::create(compiled.program, {}, &program).value();
  REQUIRE(engine::instantiate(*instance).has_value());
  instance->memory().store(engine::GuestAddress{4}, std::uint32_t{100});
  for (const auto& [name, descriptor] :
       {std::pair{"fd_write", 1}, std::pair{"fd_write", 2}, std::pair{"fd_read", 0}}) {
    const std::vector<Value> arguments = {descriptor, 0, 1, 500};
    CHECK(engine::call(*instance, name, arguments).value() == std::vector<Value>{0});
  }
}

TEST_CASE("a program without a memory gets EFAULT, and its start function can already print") {
  const Compiled without(guest_text(""));
  Guest silent(without);
  CHECK(silent.errno_of("fd_write", {1, 0, 1, 0}) == Errno::kFault);
  CHECK(silent.errno_of("args_sizes_get", {0, 0}) == Errno::kFault);
  CHECK(silent.errno_of("random_get", {0, 0}) == Errno::kSuccess);

  const Compiled early(guest_text(kOnePage, R"((data (i32.const 8) "early")
    (func $main (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 5))
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20))))
    (start $main))"));
  Guest guest(early);
  CHECK(guest.output.text() == "early");
}

// What guests pass to break their host: both ends of the memory and of the numbers, and their
// neighbours.
constexpr std::array<std::uint32_t, 14> kHostile = {
    0,      1,      2,          8,          1024,       65'528,     65'532,
    65'535, 65'536, 0x7fffffff, 0x80000000, 0xfffffff8, 0xfffffffc, 0xffffffff};

// Picks among them, in the same order every time.
class Attacker {
 public:
  std::uint32_t word() { return kHostile.at(choose_() % kHostile.size()); }
  std::vector<Value> arguments(const std::vector<ValueType>& types) {
    std::vector<Value> values;
    values.reserve(types.size());
    for (const ValueType type : types) {
      const std::uint64_t both = std::uint64_t{word()} << 32U | word();
      if (type == ValueType::kI32) {
        values.emplace_back(static_cast<std::int32_t>(both));
      } else {
        values.emplace_back(static_cast<std::int64_t>(both));
      }
    }
    return values;
  }

 private:
  std::mt19937 choose_{20'260'101};
};

TEST_CASE("no function breaks, whatever a guest passes to it") {
  const Compiled compiled(guest_text(kOnePage));
  TerminalStream dropped;
  Attacker attacker;
  for (const std::string_view name : kNames) {
    CAPTURE(name);
    const auto type = type_of_function(kModule, name).value();
    auto guest = std::make_unique<Guest>(compiled, std::string(70'000, 'i'),
                                         World{.arguments = {"prog"},
                                               .environment = {{"A", "B"}},
                                               .output = &dropped,
                                               .errors = &dropped});
    for (int round = 0; round < 400; ++round) {
      // Memory that names buffers itself: iovecs are hostile too.
      for (std::uint64_t place = 0; place < 256; place += 4)
        guest->store(place, attacker.word());
      const auto results = guest->call(name, attacker.arguments(type.params));
      if (!type.results.empty()) {
        REQUIRE(results.has_value());
        const auto code = std::get<std::int32_t>(results->at(0));
        CHECK(code >= 0);
        CHECK(code <= 76);  // The last errno of snapshot-01.
      } else {
        REQUIRE_FALSE(results.has_value());
        CHECK(results.error().code() == ErrorCode::kGuestError);
        guest = std::make_unique<Guest>(compiled);
      }
    }
  }
}

}  // namespace
}  // namespace weft::abi::command
