#include "conformance/tcp_client.h"

#include <cerrno>
#include <memory>
#include <system_error>

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/log.h"

namespace weft::conformance {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Error system_error(std::string_view what) {
  return {ErrorCode::kUnavailable,
          fmt::format("{}: {}", what, std::generic_category().message(errno))};
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

Result<TcpClient> TcpClient::connect(std::string_view address, std::chrono::seconds timeout) {
  const Addresses addresses = TRY(addresses_of(address));
  UniqueFd socket(::socket(addresses->ai_family, addresses->ai_socktype | SOCK_CLOEXEC,
                           addresses->ai_protocol));
  const timeval patience{.tv_sec = timeout.count(), .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (::connect(socket.get(), addresses->ai_addr, addresses->ai_addrlen) != 0)
    return fail(system_error(fmt::format("cannot connect to {}", printable(address))));
  return TcpClient(std::move(socket));
}

Result<> TcpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return fail(system_error("cannot send"));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<std::string> TcpClient::receive(std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t received = ::recv(socket_.get(), bytes.data() + filled, size - filled, 0);
    if (received < 0) return fail(system_error("cannot receive"));
    if (received == 0) break;
    filled += static_cast<std::size_t>(received);
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace weft::conformance
