// Rules, ranges and addresses from any text: what is understood is written and read as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "system/network.h"

using weft::system::Attempt;
using weft::system::IpAddress;
using weft::system::Network;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto address = weft::system::parse_ip_address(text)) {
    if (weft::system::parse_ip_address(address->text()) != *address) std::abort();
    const auto range = weft::system::parse_ip_range(text);
    if (!range || !range->contains(*address)) std::abort();
  }
  const IpAddress loopback(std::array<std::uint8_t, 4>{127, 0, 0, 1});
  const auto rule = weft::system::parse_network_rule(text);
  if (!rule) return 0;
  // Whatever a resolver answers, no name leads into a private network.
  Network network({*rule}, [&](const std::string&) {
    return Attempt<std::vector<IpAddress>>(std::vector{loopback});
  });
  const bool is_range = rule->host == weft::system::NetworkRule::Host::kRange;
  if (network.resolve("a.example.org").has_value() && !is_range) std::abort();
  if (network.may_reach({.address = loopback, .port = rule->port_min}) && !is_range) std::abort();
  return 0;
}
