// A call of a plugin of SE2: the payload is what its run_e gets, what it returns is the answer.
// Private to function.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "abi/se2/dialogue.h"
#include "abi/se2/plugin.h"
#include "function/conversation.h"

namespace weft::function {

class Se2Conversation final : public Conversation {
 public:
  // Both outlive it.
  Se2Conversation(const LoadedFunction& function, std::string_view payload);

  const std::string& export_name() const override { return export_name_; }
  Result<> furnish(abi::command::World& world) override;
  engine::HostState* state() override { return &plugin_; }
  Result<> begin(engine::Instance& instance) override;
  Result<std::optional<Response>> hear(engine::Instance& instance,
                                       std::span<const engine::Value> results) override;
  // An error that the plugin had returned says more than how it ended.
  Error cause_of(Error error) override { return plugin_.error().value_or(std::move(error)); }
  // The error's text where it has several lines.
  std::string unfinished() override;

 private:
  Result<bool> say(engine::Instance& instance, std::span<const engine::Value> results);

  const LoadedFunction& function_;
  const std::string export_name_;
  std::string_view payload_;
  std::int32_t ident_ = 1;
  abi::se2::Plugin plugin_;
  std::optional<abi::se2::Dialogue> dialogue_;  // once it has begun
};

}  // namespace weft::function
