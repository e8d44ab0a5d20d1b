#include "abi/python/dialogue.h"

#include <array>
#include <cstring>

#include <doctest/doctest.h>

namespace weft::abi::python {
namespace {

// A guest's memory, in which the test plays the guest.
class Guest {
 public:
  engine::GuestMemory memory() { return {bytes_.data(), bytes_.size()}; }
  void set_result(std::uint32_t address, std::uint32_t size, Kind kind) {
    const std::array place{address, size, static_cast<std::uint32_t>(kind)};
    std::memcpy(bytes_.data() + kResult, place.data(), sizeof(place));
  }
  void put(std::uint32_t address, std::string_view text) {
    std::memcpy(bytes_.data() + address, text.data(), text.size());
  }
  std::string_view text(std::uint32_t address, std::size_t size) const {
    return {reinterpret_cast<const char*>(bytes_.data()) + address, size};
  }

  static constexpr std::uint32_t kResult = 16;

 private:
  std::vector<std::uint8_t> bytes_ = std::vector<std::uint8_t>(std::size_t{256} << 10U);
};

constexpr Places kPlaces{.result = Guest::kResult, .area = 1024, .area_bytes = 64};

using Values = std::vector<engine::Value>;

std::int32_t number(const engine::Value& value) {
  return std::get<std::int32_t>(value);
}

TEST_CASE("a dialogue asks where things are, and says its steps in order") {
  Guest guest;
  Dialogue dialogue;
  dialogue.start(7);
  dialogue.load({.source = "x = 1", .name = "f.py", .options = ""});
  auto operation = dialogue.next(guest.memory(), {}).value();
  CHECK(operation->name == "weft_result");
  operation = dialogue.next(guest.memory(), Values{16}).value();
  CHECK(operation->name == "allocate");
  operation = dialogue.next(guest.memory(), Values{1024}).value();
  CHECK(operation->name == "weft_init");
  CHECK(operation->arguments == Values{std::int64_t{7}});
  operation = dialogue.next(guest.memory(), Values{0}).value();
  CHECK(operation->name == "weft_load");
  CHECK(operation->arguments == Values{1024, 5, 1029, 4, 1033, 0});
  CHECK(guest.text(1024, 9) == "x = 1f.py");
  guest.set_result(2048, 2, Kind::kJson);
  guest.put(2048, "{}");
  CHECK_FALSE(dialogue.next(guest.memory(), Values{0}).value().has_value());
  CHECK(dialogue.answer(guest.memory(), 2).value().bytes == "{}");
  CHECK(dialogue.answer(guest.memory(), 1).error().limit()->name == "output_bytes");
  dialogue.clear_area(guest.memory());
  CHECK(guest.text(1024, 9) == std::string(9, '\0'));
}

TEST_CASE("a payload that the area cannot hold gets room of its own") {
  Guest guest;
  Dialogue dialogue(kPlaces);
  const std::string payload(100, 'p');
  dialogue.invoke(Kind::kText, payload, "{}");
  auto operation = dialogue.next(guest.memory(), {}).value();
  CHECK(operation->name == "allocate");
  CHECK(number(operation->arguments.at(0)) == 102);
  operation = dialogue.next(guest.memory(), Values{4096}).value();
  CHECK(operation->name == "weft_invoke");
  CHECK(operation->arguments == Values{3, 4096, 100, 4196, 2});
  CHECK(guest.text(4096, 102) == payload + "{}");
  operation = dialogue.next(guest.memory(), Values{0}).value();
  CHECK(operation->name == "deallocate");
  CHECK(operation->arguments == Values{4096, 102});
  CHECK_FALSE(dialogue.next(guest.memory(), {}).value().has_value());
}

TEST_CASE("a guest without room for a payload has reached its limit") {
  Guest guest;
  Dialogue dialogue(kPlaces);
  const std::string payload(100, 'p');
  dialogue.invoke(Kind::kText, payload, "");
  REQUIRE(dialogue.next(guest.memory(), {}).has_value());
  const auto refused = dialogue.next(guest.memory(), Values{0});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code() == ErrorCode::kGuestLimit);
}

TEST_CASE("a step that fails is the guest's error") {
  Guest guest;
  Dialogue dialogue(kPlaces);
  dialogue.invoke(Kind::kNothing, "", "");
  REQUIRE(dialogue.next(guest.memory(), {}).has_value());
  const std::string_view json = R"({"kind":"exception","type":"E","message":"m","text":"printed"})";
  guest.put(2048, json);
  guest.set_result(2048, static_cast<std::uint32_t>(json.size()), Kind::kError);
  const auto failed = dialogue.next(guest.memory(), Values{1});
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().message() == "E: m");
  CHECK(dialogue.failure_text() == "printed");
}

TEST_CASE("addresses that a guest makes up lead nowhere") {
  Guest guest;
  const auto fails = [&guest](std::uint32_t address, std::uint32_t size, Kind kind) {
    guest.set_result(address, size, kind);
    Dialogue dialogue(kPlaces);
    dialogue.invoke(Kind::kNothing, "", "");
    REQUIRE(dialogue.next(guest.memory(), {}).has_value());
    const auto failed = dialogue.next(guest.memory(), Values{1});
    REQUIRE_FALSE(failed.has_value());
    return failed.error().code();
  };
  CHECK(fails(UINT32_MAX, 2, Kind::kError) == ErrorCode::kGuestError);
  CHECK(fails(0, UINT32_MAX, Kind::kError) == ErrorCode::kGuestError);
  CHECK(fails(0, 2, Kind::kJson) == ErrorCode::kGuestError);
  CHECK(fails(0, 2, static_cast<Kind>(99)) == ErrorCode::kGuestError);

  const Dialogue nowhere({.result = UINT32_MAX - 4, .area = UINT32_MAX, .area_bytes = 64});
  CHECK(nowhere.answer(guest.memory(), 100).error().code() == ErrorCode::kGuestError);
  nowhere.clear_area(guest.memory());
  Dialogue outside({.result = 16, .area = UINT32_MAX - 8, .area_bytes = 64});
  outside.invoke(Kind::kText, "payload", "context");
  CHECK(outside.next(guest.memory(), {}).error().code() == ErrorCode::kGuestError);
  const Dialogue dialogue(kPlaces);
  guest.set_result(UINT32_MAX, 10, Kind::kJson);
  CHECK(dialogue.answer(guest.memory(), 100).error().code() == ErrorCode::kGuestError);
  guest.set_result(0, 10, Kind::kError);
  CHECK(dialogue.answer(guest.memory(), 100).error().code() == ErrorCode::kGuestError);
}

TEST_CASE("an export that gives no number is not the guest's") {
  Guest guest;
  for (const Values& results : {Values{}, Values{std::int64_t{0}}, Values{0, 0}}) {
    Dialogue dialogue(kPlaces);
    dialogue.quiesce();
    REQUIRE(dialogue.next(guest.memory(), {}).has_value());
    CHECK(dialogue.next(guest.memory(), results).error().code() == ErrorCode::kGuestError);
  }
}

}  // namespace
}  // namespace weft::abi::python
