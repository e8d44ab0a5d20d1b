#include "function/command_conversation.h"

namespace weft::function {

CommandConversation::CommandConversation(const LoadedFunction& function, std::string_view payload)
    : export_name_(abi::kStart),
      input_(payload),
      output_(function.description().limits.output_bytes, "output_bytes") {}

Result<> CommandConversation::furnish(abi::command::World& world) {
  world.input = &input_;
  world.output = &output_;
  return {};
}

Result<> CommandConversation::begin(engine::Instance& instance) {
  return instance.begin_call(export_name_, {});
}

Result<std::optional<Response>> CommandConversation::hear(
    engine::Instance& /*instance*/, std::span<const engine::Value> /*results*/) {
  return text_or_bytes(output_.take());
}

std::optional<Response> CommandConversation::answer_of_exit(std::uint32_t code) {
  if (code != 0) return std::nullopt;
  return text_or_bytes(output_.take());
}

}  // namespace weft::function
