#include "system/socket.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "system/testing.h"
#include "system/wait.h"

namespace weft::system {
namespace {

using testing::bytes_of;
using testing::error_of;

const IpAddress kLoopback = parse_ip_address("127.0.0.1").value();

std::shared_ptr<Network> network(std::initializer_list<const char*> rules) {
  std::vector<NetworkRule> parsed;
  for (const char* rule : rules)
    parsed.push_back(parse_network_rule(rule).value());
  return std::make_shared<Network>(std::move(parsed), resolve_by_system);
}

void wait_for(OpenFile& file, Wait::For what) {
  const SystemClock clock;
  Wait wait = file.wait(what).value();
  wait.until = clock.monotonic() + std::chrono::seconds(60);
  block_until({wait}, clock);
}

template <class Operation>
auto waiting(OpenFile& file, Wait::For what, const Operation& operation) {
  for (;;) {
    auto result = operation();
    if (result || result.error() != Errno::kAgain) return result;
    wait_for(file, what);
  }
}

std::shared_ptr<Socket> accept(Socket& listener) {
  return waiting(listener, Wait::For::kReading, [&] { return listener.accept({}); }).value();
}

std::string read(Socket& socket, std::size_t bytes_max = 100) {
  std::string text(bytes_max, '\0');
  const Buffer buffer(reinterpret_cast<std::uint8_t*>(text.data()), text.size());
  text.resize(
      waiting(socket, Wait::For::kReading, [&] { return socket.read({&buffer, 1}); }).value());
  return text;
}

void write(Socket& socket, std::string_view text) {
  const ConstBuffer buffer = bytes_of(text);
  REQUIRE(socket.write({&buffer, 1}).value() == text.size());
}

// Two ends of a connection on this machine.
struct Connection {
  std::shared_ptr<Socket> listener = Socket::listen_on({.address = kLoopback, .port = 0}).value();
  std::shared_ptr<Socket> client =
      Socket::open(SocketType::kStream, false, network({"127.0.0.1"})).value();
  std::shared_ptr<Socket> server;

