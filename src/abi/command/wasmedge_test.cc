// Sockets as WasmEdge has them, in each form that its programs were built for.
#include <algorithm>
#include <array>

#include "abi/command/testing.h"
#include "system/network.h"
#include "system/wait.h"

namespace weft::abi::command {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the words of these tests.

struct Import {
  std::string_view name;
  std::size_t params;
};

constexpr std::array kImports = {
    Import{"sock_open", 3},
    Import{"sock_bind", 3},
    Import{"sock_listen", 2},
    Import{"sock_accept", 2},
    Import{"sock_connect", 3},
    Import{"sock_recv", 6},
    Import{"sock_recv_from", 8},
    Import{"sock_send", 5},
    Import{"sock_send_to", 7},
    Import{"sock_getlocaladdr", 4},
    Import{"sock_getpeeraddr", 4},
    Import{"sock_open_v2", 3},
    Import{"sock_bind_v2", 3},
    Import{"sock_listen_v2", 2},
    Import{"sock_accept_v2", 3},
    Import{"sock_connect_v2", 3},
    Import{"sock_recv_v2", 6},
    Import{"sock_recv_from_v2", 8},
    Import{"sock_send_v2", 5},
    Import{"sock_send_to_v2", 7},
    Import{"sock_getlocaladdr_v2", 3},
    Import{"sock_getpeeraddr_v2", 3},
    Import{"epoll_oneoff", 4},
};

// Those that some programs know with a parameter less; no module has both.
constexpr std::array kShort = {"sock_recv_from", "sock_getlocaladdr", "sock_getpeeraddr"};

// A program that exports, as NAME/PARAMS, one that calls it for each of them.
std::string wasmedge_text(bool with_short) {
  std::string imports;
  std::string functions;
  for (Import import : kImports) {
    if (with_short && std::ranges::find(kShort, import.name) != kShort.end()) --import.params;
    std::string params;
    std::string values;
    for (std::size_t i = 0; i < import.params; ++i) {
      params += " i32";
      values += fmt::format(" (local.get {})", i);
    }
    imports += fmt::format("(import \"{0}\" \"{1}\" (func ${1}/{2} (param{3}) (result i32)))\n",
                           kModule, import.name, import.params, params);
    functions +=
        fmt::format("(func (export \"{0}/{1}\") (param{2}) (result i32) (call ${0}/{1}{3}))\n",
                    import.name, import.params, params, values);
  }
  return fmt::format("(module {} {} {})", imports, kOnePage, functions);
}

constexpr std::int32_t kOut = 500;
constexpr std::int32_t kSize = 504;
constexpr std::int32_t kFlags = 508;
constexpr std::int32_t kPort = 512;
constexpr std::int32_t kKind = 516;
constexpr std::int32_t kAddress = 600;    // the record of a pointer and a size
constexpr std::int32_t kAddressAt = 700;  // what it points to
constexpr std::int32_t kBuffers = 900;
constexpr std::int32_t kBytes = 1'000;
constexpr std::int32_t kInet4 = 1;
constexpr std::int32_t kDatagram = 1;
constexpr std::int32_t kStream = 2;
constexpr std::uint32_t kOnlyAddress = 4;
constexpr std::uint32_t kWithFamily = 128;

struct Sockets {
  explicit Sockets(bool with_short = false) : compiled(wasmedge_text(with_short)) {}

  SystemClock system_clock;
  Compiled compiled;
  Guest guest{compiled,
              "",
              {.network = std::make_shared<system::Network>(
                   std::vector{system::parse_network_rule("127.0.0.1").value(),
                               system::parse_network_rule("listen:127.0.0.1").value()},
                   system::resolve_by_system),
               .wait = [this](const std::vector<system::Wait>& waits) {
                 system::block_until(waits, system_clock);
               }}};

