// Sockets of WASIX: a guest that makes its own, and a peer of the system's.
#include <array>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/command/wasix_testing.h"
#include "base/unique_fd.h"
#include "system/socket.h"

namespace weft::abi::command {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the words of these tests.

constexpr std::int32_t kOut = 500;
constexpr std::int32_t kAddress = 800;
constexpr std::int32_t kInet4 = 1;
constexpr std::int32_t kInet6 = 2;
constexpr std::int32_t kStream = 1;
constexpr std::int32_t kDatagram = 2;

struct Sockets : Wasix {
  explicit Sockets(const std::vector<std::string_view>& rules = {"localhost", "listen:localhost"})
      : Wasix(rules) {}

  std::int32_t open(std::int32_t family, std::int32_t type) {
    REQUIRE((*this)("sock_open", family, type, 0, kOut) == Errno::kSuccess);
    return number(kOut);
  }
  // The address with the port, where `kAddress` says.
  void address(const system::SocketAddress& address) {
    guest.store(kAddress, address.address.is_v6() ? 2U : 1U);
    const auto port = guest.instance->memory().bytes(engine::GuestAddress{kAddress + 2}, 2);
    std::memcpy(port->data(), &address.port, 2);
    const auto bytes = address.address.bytes();
    guest.store(kAddress + 4,
                std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  void loopback(std::uint16_t port) {
    address({.address = system::parse_ip_address("127.0.0.1").value(), .port = port});
  }
  std::uint16_t port() { return guest.load<std::uint16_t>(kAddress + 2); }
  // A socket of the guest's that listens, and its port.
  std::pair<std::int32_t, std::uint16_t> listening() {
    const std::int32_t socket = open(kInet4, kStream);
    loopback(0);
    REQUIRE((*this)("sock_bind", socket, kAddress) == Errno::kSuccess);
    REQUIRE((*this)("sock_listen", socket, 5) == Errno::kSuccess);
    REQUIRE((*this)("sock_addr_local", socket, kAddress) == Errno::kSuccess);
    return {socket, port()};
  }
};

// A connection of this test's, and its port.
std::pair<UniqueFd, std::uint16_t> connect_to(std::uint16_t port) {
  UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const system::HostSocketAddress address(
      {.address = system::parse_ip_address("127.0.0.1").value(), .port = port});
  REQUIRE(::connect(client.get(), address.data(), address.size) == 0);
  system::HostSocketAddress own;
  REQUIRE(::getsockname(client.get(), own.data(), &own.size) == 0);
  return {std::move(client), own.get()->port};
}

std::string receive(const UniqueFd& client, std::size_t size) {
  std::string text(size, '\0');
  const ssize_t got = ::recv(client.get(), text.data(), text.size(), MSG_WAITALL);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

TEST_CASE_FIXTURE(Sockets, "a program listens, accepts and is told from where") {
  const auto [listener, port_of_listener] = listening();
  const auto [client, client_port] = connect_to(port_of_listener);
  REQUIRE((*this)("sock_accept_v2", listener, 0, kOut, kAddress) == Errno::kSuccess);
  const std::int32_t connection = number(kOut);
  CHECK(guest.load<std::uint8_t>(kAddress) == 1);
  CHECK(port() == client_port);
  CHECK(guest.text(kAddress + 4, 4) == std::string("\x7f\0\0\1", 4));
  REQUIRE((*this)("sock_addr_peer", connection, kAddress) == Errno::kSuccess);
  CHECK(port() == client_port);
  CHECK(::send(client.get(), "hello", 5, MSG_NOSIGNAL) == 5);
  CHECK(read(connection) == "hello");
  CHECK(write(connection, "back") == Errno::kSuccess);
  CHECK(receive(client, 4) == "back");
  CHECK((*this)("sock_status", connection, kOut) == Errno::kSuccess);
  CHECK(guest.load<std::uint8_t>(kOut) == 1);
  CHECK((*this)("sock_shutdown", connection, 2) == Errno::kSuccess);
  CHECK(receive(client, 1).empty());
}

TEST_CASE_FIXTURE(Sockets, "a program connects, and goes only where it is let") {
  const auto listener =
      system::Socket::listen_on({.address = system::parse_ip_address("127.0.0.1").value()}).value();
  const std::int32_t socket = open(kInet4, kStream);
  CHECK((*this)("sock_status", socket, kOut) == Errno::kSuccess);
  CHECK(guest.load<std::uint8_t>(kOut) == 0);
  loopback(listener->local_address().value().port);
  CHECK((*this)("sock_connect", socket, kAddress) == Errno::kSuccess);
  CHECK(write(socket, "to you") == Errno::kSuccess);
  address({.address = system::parse_ip_address("192.0.2.1").value(), .port = 80});
  CHECK((*this)("sock_connect", open(kInet4, kStream), kAddress) == Errno::kPerm);
  CHECK((*this)("sock_bind", open(kInet4, kStream), kAddress) == Errno::kPerm);
  CHECK((*this)("sock_listen", open(kInet4, kStream), 1) == Errno::kPerm);
  CHECK(guest.program.refusals().network);
  CHECK((*this)("sock_connect", open(kInet6, kStream), kAddress) == Errno::kAfnosupport);
}

TEST_CASE_FIXTURE(Sockets, "a program that does not wait is told what became of its connection") {
  const std::int32_t socket = open(kInet4, kStream);
  loopback(system::Socket::listen_on({.address = system::parse_ip_address("127.0.0.1").value()})
               .value()
               ->local_address()
               .value()
               .port);
  REQUIRE((*this)("fd_fdstat_set_flags", socket, 4) == Errno::kSuccess);
  const Errno begun = (*this)("sock_connect", socket, kAddress);
  CHECK((begun == Errno::kInprogress || begun == Errno::kConnrefused));
  do {
    REQUIRE((*this)("sock_status", socket, kOut) == Errno::kSuccess);
  } while (guest.load<std::uint8_t>(kOut) == 0);
  CHECK(guest.load<std::uint8_t>(kOut) == 3);
}

TEST_CASE("without a network a program of WASIX makes no socket and looks nothing up") {
  Wasix it;
  CHECK(it("sock_open", kInet4, kStream, 0, kOut) == Errno::kPerm);
  CHECK(it.guest.program.refusals().network);
  const auto [name, size] = it.text("example.org");
  CHECK(it("resolve", name, size, 80, 4'000, 4, kOut) == Errno::kPerm);
}

TEST_CASE_FIXTURE(Sockets, "datagrams are sent and received with their addresses") {
  const std::int32_t one = open(kInet4, kDatagram);
  const std::int32_t other = open(kInet4, kDatagram);
  for (const std::int32_t socket : {one, other}) {
    loopback(0);
    REQUIRE((*this)("sock_bind", socket, kAddress) == Errno::kSuccess);
  }
  REQUIRE((*this)("sock_addr_local", one, kAddress) == Errno::kSuccess);
  const std::uint16_t port_of_one = port();
  REQUIRE((*this)("sock_addr_local", other, kAddress) == Errno::kSuccess);
  guest.store(2'000, "datagram");
  guest.buffer(3'000, 0, 2'000, 8);
  REQUIRE((*this)("sock_send_to", one, 3'000, 1, 0, kAddress, kOut) == Errno::kSuccess);
  CHECK(number(kOut) == 8);
  guest.buffer(3'000, 0, 4'000, 4);
  REQUIRE((*this)("sock_recv_from", other, 3'000, 1, 0, kOut, kOut + 4, kAddress) ==
          Errno::kSuccess);
  CHECK(guest.text(4'000, guest.load(kOut)) == "data");
  CHECK(guest.load<std::uint16_t>(kOut + 4) == 1);
  CHECK(port() == port_of_one);
  CHECK((*this)("sock_recv_from", other, 3'000, 1, 8, kOut, kOut + 4, kAddress) == Errno::kAgain);
  address({.address = system::parse_ip_address("192.0.2.1").value(), .port = 80});
  CHECK((*this)("sock_send_to", one, 3'000, 1, 0, kAddress, kOut) == Errno::kPerm);
}

TEST_CASE_FIXTURE(Sockets, "an address of the newer interface fills 16 bytes") {
  const std::int32_t socket = open(kInet6, kDatagram);
  address({.address = system::parse_ip_address("::1").value(), .port = 0});
  const Errno bound = (*this)("sock_bind", socket, kAddress);
  if (bound == Errno::kAddrnotavail) return;  // A machine without IPv6.
  REQUIRE(bound == Errno::kSuccess);
  guest.store(kAddress, std::string(30, 'x'));
  REQUIRE((*this)("sock_addr_local", socket, kAddress) == Errno::kSuccess);
  CHECK(guest.load<std::uint8_t>(kAddress) == 2);
  CHECK(port() != 0);
  CHECK(guest.text(kAddress + 4, 17) == std::string(15, '\0') + "\1x");
}

TEST_CASE_FIXTURE(Sockets, "a connection is received from and sent to like a datagram socket") {
  const auto [listener, port_of_listener] = listening();
  const auto [client, client_port] = connect_to(port_of_listener);
  REQUIRE((*this)("sock_accept", listener, 4, kOut) == Errno::kSuccess);  // nonblock
  const std::int32_t connection = number(kOut);
  CHECK(::send(client.get(), "hello", 5, MSG_NOSIGNAL) == 5);
  guest.buffer(3'000, 0, 4'000, 5);
  for (const std::int32_t flags : {1, 0}) {  // looks first
    Errno error = Errno::kAgain;
    while (error == Errno::kAgain)
      error = (*this)("sock_recv_from", connection, 3'000, 1, flags, kOut, kOut + 4, kAddress);
    REQUIRE(error == Errno::kSuccess);
    CHECK(guest.text(4'000, 5) == "hello");
    CHECK(port() == client_port);
  }
  // Until all buffers are full, or the end.
  REQUIRE((*this)("fd_fdstat_set_flags", connection, 0) == Errno::kSuccess);
  CHECK(::send(client.get(), "ab", 2, MSG_NOSIGNAL) == 2);
  on_wait = [&sender = client] { CHECK(::send(sender.get(), "cde", 3, MSG_NOSIGNAL) == 3); };
  REQUIRE((*this)("sock_recv_from", connection, 3'000, 1, 2, kOut, kOut + 4, kAddress) ==
          Errno::kSuccess);
  CHECK(guest.text(4'000, guest.load(kOut)) == "abcde");
  CHECK(port() == client_port);
  REQUIRE((*this)("fd_fdstat_set_flags", connection, 4) == Errno::kSuccess);
  // Preview 1's calls know not to wait, and may be told so.
  CHECK((*this)("sock_recv", connection, 3'000, 1, 12, kOut, kOut + 4) == Errno::kAgain);
  CHECK((*this)("sock_send", connection, 3'000, 1, 1, kOut) == Errno::kSuccess);
  CHECK((*this)("sock_recv", connection, 3'000, 1, 16, kOut, kOut + 4) == Errno::kInval);
  CHECK((*this)("sock_send", connection, 3'000, 1, 2, kOut) == Errno::kInval);
}

TEST_CASE_FIXTURE(Sockets, "a file is sent from where the program says, as far as it goes") {
  const auto [listener, port_of_listener] = listening();
  const auto [client, client_port] = connect_to(port_of_listener);
  REQUIRE((*this)("sock_accept_v2", listener, 0, kOut, kAddress) == Errno::kSuccess);
  const std::int32_t connection = number(kOut);
  system::testing::write_file(*tree.root(), "f", "0123456789");
  const auto [path, size] = text("f");
  REQUIRE((*this)("path_open2", 3, 1, path, size, 0, std::int64_t{-1}, std::int64_t{-1}, 0, 0,
                  kOut) == Errno::kSuccess);
  const std::int32_t file = number(kOut);
  const auto send = [&](std::int64_t offset, std::int64_t count) {
    return (*this)("sock_send_file", connection, file, offset, count, kOut);
  };
  REQUIRE(send(2, 5) == Errno::kSuccess);
  CHECK(guest.load<std::uint64_t>(kOut) == 5);
  CHECK(receive(client, 5) == "23456");
  REQUIRE(send(8, -1) == Errno::kSuccess);
  CHECK(guest.load<std::uint64_t>(kOut) == 2);
  CHECK(receive(client, 2) == "89");
  REQUIRE(send(100, 1) == Errno::kSuccess);
  CHECK(guest.load<std::uint64_t>(kOut) == 0);
  CHECK(read(file) == "0123456789");
  CHECK(send(-1, 1) == Errno::kInval);
  constexpr std::int64_t kOne = 1;
  CHECK((*this)("sock_send_file", connection, 3, kOne, kOne, kOut) == Errno::kBadf);
  CHECK((*this)("sock_send_file", connection, 99, kOne, kOne, kOut) == Errno::kBadf);
  CHECK((*this)("sock_send_file", file, file, kOne, kOne, kOut) == Errno::kNotsock);
  CHECK((*this)("sock_send_file", connection, connection, kOne, kOne, kOut) == Errno::kSpipe);
  CHECK((*this)("sock_send_file", connection, file, kOne, kOne, 65'530) == Errno::kFault);
}

TEST_CASE_FIXTURE(Sockets, "one call sends no more of a file than 4 MiB") {
  const auto [listener, port_of_listener] = listening();
  const auto [client, client_port] = connect_to(port_of_listener);
  REQUIRE((*this)("sock_accept_v2", listener, 0, kOut, kAddress) == Errno::kSuccess);
  const std::int32_t connection = number(kOut);
  system::testing::write_file(*tree.root(), "f", std::string(5 << 20, 'x'));
  const auto [path, size] = text("f");
  REQUIRE((*this)("path_open2", 3, 1, path, size, 0, std::int64_t{-1}, std::int64_t{-1}, 0, 0,
                  kOut) == Errno::kSuccess);
  const std::int32_t file = number(kOut);
  std::size_t got = 0;
  std::vector<char> bytes(1 << 20);
  const std::function<void()> take = [&, &from = client] {
    for (ssize_t count = 1; count > 0;) {
      count = ::recv(from.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
      got += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    }
    on_wait = take;
  };
  on_wait = take;
  REQUIRE((*this)("sock_send_file", connection, file, std::int64_t{0}, std::int64_t{-1}, kOut) ==
          Errno::kSuccess);
  CHECK(guest.load<std::uint64_t>(kOut) == 4 << 20);
  CHECK(waited > 0);
  take();
  CHECK(got <= 4 << 20);
}

TEST_CASE("an older sock_accept of WASIX tells the address too") {
  const Compiled compiled(R"((module
    (import "wasix_32v1" "sock_accept" (func $accept (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "accept") (param i32 i32 i32 i32) (result i32)
      (call $accept (local.get 0) (local.get 1) (local.get 2) (local.get 3)))))");
  const auto listener =
      system::Socket::listen_on({.address = system::parse_ip_address("127.0.0.1").value()}).value();
  Guest guest(compiled, "", {.calls_wasix = true, .listeners = {listener}});
  CHECK(guest.errno_of("accept", {3, 4, kOut, kAddress}) == Errno::kAgain);
  const auto [client, client_port] = connect_to(listener->local_address().value().port);
  REQUIRE(guest.errno_of("accept", {3, 4, kOut, kAddress}) == Errno::kSuccess);
  CHECK(guest.load(kOut) == 4);
  CHECK(guest.load<std::uint16_t>(kAddress + 2) == client_port);
  CHECK(guest.errno_of("accept", {3, 1, kOut, kAddress}) == Errno::kInval);
  CHECK(guest.errno_of("accept", {3, 4, kOut, 65'530}) == Errno::kFault);
}

TEST_CASE_FIXTURE(Sockets, "options are flags, sizes and times") {
  const std::int32_t socket = open(kInet4, kStream);
  for (const std::int32_t flag : {2, 3, 6, 12}) {
    CAPTURE(flag);
    REQUIRE((*this)("sock_get_opt_flag", socket, flag, kOut) == Errno::kSuccess);
    CHECK(guest.load<std::uint8_t>(kOut) == 0);
    REQUIRE((*this)("sock_set_opt_flag", socket, flag, 1) == Errno::kSuccess);
    REQUIRE((*this)("sock_get_opt_flag", socket, flag, kOut) == Errno::kSuccess);
    CHECK(guest.load<std::uint8_t>(kOut) == 1);
  }
  REQUIRE((*this)("sock_get_opt_flag", listening().first, 10, kOut) == Errno::kSuccess);
  CHECK(guest.load<std::uint8_t>(kOut) == 1);
  REQUIRE((*this)("sock_set_opt_size", socket, 15, std::int64_t{8'192}) == Errno::kSuccess);
  REQUIRE((*this)("sock_get_opt_size", socket, 15, kOut) == Errno::kSuccess);
  CHECK(guest.load<std::uint64_t>(kOut) >= 8'192);
  CHECK((*this)("sock_set_opt_size", socket, 15, std::int64_t{-1}) == Errno::kSuccess);
  const auto size = [&](std::int32_t name) {
    REQUIRE((*this)("sock_get_opt_size", socket, name, kOut) == Errno::kSuccess);
    return guest.load<std::uint64_t>(kOut);
  };
  CHECK(size(11) == 0);  // the last error
  CHECK(size(25) == 1);
  CHECK(size(26) == 6);
  guest.store(600, 1U);
  guest.store(608, 5'000'000U);
  guest.store(612, 0U);
  REQUIRE((*this)("sock_set_opt_time", socket, 19, 600) == Errno::kSuccess);
  REQUIRE((*this)("sock_get_opt_time", socket, 19, kOut) == Errno::kSuccess);
  CHECK(guest.load<std::uint8_t>(kOut) == 1);
  CHECK(guest.load<std::uint64_t>(kOut + 8) == 5'000'000);
  REQUIRE((*this)("sock_get_opt_time", socket, 20, kOut) == Errno::kSuccess);
  CHECK(guest.load<std::uint8_t>(kOut) == 0);
  // A linger would keep the thread.
  CHECK((*this)("sock_set_opt_time", socket, 13, 600) == Errno::kNoprotoopt);
  guest.store(600, 0U);
  CHECK((*this)("sock_set_opt_time", socket, 13, 600) == Errno::kSuccess);
}

TEST_CASE_FIXTURE(Sockets, "a program waits for bytes as long as it said, and no longer") {
  const auto [listener, port_of_listener] = listening();
  const auto [client, client_port] = connect_to(port_of_listener);
  REQUIRE((*this)("sock_accept_v2", listener, 0, kOut, kAddress) == Errno::kSuccess);
  const std::int32_t connection = number(kOut);
  guest.store(600, 1U);
  guest.store(608, 5'000'000U);
  guest.store(612, 0U);
  REQUIRE((*this)("sock_set_opt_time", connection, 19, 600) == Errno::kSuccess);
  const auto begin = guest.clock.monotonic();
  CHECK(read(connection) == "errno 6");
  CHECK(guest.clock.monotonic() - begin == std::chrono::milliseconds(5));
  guest.buffer(3'000, 0, 2'000, 100);
  CHECK((*this)("sock_recv_from", connection, 3'000, 1, 0, kOut, kOut + 4, kAddress) ==
        Errno::kAgain);
  CHECK(guest.clock.monotonic() - begin == std::chrono::milliseconds(10));
  CHECK(::send(client.get(), "hello", 5, MSG_NOSIGNAL) == 5);
  CHECK(read(connection) == "hello");
  guest.store(600, 0U);
  CHECK((*this)("sock_set_opt_time", connection, 19, 600) == Errno::kSuccess);
}

TEST_CASE_FIXTURE(Sockets, "options that weft does not have are refused") {
  const std::int32_t socket = open(kInet6, kStream);
  for (const std::int32_t name : {0, 1, 4, 7, 9, 14, 27, 200, -1}) {
    CAPTURE(name);
    CHECK((*this)("sock_set_opt_flag", socket, name, 1) == Errno::kNoprotoopt);
    CHECK((*this)("sock_get_opt_flag", socket, name, kOut) == Errno::kNoprotoopt);
    CHECK((*this)("sock_set_opt_size", socket, name, std::int64_t{1}) == Errno::kNoprotoopt);
    CHECK((*this)("sock_get_opt_size", socket, name, kOut) == Errno::kNoprotoopt);
    CHECK((*this)("sock_get_opt_time", socket, name, kOut) == Errno::kNoprotoopt);
  }
  CHECK((*this)("sock_set_opt_flag", socket, 5, 1) == Errno::kSuccess);
  CHECK((*this)("sock_set_opt_flag", socket, 5, 0) == Errno::kNotsup);
  CHECK((*this)("sock_set_opt_flag", socket, 10, 1) == Errno::kNoprotoopt);
  CHECK((*this)("sock_get_opt_flag", socket, 2, -1) == Errno::kFault);
  CHECK((*this)("sock_get_opt_size", socket, 15, 65'530) == Errno::kFault);
  CHECK((*this)("sock_get_opt_time", socket, 19, 65'530) == Errno::kFault);
  CHECK((*this)("sock_set_opt_time", socket, 19, 65'530) == Errno::kFault);
  guest.store(600, 2U);
  CHECK((*this)("sock_set_opt_time", socket, 19, 600) == Errno::kInval);
}

TEST_CASE("a name is resolved to the addresses that the program may reach") {
  Sockets it({"example.org:443"});
  const auto [name, size] = it.text("example.org");
  REQUIRE(it("resolve", name, size, 443, 4'000, 4, kOut) == Errno::kSuccess);
  CHECK(it.number(kOut) == 2);
  CHECK(it.guest.load<std::uint8_t>(4'000) == 1);
  CHECK(it.guest.text(4'002, 4) == "\x5d\xb8\xd8\x22");
  CHECK(it.guest.load<std::uint8_t>(4'018) == 2);
  CHECK(it.guest.text(4'020, 4) == std::string("\x26\x06\x28\x00", 4));
  REQUIRE(it("resolve", name, size, 443, 4'000, 1, kOut) == Errno::kSuccess);
  CHECK(it.number(kOut) == 1);
  REQUIRE(it("resolve", name, size, 443, 65'536, 0, kOut) == Errno::kSuccess);
  const auto [other, other_size] = it.text("example.com");
  CHECK(it("resolve", other, other_size, 0, 4'000, 4, kOut) == Errno::kPerm);
  CHECK(it("resolve", name, 300, 0, 4'000, 4, kOut) == Errno::kNametoolong);
  CHECK(it("resolve", -1, 11, 0, 4'000, 4, kOut) == Errno::kFault);
  CHECK(it("resolve", name, size, 0, 65'530, 4, kOut) == Errno::kFault);
  CHECK(it("resolve", name, size, 0, 4'000, 4, -1) == Errno::kFault);
  CHECK(it("resolve", name, size, 0, -1, -1, kOut) == Errno::kFault);
}

TEST_CASE("no more addresses of a name are told than 64") {
  const Wasix it;
  World world;
  world.network = std::make_shared<system::Network>(
      std::vector{system::parse_network_rule("example.org").value()}, [](const std::string&) {
        std::vector<system::IpAddress> many;
        for (std::uint8_t i = 1; i <= 100; ++i)
          many.emplace_back(std::array<std::uint8_t, 4>{93, 184, 216, i});
        return many;
      });
  Guest guest(*it.compiled, "", std::move(world));
  guest.store(1'000, "example.org");
  REQUIRE(guest.errno_of("resolve", {1'000, 11, 0, 4'000, 100, kOut}) == Errno::kSuccess);
  CHECK(guest.load(kOut) == 64);
  CHECK(guest.text(4'000 + 63 * 18 + 2, 4) == "\x5d\xb8\xd8\x40");
  CHECK(guest.load<std::uint8_t>(4'000 + 64 * 18) == 0);
}

TEST_CASE_FIXTURE(Sockets, "what a program says of WASIX's sockets that is wrong is an errno") {
  CHECK((*this)("sock_open", 3, kStream, 0, kOut) == Errno::kAfnosupport);
  CHECK((*this)("sock_open", 0, kStream, 0, kOut) == Errno::kAfnosupport);
  CHECK((*this)("sock_open", kInet4, 3, 0, kOut) == Errno::kProtonosupport);
  CHECK((*this)("sock_open", kInet4, kStream, 17, kOut) == Errno::kProtonosupport);
  CHECK((*this)("sock_open", kInet4, kDatagram, 6, kOut) == Errno::kProtonosupport);
  CHECK((*this)("sock_open", kInet4, kStream, 6, -1) == Errno::kFault);
  const auto [listener, unused] = listening();
  const std::int32_t socket = open(kInet4, kStream);
  loopback(1);
  for (const auto& [number, error] :
       {std::pair(99, Errno::kBadf), std::pair(-1, Errno::kBadf), std::pair(1, Errno::kNotsock)}) {
    CAPTURE(number);
    CHECK((*this)("sock_bind", number, kAddress) == error);
    CHECK((*this)("sock_listen", number, 1) == error);
    CHECK((*this)("sock_connect", number, kAddress) == error);
    CHECK((*this)("sock_accept_v2", number, 0, kOut, kAddress) == error);
    CHECK((*this)("sock_recv_from", number, 0, 1, 0, kOut, kOut, kAddress) == error);
    CHECK((*this)("sock_send_to", number, 0, 1, 0, kAddress, kOut) == error);
    CHECK((*this)("sock_addr_local", number, kAddress) == error);
    CHECK((*this)("sock_addr_peer", number, kAddress) == error);
    CHECK((*this)("sock_status", number, kOut) == error);
    CHECK((*this)("sock_set_opt_flag", number, 2, 1) == error);
  }
  for (const std::int32_t place : {-1, 65'535, 65'536 - 19}) {
    CAPTURE(place);
    CHECK((*this)("sock_accept_v2", listener, 0, kOut, place) == Errno::kFault);
    CHECK((*this)("sock_recv_from", socket, 3'000, 0, 0, kOut, kOut, place) == Errno::kFault);
  }
  for (const std::int32_t place : {-1, 65'535, 65'536 - 3}) {
    CHECK((*this)("sock_bind", socket, place) == Errno::kFault);
    CHECK((*this)("sock_connect", socket, place) == Errno::kFault);
    CHECK((*this)("sock_send_to", socket, 3'000, 0, 0, place, kOut) == Errno::kFault);
  }
  CHECK((*this)("sock_addr_local", socket, 65'529) == Errno::kFault);
  CHECK((*this)("sock_addr_peer", socket, kAddress) == Errno::kNotconn);
  CHECK((*this)("sock_accept_v2", listener, 1, kOut, kAddress) == Errno::kInval);
  CHECK((*this)("sock_recv_from", socket, 3'000, 1'025, 0, kOut, kOut, kAddress) == Errno::kInval);
  guest.store(kAddress, 3U);
  CHECK((*this)("sock_bind", socket, kAddress) == Errno::kAfnosupport);
  guest.store(kAddress, 9U);
  CHECK((*this)("sock_bind", socket, kAddress) == Errno::kInval);
}

TEST_CASE_FIXTURE(Sockets, "epoll waits for connections and their bytes") {
  const auto [listener, port_of_listener] = listening();
  REQUIRE((*this)("epoll_create", kOut) == Errno::kSuccess);
  const std::int32_t list = number(kOut);
  guest.store(4'000, 1U | (1U << 6U));  // the edges of reading
  REQUIRE((*this)("epoll_ctl", list, 0, listener, 4'000) == Errno::kSuccess);
  const auto [client, client_port] = connect_to(port_of_listener);
  REQUIRE((*this)("epoll_wait", list, 5'000, 8, std::int64_t{-1}, 4'100) == Errno::kSuccess);
  CHECK(number(4'100) == 1);
  REQUIRE((*this)("sock_accept_v2", listener, 4, kOut, kAddress) == Errno::kSuccess);
  const std::int32_t connection = number(kOut);
  REQUIRE((*this)("epoll_ctl", list, 0, connection, 4'000) == Errno::kSuccess);
  for (int i = 0; i < 3; ++i) {
    CHECK(::send(client.get(), "abc", 3, MSG_NOSIGNAL) == 3);
    REQUIRE((*this)("epoll_wait", list, 5'000, 8, std::int64_t{-1}, 4'100) == Errno::kSuccess);
    CHECK(number(4'100) == 1);
    CHECK(read(connection) == "abc");
  }
}

}  // namespace
}  // namespace weft::abi::command
