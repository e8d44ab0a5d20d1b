#include "function/conversation.h"

#include "function/command_conversation.h"
#include "function/python_conversation.h"
#include "function/se2_conversation.h"
#include "function/typed_conversation.h"
#include "json/unicode.h"

namespace weft::function {

Response text_or_bytes(std::string body) {
  const char* const type =
      json::is_utf8(body) ? "text/plain; charset=utf-8" : "application/octet-stream";
  return {.content_type = type, .body = std::move(body)};
}

Error with_memory_limit(Error error, const FunctionLimits& limits) {
  if (error.code() != ErrorCode::kGuestLimit) return error;
  return std::move(error).with_limit("memory_bytes", limits.memory_bytes);
}

Result<std::unique_ptr<Conversation>> begin_conversation(const LoadedFunction& function,
                                                         CallToMake& call) {
  switch (function.description().dialect) {
    case abi::Dialect::kCommand:
      return std::make_unique<CommandConversation>(function, call.call.payload);
    case abi::Dialect::kPython:
      return std::make_unique<PythonConversation>(function, call);
    case abi::Dialect::kSe2:
      return std::make_unique<Se2Conversation>(function, call.call.payload);
    default:
      if (call.call.payload.empty() && call.call.typed_payload)
        call.call.payload = TRY(std::move(*call.call.typed_payload)).value_or(std::string());
      return TypedConversation::begin(function, call.call.payload);
  }
}

}  // namespace weft::function
