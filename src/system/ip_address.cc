#include "system/ip_address.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace weft::system {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct Special {
  std::array<std::uint8_t, 16> bytes;
  unsigned bits;
};

// Of IPv4 (IANA IPv4 Special-Purpose Address Registry, and multicast).
constexpr std::array kSpecialV4 = {
    Special{{0}, 8},          // this network
    Special{{10}, 8},         // private use
    Special{{100, 64}, 10},   // shared address space
    Special{{127}, 8},        // loopback
    Special{{169, 254}, 16},  // link local, and the metadata services of clouds
    // Azure's platform (WireServer), which gives machines their secrets.
    Special{{168, 63, 129, 16}, 32}, Special{{172, 16}, 12},  // private use
    Special{{192, 0, 0}, 24},                                 // protocol assignments
    Special{{192, 0, 2}, 24},                                 // documentation
    Special{{192, 88, 99}, 24},                               // relays that are no more
    Special{{192, 168}, 16},                                  // private use
    Special{{198, 18}, 15},                                   // benchmarking
    Special{{198, 51, 100}, 24},                              // documentation
    Special{{203, 0, 113}, 24},                               // documentation
    Special{{224}, 4},                                        // multicast
    Special{{240}, 4},                                        // reserved, and broadcast
};

// Within 2000::/3, outside of which nothing is public but what carries an address of IPv4.
constexpr std::array kSpecialV6 = {
    Special{{0x20, 0x01}, 23},              // protocol assignments, Teredo
    Special{{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    Special{{0x3f, 0xff}, 20},              // documentation
};

constexpr std::array<std::uint8_t, 12> kNat64 = {0x00, 0x64, 0xff, 0x9b};
constexpr std::array<std::uint8_t, 2> k6to4 = {0x20, 0x02};

bool shares(std::span<const std::uint8_t> left, std::span<const std::uint8_t> right,
            unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::ranges::equal(left.first(whole), right.first(whole))) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || ((left[whole] ^ right[whole]) >> (8 - rest)) == 0;
}

bool is_special(std::span<const std::uint8_t> bytes, std::span<const Special> ranges) {
  return std::ranges::any_of(ranges, [&](const Special& special) {
    return shares(bytes, std::span(special.bytes).first(bytes.size()), special.bits);
  });
}

bool starts_with(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> prefix) {
  return std::ranges::equal(bytes.first(prefix.size()), prefix);
}

}  // namespace

IpAddress::IpAddress(const std::array<std::uint8_t, 4>& v4) {
  std::ranges::copy(v4, bytes_.begin());
}

IpAddress::IpAddress(const std::array<std::uint8_t, 16>& v6) {
  is_v6_ = !starts_with(v6, kMapped);
  std::ranges::copy(std::span(v6).subspan(is_v6_ ? 0 : kMapped.size()), bytes_.begin());
}

bool IpAddress::is_public() const {
  const auto all = bytes();
  if (!is_v6_) return !is_special(all, kSpecialV4);
  if (starts_with(all, kNat64)) return !is_special(all.subspan(12), kSpecialV4);
  if (starts_with(all, k6to4)) return !is_special(all.subspan(2, 4), kSpecialV4);
  return (all[0] & 0xe0U) == 0x20U && !is_special(all, kSpecialV6);
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(is_v6_ ? AF_INET6 : AF_INET, bytes_.data(), text.data(), text.size());
  return text.data();
}

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  const std::string terminated(text);
  // inet_pton would stop at a NUL.
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  std::array<std::uint8_t, 4> v4{};
  if (::inet_pton(AF_INET, terminated.c_str(), v4.data()) == 1) return IpAddress(v4);
  std::array<std::uint8_t, 16> v6{};
  if (::inet_pton(AF_INET6, terminated.c_str(), v6.data()) == 1) return IpAddress(v6);
  return std::nullopt;
}

bool IpRange::contains(const IpAddress& other) const {
  return address.is_v6() == other.is_v6() && shares(address.bytes(), other.bytes(), bits);
}

std::optional<IpRange> parse_ip_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_ip_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const auto bits_max = static_cast<unsigned>(address->bytes().size() * 8);
  if (slash == std::string_view::npos) return IpRange{.address = *address, .bits = bits_max};
  const std::string_view number = text.substr(slash + 1);
  unsigned bits = 0;
  const auto parsed = std::from_chars(number.begin(), number.end(), bits);
  if (number.empty() || parsed.ptr != number.end() || parsed.ec != std::errc() || bits > bits_max)
    return std::nullopt;
  return IpRange{.address = *address, .bits = bits};
}

std::string SocketAddress::text() const {
  const std::string host = address.text();
  return (address.is_v6() ? "[" + host + "]:" : host + ":") + std::to_string(port);
}

HostSocketAddress::HostSocketAddress(const SocketAddress& address) {
  const auto bytes = address.address.bytes();
  if (address.address.is_v6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&storage, &v6, sizeof(v6));
    size = sizeof(v6);
    return;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(address.port);
  std::memcpy(&v4.sin_addr, bytes.data(), bytes.size());
  std::memcpy(&storage, &v4, sizeof(v4));
  size = sizeof(v4);
}

std::optional<SocketAddress> HostSocketAddress::get() const {
  if (storage.ss_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof(v4));
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return SocketAddress{.address = IpAddress(bytes), .port = ntohs(v4.sin_port)};
  }
  if (storage.ss_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage, sizeof(v6));
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return SocketAddress{.address = IpAddress(bytes), .port = ntohs(v6.sin6_port)};
  }
  return std::nullopt;
}

}  // namespace weft::system
