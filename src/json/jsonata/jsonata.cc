#include "json/jsonata/jsonata.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "json/jsonata/ast.h"
#include "json/jsonata/evaluator.h"
#include "json/jsonata/fault.h"
#include "json/jsonata/values.h"

namespace weft::json::jsonata {

Outcome<Expression> Expression::compile(std::string_view text, const CompileLimits& limits) {
  auto program = compile_program(text, limits);
  if (!program.has_value()) return std::unexpected(failure_of(*program.error()));
  return Expression(*std::move(program));
}

Outcome<std::optional<Value>> Expression::evaluate(const Value* input,
                                                   const Context& context) const {
  const char* bottom = static_cast<const char*>(__builtin_frame_address(0));
  Evaluator run(context, bottom);
  const auto result = run.run(*program_, input);
  if (!result.has_value()) return std::unexpected(failure_of(*result.error()));
  if (!result->defined()) return std::nullopt;
  if (result->is_function()) {
    return failed(std::string(kFunctionCode), "The expression's value is a function");
  }
  auto value = to_value(run, *result);
  if (!value.has_value()) return std::unexpected(failure_of(*value.error()));
  return std::optional(*std::move(value));
}

}  // namespace weft::json::jsonata
