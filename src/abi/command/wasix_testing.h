// For the tests of WASIX: a guest that exports, for each function of its module, one that calls it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi/command/testing.h"
#include "system/memory_tree.h"
#include "system/network.h"
#include "system/testing.h"
#include "system/wait.h"

namespace weft::abi::command::testing {

inline constexpr std::string_view kWasix = "wasix_32v1";

// Those of preview 1 are in that module too.
inline std::string wasix_guest_text() {
  std::string imports;
  std::string functions;
  const auto names = functions_of(kWasix);
  for (const std::string_view name : std::set(names.begin(), names.end())) {
    const auto type = type_of_function(kWasix, name).value();
    const std::string signature = text_of(type.params, "param") + text_of(type.results, "result");
    imports += fmt::format("(import \"{0}\" \"{1}\" (func ${1}{2}))\n", kWasix, name, signature);
    functions += fmt::format("(func (export \"{0}\"){1}", name, signature);
    for (std::size_t i = 0; i < type.params.size(); ++i)
      functions += fmt::format(" local.get {}", i);
    functions += fmt::format(" call ${})\n", name);
  }
  return fmt::format("(module {} {} {})", imports, kOnePage, functions);
}

// To be compiled once for all guests of a test.
inline std::shared_ptr<const Compiled> compiled_wasix_guest() {
  return std::make_shared<const Compiled>(wasix_guest_text());
}

// A guest with files in memory, a network and a clock that only waiting moves, unless it waits for
// descriptors.
struct Wasix {
  explicit Wasix(const std::vector<std::string_view>& rules = {}, bool waits = true,
                 std::shared_ptr<const Compiled> code = compiled_wasix_guest())
      : compiled(std::move(code)), guest(*compiled, "", world(rules, waits)) {}

  World world(const std::vector<std::string_view>& rules, bool waits) {
    World world{.directories = {{.name = "/", .directory = tree.root()},
                                {.name = "/data", .directory = data.root()}},
                .calls_wasix = true};
    if (!rules.empty()) {
      std::vector<system::NetworkRule> parsed;
      parsed.reserve(rules.size());
      for (const std::string_view rule : rules)
        parsed.push_back(system::parse_network_rule(rule).value());
      world.network = std::make_shared<system::Network>(std::move(parsed), [](const std::string&) {
        return std::vector{system::parse_ip_address("93.184.216.34").value(),
                           system::parse_ip_address("2606:2800:220:1::5").value()};
      });
    }
    if (waits) world.wait = [this](const std::vector<system::Wait>& what) { wait_for(what); };
    return world;
  }

  void wait_for(const std::vector<system::Wait>& waits) {
    ++waited;
    if (on_wait) std::exchange(on_wait, nullptr)();
    for (const system::Wait& wait : waits) {
      if (wait.descriptor >= 0 && !wait.until) return system::block_until(waits, system_clock);
    }
    for (const system::Wait& wait : waits) {
      guest.clock.advance(std::chrono::ceil<std::chrono::microseconds>(
          std::max(*wait.until - guest.clock.monotonic(), std::chrono::nanoseconds(0))));
    }
  }

  template <class... T>
  Errno operator()(std::string_view name, T... arguments) {
    return guest.errno_of(name, {arguments...});
  }
  // The number that a call stored there.
  std::int32_t number(std::uint64_t address) {
    return static_cast<std::int32_t>(guest.load(address));
  }
  // The address and the size of a text.
  std::pair<std::int32_t, std::int32_t> text(std::string_view what, std::uint32_t at = 1'000) {
    guest.store(at, what);
    return {static_cast<std::int32_t>(at), static_cast<std::int32_t>(what.size())};
  }
  Errno write(std::int32_t descriptor, std::string_view what) {
    guest.store(2'000, what);
    guest.buffer(3'000, 0, 2'000, static_cast<std::uint32_t>(what.size()));
    return (*this)("fd_write", descriptor, 3'000, 1, 3'100);
  }
  // What one read gives, or the errno.
  std::string read(std::int32_t descriptor) {
    guest.buffer(3'000, 0, 2'000, 100);
    const Errno error = (*this)("fd_read", descriptor, 3'000, 1, 3'100);
    if (error != Errno::kSuccess) return fmt::format("errno {}", static_cast<int>(error));
    return guest.text(2'000, guest.load(3'100));
  }

  SystemClock system_clock;
  FakeClock tree_clock;
  system::MemoryTree tree{tree_clock};
  system::MemoryTree data{tree_clock};
  int waited = 0;
  std::function<void()> on_wait = {};  // once
  std::shared_ptr<const Compiled> compiled;
  Guest guest;
};

}  // namespace weft::abi::command::testing
