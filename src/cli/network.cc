#include "cli/network.h"

#include <fmt/format.h>

#include "base/log.h"
#include "net/endpoint.h"

namespace weft::cli {
namespace {

Result<std::shared_ptr<system::Socket>> listener_on(std::string_view option) {
  const net::Endpoint endpoint = TRY(net::parse_listen_address(option));
  const auto address = system::parse_ip_address(endpoint.address);
  if (!address) return fail(ErrorCode::kInvalidArgument, "that is no address to listen on");
  return system::Socket::listen_on({.address = *address, .port = endpoint.port});
}

}  // namespace

Result<std::vector<std::shared_ptr<system::Socket>>> given_listeners(
    const std::vector<std::string_view>& options) {
  std::vector<std::shared_ptr<system::Socket>> listeners;
  for (const std::string_view option : options) {
    auto listener = listener_on(option);
    if (!listener) {
      return fail(
          std::move(listener).error().with_context(fmt::format("--listen {}", printable(option))));
    }
    listeners.push_back(*std::move(listener));
  }
  return listeners;
}

Result<std::shared_ptr<system::Network>> given_network(
    const std::vector<std::string_view>& options) {
  if (options.empty()) return nullptr;
  std::vector<system::NetworkRule> rules;
  for (const std::string_view option : options) {
    auto rule = system::parse_network_rule(option);
    if (!rule) return fail(std::move(rule).error().with_context("--allow-net"));
    rules.push_back(*std::move(rule));
  }
  return std::make_shared<system::Network>(std::move(rules), system::resolve_by_system);
}

}  // namespace weft::cli
