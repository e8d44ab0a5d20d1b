// Calls that wait on a thread which serves others: the guest is parked, and goes on when what it
// waits for has come.
#include <netinet/in.h>
#include <sys/socket.h>

#include "abi/command/testing.h"
#include "base/unique_fd.h"
#include "engine/instance.h"
#include "system/ip_address.h"
#include "system/socket.h"
#include "system/wait.h"

namespace weft::abi::command {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the words of these tests.
using engine::Progress;

constexpr std::int32_t kListener = 3;  // Behind the three streams.
constexpr std::uint32_t kNumberAt = 500;

struct Parking {
  std::shared_ptr<system::Socket> listener =
      system::Socket::listen_on({.address = system::parse_ip_address("127.0.0.1").value()}).value();
  Compiled compiled{guest_text(kOnePage), engine::Waiting::kForStreams};
  Guest guest{compiled, "", {.listeners = {listener}, .parks = true}};
  int times_parked = 0;
  std::vector<system::Wait> waits;  // of a guest that is parked

  UniqueFd connect() const {
    UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const system::HostSocketAddress address(listener->local_address().value());
    REQUIRE(::connect(client.get(), address.data(), address.size) == 0);
    return client;
  }
  void begin(std::string_view name, const std::vector<Value>& arguments) {
    times_parked = 0;
    REQUIRE(guest.instance->begin_call(name, arguments).has_value());
  }
  // Polls once, or until the guest is parked or done. Whether it is parked.
  bool parks() {
    Progress progress = Progress::kRunning;
    while (progress == Progress::kRunning)
      progress = guest.instance->poll();
    if (progress != Progress::kParked) return false;
    ++times_parked;
    waits = guest.program.take_waits();
    return true;
  }
  // As a server does: polls again when something is there.
  Errno end() {
    const SystemClock clock;
    while (parks())
      system::block_until(waits, clock);
    return static_cast<Errno>(std::get<std::int32_t>(guest.instance->take().value()[0]));
  }
  std::int32_t accept() {
    begin("sock_accept", {kListener, 0, static_cast<int>(kNumberAt)});
    REQUIRE(end() == Errno::kSuccess);
    return static_cast<std::int32_t>(guest.load(kNumberAt));
  }
};

void send(const UniqueFd& client, std::string_view text) {
  REQUIRE(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(text.size()));
}

TEST_CASE("a guest is parked until somebody connects, and until something comes") {
  Parking it;
  it.begin("sock_accept", {kListener, 0, static_cast<int>(kNumberAt)});
  CHECK(it.parks());
  REQUIRE(it.waits.size() == 1);
  CHECK(it.waits[0].what == system::Wait::For::kReading);
  CHECK(it.parks());  // Nothing has come.
  const UniqueFd client = it.connect();
  CHECK(it.end() == Errno::kSuccess);
  const auto connection = static_cast<std::int32_t>(it.guest.load(kNumberAt));
  it.guest.buffer(0, 0, 1'000, 100);
  it.begin("fd_read", {connection, 0, 1, 504});
  CHECK(it.parks());
  send(client, "hello");
  CHECK(it.end() == Errno::kSuccess);
  CHECK(it.guest.load(504) == 5);
  CHECK(it.guest.text(1'000, 5) == "hello");
}

TEST_CASE("what came in pieces before and behind a park is received whole, once") {
  Parking it;
  const UniqueFd client = it.connect();
  const std::int32_t connection = it.accept();
  constexpr std::int32_t kWaitAll = 2;
  it.guest.buffer(0, 0, 1'000, 3);
  it.guest.buffer(0, 1, 1'100, 5);
  it.begin("sock_recv", {connection, 0, 2, kWaitAll, 504, 508});
  CHECK(it.parks());
  send(client, "ab");
  CHECK(it.parks());
  send(client, "cde");
  CHECK(it.parks());
  send(client, "fghIJ");
  CHECK(it.end() == Errno::kSuccess);
  CHECK(it.guest.load(504) == 8);
  CHECK(it.guest.text(1'000, 3) == "abc");
  CHECK(it.guest.text(1'100, 5) == "defgh");
  // What a call had moved is forgotten behind it.
  it.guest.buffer(0, 0, 1'000, 2);
  it.begin("sock_recv", {connection, 0, 1, kWaitAll, 504, 508});
  CHECK(it.end() == Errno::kSuccess);
  CHECK(it.guest.load(504) == 2);
  CHECK(it.guest.text(1'000, 2) == "IJ");
}

TEST_CASE("what came before the end of a stream is received") {
  Parking it;
  UniqueFd client = it.connect();
  const std::int32_t connection = it.accept();
  constexpr std::int32_t kWaitAll = 2;
  it.guest.buffer(0, 0, 1'000, 100);
  it.begin("sock_recv", {connection, 0, 1, kWaitAll, 504, 508});
  send(client, "abc");
  CHECK(it.parks());
  client = UniqueFd();
  CHECK(it.end() == Errno::kSuccess);
  CHECK(it.guest.load(504) == 3);
}

TEST_CASE("a guest that sends is parked while nobody reads") {
  Parking it;
  const UniqueFd client = it.connect();
  const std::int32_t connection = it.accept();
  it.guest.buffer(0, 0, 1'000, 60'000);
  std::uint64_t sent = 0;
  for (;;) {
    it.begin("sock_send", {connection, 0, 1, 0, 504});
    if (it.parks()) break;
    REQUIRE(it.guest.instance->take().has_value());
    sent += it.guest.load(504);
  }
  CHECK(it.waits.at(0).what == system::Wait::For::kWriting);
  std::vector<char> bytes(sent);
  REQUIRE(::recv(client.get(), bytes.data(), bytes.size(), MSG_WAITALL) ==
          static_cast<ssize_t>(sent));
  CHECK(it.end() == Errno::kSuccess);
  CHECK(it.guest.load(504) > 0);
}

TEST_CASE("a socket that does not wait is never parked") {
  Parking it;
  constexpr std::int32_t kNonblocking = 4;
  REQUIRE(it.guest.errno_of("fd_fdstat_set_flags", {kListener, kNonblocking}) == Errno::kSuccess);
  CHECK(it.guest.errno_of("sock_accept", {kListener, 0, static_cast<int>(kNumberAt)}) ==
        Errno::kAgain);
}

TEST_CASE("a socket that says there is something and has nothing is looked at ever less often") {
  Parking it;
  const UniqueFd client = it.connect();
  const std::int32_t connection = it.accept();
  it.guest.buffer(0, 0, 1'000, 1);
  it.begin("fd_read", {connection, 0, 1, 504});
  for (int i = 0; i < 100; ++i) {
    REQUIRE(it.parks());
    REQUIRE(it.waits.at(0).descriptor >= 0);
  }
  for (int i = 0; i < 2; ++i) {
    CHECK(it.parks());
    REQUIRE(it.waits.size() == 1);
    CHECK(it.waits[0].descriptor < 0);
    CHECK(it.waits[0].until == it.guest.clock.monotonic() + std::chrono::milliseconds(10));
  }
  send(client, "x");
  CHECK(it.end() == Errno::kSuccess);
  // The next call begins anew.
  it.begin("fd_read", {connection, 0, 1, 504});
  CHECK(it.parks());
  CHECK(it.waits.at(0).descriptor >= 0);
}

// A subscription of poll_oneoff at 0: a clock, or a descriptor to read from.
void subscribe_to_time(Guest& guest, std::uint32_t at, std::uint64_t nanoseconds) {
  guest.store(at + 8, std::uint32_t{0});
  guest.store(at + 16, std::uint32_t{1});
  guest.store(at + 24, static_cast<std::uint32_t>(nanoseconds));
  guest.store(at + 28, static_cast<std::uint32_t>(nanoseconds >> 32U));
  guest.store(at + 40, std::uint32_t{0});
}
void subscribe_to_reading(Guest& guest, std::uint32_t at, std::uint32_t descriptor) {
  guest.store(at + 8, std::uint32_t{1});
  guest.store(at + 16, descriptor);
}

TEST_CASE("a guest that sleeps is parked until its time, counted from its call") {
  Parking it;
  subscribe_to_time(it.guest, 0, 5'000'000);
  it.begin("poll_oneoff", {0, 200, 1, static_cast<int>(kNumberAt)});
  const MonotonicTime begin = it.guest.clock.monotonic();
  CHECK(it.parks());
  REQUIRE(it.waits.size() == 1);
  CHECK(it.waits[0].until == begin + std::chrono::milliseconds(5));
  it.guest.clock.advance(std::chrono::milliseconds(4));
  CHECK(it.parks());
  CHECK(it.waits[0].until == begin + std::chrono::milliseconds(5));
  it.guest.clock.advance(std::chrono::milliseconds(1));
  CHECK(it.end() == Errno::kSuccess);
  CHECK(it.times_parked == 2);
  CHECK(it.guest.load(kNumberAt) == 1);
  // The next one begins anew.
  it.begin("poll_oneoff", {0, 200, 1, static_cast<int>(kNumberAt)});
  CHECK(it.parks());
}

TEST_CASE("a time of the clock on the wall is the same however often it is looked at") {
  Parking it;
  constexpr std::int64_t kMillisecond = 1'000'000;
  const auto wall = std::chrono::nanoseconds(it.guest.clock.wall().time_since_epoch()).count();
  subscribe_to_time(it.guest, 0, static_cast<std::uint64_t>(wall + 10 * kMillisecond));
  it.guest.store(16, std::uint32_t{0});  // realtime
  it.guest.store(40, std::uint32_t{1});  // absolute
  it.begin("poll_oneoff", {0, 200, 1, static_cast<int>(kNumberAt)});
  const MonotonicTime begin = it.guest.clock.monotonic();
  CHECK(it.parks());
  it.guest.clock.advance(std::chrono::milliseconds(6));
  CHECK(it.parks());
  CHECK(it.waits.at(0).until == begin + std::chrono::milliseconds(10));
  it.guest.clock.advance(std::chrono::milliseconds(4));
  CHECK(it.end() == Errno::kSuccess);
}

// Each use of it is as long as a slice.
struct SlowRandom final : Random {
  const engine::Engine& engine;
  CountingRandom numbers;
  std::size_t filled = 0;

  explicit SlowRandom(const engine::Engine& with) : engine(with) {}
  void fill(void* bytes, std::size_t size) override {
    numbers.fill(bytes, size);
    filled += size;
    engine.tick();
  }
};

TEST_CASE("many random bytes are made in pieces, between which others have their turn") {
  constexpr std::size_t kBytes = 1'000'001;
  const Compiled compiled(guest_text(R"((memory (export "memory") 16))"),
                          engine::Waiting::kForTime);
  SlowRandom random(*compiled.engine);
  Guest guest(compiled, "", {.random = &random, .parks = true});
  REQUIRE(guest.instance->begin_call("random_get", {{4, static_cast<std::int32_t>(kBytes)}})
              .has_value());
  int slices = 1;
  while (guest.instance->poll() == Progress::kRunning)
    ++slices;
  CHECK(slices > 10);
  CHECK(std::get<std::int32_t>(guest.instance->take().value()[0]) == 0);
  CHECK(random.filled == kBytes);
  const std::string bytes = guest.text(4, kBytes);
  bool is_whole = true;
  for (std::size_t i = 0; i < kBytes; ++i)
    is_whole = is_whole && static_cast<std::uint8_t>(bytes[i]) == static_cast<std::uint8_t>(i);
  CHECK(is_whole);
}

TEST_CASE("a guest waits for a connection or for time, whichever comes first") {
  Parking it;
  subscribe_to_time(it.guest, 0, 5'000'000);
  subscribe_to_reading(it.guest, 48, kListener);
  for (const bool connects : {true, false}) {
    it.begin("poll_oneoff", {0, 200, 2, static_cast<int>(kNumberAt)});
    CHECK(it.parks());
    CHECK(it.waits.size() == 2);
    const UniqueFd client = connects ? it.connect() : UniqueFd();
    if (!connects) it.guest.clock.advance(std::chrono::milliseconds(5));
    CHECK(it.end() == Errno::kSuccess);
    CHECK(it.guest.load(kNumberAt) == 1);
    constexpr std::uint8_t kClock = 0;
    constexpr std::uint8_t kRead = 1;
    CHECK(it.guest.load<std::uint8_t>(210) == (connects ? kRead : kClock));
    if (connects) it.accept();
  }
}

}  // namespace
}  // namespace weft::abi::command
