#include "server/metrics.h"

#include <charconv>
#include <chrono>
#include <map>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace weft::server {
namespace {

constexpr std::array<std::pair<function::State, std::string_view>, 4> kStates = {
    {{function::State::kFresh, "fresh"},
     {function::State::kPristine, "pristine"},
     {function::State::kStateless, "stateless"},
     {function::State::kWarm, "warm"}}};

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

double cpu_seconds() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

// The second number of /proc/self/statm (proc(5)) is the resident set in pages. 0 where there is no
// such file.
std::uint64_t resident_bytes() {
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  std::array<char, 128> buffer{};
  const ssize_t size = ::read(file, buffer.data(), buffer.size());
  ::close(file);
  if (size <= 0) return 0;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(size));
  const std::size_t space = text.find(' ');
  if (space == text.npos) return 0;
  std::uint64_t pages = 0;
  std::from_chars(text.data() + space + 1, text.data() + text.size(), pages);
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void add(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void add_value(std::string& out, std::string_view name, std::string_view type,
               std::string_view help, double value) {
  add(out, name, type, help);
  out += fmt::format("{} {:.12g}\n", name, value);
}

}  // namespace

void Metrics::count(RouteId route, int status) {
  const int clamped = status < kStatusMin || status > kStatusMax ? 500 : status;
  auto& counters = requests_.at(std::to_underlying(route));
  counters.at(static_cast<std::size_t>(clamped - kStatusMin))
      .fetch_add(1, std::memory_order_relaxed);
}

void Metrics::count_call(std::optional<function::State> state) {
  if (state) calls_.at(std::to_underlying(*state)).fetch_add(1, std::memory_order_relaxed);
}

std::string Metrics::text(const Gauges& gauges) const {
  // Routes of one class are one time series.
  std::map<std::pair<std::string_view, int>, std::uint64_t> counts;
  for (std::size_t route = 0; route < requests_.size(); ++route) {
    for (std::size_t i = 0; i < requests_.at(route).size(); ++i) {
      const auto count = requests_.at(route).at(i).load(std::memory_order_relaxed);
      if (count == 0) continue;
      counts[{class_of(static_cast<RouteId>(route)), kStatusMin + static_cast<int>(i)}] += count;
    }
  }
  std::string out;
  add(out, "weft_http_requests_total", "counter",
      "Requests answered, by class of route and status.");
  for (const auto& [key, count] : counts) {
    out += fmt::format("weft_http_requests_total{{route=\"{}\",status=\"{}\"}} {}\n", key.first,
                       key.second, count);
  }
  add(out, "weft_calls_total", "counter",
      "Calls of functions that ended, by what their instances were: kept and put back to their "
      "beginning (pristine), new for each call (fresh), kept as they are (stateless, warm).");
  for (const auto& [state, name] : kStates) {
    out += fmt::format("weft_calls_total{{state=\"{}\"}} {}\n", name,
                       calls_.at(std::to_underlying(state)).load(std::memory_order_relaxed));
  }
  add_value(out, "weft_invocations_in_flight", "gauge", "Calls of functions under way.",
            gauges.invocations_in_flight);
  add_value(out, "weft_uptime_seconds", "gauge", "Time since the server started.",
            seconds(gauges.uptime));
  add_value(out, "process_start_time_seconds", "gauge", "When the server started, since 1970.",
            seconds(gauges.started.time_since_epoch()));
  add_value(out, "process_cpu_seconds_total", "counter", "CPU time of the process.", cpu_seconds());
  add_value(out, "process_resident_memory_bytes", "gauge", "Memory of the process in RAM.",
            static_cast<double>(resident_bytes()));
  return out;
}

}  // namespace weft::server
