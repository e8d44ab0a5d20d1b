// Which other machines a guest may talk to.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/permit.h"
#include "base/result.h"
#include "system/errno.h"
#include "system/ip_address.h"

namespace weft::system {

// What one rule allows. Rules are written HOST[:PORTS], and listen:HOST[:PORTS] for addresses of
// this machine to listen on.
//
// HOST is an address ("192.0.2.1", "[2001:db8::1]"), a range ("10.0.0.0/8", "[fd00::/8]"), a name
// ("example.org"), all names below one ("*.example.org") or * (all). PORTS is a number, a range
// ("8000-8999") or * (all, as without it).
//
// Only rules with addresses allow what does not belong to the public internet: names and * never
// do, so that no answer of a name server leads a guest into a private network. localhost stands for
// 127.0.0.0/8 and ::1.
struct NetworkRule {
  enum class Host : std::uint8_t { kAny, kName, kBelowName, kRange };

  bool listens = false;
  Host host = Host::kAny;
  std::string name = {};  // in lower case; without "*."
  std::vector<IpRange> ranges = {};
  std::uint16_t port_min = 0;
  std::uint16_t port_max = UINT16_MAX;
};

// kInvalidArgument, with what is wrong.
Result<NetworkRule> parse_network_rule(std::string_view text);

// How many sockets guests may open, counted over all networks with the same count.
struct SocketPlaces {
  TakenPlaces taken = no_places_taken();
  std::uint32_t most = UINT32_MAX;
};

// One guest's way to other machines: nothing that no rule allows. Confined to the guest's thread,
// or protected by the guest's lock where it has several.
class Network {
 public:
  // The addresses of a name; may block. Answers may be wrong or hostile.
  using Resolve = std::function<Attempt<std::vector<IpAddress>>(const std::string& name)>;

  Network(std::vector<NetworkRule> rules, Resolve resolve, SocketPlaces sockets = {})
      : rules_(std::move(rules)), resolve_(std::move(resolve)), sockets_(std::move(sockets)) {}

  // Of one more socket, as long as it is open; nothing when there is none.
  std::optional<Permit> take_socket_place() const {
    return Permit::take(sockets_.taken, sockets_.most);
  }

  // The addresses of a name that a rule allows, without those that the guest could not connect to.
  // An address is its own answer. kNotPermitted for other names and where nothing is left; kInvalid
  // for what is no name; else what the resolver says.
  Attempt<std::vector<IpAddress>> resolve(std::string_view name);

  // Whether the guest may connect or send to this address. One that rules allow by name is checked
  // here again: it must be an answer that this network was given, of which it keeps the latest.
  bool may_reach(const SocketAddress& address);
  bool may_listen(const SocketAddress& address);
  // May_reach without a trace in `refused`: what a stranger sends is no wish of the guest's.
  bool reaches(const SocketAddress& address) const;

  // For connections that somebody else makes in the guest's name (OutboundHttp). Thread-safe, and
  // without a trace in `refused`. `name` is what host_name gives.
  //
  // Whether a rule allows the name and one its port; its addresses are to be looked at still.
  bool may_ask_for(std::string_view name, std::uint16_t port) const;
  // Whether the guest may connect to the address, which is an answer for the name; empty: the guest
  // gave the address itself.
  bool may_reach_as(std::string_view name, const SocketAddress& address) const;

  // What was refused last, as a rule that would have allowed it; nothing when nothing was.
  const std::optional<std::string>& refused() const { return refused_; }

 private:
  struct Answer {
    std::string name;
    IpAddress address;

    bool operator==(const Answer&) const = default;
  };

  bool allows(const NetworkRule& rule, const SocketAddress& address) const;
  void remember(const std::string& name, const std::vector<IpAddress>& addresses);

  std::vector<NetworkRule> rules_;
  Resolve resolve_;
  SocketPlaces sockets_;
  std::deque<Answer> answers_;  // to names of rules, the latest one last
  std::optional<std::string> refused_;
};

// The name of a host in lower case, without a dot at its end; empty when `text` is none, which
// addresses are not either.
std::string host_name(std::string_view text);

// Asks the system's resolver, and waits for it. kNoEntry for a name that is not known, kTimedOut
// when the resolver does not answer.
Attempt<std::vector<IpAddress>> resolve_by_system(const std::string& name);

}  // namespace weft::system
