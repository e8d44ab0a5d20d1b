// A call of a program: the payload is its standard input, and its standard output is the answer.
// Private to function.
#pragma once

#include <string_view>

#include "function/conversation.h"
#include "system/streams.h"

namespace weft::function {

class CommandConversation final : public Conversation {
 public:
  // Both outlive it.
  CommandConversation(const LoadedFunction& function, std::string_view payload);

  const std::string& export_name() const override { return export_name_; }
  Result<> furnish(abi::command::World& world) override;
  Result<> begin(engine::Instance& instance) override;
  Result<std::optional<Response>> hear(engine::Instance& instance,
                                       std::span<const engine::Value> results) override;
  // A program that exits with 0 did what it should.
  std::optional<Response> answer_of_exit(std::uint32_t code) override;
  // What a failing program printed says why it failed.
  std::string unfinished() override { return output_.take(); }

 private:
  const std::string export_name_;
  system::BytesInput input_;
  system::CaptureStream output_;
};

}  // namespace weft::function
