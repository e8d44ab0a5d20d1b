// Calls, partial application, chains and transformations.
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/jsonata/evaluator.h"
#include "json/jsonata/signature.h"
#include "json/jsonata/values.h"

namespace weft::json::jsonata {

namespace {

// What messages call a function: the name it was called by.
std::string_view name_of(const Node& procedure) {
  if (procedure.type == NodeType::kPath) return procedure.items[0]->text;
  return procedure.type == NodeType::kVariable ? std::string_view(procedure.text) : "";
}

// Says where the call is and what it calls, where the fault does not know better.
std::unique_ptr<Fault> placed(std::unique_ptr<Fault> fault, const Node& call) {
  if (fault->position == 0) fault->position = call.position;
  if (fault->token.empty()) fault->token = name_of(*call.lhs);
  return fault;
}

std::size_t utf16_offset(std::string_view text, std::size_t units) {
  std::size_t at = 0;
  while (at < text.size() && units > 0) {
    const std::size_t size = character_size(text, at);
    units -= size == 4 && units > 1 ? 2 : 1;
    at += size;
  }
  return at;
}

// A regular expression called as the function that it is.
Made<Var> apply_regex(Evaluator& run, const Function& regex, std::span<const Var> arguments) {
  if (arguments.empty() || !arguments[0].defined()) return Var();
  if (!arguments[0].is_string()) return fault({.code = "T0410", .index = 1});
  const std::string_view text = arguments[0].text();
  std::size_t from = 0;
  if (arguments.size() > 1 && arguments[1].is_number() && arguments[1].number() > 0) {
    const double units = arguments[1].number();
    if (units > static_cast<double>(text.size())) return Var();
    from = utf16_offset(text, static_cast<std::size_t>(units));
  }
  return match_object(run, regex, text, from);
}

Made<Var> apply_next(Evaluator& run, const Function& next) {
  if (next.from >= next.text.size()) return Var();
  const Var match = WEFT_MADE(match_object(run, next, next.text, next.from));
  if (match.defined() && match.member("match").text().empty()) {
    return fault({.code = "D1004", .position = next.node->position});
  }
  return match;
}

bool is_scalar(const Var& value) {
  return value.is(Type::kUndefined) || value.is(Type::kNull) || value.is(Type::kBoolean) ||
         value.is_number();
}

}  // namespace

Var Evaluator::new_lambda(const Node& node, Var input, Frame* frame) {
  auto* lambda = heap_.make<Function>();
  lambda->arity = node.items.size();
  lambda->node = &node;
  lambda->signature = node.signature.get();
  lambda->frame = frame;
  lambda->input = input;
  return lambda;
}

bool Evaluator::has_variable(const Node& procedure, Frame* frame) {
  if (procedure.type != NodeType::kPath) return false;
  const std::string& name = procedure.items[0]->text;
  return frame->find(name) != nullptr || find_builtin(name, context_.workflow_functions) != nullptr;
}

Made<Var> Evaluator::evaluate_call(const Node& node, Var input, Frame* frame, const Var* first) {
  const Var function = WEFT_MADE(evaluate(*node.lhs, input, frame));
  if (!function.defined() && has_variable(*node.lhs, frame)) {
    return fault(
        {.code = "T1005", .position = node.position, .token = std::string(name_of(*node.lhs))});
  }
  std::vector<Var> arguments;
  arguments.reserve(node.items.size() + 1);
  if (first != nullptr) arguments.push_back(*first);
  for (const Node* argument : node.items) {
    arguments.push_back(WEFT_MADE(evaluate(*argument, input, frame)));
  }
  auto result = apply(function, arguments, input, frame);
  if (!result.has_value()) return std::unexpected(placed(std::move(result).error(), node));
  return result;
}

Made<Var> Evaluator::apply(Var function, std::span<const Var> arguments, Var input, Frame* frame) {
  const Heap::Mark mark = heap_.mark();
  const std::size_t changes = changes_;
  const bool is_lambda =
      function.is_function() && function.function()->kind == Function::Kind::kLambda;
  Var result = WEFT_MADE(apply_once(function, arguments, input, frame));
  while (result.is_function() && result.function()->is_thunk()) {
    // The function ends in a call: it is done here, so that the stack does not grow.
    const Function& thunk = *result.function();
    const Node& call = *thunk.node->rhs;
    const Var next = WEFT_MADE(evaluate(*call.lhs, thunk.input, thunk.frame));
    if (!next.defined() && has_variable(*call.lhs, thunk.frame)) {
      return fault(
          {.code = "T1005", .position = call.position, .token = std::string(name_of(*call.lhs))});
    }
    std::vector<Var> next_arguments;
    next_arguments.reserve(call.items.size());
    for (const Node* argument : call.items) {
      next_arguments.push_back(WEFT_MADE(evaluate(*argument, thunk.input, thunk.frame)));
    }
    auto applied = apply_once(next, next_arguments, thunk.input, thunk.frame);
    if (!applied.has_value()) return std::unexpected(placed(std::move(applied).error(), call));
    result = *applied;
  }
  // Nothing that a lambda made can be reached any more when its result points to none of it.
  if (is_lambda && is_scalar(result) && changes == changes_ && !heap_.exhausted()) {
    heap_.rewind(mark);
  }
  return result;
}

Made<Var> Evaluator::apply_once(Var function, std::span<const Var> arguments, Var input,
                                Frame* frame) {
  if (!function.is_function()) return fault("T1006");
  const Function& callee = *function.function();
  std::vector<Var> checked;
  if (callee.signature != nullptr) {
    checked = WEFT_MADE(callee.signature->check(arguments, input, heap_));
    arguments = checked;
  }
  switch (callee.kind) {
    case Function::Kind::kLambda:
      return apply_lambda(callee, arguments);
    case Function::Kind::kPartial:
    case Function::Kind::kChain:
      return apply_others(callee, arguments, frame);
    case Function::Kind::kRegex:
      return apply_regex(*this, callee, arguments);
    case Function::Kind::kNext:
      return apply_next(*this, callee);
    case Function::Kind::kTransform:
      return apply_transform(callee, arguments.empty() ? Var() : arguments[0]);
    case Function::Kind::kBuiltin: {
      Call call{.run = *this, .arguments = arguments, .input = input, .frame = frame};
      return callee.builtin->call(call);
    }
  }
  return Var();
}

// Functions that are made of functions, which may be made of functions in their turn.
Made<Var> Evaluator::apply_others(const Function& function, std::span<const Var> arguments,
                                  Frame* frame) {
  const Level level(*this);
  WEFT_MADE(level.check());
  if (function.kind == Function::Kind::kPartial) return apply_partial(function, arguments, frame);
  arguments = arguments.first(arguments.empty() ? 0 : 1);
  const Var between = WEFT_MADE(apply(function.first, arguments, frame));
  return apply(function.second, {&between, 1}, frame);
}

Made<Var> Evaluator::apply_lambda(const Function& lambda, std::span<const Var> arguments) {
  auto* frame = heap_.make<Frame>();
  frame->parent = lambda.frame;
  const std::vector<Node*>& parameters = lambda.node->items;
  for (std::size_t i = 0; i < parameters.size(); i++) {
    frame->bind(heap_, parameters[i]->text, i < arguments.size() ? arguments[i] : Var());
  }
  return evaluate(*lambda.node->rhs, lambda.input, frame);
}

Made<Var> Evaluator::apply_partial(const Function& partial, std::span<const Var> arguments,
                                   Frame* frame) {
  std::vector<Var> all(partial.bound.begin(), partial.bound.end());
  std::size_t next = 0;
  for (std::size_t i = 0; i < all.size(); i++) {
    if (!partial.holes[i]) continue;
    if (next < arguments.size()) all[i] = arguments[next];
    next++;
  }
  if (partial.first->kind == Function::Kind::kLambda) return apply_lambda(*partial.first, all);
  return apply_once(partial.first, all, Var(), frame);
}

Made<Var> Evaluator::evaluate_partial(const Node& node, Var input, Frame* frame) {
  const std::size_t count = node.items.size();
  auto* bound = static_cast<Var*>(heap_.allocate(count * sizeof(Var)));
  auto* holes = static_cast<bool*>(heap_.allocate(count * sizeof(bool)));
  if (bound == nullptr || holes == nullptr) return fault("D2015");
  std::size_t open = 0;
  for (std::size_t i = 0; i < count; i++) {
    const Node& argument = *node.items[i];
    holes[i] = argument.type == NodeType::kOperator && argument.text == "?";
    open += holes[i] ? 1 : 0;
    std::construct_at(bound + i, holes[i] ? Var() : WEFT_MADE(evaluate(argument, input, frame)));
  }
  const Var function = WEFT_MADE(evaluate(*node.lhs, input, frame));
  if (!function.is_function()) {
    const bool forgotten = !function.defined() && has_variable(*node.lhs, frame);
    return fault({.code = forgotten ? "T1007" : "T1008",
                  .position = node.position,
                  .token = std::string(name_of(*node.lhs))});
  }
  auto* partial = heap_.make<Function>();
  partial->kind = Function::Kind::kPartial;
  partial->arity = open;
  partial->first = function.function();
  partial->bound = {bound, count};
  partial->holes = {holes, count};
  return Var(partial);
}

Made<Var> Evaluator::evaluate_apply(const Node& node, Var input, Frame* frame) {
  const Var left = WEFT_MADE(evaluate(*node.lhs, input, frame));
  if (node.rhs->type == NodeType::kFunction) return evaluate_call(*node.rhs, input, frame, &left);
  const Var function = WEFT_MADE(evaluate(*node.rhs, input, frame));
  if (!function.is_function()) {
    return fault({.code = "T2006", .position = node.position, .value = shown(*this, function)});
  }
  if (!left.is_function()) {
    auto result = apply(function, {&left, 1}, frame);
    if (!result.has_value()) {
      auto fault = std::move(result).error();
      if (fault->position == 0) fault->position = node.position;
      if (fault->token.empty()) fault->token = name_of(*node.rhs);
      return std::unexpected(std::move(fault));
    }
    return result;
  }
  auto* chain = heap_.make<Function>();
  chain->kind = Function::Kind::kChain;
  chain->arity = 1;
  chain->first = left.function();
  chain->second = function.function();
  return Var(chain);
}

Made<Var> Evaluator::apply_transform(const Function& transform, Var object) {
  if (!object.defined()) return Var();
  if (!object.is_object() && !object.is_array()) return fault({.code = "T0410", .index = 1});
  const Var* clone = transform.frame->find("clone");
  if (clone != nullptr && !clone->is_function()) {
    return fault("T2013", transform.node->position);
  }
  const Var result = clone == nullptr ? WEFT_MADE(cloned(*this, object))
                                      : WEFT_MADE(apply(*clone, {&object, 1}, transform.frame));
  const Var matches = WEFT_MADE(evaluate(*transform.node->lhs, result, transform.frame));
  if (!matches.is_array()) {
    if (matches.defined()) WEFT_MADE(transform_match(transform, matches));
    return result;
  }
  for (std::size_t i = 0; i < matches.size(); i++) {
    WEFT_MADE(transform_match(transform, matches.item(i)));
  }
  return result;
}

Made<void> Evaluator::transform_match(const Function& transform, Var match) {
  const Node& node = *transform.node;
  // What is not of the copy is not changed, nor is what has no members.
  Object* object = match.object();
  const Var update = WEFT_MADE(evaluate(*node.rhs, match, transform.frame));
  if (update.defined() && !update.is_object()) {
    return fault({.code = "T2011", .position = node.rhs->position, .value = shown(*this, update)});
  }
  changes_++;
  for (std::size_t i = 0; object != nullptr && i < update.size(); i++) {
    object->set(heap_, update.key(i), update.item(i));
  }
  if (node.other == nullptr) return {};
  const Var names = WEFT_MADE(evaluate(*node.other, match, transform.frame));
  if (!names.defined()) return {};
  if (!names.is_string() && !is_array_of_strings(names)) {
    return fault({.code = "T2012", .position = node.other->position, .value = shown(*this, names)});
  }
  if (object == nullptr) return {};
  if (names.is_string()) object->erase(heap_, names.text());
  for (std::size_t i = 0; i < names.size(); i++) {
    object->erase(heap_, names.item(i).text());
  }
  return {};
}

}  // namespace weft::json::jsonata
