// Requests to servers of HTTP that guests make through their host: it resolves names, connects and
// speaks TLS, so that a guest needs none of it, and goes nowhere that its rules do not name.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/permit.h"
#include "base/result.h"
#include "net/byte_budget.h"
#include "system/network.h"
#include "system/outbound_exchange.h"

namespace weft::system {

struct OutboundLimits {
  std::uint64_t url_bytes = 16'384;
  std::uint64_t header_bytes = 65'536;  // names and values of a request
  std::uint64_t headers = 200;
  // Of one caller: what its requests under way send, and how many they are.
  std::uint64_t body_bytes = 16ULL << 20U;
  std::uint32_t requests = 32;
};

// Thread-safe. One thread makes all requests and a few resolve names; they begin with the first
// one.
//
// Each request has a connection of its own, over HTTP/1.1. Redirects are not followed, no proxy is
// used, certificates are verified, and encoded bodies stay encoded.
class OutboundHttp {
 public:
  struct Options {
    Network::Resolve resolve = resolve_by_system;
    // Certificates of those who may sign servers' certificates, in PEM. Empty: the system's.
    std::string ca_file = {};
  };

  // `clock` outlives it.
  OutboundHttp(Options options, const Clock& clock);
  OutboundHttp(const OutboundHttp&) = delete;
  OutboundHttp& operator=(const OutboundHttp&) = delete;
  // Ends what is under way.
  ~OutboundHttp();

 private:
  friend class OutboundCaller;
  struct State;

  std::unique_ptr<State> state_;
};

// One guest's way there. Confined to its thread.
class OutboundCaller {
 public:
  // `http` outlives the caller, not what it began. `network` has the rules; null: nothing is
  // allowed.
  OutboundCaller(OutboundHttp& http, std::shared_ptr<const Network> network,
                 const OutboundLimits& limits = {});

  // The request that begins, or why none does; refusals say which rule would allow it. Never blocks
  // for long: the first one loads libcurl. OutboundExchange::cancel ends it.
  std::expected<std::shared_ptr<OutboundExchange>, OutboundFailure> begin(OutboundRequest request);

 private:
  OutboundHttp& http_;
  std::shared_ptr<const Network> network_;
  OutboundLimits limits_;
  TakenPlaces taken_ = no_places_taken();
  std::shared_ptr<net::ByteBudget> bodies_;
};

}  // namespace weft::system
