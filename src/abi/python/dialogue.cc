#include "abi/python/dialogue.h"

#include <cstring>
#include <utility>

namespace weft::abi::python {
namespace {

constexpr std::string_view kInvoke = "weft_invoke";

// Holds what most calls pass; larger payloads get room of their own.
constexpr std::int32_t kAreaBytes = 64 * 1024;

// An error's text that the guest's limits do not bound is somebody's who took over the guest.
constexpr std::uint64_t kErrorBytesMax = 1 << 20;

// As the guest lays it out.
struct ResultPlace {
  std::uint32_t address = 0;
  std::uint32_t bytes = 0;
  std::uint32_t kind = 0;
};

Error broken(std::string_view what) {
  return {ErrorCode::kGuestError, "Python was changed from within: " + std::string(what)};
}

Result<std::uint32_t> number_of(std::span<const engine::Value> results) {
  if (results.size() != 1 || !std::holds_alternative<std::int32_t>(results[0]))
    return fail(broken("an export gives no number"));
  return static_cast<std::uint32_t>(std::get<std::int32_t>(results[0]));
}

engine::Value value_of(std::uint32_t number) {
  return static_cast<std::int32_t>(number);
}

bool load_place(const engine::GuestMemory& memory, std::uint32_t address, ResultPlace& place) {
  return memory.load(engine::GuestAddress{address}, place.address) &&
         memory.load(engine::GuestAddress{std::uint64_t{address} + 4}, place.bytes) &&
         memory.load(engine::GuestAddress{std::uint64_t{address} + 8}, place.kind);
}

std::optional<std::string_view> bytes_of(const engine::GuestMemory& memory,
                                         const ResultPlace& place) {
  const auto bytes = memory.bytes(engine::GuestAddress{place.address}, place.bytes);
  if (!bytes) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

Error no_room() {
  return {ErrorCode::kGuestLimit,
          "Python has no room for what it is passed: the memory of the function is full"};
}

}  // namespace

void Dialogue::start(std::int64_t hash_seed) {
  steps_.push_back({.name = "weft_init", .numbers = {hash_seed}, .texts = {}});
}
void Dialogue::preload(std::string_view modules) {
  steps_.push_back({.name = "weft_preload", .numbers = {}, .texts = {modules}});
}
void Dialogue::load(const SourceFile& file) {
  steps_.push_back(
      {.name = "weft_load", .numbers = {}, .texts = {file.source, file.name, file.options}});
}
void Dialogue::quiesce() {
  steps_.push_back({.name = "weft_quiesce", .numbers = {}, .texts = {}});
}
void Dialogue::invoke(Kind kind, std::string_view payload, std::string_view context) {
  steps_.push_back(
      {.name = kInvoke, .numbers = {static_cast<std::int32_t>(kind)}, .texts = {payload, context}});
}

std::uint64_t Dialogue::texts_bytes() const {
  std::uint64_t bytes = 0;
  for (const std::string_view text : steps_.front().texts)
    bytes += text.size();
  return bytes;
}

Result<std::optional<Dialogue::Operation>> Dialogue::next(const engine::GuestMemory& memory,
                                                          std::span<const engine::Value> results) {
  TRY(take(memory, results));
  if (room_ && is_room_used_) {
    saying_ = Saying::kReturn;
    is_room_used_ = false;
    return Operation{
        .name = "deallocate",
        .arguments = {value_of(*std::exchange(room_, std::nullopt)), value_of(room_bytes_)}};
  }
  if (steps_.empty()) return std::nullopt;
  if (places_.result == 0) {
    saying_ = Saying::kResultPlace;
    return Operation{.name = "weft_result", .arguments = {}};
  }
  if (places_.area_bytes == 0) {
    saying_ = Saying::kArea;
    return Operation{.name = "allocate", .arguments = {kAreaBytes}};
  }
  const std::uint64_t bytes = texts_bytes();
  if (bytes <= places_.area_bytes) return say(memory, places_.area);
  if (room_) {
    is_room_used_ = true;
    return say(memory, *room_);
  }
  if (bytes > INT32_MAX) return fail(no_room());
  saying_ = Saying::kRoom;
  room_bytes_ = static_cast<std::uint32_t>(bytes);
  return Operation{.name = "allocate", .arguments = {static_cast<std::int32_t>(bytes)}};
}

Result<> Dialogue::take(const engine::GuestMemory& memory, std::span<const engine::Value> results) {
  const Saying said = std::exchange(saying_, Saying::kNothing);
  if (said == Saying::kNothing || said == Saying::kReturn) return {};
  const std::uint32_t number = TRY(number_of(results));
  if (said == Saying::kStep) {
    const bool was_call = steps_.front().name == kInvoke;
    steps_.pop_front();
    if (number != 0) return fail(failure(memory, was_call ? Doing::kCalling : Doing::kLoading));
    return {};
  }
  if (number == 0) return fail(no_room());
  if (said == Saying::kResultPlace) places_.result = number;
  if (said == Saying::kRoom) room_ = number;
  if (said == Saying::kArea) {
    places_.area = number;
    places_.area_bytes = static_cast<std::uint32_t>(kAreaBytes);
  }
  return {};
}

// Writes the step's texts into that room, one behind the other.
Result<Dialogue::Operation> Dialogue::say(const engine::GuestMemory& memory, std::uint32_t room) {
  const Step& step = steps_.front();
  const auto place = memory.bytes(engine::GuestAddress{room}, texts_bytes());
  if (!place) return fail(broken("its room for payloads lies outside of its memory"));
  Operation operation{.name = step.name, .arguments = step.numbers};
  std::uint32_t at = 0;
  for (const std::string_view text : step.texts) {
    if (!text.empty()) std::memcpy(place->data() + at, text.data(), text.size());
    operation.arguments.push_back(value_of(room + at));
    operation.arguments.push_back(value_of(static_cast<std::uint32_t>(text.size())));
    at += static_cast<std::uint32_t>(text.size());
  }
  saying_ = Saying::kStep;
  return operation;
}

Error Dialogue::failure(const engine::GuestMemory& memory, Doing doing) {
  ResultPlace place;
  if (!load_place(memory, places_.result, place) || place.kind != std::to_underlying(Kind::kError))
    return broken("it failed and does not say why");
  const auto bytes = bytes_of(memory, place);
  if (!bytes || bytes->size() > kErrorBytesMax) return broken("its error is not in its memory");
  GuestFailure failure = failure_of(*bytes, doing);
  failure_text_ = std::move(failure.text);
  return std::move(failure.error);
}

Result<Answer> Dialogue::answer(const engine::GuestMemory& memory, std::uint64_t bytes_max) const {
  ResultPlace place;
  if (!load_place(memory, places_.result, place) || place.kind >= std::to_underlying(Kind::kError))
    return fail(broken("its result is not in its memory"));
  if (place.bytes > bytes_max) {
    return fail(Error(ErrorCode::kGuestLimit,
                      "the result is larger than " + std::to_string(bytes_max) + " bytes")
                    .with_limit("output_bytes", bytes_max));
  }
  const auto bytes = bytes_of(memory, place);
  if (!bytes) return fail(broken("its result is not in its memory"));
  return Answer{.kind = static_cast<Kind>(place.kind), .bytes = std::string(*bytes)};
}

void Dialogue::clear_area(const engine::GuestMemory& memory) const {
  if (const auto area = memory.bytes(engine::GuestAddress{places_.area}, places_.area_bytes))
    std::memset(area->data(), 0, area->size());
}

}  // namespace weft::abi::python
