// Where a server listens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::net {

// An IP address and a port. A value.
struct Endpoint {
  std::string address = "127.0.0.1";  // IPv4 or IPv6 in its textual form, without brackets
  std::uint16_t port = 0;             // 0: any free one

  // 127.0.0.0/8, ::1 and its IPv4-mapped form: reachable only from this machine.
  bool is_loopback() const;
  // "127.0.0.1:8080", "[::1]:8080".
  std::string text() const;

  bool operator==(const Endpoint&) const = default;
};

// "127.0.0.1:8080", "[::1]:80", "localhost:8080" (127.0.0.1), "8080" (loopback) and ":8080" or
// "*:8080" (every address of the machine, IPv4 and IPv6). Names are not resolved. kInvalidArgument
// for anything else.
Result<Endpoint> parse_listen_address(std::string_view text);

}  // namespace weft::net
