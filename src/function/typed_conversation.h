// A call of an export with numeric parameters: {"export": NAME, "args": […]}, answered by
// {"results": […]}. Private to function.
#pragma once

#include <string_view>
#include <vector>

#include "function/conversation.h"

namespace weft::function {

class TypedConversation final : public Conversation {
 public:
  // kInvalidArgument for a payload that does not fit the function, kNotFound when there is no such
  // export; kFailedPrecondition for what must not be called.
  static Result<std::unique_ptr<Conversation>> begin(const LoadedFunction& function,
                                                     std::string_view payload);
  TypedConversation(std::string export_name, std::vector<engine::Value> arguments)
      : export_name_(std::move(export_name)), arguments_(std::move(arguments)) {}

  const std::string& export_name() const override { return export_name_; }
  Result<> begin(engine::Instance& instance) override;
  Result<std::optional<Response>> hear(engine::Instance& instance,
                                       std::span<const engine::Value> results) override;

 private:
  const std::string export_name_;
  std::vector<engine::Value> arguments_;
};

}  // namespace weft::function
