#include "conformance/tcp_client.h"

#include <cerrno>
#include <memory>
#include <system_error>

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/log.h"

namespace weft::conformance {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Error system_error(int number, std::string_view what) {
  return {ErrorCode::kUnavailable,
          fmt::format("{}: {}", what, std::generic_category().message(number))};
}

Result<Addresses> addresses_of(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  std::string host(address.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string port(colon == std::string_view::npos ? "" : address.substr(colon + 1));
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (port.empty() || ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("\"{}\" is not HOST:PORT", printable(address)));
  }
  return Addresses(found, &::freeaddrinfo);
}

}  // namespace

Result<TcpClient> TcpClient::connect(std::string_view address, std::chrono::microseconds timeout) {
  const Addresses addresses = TRY(addresses_of(address));
  UniqueFd socket(::socket(addresses->ai_family, addresses->ai_socktype | SOCK_CLOEXEC,
                           addresses->ai_protocol));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
  const timeval patience{.tv_sec = seconds.count(), .tv_usec = (timeout - seconds).count()};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (::connect(socket.get(), addresses->ai_addr, addresses->ai_addrlen) != 0) {
    const int number = errno;
    return fail(system_error(number, fmt::format("cannot connect to {}", printable(address))));
  }
  return TcpClient(std::move(socket));
}

Result<> TcpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return fail(system_error(errno, "cannot send"));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

bool TcpClient::wait(std::chrono::milliseconds patience) {
  pollfd wait{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&wait, 1, static_cast<int>(patience.count())) > 0;
}

Result<std::string> TcpClient::receive(std::size_t size_max) {
  std::string bytes(size_max, '\0');
  const ssize_t received = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
  if (received < 0) return fail(system_error(errno, "cannot receive"));
  bytes.resize(static_cast<std::size_t>(received));
  return bytes;
}

}  // namespace weft::conformance
