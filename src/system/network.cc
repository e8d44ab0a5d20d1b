#include "system/network.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include "base/log.h"

namespace weft::system {
namespace {

constexpr std::size_t kNameBytesMax = 253;  // RFC 1035 §2.3.4, as text
constexpr std::size_t kLabelBytesMax = 63;  // between the dots
constexpr std::size_t kAddressesMax = 64;   // that are taken of one answer
constexpr std::size_t kAnswersMax = 4096;   // that are remembered
constexpr std::string_view kListen = "listen:";
constexpr std::string_view kLocalhost = "localhost";
constexpr std::array<std::uint8_t, 4> kLoopbackV4 = {127, 0, 0, 0};
constexpr std::array<std::uint8_t, 16> kLoopbackV6 = {0, 0, 0, 0, 0, 0, 0, 0,
                                                      0, 0, 0, 0, 0, 0, 0, 1};

Error wrong(std::string_view rule, std::string_view why) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("\"{}\": {}; write HOST[:PORTS] or listen:HOST[:PORTS], for example "
                      "example.org:443, 10.0.0.0/8 or *:80",
                      printable(rule), why)};
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLabelBytesMax && !label.starts_with('-') &&
         !label.ends_with('-');
}

// What other programs would read as a number of an address: 127.1, 0x7f.1.
bool ends_in_a_number(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return last.starts_with("0x") || last.find_first_not_of("0123456789") == std::string_view::npos;
}

constexpr std::size_t kPortDigitsMax = 5;

bool parse_port(std::string_view text, std::uint16_t& port) {
  const auto parsed = std::from_chars(text.begin(), text.end(), port);
  return !text.empty() && text.size() <= kPortDigitsMax && parsed.ec == std::errc() &&
         parsed.ptr == text.end();
}

bool parse_ports(std::string_view text, NetworkRule& rule) {
  if (text == "*") return true;
  const std::size_t dash = text.find('-');
  if (!parse_port(text.substr(0, dash), rule.port_min)) return false;
  if (dash == std::string_view::npos) {
    rule.port_max = rule.port_min;
    return true;
  }
  return parse_port(text.substr(dash + 1), rule.port_max) && rule.port_min <= rule.port_max;
}

bool parse_host(std::string_view text, NetworkRule& rule) {
  if (text == "*") return true;
  if (const auto range = parse_ip_range(text)) {
    rule.host = NetworkRule::Host::kRange;
    rule.ranges = {*range};
    return true;
  }
  // Numbers and dots only, or colons: an address that is wrong, not a name.
  if (text.find_first_not_of("0123456789./:") == std::string_view::npos) return false;
  rule.host = NetworkRule::Host::kName;
  if (text.starts_with("*.")) {
    rule.host = NetworkRule::Host::kBelowName;
    text.remove_prefix(2);
  }
  rule.name = host_name(text);
  if (rule.name == kLocalhost) {
    if (rule.host == NetworkRule::Host::kBelowName) return false;
    rule.host = NetworkRule::Host::kRange;
    rule.ranges = {IpRange{.address = IpAddress(kLoopbackV4), .bits = 8},
                   IpRange{.address = IpAddress(kLoopbackV6), .bits = 128}};
  }
  return !rule.name.empty();
}

bool is_name_of(const NetworkRule& rule, std::string_view name) {
  switch (rule.host) {
    case NetworkRule::Host::kAny:
      return true;
    case NetworkRule::Host::kName:
      return name == rule.name;
    case NetworkRule::Host::kBelowName:
      return name.size() > rule.name.size() && name.ends_with(rule.name) &&
             name[name.size() - rule.name.size() - 1] == '.';
    case NetworkRule::Host::kRange:
      break;
  }
  return name == kLocalhost && rule.name == kLocalhost;
}

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

}  // namespace

std::string host_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.size() > kNameBytesMax) return {};
  std::string name;
  for (const char letter : text) {
    const bool is_upper = letter >= 'A' && letter <= 'Z';
    const bool is_plain = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                          letter == '-' || letter == '_' || letter == '.';
    if (!is_upper && !is_plain) return {};
    name.push_back(is_upper ? static_cast<char>(letter - 'A' + 'a') : letter);
  }
  for (std::string_view rest = name;;) {
    const std::size_t dot = rest.find('.');
    if (!is_label(rest.substr(0, dot))) return {};
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  return ends_in_a_number(name) ? std::string() : name;
}

Result<NetworkRule> parse_network_rule(std::string_view text) {
  NetworkRule rule;
  std::string_view rest = text;
  if (rest.starts_with(kListen)) {
    rule.listens = true;
    rest.remove_prefix(kListen.size());
  }
  std::string_view host = rest;
  std::string_view ports = "*";
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return fail(wrong(text, "] is missing"));
    host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (!rest.empty() && !rest.starts_with(':'))
      return fail(wrong(text, "there is something between ] and the end"));
    if (!rest.empty()) ports = rest.substr(1);
    if (!parse_ip_range(host)) return fail(wrong(text, "[…] holds no address"));
  } else if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    if (rest.find(':', colon + 1) != std::string_view::npos)
      return fail(wrong(text, "an IPv6 address stands in brackets"));
    host = rest.substr(0, colon);
    ports = rest.substr(colon + 1);
  }
  if (!parse_host(host, rule)) return fail(wrong(text, "HOST is no address, range or name"));
  if (!parse_ports(ports, rule)) return fail(wrong(text, "PORTS is no number from 0 to 65535"));
  if (rule.listens && rule.host != NetworkRule::Host::kAny &&
      rule.host != NetworkRule::Host::kRange) {
    return fail(wrong(text, "what a program may listen on are addresses, localhost or *"));
  }
  return rule;
}

