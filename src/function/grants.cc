#include "function/grants.h"

#include <fmt/format.h>

#include "base/log.h"

namespace weft::function {
namespace {

constexpr std::string_view kNetwork = "network";
constexpr std::size_t kRulesMax = 100;
constexpr std::size_t kNameShownMax = 100;

Result<std::vector<std::string>> rules_in(const json::Value& value) {
  if (!value.is_array() || value.as_array().size() > kRulesMax) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("grants.network is a list of at most {} rules: HOST[:PORTS]", kRulesMax));
  }
  std::vector<std::string> rules;
  for (const json::Value& item : value.as_array()) {
    if (!item.is_string()) {
      return fail(ErrorCode::kInvalidArgument,
                  "a rule of grants.network is a string: HOST[:PORTS]");
    }
    const auto rule = TRY(system::parse_network_rule(item.as_string()));
    if (rule.listens) {
      return fail(ErrorCode::kInvalidArgument,
                  "grants.network: a function cannot listen; it is called over HTTP");
    }
    rules.emplace_back(item.as_string());
  }
  return rules;
}

}  // namespace

Result<Grants> grants_of(const json::Value& object) {
  if (!object.is_object()) return fail(ErrorCode::kInvalidArgument, "grants is an object");
  Grants grants;
  for (const auto& [name, value] : object.as_object()) {
    if (name != kNetwork) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("there is nothing named \"{}\" to grant: there is network",
                              printable(std::string_view(name).substr(0, kNameShownMax))));
    }
    grants.network = TRY(rules_in(value));
  }
  return grants;
}

json::Value to_json(const Grants& grants) {
  if (grants.network.empty()) return json::Value::object({});
  json::Array rules;
  for (const std::string& rule : grants.network)
    rules.push_back(rule);
  return json::Value::object({{kNetwork, std::move(rules)}});
}

std::vector<system::NetworkRule> network_rules(const Grants& grants) {
  std::vector<system::NetworkRule> rules;
  rules.reserve(grants.network.size());
  for (const std::string& rule : grants.network)
    rules.push_back(system::parse_network_rule(rule).value());
  return rules;
}

}  // namespace weft::function