  Connection() {
    const SocketAddress address = listener->local_address().value();
    while (true) {
      const auto connected = client->connect(address);
      if (connected) break;
      REQUIRE((connected.error() == Errno::kInProgress || connected.error() == Errno::kAlready));
      wait_for(*client, Wait::For::kWriting);
    }
    server = accept(*listener);
  }
};

TEST_CASE("networks that count together open so many sockets at a time") {
  const SocketPlaces places{.most = 2};
  const auto network_of_one = [&] {
    return std::make_shared<Network>(std::vector<NetworkRule>{}, Network::Resolve{}, places);
  };
  auto one = Socket::open(SocketType::kStream, false, network_of_one());
  const auto two = Socket::open(SocketType::kDatagram, true, network_of_one());
  REQUIRE(one);
  REQUIRE(two);
  CHECK(Socket::open(SocketType::kStream, false, network_of_one()).error() ==
        Errno::kTooManyDescriptors);
  one = std::unexpected(Errno::kAgain);
  CHECK(Socket::open(SocketType::kStream, false, network_of_one()).has_value());
}

TEST_CASE("a connection carries bytes both ways, up to the end") {
  Connection connection;
  CHECK(connection.client->peer_address().value() == connection.listener->local_address().value());
  CHECK(connection.server->peer_address().value() == connection.client->local_address().value());
  write(*connection.client, "hello");
  CHECK(read(*connection.server) == "hello");
  write(*connection.server, "world");
  CHECK(read(*connection.client, 2) == "wo");
  CHECK(read(*connection.client) == "rld");
  CHECK(connection.client->shut_down(false, true).has_value());
  CHECK(read(*connection.server).empty());
  write(*connection.server, "still");
  CHECK(read(*connection.client) == "still");
  CHECK(error_of(connection.client->write({})) == Errno::kPipe);
}

TEST_CASE("what would have to wait says so, and how much there is") {
  Connection connection;
  CHECK(error_of(connection.listener->accept({})) == Errno::kAgain);
  CHECK_FALSE(connection.listener->ready(Wait::For::kReading).has_value());
  std::array<std::uint8_t, 10> bytes{};
  const Buffer buffer = bytes;
  CHECK(error_of(connection.server->read({&buffer, 1})) == Errno::kAgain);
  CHECK_FALSE(connection.server->ready(Wait::For::kReading).has_value());
  CHECK(connection.server->ready(Wait::For::kWriting).has_value());
  write(*connection.client, "hello");
  wait_for(*connection.server, Wait::For::kReading);
  CHECK(connection.server->ready(Wait::For::kReading) == 5);
  const std::string chunk(1 << 20, 'x');
  const ConstBuffer out = bytes_of(chunk);
  auto written = connection.client->write({&out, 1});
  while (written)
    written = connection.client->write({&out, 1});
  CHECK(written.error() == Errno::kAgain);
  CHECK_FALSE(connection.client->ready(Wait::For::kWriting).has_value());
}

TEST_CASE("bytes that were looked at stay") {
  Connection connection;
  write(*connection.client, "hello");
  wait_for(*connection.server, Wait::For::kReading);
  std::array<std::uint8_t, 10> bytes{};
  const Buffer buffer = bytes;
  CHECK(connection.server->receive({&buffer, 1}, true).value().bytes == 5);
  CHECK(read(*connection.server) == "hello");
}

TEST_CASE("a connection that nobody takes is refused") {
  const SocketAddress address =
      Socket::listen_on({.address = kLoopback, .port = 0}).value()->local_address().value();
  const auto socket = Socket::open(SocketType::kStream, false, network({"127.0.0.1"})).value();
  auto connected = socket->connect(address);
  while (!connected && connected.error() != Errno::kConnectionRefused) {
    REQUIRE((connected.error() == Errno::kInProgress || connected.error() == Errno::kAlready));
    wait_for(*socket, Wait::For::kWriting);
    connected = socket->connect(address);
  }
  CHECK(error_of(connected) == Errno::kConnectionRefused);
}

TEST_CASE("a socket goes nowhere that its network does not allow") {
  const auto listener = Socket::listen_on({.address = kLoopback, .port = 0}).value();
  const SocketAddress address = listener->local_address().value();
  for (const auto& net : {std::shared_ptr<Network>(), network({}), network({"*"})}) {
    const auto stream = Socket::open(SocketType::kStream, false, net).value();
    CHECK(error_of(stream->connect(address)) == Errno::kNotPermitted);
    CHECK(error_of(stream->bind({.address = kLoopback, .port = 0})) == Errno::kNotPermitted);
    CHECK(error_of(stream->listen(1)) == Errno::kNotPermitted);
    const auto datagram = Socket::open(SocketType::kDatagram, false, net).value();
    const ConstBuffer buffer = bytes_of("a");
    CHECK(error_of(datagram->send({&buffer, 1}, address)) == Errno::kNotPermitted);
    CHECK(error_of(datagram->connect(address)) == Errno::kNotPermitted);
  }
  // What was accepted by order of the owner reaches no further than its peer.
  Connection connection;
  CHECK(error_of(connection.server->connect(address)) == Errno::kNotPermitted);
}

TEST_CASE("a name that was allowed and leads to this machine by now is refused when connecting") {
  const auto listener = Socket::listen_on({.address = kLoopback, .port = 0}).value();
  const SocketAddress here = listener->local_address().value();
  std::vector<IpAddress> answers = {parse_ip_address("93.184.216.34").value()};
  const auto net = std::make_shared<Network>(std::vector{parse_network_rule("example.org").value()},
                                             [&answers](const std::string&) { return answers; });
  const auto connect = [&] {
    return error_of(Socket::open(SocketType::kStream, false, net).value()->connect(here));
  };
  CHECK(connect() == Errno::kNotPermitted);
  REQUIRE(net->resolve("example.org").has_value());
  CHECK(connect() == Errno::kNotPermitted);
  answers = {here.address};
  CHECK(error_of(net->resolve("example.org")) == Errno::kNotPermitted);
  CHECK(connect() == Errno::kNotPermitted);
  CHECK(error_of(listener->accept({})) == Errno::kAgain);
}

TEST_CASE("a socket listens where its network allows it") {
  const auto net = network({"listen:127.0.0.1", "127.0.0.1"});
  const auto listener = Socket::open(SocketType::kStream, false, net).value();
  CHECK(error_of(listener->listen(1)) == Errno::kNotPermitted);
  CHECK(listener->bind({.address = kLoopback, .port = 0}).has_value());
  CHECK(listener->listen(1).has_value());
  const auto client = Socket::open(SocketType::kStream, false, net).value();
  const auto connected = client->connect(listener->local_address().value());
  CHECK((connected.has_value() || connected.error() == Errno::kInProgress));
  CHECK(accept(*listener)->status().value().type == FileType::kStreamSocket);
  const auto other = Socket::open(SocketType::kStream, false, net).value();
  CHECK(error_of(other->bind({.address = IpAddress(), .port = 0})) == Errno::kNotPermitted);
}

TEST_CASE("datagrams are whole, and come with where they came from") {
  const auto net = network({"listen:127.0.0.1", "127.0.0.1"});
  const auto left = Socket::open(SocketType::kDatagram, false, net).value();
  const auto right = Socket::open(SocketType::kDatagram, false, net).value();
  REQUIRE(left->bind({.address = kLoopback, .port = 0}).has_value());
  REQUIRE(right->bind({.address = kLoopback, .port = 0}).has_value());
  const ConstBuffer text = bytes_of("hello");
  CHECK(left->send({&text, 1}, right->local_address().value()).value() == 5);
  CHECK(left->send({&text, 1}, right->local_address().value()).value() == 5);
  std::array<std::uint8_t, 3> bytes{};
  const Buffer buffer = bytes;
  wait_for(*right, Wait::For::kReading);
  for (int i = 0; i < 2; ++i) {
    const auto received = right->receive({&buffer, 1}, false).value();
    CHECK(received.bytes == 3);
    CHECK(received.truncated);
    CHECK(received.from == left->local_address().value());
  }
  CHECK(error_of(right->receive({&buffer, 1}, false)) == Errno::kAgain);
  CHECK(right->status().value().type == FileType::kDatagramSocket);
  const std::vector<ConstBuffer> many(65, text);
  CHECK(error_of(left->send(many, right->local_address().value())) == Errno::kMessageSize);
}

TEST_CASE("a connection tells its end, and an empty datagram is none") {
  Connection connection;
  CHECK(connection.server->condition() == Condition{});
  REQUIRE(connection.client->shut_down(false, true).has_value());
  wait_for(*connection.server, Wait::For::kReading);
  CHECK(connection.server->condition() == Condition{.at_end = true});
  REQUIRE(connection.server->shut_down(false, true).has_value());
  wait_for(*connection.client, Wait::For::kReading);
  CHECK(connection.client->condition() == Condition{.at_end = true, .hung_up = true});

  const auto socket =
      Socket::open(SocketType::kDatagram, false, network({"127.0.0.1", "listen:127.0.0.1"}))
          .value();
  REQUIRE(socket->bind({.address = kLoopback}).has_value());
  REQUIRE(socket->send({}, socket->local_address().value()).value() == 0);
  wait_for(*socket, Wait::For::kReading);
  CHECK(socket->ready(Wait::For::kReading) == 0U);
  CHECK(socket->condition() == Condition{});
}

TEST_CASE("a datagram socket that was not bound hears only those whom it may reach") {
  const auto friendly = network({"listen:127.0.0.1", "127.0.0.1"});
  const auto server = Socket::open(SocketType::kDatagram, false, friendly).value();
  REQUIRE(server->bind({.address = kLoopback, .port = 0}).has_value());
  const SocketAddress address = server->local_address().value();
  const auto rule = "127.0.0.1:" + std::to_string(address.port);
  const auto client = Socket::open(SocketType::kDatagram, false, network({rule.c_str()})).value();
  const ConstBuffer text = bytes_of("hello");
  REQUIRE(client->send({&text, 1}, address).has_value());
  const SocketAddress own{.address = kLoopback, .port = client->local_address().value().port};
  const auto stranger = Socket::open(SocketType::kDatagram, false, friendly).value();
  const ConstBuffer intrusion = bytes_of("boo");
  for (int i = 0; i < 20; ++i)
    REQUIRE(stranger->send({&intrusion, 1}, own).has_value());
  REQUIRE(server->send({&text, 1}, own).has_value());
  std::array<std::uint8_t, 10> bytes{};
  const Buffer buffer = bytes;
  for (const bool peek : {true, false}) {
    wait_for(*client, Wait::For::kReading);
    const auto received =
        waiting(*client, Wait::For::kReading, [&] { return client->receive({&buffer, 1}, peek); });
    CHECK(received.value().bytes == 5);
    CHECK(received.value().from == address);
  }
}

TEST_CASE("nothing that a stranger sent is ever in the guest's memory") {
  const auto server =
      Socket::open(SocketType::kDatagram, false, network({"listen:127.0.0.1"})).value();
  REQUIRE(server->bind({.address = kLoopback, .port = 0}).has_value());
  const SocketAddress address = server->local_address().value();
  const std::string rule = "127.0.0.1:" + std::to_string(address.port);
  const auto client = Socket::open(SocketType::kDatagram, false, network({rule.c_str()})).value();
  const ConstBuffer text = bytes_of("hello");
  REQUIRE(client->send({&text, 1}, address).has_value());
  const SocketAddress own{.address = kLoopback, .port = client->local_address().value().port};
  const auto stranger = Socket::open(SocketType::kDatagram, false, network({"127.0.0.1"})).value();
  REQUIRE(stranger->send({&text, 1}, own).has_value());
  wait_for(*client, Wait::For::kReading);
  // To write there fails.
  constexpr std::size_t kSize = 4096;
  void* const mapping =
      ::mmap(nullptr, kSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(mapping != MAP_FAILED);
  const Buffer buffer(static_cast<std::uint8_t*>(mapping), kSize);
  CHECK(error_of(client->receive({&buffer, 1}, true)) == Errno::kAgain);
  REQUIRE(stranger->send({&text, 1}, own).has_value());
  wait_for(*client, Wait::For::kReading);
  CHECK(error_of(client->receive({&buffer, 1}, false)) == Errno::kAgain);
  CHECK(::munmap(mapping, kSize) == 0);
}

TEST_CASE("a socket of IPv6 has nothing to do with IPv4") {
  const auto net = network({"listen:0.0.0.0", "listen:127.0.0.1", "127.0.0.1"});
  for (const SocketType type : {SocketType::kStream, SocketType::kDatagram}) {
    const auto socket = Socket::open(type, true, net).value();
    for (const IpAddress& address : {IpAddress(), kLoopback}) {
      CHECK(error_of(socket->bind({.address = address, .port = 0})) ==
            Errno::kAddressFamilyNotSupported);
      CHECK(error_of(socket->connect({.address = address, .port = 9})) ==
            Errno::kAddressFamilyNotSupported);
    }
  }
}

TEST_CASE("a connection whose error was asked for is not taken for made") {
  const SocketAddress address =
      Socket::listen_on({.address = kLoopback, .port = 0}).value()->local_address().value();
  const auto socket = Socket::open(SocketType::kStream, false, network({"127.0.0.1"})).value();
  CHECK(socket->state() == SocketState::kOpening);
  auto connected = socket->connect(address);
  if (!connected && connected.error() == Errno::kInProgress) {
    wait_for(*socket, Wait::For::kWriting);
    CHECK(socket->state() == SocketState::kFailed);
    CHECK(error_of(socket->error()) == Errno::kConnectionRefused);
    connected = socket->connect(address);
  }
  CHECK(error_of(connected) == Errno::kConnectionRefused);
  CHECK(socket->state() == SocketState::kFailed);
}

TEST_CASE("a connection that was made is open until it is gone") {
  Connection connection;
  CHECK(connection.listener->state() == SocketState::kOpen);
  CHECK(connection.client->state() == SocketState::kOpen);
  CHECK(connection.server->state() == SocketState::kOpen);
  // Closed with bytes that nobody took, it is reset.
  write(*connection.client, "x");
  wait_for(*connection.server, Wait::For::kReading);
  connection.server.reset();
  wait_for(*connection.client, Wait::For::kReading);
  CHECK(connection.client->state() == SocketState::kClosed);
  CHECK(Socket::open(SocketType::kDatagram, false, nullptr).value()->state() == SocketState::kOpen);
}

TEST_CASE("a connection does not look at the address that something is sent to") {
  Connection connection;
  const ConstBuffer text = bytes_of("x");
  CHECK(
      connection.server->send({&text, 1}, SocketAddress{.address = kLoopback, .port = 9}).value() ==
      1);
  CHECK(read(*connection.client) == "x");
  const auto other = Socket::open(SocketType::kStream, false, nullptr).value();
  CHECK_FALSE(other->send({&text, 1}, SocketAddress{.address = kLoopback, .port = 9}).has_value());
}

TEST_CASE("no socket takes the datagrams of another program's address") {
  const auto net = network({"listen:127.0.0.1"});
  const auto first = Socket::open(SocketType::kDatagram, false, net).value();
  const auto other = Socket::open(SocketType::kDatagram, false, net).value();
  for (const auto& socket : {first, other})
    CHECK(socket->set_option(SocketOption::kReuseAddress, 1).has_value());
  REQUIRE(first->bind({.address = kLoopback}).has_value());
  CHECK(error_of(other->bind(first->local_address().value())) == Errno::kAddressInUse);
}

TEST_CASE("a backlog of any size is taken for a large one") {
  const auto listener =
      Socket::open(SocketType::kStream, false, network({"listen:127.0.0.1"})).value();
  REQUIRE(listener->bind({.address = kLoopback}).has_value());
  for (const auto& [backlog, taken] : {std::pair(7U, 7U), std::pair(UINT32_MAX, 128U)}) {
    REQUIRE(listener->listen(backlog).has_value());
    tcp_info info{};
    socklen_t size = sizeof(info);
    const int descriptor = listener->wait(Wait::For::kReading)->descriptor;
    REQUIRE(::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
    CHECK(info.tcpi_sacked == taken);  // of a socket that listens, its backlog
  }
}

TEST_CASE("options are set and read, and buffers have a limit") {
  const auto socket = Socket::open(SocketType::kStream, false, nullptr).value();
  for (const SocketOption option : {SocketOption::kReuseAddress, SocketOption::kKeepAlive,
                                    SocketOption::kBroadcast, SocketOption::kNoDelay}) {
    CHECK(socket->option(option).value() == 0);
    CHECK(socket->set_option(option, 1).has_value());
    CHECK(socket->option(option).value() != 0);
  }
  CHECK(socket->set_option(SocketOption::kReceiveBufferBytes, 1 << 30).has_value());
  CHECK(socket->option(SocketOption::kReceiveBufferBytes).value() <= 1 << 21);
  CHECK(error_of(socket->shut_down(true, true)) == Errno::kNotConnected);
  CHECK(error_of(socket->shut_down(false, false)) == Errno::kInvalid);
  CHECK(error_of(socket->peer_address()) == Errno::kNotConnected);
}

TEST_CASE("a socket of IPv6 stays without IPv4, and none can be told that it listens") {
  const auto socket = Socket::open(SocketType::kStream, true, network({"listen:*"})).value();
  CHECK(socket->option(SocketOption::kOnlyV6).value() == 1);
  CHECK(socket->set_option(SocketOption::kOnlyV6, 1).has_value());
  CHECK(error_of(socket->set_option(SocketOption::kOnlyV6, 0)) == Errno::kNotSupported);
  CHECK(socket->option(SocketOption::kIsListening).value() == 0);
  CHECK(error_of(socket->set_option(SocketOption::kIsListening, 1)) == Errno::kNoProtocolOption);
  const auto listener = Socket::listen_on({.address = kLoopback, .port = 0}).value();
  CHECK(listener->option(SocketOption::kIsListening).value() == 1);
}

TEST_CASE("a socket keeps how long the guest wants to wait") {
  const auto socket = Socket::open(SocketType::kStream, false, nullptr).value();
  CHECK_FALSE(socket->patience(Wait::For::kReading).has_value());
  socket->set_patience(Wait::For::kReading, std::chrono::nanoseconds(5));
  CHECK(socket->patience(Wait::For::kReading) == std::chrono::nanoseconds(5));
  CHECK_FALSE(socket->patience(Wait::For::kWriting).has_value());
}

TEST_CASE("files are no sockets, and sockets no files") {
  const auto socket = Socket::open(SocketType::kStream, false, nullptr).value();
  CHECK(socket->as_socket() == socket.get());
  CHECK(socket->as_directory() == nullptr);
  CHECK(error_of(socket->seek(0, Whence::kStart)) == Errno::kSeekOnPipe);
  CHECK(error_of(socket->set_size(1)) == Errno::kInvalid);
}

}  // namespace
}  // namespace weft::system
