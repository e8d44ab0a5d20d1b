// What a function may touch beyond itself: named as users set it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "system/network.h"

namespace weft::function {

// Nothing, unless it is named here.
struct Grants {
  // Where its connections may go: rules as of system::NetworkRule, as they were written.
  std::vector<std::string> network;

  bool operator==(const Grants&) const = default;
};

// Grants from an object whose members are named as above; absent ones grant nothing.
// kInvalidArgument for unknown names and for rules that are none, or that let a function listen.
Result<Grants> grants_of(const json::Value& object);

// The inverse; without what grants nothing.
json::Value to_json(const Grants& grants);

// The rules of valid grants.
std::vector<system::NetworkRule> network_rules(const Grants& grants);

}  // namespace weft::function