  Errno operator()(std::string_view name, auto... arguments) {
    return guest.errno_of(fmt::format("{}/{}", name, sizeof...(arguments)), {arguments...});
  }
  std::int32_t number(std::int32_t address) {
    return static_cast<std::int32_t>(guest.load(static_cast<std::uint64_t>(address)));
  }
  // 127.0.0.1, in a record of that size.
  void loopback(std::uint32_t size) {
    guest.store(kAddress, static_cast<std::uint32_t>(kAddressAt));
    guest.store(kAddress + 4, size);
    guest.store(kAddressAt, std::string(size, '\0'));
    if (size == kWithFamily) guest.store(kAddressAt, std::string_view("\1\0\x7f\0\0\1", 6));
    if (size == kOnlyAddress) guest.store(kAddressAt, std::string_view("\x7f\0\0\1", 4));
  }
  // Room for an address.
  void no_address(std::uint32_t size) {
    loopback(size);
    guest.store(kAddressAt, std::string(size, '\0'));
  }
  std::string address(std::uint32_t size) { return guest.text(kAddressAt, size).substr(0, 6); }
  void bytes(std::string_view text) {
    guest.buffer(kBuffers, 0, kBytes, static_cast<std::uint32_t>(text.size()));
    guest.store(kBytes, text);
  }
  void room(std::uint32_t size) {
    guest.buffer(kBuffers, 0, kBytes, size);
    guest.store(kBytes, std::string(size, '\0'));
  }
};

const std::string kLoopback("\x7f\0\0\1", 4);
const std::string kLoopbackWithFamily("\1\0\x7f\0\0\1", 6);

TEST_CASE("a datagram comes with its sender's address, and the rest where it is asked for") {
  for (const bool with_short : {false, true}) {
    CAPTURE(with_short);
    Sockets it(with_short);
    const auto local_address = [&](std::int32_t socket) {
      return with_short ? it("sock_getlocaladdr", socket, kAddress, kPort)
                        : it("sock_getlocaladdr", socket, kAddress, kKind, kPort);
    };
    const auto peer_address = [&](std::int32_t socket) {
      return with_short ? it("sock_getpeeraddr", socket, kAddress, kPort)
                        : it("sock_getpeeraddr", socket, kAddress, kKind, kPort);
    };
    const auto receive_from = [&](std::int32_t socket) {
      return with_short
                 ? it("sock_recv_from", socket, kBuffers, 1, kAddress, 0, kSize, kFlags)
                 : it("sock_recv_from", socket, kBuffers, 1, kAddress, 0, kPort, kSize, kFlags);
    };
    it.guest.store(kKind, 0U);
    REQUIRE(it("sock_open", kInet4, kDatagram, kOut) == Errno::kSuccess);
    const std::int32_t socket = it.number(kOut);
    it.loopback(kOnlyAddress);
    REQUIRE(it("sock_bind", socket, kAddress, 0) == Errno::kSuccess);
    it.no_address(kOnlyAddress);
    REQUIRE(local_address(socket) == Errno::kSuccess);
    CHECK(it.address(kOnlyAddress) == kLoopback);
    CHECK(it.number(kKind) == (with_short ? 0 : 4));
    const std::int32_t port = it.number(kPort);
    CHECK(port > 0);

    it.bytes("to itself");
    it.loopback(kOnlyAddress);
    REQUIRE(it("sock_send_to", socket, kBuffers, 1, kAddress, port, 0, kSize) == Errno::kSuccess);
    CHECK(it.number(kSize) == 9);
    it.room(5);
    it.no_address(kOnlyAddress);
    it.guest.store(kPort, 0U);
    REQUIRE(receive_from(socket) == Errno::kSuccess);
    CHECK(it.guest.text(kBytes, 5) == "to it");
    CHECK(it.number(kSize) == 5);
    CHECK(it.number(kFlags) == 1);  // The rest is lost.
    CHECK(it.address(kOnlyAddress) == kLoopback);
    CHECK(it.number(kPort) == (with_short ? 0 : port));

    CHECK(peer_address(socket) == Errno::kNotconn);
    it.loopback(kOnlyAddress);
    REQUIRE(it("sock_connect", socket, kAddress, port) == Errno::kSuccess);
    it.no_address(kOnlyAddress);
    REQUIRE(peer_address(socket) == Errno::kSuccess);
    CHECK(it.address(kOnlyAddress) == kLoopback);
    CHECK(it.number(kPort) == port);
  }
}

TEST_CASE_FIXTURE(Sockets, "the second form of each function has addresses with their family") {
  REQUIRE((*this)("sock_open_v2", kInet4, kStream, kOut) == Errno::kSuccess);
  const std::int32_t listener = number(kOut);
  loopback(kWithFamily);
  REQUIRE((*this)("sock_bind_v2", listener, kAddress, 0) == Errno::kSuccess);
  REQUIRE((*this)("sock_listen_v2", listener, 5) == Errno::kSuccess);
  no_address(kWithFamily);
  REQUIRE((*this)("sock_getlocaladdr_v2", listener, kAddress, kPort) == Errno::kSuccess);
  CHECK(address(kWithFamily) == kLoopbackWithFamily);
  const std::int32_t port = number(kPort);

  REQUIRE((*this)("sock_open_v2", kInet4, kStream, kOut) == Errno::kSuccess);
  const std::int32_t client = number(kOut);
  loopback(kWithFamily);
  REQUIRE((*this)("sock_connect_v2", client, kAddress, port) == Errno::kSuccess);
  no_address(kWithFamily);
  REQUIRE((*this)("sock_getpeeraddr_v2", client, kAddress, kPort) == Errno::kSuccess);
  CHECK(address(kWithFamily) == kLoopbackWithFamily);
  CHECK(number(kPort) == port);
  REQUIRE((*this)("sock_accept_v2", listener, 4, kOut) == Errno::kSuccess);
  const std::int32_t server = number(kOut);

  // The flag says that what is accepted does not wait.
  room(10);
  CHECK((*this)("sock_recv_v2", server, kBuffers, 1, 0, kSize, kFlags) == Errno::kAgain);
  bytes("hello");
  REQUIRE((*this)("sock_send_v2", client, kBuffers, 1, 0, kSize) == Errno::kSuccess);
  // A subscription to what the server reads.
  guest.store(2'000, std::string(48, '\0'));
  guest.store(2'008, 1U);
  guest.store(2'016, static_cast<std::uint32_t>(server));
  REQUIRE((*this)("epoll_oneoff", 2'000, 2'100, 1, kOut) == Errno::kSuccess);
  CHECK(number(kOut) == 1);
  room(10);
  REQUIRE((*this)("sock_recv_v2", server, kBuffers, 1, 0, kSize, kFlags) == Errno::kSuccess);
  CHECK(guest.text(kBytes, 5) == "hello");
  CHECK(number(kSize) == 5);
}

TEST_CASE_FIXTURE(Sockets, "the second form sends datagrams and says who sent them") {
  REQUIRE((*this)("sock_open_v2", kInet4, kDatagram, kOut) == Errno::kSuccess);
  const std::int32_t socket = number(kOut);
  loopback(kWithFamily);
  REQUIRE((*this)("sock_bind_v2", socket, kAddress, 0) == Errno::kSuccess);
  REQUIRE((*this)("sock_getlocaladdr_v2", socket, kAddress, kPort) == Errno::kSuccess);
  const std::int32_t port = number(kPort);
  bytes("hello");
  REQUIRE((*this)("sock_send_to_v2", socket, kBuffers, 1, kAddress, port, 0, kSize) ==
          Errno::kSuccess);
  room(10);
  no_address(kWithFamily);
  guest.store(kPort, 0U);
  REQUIRE((*this)("sock_recv_from_v2", socket, kBuffers, 1, kAddress, 0, kPort, kSize, kFlags) ==
          Errno::kSuccess);
  CHECK(guest.text(kBytes, 5) == "hello");
  CHECK(address(kWithFamily) == kLoopbackWithFamily);
  CHECK(number(kPort) == port);
}

TEST_CASE_FIXTURE(Sockets, "an address that is wrong is refused in each form") {
  REQUIRE((*this)("sock_open", kInet4, kDatagram, kOut) == Errno::kSuccess);
  const std::int32_t socket = number(kOut);
  for (const std::string_view name : {"sock_bind", "sock_bind_v2"}) {
    CAPTURE(name);
    for (const std::uint32_t size : {0U, 3U, 5U, 127U}) {
      loopback(size);
      CHECK((*this)(name, socket, kAddress, 0) == Errno::kInval);
    }
    loopback(kWithFamily);
    guest.store(kAddressAt, 3U);
    CHECK((*this)(name, socket, kAddress, 0) == Errno::kAfnosupport);
    loopback(kOnlyAddress);
    CHECK((*this)(name, socket, kAddress, 65'536) == Errno::kInval);
    CHECK((*this)(name, socket, 65'530, 0) == Errno::kFault);
    guest.store(kAddress, 65'534U);
    CHECK((*this)(name, socket, kAddress, 0) == Errno::kFault);
    CHECK((*this)(name, 99, kAddress, 0) == Errno::kBadf);
    CHECK((*this)(name, 0, kAddress, 0) == Errno::kNotsock);
  }
  for (const std::string_view name : {"sock_getlocaladdr", "sock_getlocaladdr_v2"}) {
    CAPTURE(name);
    const bool is_first = name == "sock_getlocaladdr";
    no_address(3);
    CHECK((is_first ? (*this)(name, socket, kAddress, kKind, kPort)
                    : (*this)(name, socket, kAddress, kPort)) == Errno::kInval);
    no_address(kOnlyAddress);
    CHECK((is_first ? (*this)(name, socket, kAddress, kKind, 65'534)
                    : (*this)(name, socket, kAddress, 65'534)) == Errno::kFault);
  }
}

}  // namespace
}  // namespace weft::abi::command
