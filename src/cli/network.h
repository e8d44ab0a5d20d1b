// The network that a program is given: nothing but what a command line names.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "system/network.h"
#include "system/socket.h"

namespace weft::cli {

// Sockets that listen, from options like "127.0.0.1:8080" (net::parse_listen_address). Errors name
// the option.
Result<std::vector<std::shared_ptr<system::Socket>>> given_listeners(
    const std::vector<std::string_view>& options);

// Where a program's own sockets may go, from rules (system::parse_network_rule); null without any.
// Errors name the option.
Result<std::shared_ptr<system::Network>> given_network(
    const std::vector<std::string_view>& options);

}  // namespace weft::cli