bool Network::allows(const NetworkRule& rule, const SocketAddress& address) const {
  if (address.port < rule.port_min || address.port > rule.port_max) return false;
  switch (rule.host) {
    case NetworkRule::Host::kAny:
      return rule.listens || address.address.is_public();
    case NetworkRule::Host::kRange:
      return std::ranges::any_of(
          rule.ranges, [&](const IpRange& range) { return range.contains(address.address); });
    case NetworkRule::Host::kName:
    case NetworkRule::Host::kBelowName:
      break;
  }
  return address.address.is_public() && std::ranges::any_of(answers_, [&](const Answer& answer) {
           return answer.address == address.address && is_name_of(rule, answer.name);
         });
}

bool Network::reaches(const SocketAddress& address) const {
  return std::ranges::any_of(
      rules_, [&](const NetworkRule& rule) { return !rule.listens && allows(rule, address); });
}

bool Network::may_ask_for(std::string_view name, std::uint16_t port) const {
  const auto has_port = [port](const NetworkRule& rule) {
    return !rule.listens && port >= rule.port_min && port <= rule.port_max;
  };
  return std::ranges::any_of(rules_, has_port) &&
         std::ranges::any_of(rules_, [name](const NetworkRule& rule) {
           return !rule.listens && is_name_of(rule, name);
         });
}

bool Network::may_reach_as(std::string_view name, const SocketAddress& address) const {
  return std::ranges::any_of(rules_, [&](const NetworkRule& rule) {
    if (rule.listens || address.port < rule.port_min || address.port > rule.port_max) return false;
    if (rule.host == NetworkRule::Host::kRange) {
      return std::ranges::any_of(
          rule.ranges, [&](const IpRange& range) { return range.contains(address.address); });
    }
    const bool is_meant = rule.host == NetworkRule::Host::kAny || is_name_of(rule, name);
    return is_meant && address.address.is_public();
  });
}

bool Network::may_reach(const SocketAddress& address) {
  const bool allowed = reaches(address);
  if (!allowed) refused_ = address.text();
  return allowed;
}

bool Network::may_listen(const SocketAddress& address) {
  const bool allowed = std::ranges::any_of(
      rules_, [&](const NetworkRule& rule) { return rule.listens && allows(rule, address); });
  if (!allowed) refused_ = fmt::format("{}{}", kListen, address.text());
  return allowed;
}

// Earlier answers stay: servers with several addresses give others each time, and the guest may
// still use those that it was given.
void Network::remember(const std::string& name, const std::vector<IpAddress>& addresses) {
  const bool is_of_a_rule = std::ranges::any_of(rules_, [&](const NetworkRule& rule) {
    return (rule.host == NetworkRule::Host::kName || rule.host == NetworkRule::Host::kBelowName) &&
           is_name_of(rule, name);
  });
  if (!is_of_a_rule) return;
  for (const IpAddress& address : addresses) {
    const Answer answer{.name = name, .address = address};
    std::erase(answers_, answer);
    answers_.push_back(answer);
  }
  while (answers_.size() > kAnswersMax)
    answers_.pop_front();
}

Attempt<std::vector<IpAddress>> Network::resolve(std::string_view name) {
  if (const auto address = parse_ip_address(name)) return std::vector{*address};
  const std::string plain = host_name(name);
  if (plain.empty()) return std::unexpected(Errno::kInvalid);
  const bool is_allowed = std::ranges::any_of(
      rules_, [&](const NetworkRule& rule) { return !rule.listens && is_name_of(rule, plain); });
  if (!is_allowed) {
    refused_ = plain;
    return std::unexpected(Errno::kNotPermitted);
  }
  auto answer = resolve_(plain);
  if (!answer) return answer;
  if (answer->size() > kAddressesMax) answer->resize(kAddressesMax);
  remember(plain, *answer);
  // Ports are not known here: what no rule allows on any port is of no use to the guest.
  std::vector<IpAddress> usable;
  std::ranges::copy_if(*answer, std::back_inserter(usable), [&](const IpAddress& address) {
    return std::ranges::any_of(rules_, [&](const NetworkRule& rule) {
      return !rule.listens && allows(rule, {.address = address, .port = rule.port_min});
    });
  });
  if (usable.empty() && !answer->empty()) {
    refused_ = SocketAddress{.address = answer->front(), .port = 0}.address.text();
    return std::unexpected(Errno::kNotPermitted);
  }
  return usable;
}

Attempt<std::vector<IpAddress>> resolve_by_system(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &first);
  // Not kAgain, which promises that there is something to wait for.
  if (error == EAI_AGAIN) return std::unexpected(Errno::kTimedOut);
  if (error != 0) return std::unexpected(Errno::kNoEntry);
  const Addresses answers(first, &::freeaddrinfo);
  std::vector<IpAddress> addresses;
  for (const addrinfo* answer = answers.get(); answer != nullptr; answer = answer->ai_next) {
    HostSocketAddress host;
    host.size = std::min<socklen_t>(answer->ai_addrlen, sizeof(host.storage));
    std::copy_n(reinterpret_cast<const std::uint8_t*>(answer->ai_addr), host.size,
                reinterpret_cast<std::uint8_t*>(&host.storage));
    if (const auto address = host.get()) addresses.push_back(address->address);
  }
  return addresses;
}

}  // namespace weft::system
