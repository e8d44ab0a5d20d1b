#include "net/endpoint.h"

#include <charconv>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include "base/log.h"

namespace weft::net {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool is_ipv4(const std::string& text) {
  in_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

std::optional<in6_addr> parse_ipv6(const std::string& text) {
  in6_addr address{};
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
  return address;
}

// The IP address that the text before the port means.
std::optional<std::string> parse_host(std::string_view host) {
  if (host.empty() || host == "*") return "::";
  if (host == "localhost") return "127.0.0.1";
  if (host.starts_with('[') && host.ends_with(']')) {
    std::string inner(host.substr(1, host.size() - 2));
    if (inner.find('\0') != std::string::npos || !parse_ipv6(inner)) return std::nullopt;
    return inner;
  }
  std::string address(host);
  if (address.find('\0') != std::string::npos || !is_ipv4(address)) return std::nullopt;
  return address;
}

}  // namespace

bool Endpoint::is_loopback() const {
  if (is_ipv4(address)) return address.starts_with("127.");
  const auto ipv6 = parse_ipv6(address);
  if (!ipv6) return false;
  if (IN6_IS_ADDR_V4MAPPED(&*ipv6)) return ipv6->s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&*ipv6);
}

std::string Endpoint::text() const {
  const bool ipv6 = address.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
}

Result<Endpoint> parse_listen_address(std::string_view text) {
  if (const auto port = parse_port(text)) return Endpoint{"127.0.0.1", *port};
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    const auto host = parse_host(text.substr(0, colon));
    const auto port = parse_port(text.substr(colon + 1));
    if (host && port) return Endpoint{*host, *port};
  }
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("\"{}\" is not an address to listen on. Write ADDRESS:PORT with an IP address, "
                  "such as 127.0.0.1:8080 or [::1]:8080, :PORT for every address of this machine, "
                  "or PORT alone for this machine only.",
                  printable(text.substr(0, 200))));
}

}  // namespace weft::net
