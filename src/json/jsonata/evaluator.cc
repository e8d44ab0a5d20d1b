// Evaluation of single nodes; paths are in path.cc, functions in apply.cc.
#include "json/jsonata/evaluator.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "json/jsonata/values.h"

namespace weft::json::jsonata {

Evaluator::Evaluator(const Context& context, const char* bottom)
    : context_(context),
      bottom_(bottom),
      heap_(context.limits.memory_bytes_max),
      regex_limits_{.steps_max = context.limits.regex_steps_max},
      steps_left_(context.limits.steps_max) {}

double Evaluator::now() {
  if (!now_.has_value()) now_ = context_.inputs.now_millis();
  return *now_;
}

Made<void> Evaluator::spend(std::uint64_t steps) {
  constexpr std::uint64_t kStepsBetweenLooks = 4096;
  if (heap_.exhausted()) return fault("D2015");
  if (steps > steps_left_) {
    const std::string limit = std::to_string(context_.limits.steps_max);
    return fault(
        {.code = "D1012",
         .message = "Evaluation timeout after " + limit + " steps. Check for infinite loop"});
  }
  steps_left_ -= steps;
  steps_to_look_ += steps;
  if (steps_to_look_ >= kStepsBetweenLooks) {
    steps_to_look_ = 0;
    if (context_.inputs.has_expired()) {
      return fault({.code = "D1012", .message = "Evaluation timeout. Check for infinite loop"});
    }
  }
  return {};
}

Made<Var> Evaluator::text(std::string_view text) {
  WEFT_MADE(spend(1 + (text.size() / 64)));
  return heap_.string(text);
}

const Program& Evaluator::keep(std::shared_ptr<const Program> program) {
  heap_.charge(program->text.size() + (program->nodes.size() * sizeof(Node)));
  return *programs_.emplace_back(std::move(program));
}

const Value& Evaluator::keep(Value document) {
  return documents_.emplace_back(std::move(document));
}

Made<void> Evaluator::Level::check() const {
  const auto* here = static_cast<const char*>(__builtin_frame_address(0));
  const auto used = static_cast<std::size_t>(std::abs(run_.bottom_ - here));
  const Limits& limits = run_.context_.limits;
  if (run_.depth_ > limits.depth_max || used > limits.stack_bytes_max) return fault("U1001");
  return {};
}

Made<Var> Evaluator::run(const Program& program, const Value* input) {
  Var context = input == nullptr ? Var() : Var::of(*input);
  auto* frame = heap_.make<Frame>();
  for (const Binding& binding : context_.bindings) {
    frame->bind(heap_, binding.name, Var::of(binding.value));
  }
  frame->bind(heap_, "$", context);
  if (context.is_array()) {
    Array* wrapped = heap_.sequence(context);
    wrapped->outer_wrapper = true;
    context = wrapped;
  }
  const Var result = WEFT_MADE(evaluate(*program.root, context, frame));
  WEFT_MADE(spend(0));
  return result;
}

Made<Var> Evaluator::evaluate(const Node& node, Var input, Frame* frame) {
  WEFT_MADE(spend(1));
  const Level level(*this);
  if (auto fits = level.check(); !fits.has_value()) {
    fits.error()->position = node.position;
    return std::unexpected(std::move(fits).error());
  }
  Var result = WEFT_MADE(evaluate_node(node, input, frame));
  for (const Stage& stage : node.predicates) {
    result = WEFT_MADE(evaluate_filter(*stage.filter, result, frame));
  }
  if (node.group.has_value() && node.type != NodeType::kPath) {
    result = WEFT_MADE(evaluate_group(node.group->pairs, node.group->position, result, frame));
  }
  if (!result.is_sequence() || result.array()->tuple_stream) return result;
  Array* sequence = result.array();
  if (node.keep_array) sequence->keep_singleton = true;
  if (sequence->size == 0) return Var();
  return sequence->size == 1 && !sequence->keep_singleton ? sequence->at(0) : result;
}

namespace {

Var variable_named(const Frame& frame, std::string_view name) {
  const Var* found = frame.find(name);
  return found == nullptr ? Var() : *found;
}

}  // namespace

Var Evaluator::new_function(Function::Kind kind, std::size_t arity, const Node& node,
                            Frame* frame) {
  auto* function = heap_.make<Function>();
  function->kind = kind;
  function->arity = arity;
  function->node = &node;
  function->frame = frame;
  return function;
}

Made<Var> Evaluator::evaluate_bind(const Node& node, Var input, Frame* frame) {
  const Var value = WEFT_MADE(evaluate(*node.rhs, input, frame));
  frame->bind(heap_, node.lhs->text, value);
  return value;
}

Made<Var> Evaluator::evaluate_node(const Node& node, Var input, Frame* frame) {
  switch (node.type) {
    case NodeType::kPath:
      return evaluate_path(node, input, frame);
    case NodeType::kBinary:
      return evaluate_binary(node, input, frame);
    case NodeType::kUnary:
      return evaluate_unary(node, input, frame);
    case NodeType::kName:
      return look_up(*this, input, node.text);
    case NodeType::kString:
      return Var::string(node.text);
    case NodeType::kNumber:
      return Var(node.number);
    case NodeType::kValue:
      return node.is_null ? Var::null() : Var::boolean(node.boolean);
    case NodeType::kWildcard:
      return evaluate_wildcard(input);
    case NodeType::kDescendant:
      return evaluate_descendants(input);
    case NodeType::kParent:
      return variable_named(*frame, node.slot->label);
    case NodeType::kCondition:
      return evaluate_condition(node, input, frame);
    case NodeType::kBlock:
      return evaluate_block(node, input, frame);
    case NodeType::kBind:
      return evaluate_bind(node, input, frame);
    case NodeType::kFunction:
      return evaluate_call(node, input, frame, nullptr);
    case NodeType::kVariable:
      return evaluate_variable(node, input, frame);
    case NodeType::kLambda:
      return new_lambda(node, input, frame);
    case NodeType::kPartial:
      return evaluate_partial(node, input, frame);
    case NodeType::kApply:
      return evaluate_apply(node, input, frame);
    case NodeType::kRegex:
      return new_function(Function::Kind::kRegex, 2, node, frame);
    case NodeType::kTransform:
      return new_function(Function::Kind::kTransform, 1, node, frame);
    case NodeType::kEnd:
    case NodeType::kOperator:
    case NodeType::kSort:
      break;
  }
  return Var();
}

Made<Var> Evaluator::evaluate_variable(const Node& node, Var input, Frame* frame) {
  if (node.text.empty()) {
    const Array* array = input.array();
    return array != nullptr && array->outer_wrapper && array->size > 0 ? array->at(0) : input;
  }
  if (const Var* found = frame->find(node.text); found != nullptr) return *found;
  const Function* builtin = find_builtin(node.text, context_.workflow_functions);
  return builtin == nullptr ? Var() : Var(builtin);
}

Made<Var> Evaluator::evaluate_condition(const Node& node, Var input, Frame* frame) {
  const Var condition = WEFT_MADE(evaluate(*node.lhs, input, frame));
  if (WEFT_MADE(is_true(*this, condition))) return evaluate(*node.rhs, input, frame);
  return node.other == nullptr ? Var() : evaluate(*node.other, input, frame);
}

Made<Var> Evaluator::evaluate_block(const Node& node, Var input, Frame* frame) {
  auto* scope = heap_.make<Frame>();
  scope->parent = frame;
  Var result;
  for (const Node* expression : node.items) {
    result = WEFT_MADE(evaluate(*expression, input, scope));
  }
  return result;
}

Made<Var> Evaluator::evaluate_unary(const Node& node, Var input, Frame* frame) {
  if (node.text == "[") return evaluate_array(node, input, frame);
  if (node.text == "{") return evaluate_group(node.pairs, node.position, input, frame);
  const Var value = WEFT_MADE(evaluate(*node.lhs, input, frame));
  if (!value.defined()) return value;
  if (!WEFT_MADE(is_numeric(value))) {
    return fault({.code = "D1002",
                  .position = node.position,
                  .token = node.text,
                  .value = shown(*this, value)});
  }
  return Var(-value.number());
}

Made<Var> Evaluator::evaluate_array(const Node& node, Var input, Frame* frame) {
  Array* result = heap_.make<Array>();
  for (const Node* item : node.items) {
    const Var value = WEFT_MADE(evaluate(*item, input, frame));
    if (!value.defined()) continue;
    // An array that is written as one stays one; others give their items.
    const bool nested = item->type == NodeType::kUnary && item->text == "[";
    if (nested || !value.is_array()) {
      result->push(heap_, value);
      continue;
    }
    WEFT_MADE(spend(value.size() / 64));
    result->push_all(heap_, value);
  }
  result->cons = node.cons;
  return Var(result);
}

namespace {

Var arithmetic(char symbol, double left, double right) {
  switch (symbol) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    default:
      return std::fmod(left, right);
  }
}

// Negative, 0 or positive; nothing where one of them is NaN.
std::optional<int> compared(const Var& left, const Var& right) {
  if (left.is_string()) return compare_text(left.text(), right.text());
  if (left.number() < right.number()) return -1;
  if (left.number() > right.number()) return 1;
  if (left.number() == right.number()) return 0;
  return std::nullopt;
}

bool holds(std::string_view symbol, int order) {
  if (symbol == "<") return order < 0;
  if (symbol == "<=") return order <= 0;
  return symbol == ">" ? order > 0 : order >= 0;
}

// A binary operator with the values of both its sides.
struct Operands {
  Evaluator& run;
  std::string_view symbol;
  Var left;
  Var right;

