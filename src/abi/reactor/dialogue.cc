#include "abi/reactor/dialogue.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace weft::abi::reactor {
namespace {

// As wasmedge-bindgen lays them out.
constexpr std::uint32_t kParameterBytes = 8;  // {address, count}
constexpr std::uint32_t kAnswerBytes = 9;     // {is it an error, address of a value, count}
constexpr std::uint32_t kValueBytes = 12;     // {address, type, size}
constexpr std::uint32_t kStringType = 31;

struct Names {
  Kind kind;
  std::string_view name;
  std::string_view add;
  std::string_view remove;
  std::string_view apply;
};
constexpr std::array<Names, kKinds.size()> kNames = {{
    {Kind::kLambda, "lambda", "register_lambda", "unregister_lambda", "apply_lambda"},
    {Kind::kDef, "def", "register_def", "unregister_def", "apply_def"},
    {Kind::kModule, "module", "register_module", "unregister_module", "apply_module"},
}};

const Names& names_of(Kind kind) {
  return *std::ranges::find(kNames, kind, &Names::kind);
}

std::unexpected<Error> broken(std::string_view what) {
  return fail(ErrorCode::kGuestError,
              fmt::format("the reactor does not keep to its contract: {}", what));
}

std::unexpected<Error> no_room(std::uint64_t bytes) {
  return fail(Error(ErrorCode::kGuestLimit,
                    fmt::format("the reactor has no room for {} bytes that it is passed: its "
                                "memory is full",
                                bytes))
                  .with_limit("memory_bytes", 0));
}

engine::Value value_of(std::uint32_t number) {
  return static_cast<std::int32_t>(number);
}

bool load(const engine::GuestMemory& memory, std::uint64_t address, std::uint32_t& number) {
  return memory.load(engine::GuestAddress{address}, number);
}

}  // namespace

std::string_view name_of(Kind kind) {
  return names_of(kind).name;
}

std::optional<Kind> kind_named(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name, &Names::name);
  if (found == kNames.end()) return std::nullopt;
  return found->kind;
}

void Dialogue::begin(std::string_view name, std::vector<std::string_view> texts) {
  name_ = name;
  texts_ = std::move(texts);
  rooms_.clear();
  returns_.clear();
  id_.reset();
  saying_ = Saying::kNothing;
  is_said_ = false;
  array_ = 0;
  answer_ = {};
  // What an operation told that failed is not this one's.
  callbacks_.take();
}

void Dialogue::identity(std::string_view text) {
  begin("identity", {text});
}

void Dialogue::add(Kind kind, std::string_view name, std::string_view code) {
  begin(names_of(kind).add, {name, code});
}

void Dialogue::remove(Kind kind, std::string_view name) {
  begin(names_of(kind).remove, {name});
}

void Dialogue::apply(Kind kind, std::int32_t id, std::string_view name,
                     std::string_view arguments) {
  std::memcpy(id_bytes_.data(), &id, id_bytes_.size());
  begin(names_of(kind).apply, {{id_bytes_.data(), id_bytes_.size()}, name, arguments});
  id_ = id;
}

Result<std::optional<Dialogue::Operation>> Dialogue::next(const engine::GuestMemory& memory,
                                                          std::span<const engine::Value> results) {
  TRY(take(memory, results));
  if (!is_said_ && rooms_.size() < texts_.size()) {
    const std::size_t bytes = texts_[rooms_.size()].size();
    if (bytes > INT32_MAX) return no_room(bytes);
    saying_ = Saying::kRoom;
    return Operation{.name = "allocate", .arguments = {static_cast<std::int32_t>(bytes)}};
  }
  const auto count = static_cast<std::uint32_t>(texts_.size());
  if (!is_said_ && array_ == 0) {
    saying_ = Saying::kArray;
    return Operation{.name = "allocate", .arguments = {value_of(count * kParameterBytes)}};
  }
  if (!is_said_) {
    saying_ = Saying::kRequest;
    is_said_ = true;
    returns_.push_back({.address = array_, .bytes = count * kParameterBytes});
    return Operation{.name = name_, .arguments = {value_of(array_), value_of(count)}};
  }
  if (returns_.empty()) return std::nullopt;
  saying_ = Saying::kReturn;
  const Place place = returns_.front();
  returns_.pop_front();
  return Operation{.name = "deallocate",
                   .arguments = {value_of(place.address), value_of(place.bytes)}};
}

