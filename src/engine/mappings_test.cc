#include "engine/mappings.h"

#include <vector>

#include <doctest/doctest.h>

#include "engine/reset_testing.h"

namespace weft::engine {
namespace {

using testing::ResettingGuest;

TEST_CASE("a part of the mappings is for what grows") {
  Mappings mappings(100);
  CHECK(mappings.take(90));
  CHECK_FALSE(mappings.take(1));
  CHECK(mappings.take_to_grow(10));
  CHECK_FALSE(mappings.take_to_grow(1));
  mappings.give_back(11);
  CHECK(mappings.take(1));
  CHECK(mappings.taken() == 90);
}

// A guest that may take no more than `mappings` has: of a memory with data that does not begin it.
ResettingGuest guest_of(std::uint32_t mappings) {
  EngineOptions options = testing::resetting();
  options.mappings_max = mappings;
  return ResettingGuest(R"((module (memory 1) (data (i32.const 8192) "x")
      (func (export "grow") (result i32) (memory.grow (i32.const 1)))))",
                        options);
}

TEST_CASE("guests beyond the mappings of the process are refused, until others end") {
  const ResettingGuest guest = guest_of(40);
  std::vector<std::unique_ptr<Instance>> instances;
  std::optional<Error> refused;
  while (!refused && instances.size() < 40) {
    auto made = Instance::create(guest.program, {}, nullptr).value();
    if (auto begun = instantiate(*made); begun) {
      instances.push_back(std::move(made));
    } else {
      refused = begun.error();
    }
  }
  REQUIRE(refused);
  CHECK(refused->code() == ErrorCode::kResourceExhausted);
  CHECK(instances.size() >= 4);
  CHECK(instances.size() <= 36 / 4);
  instances.pop_back();
  CHECK(testing::instance_of(guest.program) != nullptr);
}

TEST_CASE("guests that grow again and again take their mappings once") {
  const ResettingGuest guest = guest_of(12);
  for (int life = 0; life < 20; ++life) {
    const auto instance = testing::instance_of(guest.program);
    for (int call = 0; call < 3; ++call) {
      CHECK(testing::number(*instance, "grow") == 1);
      CHECK(testing::number(*instance, "grow") == 2);
      REQUIRE(instance->reset());
    }
  }
}

TEST_CASE("a growth that found no room does not count against the guest's memory") {
  EngineOptions options = testing::resetting();
  options.mappings_max = 10;  // Six for the guest, and one to grow.
  const ResettingGuest guest(R"((module (memory 1) (data (i32.const 8192) "x")
      (func (export "grow") (result i32) (memory.grow (i32.const 1)))
      (func (export "too_far") (result i32) (memory.grow (i32.const 70000)))))",
                             options);
  const auto instance = testing::instance_of(guest.program, {.memory_bytes = 4 * 65'536});
  CHECK(testing::number(*instance, "grow") == 1);
  CHECK(testing::number(*instance, "too_far") == -1);
  CHECK(instance->memory_bytes() == 2UZ * 65'536);
  const auto other = Instance::create(guest.program, {}, nullptr).value();
  CHECK_FALSE(instantiate(*other).has_value());

  options.mappings_max = 7;
  const ResettingGuest full(R"((module (memory 1) (data (i32.const 8192) "x")
      (func (export "grow") (result i32) (memory.grow (i32.const 1)))))",
                            options);
  const auto stuck = testing::instance_of(full.program);
  for (int i = 0; i < 5; ++i)
    CHECK(testing::number(*stuck, "grow") == -1);
  CHECK(stuck->memory_bytes() == 65'536);
}

}  // namespace
}  // namespace weft::engine
