// sock_*: a guest with a socket that listens, and a client of the system's.
#include <thread>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/command/testing.h"
#include "base/unique_fd.h"
#include "system/ip_address.h"
#include "system/socket.h"
#include "system/wait.h"

namespace weft::abi::command {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the words of these tests.

constexpr std::int32_t kListener = 3;  // Behind the three streams.
constexpr std::uint32_t kNumberAt = 500;

// A guest, which waits by blocking, and the address on which its socket listens.
struct Listening {
  SystemClock system_clock;
  std::shared_ptr<system::Socket> listener =
      system::Socket::listen_on({.address = system::parse_ip_address("127.0.0.1").value()}).value();
  Compiled compiled{guest_text(kOnePage)};
  Guest guest;

  explicit Listening(bool waits = true) : guest(compiled, "", world(waits)) {}

  World world(bool waits) {
    World world{.listeners = {listener}};
    if (waits) {
      world.wait = [this](const std::vector<system::Wait>& what) {
        system::block_until(what, system_clock);
      };
    }
    return world;
  }

  // A connection of this test to the guest.
  UniqueFd connect() const {
    UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const system::HostSocketAddress address(listener->local_address().value());
    REQUIRE(::connect(client.get(), address.data(), address.size) == 0);
    return client;
  }
  // What the guest knows the next connection as.
  std::int32_t accept(std::int32_t flags = 0) {
    REQUIRE(guest.errno_of("sock_accept", {kListener, flags, static_cast<int>(kNumberAt)}) ==
            Errno::kSuccess);
    return static_cast<std::int32_t>(guest.load(kNumberAt));
  }
};

void send(const UniqueFd& client, std::string_view text) {
  REQUIRE(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(text.size()));
}

std::string receive(const UniqueFd& client, std::size_t size) {
  std::string text(size, '\0');
  const ssize_t got = ::recv(client.get(), text.data(), text.size(), MSG_WAITALL);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

constexpr std::uint16_t kNonblockFlag = 4;

TEST_CASE("a socket that was given waits for connections until the program looks at its flags") {
  Listening it;
  const auto flags = [&] {
    REQUIRE(it.guest.errno_of("fd_fdstat_get", {kListener, 600}) == Errno::kSuccess);
    return it.guest.load<std::uint16_t>(602);
  };
  const UniqueFd first = it.connect();
  it.accept();
  CHECK(flags() == kNonblockFlag);
  CHECK(it.guest.errno_of("sock_accept", {kListener, 0, static_cast<int>(kNumberAt)}) ==
        Errno::kAgain);
  const UniqueFd second = it.connect();
  const std::int32_t connection = it.accept();
  // What comes of it waits as ever, until it is told not to.
  REQUIRE(it.guest.errno_of("fd_fdstat_get", {connection, 600}) == Errno::kSuccess);
  CHECK(it.guest.load<std::uint16_t>(602) == 0);
}

TEST_CASE("a socket that was given does as it is told, whoever looks at its flags") {
  Listening it;
  REQUIRE(it.guest.errno_of("fd_fdstat_set_flags", {kListener, 0}) == Errno::kSuccess);
  REQUIRE(it.guest.errno_of("fd_fdstat_get", {kListener, 600}) == Errno::kSuccess);
  CHECK(it.guest.load<std::uint16_t>(602) == 0);
  REQUIRE(it.guest.errno_of("fd_fdstat_set_flags", {kListener, 4}) == Errno::kSuccess);
  CHECK(it.guest.errno_of("sock_accept", {kListener, 0, static_cast<int>(kNumberAt)}) ==
        Errno::kAgain);
}

TEST_CASE("a connection that waits takes all that is sent, one that does not takes what it can") {
  Listening it;
  // More than fits between the two, again and again the same page.
  constexpr std::uint32_t kBuffers = 1'000;
  constexpr std::uint32_t kBufferBytes = 16'000;
  for (std::uint32_t i = 0; i < kBuffers; ++i)
    it.guest.buffer(16'384, i, 32'768, kBufferBytes);
  const auto call = [&](std::string_view name, std::int32_t connection) {
    return name == "fd_write" ? it.guest.errno_of(name, {connection, 16'384, 1'000, 504})
                              : it.guest.errno_of(name, {connection, 16'384, 1'000, 0, 504});
  };
  for (const std::string_view name : {"fd_write", "sock_send"}) {
    CAPTURE(name);
    const UniqueFd client = it.connect();
    const std::int32_t connection = it.accept();
    std::size_t received = 0;
    std::thread reader([&] {
      while (received < std::size_t{kBuffers} * kBufferBytes) {
        const std::size_t size = receive(client, 1'000'000).size();
        if (size == 0) break;
        received += size;
      }
    });
    CHECK(call(name, connection) == Errno::kSuccess);
    CHECK(it.guest.load(504) == kBuffers * kBufferBytes);
    reader.join();
    CHECK(received == std::size_t{kBuffers} * kBufferBytes);

    REQUIRE(it.guest.errno_of("fd_fdstat_set_flags", {connection, kNonblockFlag}) ==
            Errno::kSuccess);
    CHECK(call(name, connection) == Errno::kSuccess);
    CHECK(it.guest.load(504) < kBuffers * kBufferBytes);
  }
}

TEST_CASE("a program accepts a connection and talks on it, by either kind of call") {
  Listening it;
  const UniqueFd client = it.connect();
  const std::int32_t connection = it.accept();
  CHECK(connection == 4);
  send(client, "hello");
  it.guest.buffer(0, 0, 1'000, 100);
  REQUIRE(it.guest.errno_of("sock_recv", {connection, 0, 1, 0, 504, 508}) == Errno::kSuccess);
  CHECK(it.guest.load(504) == 5);
  CHECK(it.guest.load<std::uint16_t>(508) == 0);
  CHECK(it.guest.text(1'000, 5) == "hello");
  it.guest.buffer(0, 0, 1'000, 5);
  REQUIRE(it.guest.errno_of("sock_send", {connection, 0, 1, 0, 504}) == Errno::kSuccess);
  CHECK(it.guest.load(504) == 5);
  REQUIRE(it.guest.errno_of("fd_write", {connection, 0, 1, 504}) == Errno::kSuccess);
  CHECK(receive(client, 10) == "hellohello");
  send(client, "more");
  it.guest.buffer(0, 0, 1'000, 100);
  REQUIRE(it.guest.errno_of("fd_read", {connection, 0, 1, 504}) == Errno::kSuccess);
  CHECK(it.guest.load(504) == 4);
  CHECK(it.guest.errno_of("sock_shutdown", {connection, 2}) == Errno::kSuccess);
  CHECK(receive(client, 1).empty());
  CHECK(it.guest.errno_of("fd_close", {connection}) == Errno::kSuccess);
  CHECK(it.guest.errno_of("sock_recv", {connection, 0, 1, 0, 504, 508}) == Errno::kBadf);
}

TEST_CASE("sock_recv looks without taking, and waits for all where it is asked to") {
  Listening it;
  const UniqueFd client = it.connect();
  const std::int32_t connection = it.accept();
  send(client, "abc");
  it.guest.buffer(0, 0, 1'000, 3);
  REQUIRE(it.guest.errno_of("sock_recv", {connection, 0, 1, 1, 504, 508}) == Errno::kSuccess);
  CHECK(it.guest.text(1'000, 3) == "abc");
  send(client, "defgh");
  ::shutdown(client.get(), SHUT_WR);
  it.guest.buffer(0, 0, 1'000, 2);
  it.guest.buffer(0, 1, 2'000, 4);
  REQUIRE(it.guest.errno_of("sock_recv", {connection, 0, 2, 2, 504, 508}) == Errno::kSuccess);
  CHECK(it.guest.load(504) == 6);
  CHECK(it.guest.text(1'000, 2) == "ab");
  CHECK(it.guest.text(2'000, 4) == "cdef");
  // At the end of the stream fewer are all.
  REQUIRE(it.guest.errno_of("sock_recv", {connection, 0, 2, 2, 504, 508}) == Errno::kSuccess);
  CHECK(it.guest.load(504) == 2);
  REQUIRE(it.guest.errno_of("sock_recv", {connection, 0, 2, 2, 504, 508}) == Errno::kSuccess);
  CHECK(it.guest.load(504) == 0);
}

TEST_CASE("a connection that does not wait says so") {
  Listening it;
  const UniqueFd client = it.connect();
  const std::int32_t connection = it.accept(4);  // nonblock
  it.guest.buffer(0, 0, 1'000, 3);
  CHECK(it.guest.errno_of("sock_recv", {connection, 0, 1, 0, 504, 508}) == Errno::kAgain);
  CHECK(it.guest.errno_of("fd_read", {connection, 0, 1, 504}) == Errno::kAgain);
  CHECK(it.guest.errno_of("fd_fdstat_set_flags", {kListener, 4}) == Errno::kSuccess);
  CHECK(it.guest.errno_of("sock_accept", {kListener, 0, 500}) == Errno::kAgain);
  Listening never(false);
  CHECK(never.guest.errno_of("sock_accept", {kListener, 0, 500}) == Errno::kAgain);
}

TEST_CASE("poll_oneoff tells when a connection or its bytes are there") {
  Listening it;
  const auto poll = [&](std::int32_t number) {
    it.guest.store(0, 7U);  // userdata
    it.guest.store(4, 0U);
    it.guest.store(8, 1U);  // fd_read
    it.guest.store(16, static_cast<std::uint32_t>(number));
    REQUIRE(it.guest.errno_of("poll_oneoff", {0, 100, 1, 504}) == Errno::kSuccess);
    CHECK(it.guest.load(504) == 1);
    CHECK(it.guest.load<std::uint16_t>(108) == 0);
    return it.guest.load<std::uint64_t>(116);
  };
  const UniqueFd client = it.connect();
  poll(kListener);
  const std::int32_t connection = it.accept();
  send(client, "abc");
  CHECK(poll(connection) == 3);
}

TEST_CASE("what a program says of sockets that is wrong is an errno") {
  Listening it;
  const UniqueFd client = it.connect();
  const std::int32_t connection = it.accept();
  it.guest.buffer(0, 0, 1'000, 3);
  const auto code = [&](std::string_view name, const std::vector<Value>& arguments) {
    return it.guest.errno_of(name, arguments);
  };
  for (const std::int32_t number : {99, -1}) {
    CHECK(code("sock_accept", {number, 0, 500}) == Errno::kBadf);
    CHECK(code("sock_recv", {number, 0, 1, 0, 504, 508}) == Errno::kBadf);
    CHECK(code("sock_send", {number, 0, 1, 0, 504}) == Errno::kBadf);
    CHECK(code("sock_shutdown", {number, 3}) == Errno::kBadf);
  }
  CHECK(code("sock_accept", {1, 0, 500}) == Errno::kNotsock);
  CHECK(code("sock_recv", {0, 0, 1, 0, 504, 508}) == Errno::kNotsock);
  CHECK(code("sock_send", {1, 0, 1, 0, 504}) == Errno::kNotsock);
  CHECK(code("sock_shutdown", {1, 3}) == Errno::kNotsock);
  CHECK(code("sock_accept", {connection, 0, 500}) == Errno::kNotcapable);
  CHECK(code("sock_recv", {kListener, 0, 1, 0, 504, 508}) == Errno::kNotcapable);
  CHECK(code("sock_accept", {kListener, 1, 500}) == Errno::kInval);
  CHECK(code("sock_recv", {connection, 0, 1, 4, 504, 508}) == Errno::kInval);
  CHECK(code("sock_send", {connection, 0, 1, 1, 504}) == Errno::kInval);
  CHECK(code("sock_shutdown", {connection, 0}) == Errno::kInval);
  CHECK(code("sock_shutdown", {connection, 4}) == Errno::kInval);
  CHECK(code("sock_accept", {kListener, 0, -1}) == Errno::kFault);
  CHECK(code("sock_recv", {connection, -1, 1, 0, 504, 508}) == Errno::kFault);
  CHECK(code("sock_recv", {connection, 0, 1, 0, -1, 508}) == Errno::kFault);
  CHECK(code("sock_recv", {connection, 0, 1, 0, 504, -1}) == Errno::kFault);
  CHECK(code("sock_send", {connection, 0, 1, 0, -1}) == Errno::kFault);
  CHECK(code("fd_seek", {connection, std::int64_t{0}, 0, 500}) == Errno::kSpipe);
  CHECK(code("fd_prestat_get", {kListener, 500}) == Errno::kBadf);
}

TEST_CASE("a connection is told from a file, and lets rights go") {
  Listening it;
  const UniqueFd client = it.connect();
  const std::int32_t connection = it.accept();
  CHECK(it.guest.errno_of("fd_fdstat_get", {connection, 600}) == Errno::kSuccess);
  CHECK(it.guest.load<std::uint8_t>(600) == 6);  // socket_stream
  const auto rights = it.guest.load<std::int64_t>(608);
  const std::int64_t only_write = rights & ~std::int64_t{2};
  CHECK(it.guest.errno_of("fd_fdstat_set_rights", {connection, only_write, std::int64_t{0}}) ==
        Errno::kSuccess);
  it.guest.buffer(0, 0, 1'000, 3);
  CHECK(it.guest.errno_of("sock_recv", {connection, 0, 1, 0, 504, 508}) == Errno::kNotcapable);
  CHECK(it.guest.errno_of("sock_send", {connection, 0, 1, 0, 504}) == Errno::kSuccess);
  CHECK(it.guest.errno_of("fd_filestat_get", {connection, 600}) == Errno::kSuccess);
}

TEST_CASE("of a name with several types, a module gets the one that it imports") {
  const auto accepting = [](std::string_view types) {
    return fmt::format(R"((module (import "{}" "sock_accept" (func $f (param {}) (result i32)))
                            (memory (export "memory") 1)))",
                       kModule, types);
  };
  const Compiled standard(accepting("i32 i32 i32"));
  const Compiled wasmedge(accepting("i32 i32"));
  CHECK(has_function(kModule, "sock_accept", type_of_function(kModule, "sock_accept").value()));
  CHECK_FALSE(
      has_function("wasi_unstable", "sock_open", type_of_function(kModule, "sock_open").value()));
  // Both of them have no place in one module.
  const auto engine = engine::Engine::create({.interruption = engine::Interruption::kNone,
                                              .parallel_compilation = false})
                          .value();
  engine::HostTable table(*engine);
  define_functions(table);
  for (const auto& [types, links] : {std::pair("i32 i32", true), std::pair("i32 i32 i32", false)}) {
    const std::string both = fmt::format(
        R"((module (import "{0}" "sock_accept" (func (param i32 i32) (result i32)))
                   (import "{0}" "sock_accept" (func (param {1}) (result i32)))))",
        kModule, types);
    const auto code = engine->compile(engine::to_binary(both, "test.wat").value()).value();
    CHECK(table.link(code).has_value() == links);
  }
}

TEST_CASE("without a network a program makes no socket and looks nothing up") {
  const Compiled compiled(fmt::format(R"((module
      (import "{0}" "sock_open" (func $open (param i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "open") (param i32 i32 i32) (result i32)
        (call $open (local.get 0) (local.get 1) (local.get 2)))))",
                                      kModule));
  Guest guest(compiled);
  CHECK(guest.errno_of("open", {1, 2, 500}) == Errno::kPerm);
  CHECK(guest.program.refusals().network);
  CHECK(guest.errno_of("open", {3, 2, 500}) == Errno::kAfnosupport);
  CHECK(guest.errno_of("open", {1, 3, 500}) == Errno::kProtonosupport);
  CHECK(guest.errno_of("open", {1, 2, -1}) == Errno::kFault);
}

}  // namespace
}  // namespace weft::abi::command