  std::unexpected<std::unique_ptr<Fault>> wrong(std::string_view code, const Var& value) const {
    return fault({.code = std::string(code), .value = shown(run, value)});
  }

  Made<Var> calculate() const {
    if (left.defined() && !WEFT_MADE(is_numeric(left))) return wrong("T2001", left);
    if (right.defined() && !WEFT_MADE(is_numeric(right))) return wrong("T2002", right);
    if (!left.defined() || !right.defined()) return Var();
    return arithmetic(symbol[0], left.number(), right.number());
  }

  Made<Var> compare() const {
    const auto comparable = [](const Var& value) {
      return !value.defined() || value.is_string() || value.is_number();
    };
    if (!comparable(left) || !comparable(right)) {
      const bool is_left = !left.is_string() && !left.is_number();
      return wrong("T2010", is_left ? left : right);
    }
    if (!left.defined() || !right.defined()) return Var();
    if (left.type() != right.type()) {
      return fault({.code = "T2009", .value = shown(run, left), .value2 = shown(run, right)});
    }
    const auto order = compared(left, right);
    return Var::boolean(order.has_value() && holds(symbol, *order));
  }

  Made<Var> concatenate() const {
    std::string text;
    if (left.defined()) text = WEFT_MADE(text_of(run, left));
    if (right.defined()) text += WEFT_MADE(text_of(run, right));
    return run.text(text);
  }

