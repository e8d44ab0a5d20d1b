#include "function/se2_conversation.h"

#include <utility>

#include "base/assert.h"

namespace weft::function {

Se2Conversation::Se2Conversation(const LoadedFunction& function, std::string_view payload)
    : function_(function),
      export_name_(abi::se2::kRun),
      payload_(payload),
      plugin_(function.description().limits.output_bytes) {}

Result<> Se2Conversation::furnish(abi::command::World& world) {
  plugin_.set_log(world.errors);
  // 31 bits: a plugin may take it for a number with a sign.
  std::uint32_t ident = 0;
  world.random->fill(&ident, sizeof ident);
  ident_ = static_cast<std::int32_t>(ident >> 1U);
  return {};
}

// False when all is said.
Result<bool> Se2Conversation::say(engine::Instance& instance,
                                  std::span<const engine::Value> results) {
  WEFT_ASSERT(dialogue_.has_value());
  return say_next(*dialogue_, instance, results, function_.description().limits);
}

Result<> Se2Conversation::begin(engine::Instance& instance) {
  plugin_.begin(ident_);
  dialogue_.emplace(payload_, ident_, function_.state() == State::kWarm);
  TRY(say(instance, {}));
  return {};
}

Result<std::optional<Response>> Se2Conversation::hear(engine::Instance& instance,
                                                      std::span<const engine::Value> results) {
  if (TRY(say(instance, results))) return std::nullopt;
  return text_or_bytes(TRY(plugin_.take_answer()));
}

std::string Se2Conversation::unfinished() {
  const std::string& text = plugin_.error_text();
  if (!text.contains('\n')) return {};
  return text.ends_with('\n') ? text : text + '\n';
}

}  // namespace weft::function
