// Calls of intrinsic functions: "States.Format('{}', $.a)". States Language, "Intrinsic Functions".
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "workflow/intrinsic_functions.h"
#include "workflow/rooted_path.h"
#include "workflow/scope.h"
#include "workflow/state_error.h"

namespace weft::workflow {

// Calls in arguments of calls: the outermost is 1. AWS takes ten functions in a field.
inline constexpr std::size_t kIntrinsicDepthMax = 10;
// A definition's text may have more; nothing that is written by hand has.
inline constexpr std::size_t kIntrinsicBytesOfTextMax = 256 << 10;

// Immutable, cheap to copy, thread-safe.
class Intrinsic {
 public:
  // kInvalidArgument with position() and what is wrong; kTooLarge with limit() "intrinsic_bytes" or
  // "intrinsic_depth", or one of paths. The number of arguments is checked when it is called, as
  // AWS has it.
  static Result<Intrinsic> parse(std::string_view text);

  const std::string& text() const { return *text_; }
  // Errors: States.Runtime. What is random comes from the scope's inputs.
  Outcome<json::Value> evaluate(const Scope& scope) const;
  // Names of the variables in it, as often and in the order that it has them.
  std::vector<std::string> variables() const;

 private:
  friend class IntrinsicParser;

  struct Call;
  struct Literal {
    json::Value value;
    std::string quoted = {};  // what stood between the quotes
    bool is_text = false;
  };
  using Argument = std::variant<Literal, RootedPath, std::shared_ptr<const Call>>;
  struct Call {
    const IntrinsicFunction* function = nullptr;
    std::vector<Argument> arguments;
  };

  Intrinsic(std::string_view text, std::shared_ptr<const Call> call)
      : text_(std::make_shared<const std::string>(text)), call_(std::move(call)) {}

  // Or what is wrong, for people.
  static std::expected<json::Value, std::string> value_of(const Call& call, const Scope& scope);
  static std::expected<IntrinsicArgument, std::string> value_of(const Argument& argument,
                                                                const Scope& scope);
  static void collect(const Call& call, std::vector<std::string>& variables);

  std::shared_ptr<const std::string> text_;
  std::shared_ptr<const Call> call_;
};

}  // namespace weft::workflow