Result<> Dialogue::take(const engine::GuestMemory& memory, std::span<const engine::Value> results) {
  const Saying said = std::exchange(saying_, Saying::kNothing);
  if (said == Saying::kNothing || said == Saying::kReturn) return {};
  if (results.size() != 1 || !std::holds_alternative<std::int32_t>(results[0]))
    return broken("an export gives no address");
  const auto address = static_cast<std::uint32_t>(std::get<std::int32_t>(results[0]));
  if (said == Saying::kRoom) return take_room(memory, address);
  if (said == Saying::kArray) return take_array(memory, address);
  return take_answers(memory, address);
}

Result<> Dialogue::take_room(const engine::GuestMemory& memory, std::uint32_t address) {
  const std::string_view text = texts_[rooms_.size()];
  if (address == 0) return no_room(text.size());
  const auto place = memory.bytes(engine::GuestAddress{address}, text.size());
  if (!place) return broken("its allocate gives room outside of its memory");
  if (!text.empty()) std::memcpy(place->data(), text.data(), text.size());
  rooms_.push_back({.address = address, .bytes = static_cast<std::uint32_t>(text.size())});
  return {};
}

Result<> Dialogue::take_array(const engine::GuestMemory& memory, std::uint32_t address) {
  if (address == 0) return no_room(rooms_.size() * kParameterBytes);
  std::uint64_t at = address;
  for (const Place& room : rooms_) {
    // A number is one value, a text as many as it has bytes.
    const bool is_number = id_ && at == address;
    if (!memory.store(engine::GuestAddress{at}, room.address) ||
        !memory.store(engine::GuestAddress{at + 4}, is_number ? 1U : room.bytes))
      return broken("its allocate gives room outside of its memory");
    at += kParameterBytes;
  }
  array_ = address;
  return {};
}

Result<Answer> Dialogue::read(const engine::GuestMemory& memory, std::uint32_t address) {
  std::uint8_t error = 0;
  std::uint32_t value = 0;
  std::uint32_t text = 0;
  std::uint32_t type = 0;
  std::uint32_t size = 0;
  const std::uint64_t at = address;
  if (!memory.load(engine::GuestAddress{at}, error) || !load(memory, at + 1, value))
    return broken("its answer is not in its memory");
  const std::uint64_t row = value;
  if (!load(memory, row, text) || !load(memory, row + 4, type) || !load(memory, row + 8, size))
    return broken("its answer's value is not in its memory");
  if (type != kStringType) return broken(fmt::format("its answer has type {}, not a text", type));
  if (size > answer_bytes_max_) {
    return fail(Error(ErrorCode::kGuestLimit, fmt::format("the result has {} bytes, and may have "
                                                          "{}",
                                                          size, answer_bytes_max_))
                    .with_limit("output_bytes", answer_bytes_max_));
  }
  const auto bytes = memory.bytes(engine::GuestAddress{text}, size);
  if (!bytes) return broken("its answer's text is not in its memory");
  returns_.push_back({.address = text, .bytes = size});
  returns_.push_back({.address = value, .bytes = kValueBytes});
  returns_.push_back({.address = address, .bytes = kAnswerBytes});
  return Answer{.is_error = error != 0,
                .text = std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size())};
}

// What callbacks tell is the answer's value once more: it is only freed. A guest that tells of
// another id, or twice, was changed from within.
Result<> Dialogue::take_answers(const engine::GuestMemory& memory, std::uint32_t address) {
  const auto told = callbacks_.take();
  if (told.size() > (id_ ? 1U : 0U) || (!told.empty() && told.front().id != id_))
    return broken("it called back what nobody asked");
  for (const Callbacks::Told& one : told)
    TRY(read(memory, one.address));
  answer_ = TRY(read(memory, address));
  return {};
}

}  // namespace weft::abi::reactor