  Made<Var> range() const {
    const auto integer = [](const Var& value) {
      return value.is_number() && std::isfinite(value.number()) &&
             std::trunc(value.number()) == value.number();
    };
    if (left.defined() && !integer(left)) return wrong("T2003", left);
    if (right.defined() && !integer(right)) return wrong("T2004", right);
    if (!left.defined() || !right.defined() || left.number() > right.number()) return Var();
    constexpr double kItemsMax = 1e7;
    const double size = right.number() - left.number() + 1;
    if (size > kItemsMax) return wrong("D2014", Var(size));
    Array* array = run.heap().sequence();
    array->range = true;
    array->first = left.number();
    array->size = static_cast<std::uint32_t>(size);
    return Var(array);
  }

  Made<Var> includes() const {
    if (!left.defined() || !right.defined()) return Var::boolean(false);
    if (!right.is_array()) return Var::boolean(right.same(left));
    const std::size_t size = right.size();
    WEFT_MADE(run.spend(size / 8));
    for (std::size_t i = 0; i < size; i++) {
      if (right.item(i).same(left)) return Var::boolean(true);
    }
    return Var::boolean(false);
  }

  Made<Var> equals(bool wanted) const {
    if (!left.defined() || !right.defined()) return Var::boolean(false);
    return Var::boolean(WEFT_MADE(are_equal(run, left, right)) == wanted);
  }

  Made<Var> result() const {
    switch (symbol[0]) {
      case '=':
        return equals(true);
      case '!':
        return equals(false);
      case '<':
      case '>':
        return compare();
      case '&':
        return concatenate();
      case '.':
        return range();
      case 'i':
        return includes();
      default:
        return calculate();
    }
  }
};

}  // namespace

Made<Var> Evaluator::evaluate_binary(const Node& node, Var input, Frame* frame) {
  const Var left = WEFT_MADE(evaluate(*node.lhs, input, frame));
  const char first = node.text[0];
  if (first == 'a' || first == 'o') {
    const bool is_left = WEFT_MADE(is_true(*this, left));
    if (is_left != (first == 'a')) return Var::boolean(is_left);
    const Var right = WEFT_MADE(evaluate(*node.rhs, input, frame));
    return Var::boolean(WEFT_MADE(is_true(*this, right)));
  }
  const Var right = WEFT_MADE(evaluate(*node.rhs, input, frame));
  const Operands operands{.run = *this, .symbol = node.text, .left = left, .right = right};
  Made<Var> result = operands.result();
  if (!result.has_value() && result.error()->position == 0) {
    result.error()->position = node.position;
    result.error()->token = node.text;
  }
  return result;
}

}  // namespace weft::json::jsonata
