// Addresses of the internet, as guests and rules name them.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace weft::system {

// An IPv4 or IPv6 address. One of IPv4 that is written as IPv6 (::ffff:a.b.c.d) is one of IPv4. A
// value.
class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0
  explicit IpAddress(const std::array<std::uint8_t, 4>& v4);
  explicit IpAddress(const std::array<std::uint8_t, 16>& v6);

  bool is_v6() const { return is_v6_; }
  // 4 or 16 of them, the most significant one first.
  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), is_v6_ ? 16U : 4U}; }
  // Whether it is one of the public internet. Not so: this machine, private and local networks,
  // multicast, and what the IANA special-purpose address registries (RFC 6890) reserve; an IPv6
  // address that carries one of IPv4 (RFC 3056, RFC 6052) is what the latter is.
  bool is_public() const;
  std::string text() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_ = {};
  bool is_v6_ = false;
};

// "192.0.2.1", "2001:db8::1"; no brackets, zones or names.
std::optional<IpAddress> parse_ip_address(std::string_view text);

// The addresses that share their first `bits` bits with `address`.
struct IpRange {
  IpAddress address;
  unsigned bits = 0;

  bool contains(const IpAddress& other) const;
  bool operator==(const IpRange&) const = default;
};

// "10.0.0.0/8", "fd00::/8", or a single address.
std::optional<IpRange> parse_ip_range(std::string_view text);

struct SocketAddress {
  IpAddress address;
  std::uint16_t port = 0;

  // "192.0.2.1:80", "[2001:db8::1]:80"
  std::string text() const;
  bool operator==(const SocketAddress&) const = default;
};

// The same for the system.
struct HostSocketAddress {
  explicit HostSocketAddress(const SocketAddress& address);
  HostSocketAddress() = default;
  // Nothing for addresses of other families.
  std::optional<SocketAddress> get() const;
  sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }

  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);
};

}  // namespace weft::system
