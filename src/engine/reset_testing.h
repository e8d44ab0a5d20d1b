// What the tests of instances that are put back share.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include "engine/engine.h"
#include "engine/instance.h"
#include "engine/module_info.h"

namespace weft::engine::testing {

inline EngineOptions resetting(bool forgets_all_pages = false) {
  // ThreadSanitizer takes the compiler's own hand-overs for races.
  return {.parallel_compilation = false,
          .resets_instances = true,
          .forgets_all_pages = forgets_all_pages,
          .checks_resets = true};
}

// A module from text, ready to run without imports.
struct ResettingGuest {
  std::unique_ptr<Engine> engine;
  std::shared_ptr<const Program> program;

  explicit ResettingGuest(std::string_view wat, const EngineOptions& options = resetting())
      : engine(Engine::create(options).value()) {
    const std::string module = to_binary(wat, "test.wat").value();
    CHECK(inspect(module).has_value());
    program = HostTable(*engine).link(engine->compile(module).value()).value();
  }
};

// What each instance of it counts as, beside its memory and the elements of its tables.
inline std::uint64_t instance_bytes_of(std::string_view wat) {
  return inspect(to_binary(wat, "test.wat").value()).value().instance_bytes;
}

inline std::unique_ptr<Instance> instance_of(const std::shared_ptr<const Program>& program,
                                             const InstanceLimits& limits = {}) {
  auto made = Instance::create(program, limits, nullptr).value();
  REQUIRE(instantiate(*made).has_value());
  return made;
}

// The only result, an i32.
inline std::int32_t number(Instance& instance, std::string_view name,
                           std::span<const Value> arguments = {}) {
  return std::get<std::int32_t>(call(instance, name, arguments).value().at(0));
}

}  // namespace weft::engine::testing
