// What a call and its instance say to each other, in the way of the module's dialect. Private to
// function.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "abi/command/command.h"
#include "base/result.h"
#include "engine/instance.h"
#include "function/functions.h"
#include "function/loaded_function.h"

namespace weft::function {

// A call that was let in.
struct CallToMake {
  Call call;
  std::string invocation = {};  // its id
  WallTime started = {};
};

// Of one call, and used by one thread at a time, as the call is.
class Conversation {
 public:
  Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  virtual ~Conversation() = default;

  // The export that is called, as the call's record has it.
  virtual const std::string& export_name() const = 0;
  // Adds what the guest sees of the world beside what all have: nothing to read, and a log.
  virtual Result<> furnish(abi::command::World& /*world*/) { return {}; }
  // What the dialect's own host functions keep, beside that of programs; null: nothing. It lives as
  // long as the conversation.
  virtual engine::HostState* state() { return nullptr; }
  // Begins its first operation in an instance that is ready for a call.
  virtual Result<> begin(engine::Instance& instance) = 0;
  // An operation has succeeded: begins the next one, or has the answer. After an error the instance
  // can be put back for other calls, as after an answer.
  virtual Result<std::optional<Response>> hear(engine::Instance& instance,
                                               std::span<const engine::Value> results) = 0;
  // The error of an operation that did not end by itself, as callers get it.
  virtual Error explained(Error error) { return error; }
  // The answer of a guest that ended itself; nothing where that is a failure.
  virtual std::optional<Response> answer_of_exit(std::uint32_t /*code*/) { return std::nullopt; }
  // Why the guest failed: what it had said itself, or else `error`.
  virtual Error cause_of(Error error) { return error; }
  // What a guest that failed had said before, for its log.
  virtual std::string unfinished() { return {}; }
};

// An answer whose type nobody said: text where it is UTF-8.
Response text_or_bytes(std::string body);

// Names the limit of an error of a dialogue that is one.
Error with_memory_limit(Error error, const FunctionLimits& limits);

// Begins the operation that a dialogue (abi/python, abi/se2) says next; false when all is said.
template <class Dialogue>
Result<bool> say_next(Dialogue& dialogue, engine::Instance& instance,
                      std::span<const engine::Value> results, const FunctionLimits& limits) {
  auto operation = dialogue.next(instance.memory(), results);
  if (!operation) return fail(with_memory_limit(std::move(operation.error()), limits));
  const auto& next = *operation;
  if (!next) return false;
  TRY(instance.begin_call(next->name, next->arguments));
  return true;
}

// What the caller sent fits the function; of a typed one, the payload is in its place then.
// `function` and `call` outlive the conversation. Otherwise kInvalidArgument or kNotFound: then
// nothing of the guest has run.
Result<std::unique_ptr<Conversation>> begin_conversation(const LoadedFunction& function,
                                                         CallToMake& call);

}  // namespace weft::function
