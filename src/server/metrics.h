// What the server counts, in Prometheus' text form.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "function/functions.h"
#include "server/router.h"

namespace weft::server {

// Thread-safe; counting never waits.
class Metrics {
 public:
  void count(RouteId route, int status);
  // A call of a function that has ended; absent when it was refused before it came to one.
  void count_call(std::optional<function::State> state);

  struct Gauges {
    std::uint32_t invocations_in_flight = 0;
    WallTime started;
    std::chrono::nanoseconds uptime{};
  };
  // The document (prometheus.io, text format 0.0.4). Reads the process's own figures from the
  // kernel.
  std::string text(const Gauges& gauges) const;

 private:
  static constexpr int kStatusMin = 200;
  static constexpr int kStatusMax = 599;
  using Counters = std::array<std::atomic<std::uint64_t>, kStatusMax - kStatusMin + 1>;

  std::array<Counters, kRouteIds> requests_{};
  std::array<std::atomic<std::uint64_t>, 4> calls_{};  // by function::State
};

}  // namespace weft::server
