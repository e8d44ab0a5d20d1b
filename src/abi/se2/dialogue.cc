#include "abi/se2/dialogue.h"

#include <cstring>

#include <fmt/format.h>

namespace weft::abi::se2 {
namespace {

Error no_room(std::size_t bytes) {
  return Error(ErrorCode::kGuestLimit,
               fmt::format("the plugin has no room for a payload of {} bytes: its allocate gives "
                           "none",
                           bytes))
      .with_limit("memory_bytes", 0);
}

}  // namespace

Result<std::optional<Dialogue::Operation>> Dialogue::next(const engine::GuestMemory& memory,
                                                          std::span<const engine::Value> results) {
  switch (step_) {
    case Step::kAllocate:
      if (payload_.size() > INT32_MAX) return fail(no_room(payload_.size()));
      step_ = Step::kRun;
      return Operation{.name = kAllocate,
                       .arguments = {static_cast<std::int32_t>(payload_.size())}};
    case Step::kRun:
      step_ = gives_back_ ? Step::kDeallocate : Step::kEnd;
      return TRY(run(memory, results));
    case Step::kDeallocate:
      step_ = Step::kEnd;
      return Operation{.name = kDeallocate,
                       .arguments = {address_, static_cast<std::int32_t>(payload_.size())}};
    case Step::kEnd:
      return std::nullopt;
  }
  return std::nullopt;
}

Result<Dialogue::Operation> Dialogue::run(const engine::GuestMemory& memory,
                                          std::span<const engine::Value> results) {
  if (results.size() != 1 || !std::holds_alternative<std::int32_t>(results[0]))
    return fail(ErrorCode::kGuestError, "the plugin's allocate gives no address");
  address_ = std::get<std::int32_t>(results[0]);
  if (address_ == 0 && !payload_.empty()) return fail(no_room(payload_.size()));
  const auto address = static_cast<std::uint32_t>(address_);
  const auto place = memory.bytes(engine::GuestAddress{address}, payload_.size());
  if (!place) {
    return fail(ErrorCode::kGuestError,
                fmt::format("the plugin's allocate gave {} for {} bytes, which lie outside of its "
                            "memory",
                            address, payload_.size()));
  }
  if (!payload_.empty()) std::memcpy(place->data(), payload_.data(), payload_.size());
  return Operation{.name = kRun,
                   .arguments = {address_, static_cast<std::int32_t>(payload_.size()), ident_}};
}

Result<std::string> call(engine::Instance& instance, Plugin& plugin, std::string_view payload) {
  constexpr std::int32_t kIdent = 1;
  plugin.begin(kIdent);
  Dialogue dialogue(payload, kIdent, false);
  std::vector<engine::Value> results;
  for (;;) {
    const auto operation = TRY(dialogue.next(instance.memory(), results));
    if (!operation) return plugin.take_answer();
    auto done = engine::call(instance, operation->name, operation->arguments);
    if (!done) return fail(plugin.error().value_or(std::move(done.error())));
    results = *std::move(done);
  }
}

}  // namespace weft::abi::se2
