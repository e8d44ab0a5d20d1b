// JSONata 2.2 expressions: compiled once, evaluated over documents by any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "json/jsonata/failure.h"
#include "json/value.h"

namespace weft::json::jsonata {

struct Program;

// What an expression's text may cost. Reaching one is a Failure with code S0500.
struct CompileLimits {
  std::size_t bytes_max = 1 << 20;
  // Operators and brackets inside each other, chains of operators included.
  std::size_t depth_max = 400;
  std::size_t nodes_max = 100'000;
};

// What one evaluation may cost.
struct Limits {
  // Nodes of the expression evaluated, items of bulk work included. Beyond it: D1012.
  std::uint64_t steps_max = 20'000'000;
  // Evaluations inside each other, and values nested in values. Beyond it: U1001.
  std::size_t depth_max = 1000;
  // Of the machine's stack, which a thread that evaluates must have, and some more. Beyond it:
  // U1001.
  std::size_t stack_bytes_max = 2 << 20;
  // Bytes of all values made; what becomes garbage counts, too. Beyond it: D2015.
  std::size_t memory_bytes_max = 256 << 20;
  // Steps of one regular expression's match. Beyond it: D1012.
  std::uint32_t regex_steps_max = 2'000'000;
};

// Where clock and randomness come from: an expression has none of its own, so that the same inputs
// give the same value. Implementations say themselves whether several evaluations may use them at
// once.
class Inputs {
 public:
  Inputs() = default;
  Inputs(const Inputs&) = delete;
  Inputs& operator=(const Inputs&) = delete;
  virtual ~Inputs() = default;

  // Milliseconds since 1970; asked once in an evaluation at most.
  virtual double now_millis() = 0;
  // At least 0 and less than 1.
  virtual double random() = 0;
  // Asked every few thousand steps: whether the evaluation has to end now, with D1012.
  virtual bool has_expired() { return false; }
};

// The code where the expression's value is a function, which no document can hold.
inline constexpr std::string_view kFunctionCode = "U1002";

struct Binding {
  std::string name;  // without the dollar sign
  Value value;
};

// All that an evaluation sees beside its document. Borrowed until evaluate() returns.
struct Context {
  Inputs& inputs;
  std::span<const Binding> bindings = {};
  // The functions that workflows have beside those of JSONata: $partition, $range, $hash, $uuid,
  // $parse, and $random with a seed; and no $eval. With them, a number that is not finite is the
  // text "Infinity", "-Infinity" or "NaN" in the expression's value, and D1001 without.
  bool workflow_functions = false;
  Limits limits = {};
};

// A compiled expression. Immutable and cheap to copy; thread-safe.
class Expression {
 public:
  // Fails with the reference implementation's codes S0101 to S0402. Positions are where the
  // offending token ends, as there, but in bytes.
  static Outcome<Expression> compile(std::string_view text, const CompileLimits& limits = {});

  // The expression's value over `input`, where null means no document at all; nothing when the
  // value is undefined. Functions inside the value become empty strings, as $string() makes them;
  // a value that is a function is the failure with code kFunctionCode. Numbers of the input and of
  // bindings that nobody computed with keep their digits.
  Outcome<std::optional<Value>> evaluate(const Value* input, const Context& context) const;

 private:
  explicit Expression(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

  std::shared_ptr<const Program> program_;
};

}  // namespace weft::json::jsonata
