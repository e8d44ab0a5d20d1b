// Evaluation of compiled expressions: one Evaluator for each evaluation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/jsonata/ast.h"
#include "json/jsonata/fault.h"
#include "json/jsonata/jsonata.h"
#include "json/jsonata/runtime.h"

namespace weft::json::jsonata {

class Evaluator;

// What a built-in function is called with.
struct Call {
  Evaluator& run;
  std::span<const Var> arguments;
  Var input;  // the context
  Frame* frame = nullptr;

  // Undefined where there is none.
  Var argument(std::size_t index) const {
    return index < arguments.size() ? arguments[index] : Var();
  }
};

struct Builtin {
  std::string_view name;
  std::string_view signature;
  Made<Var> (*call)(Call& call) = nullptr;
  // Arguments that $map and its like pass at most.
  std::uint8_t arity = 1;
};

// A function value. Immutable.
struct Function {
  enum class Kind : std::uint8_t {
    kLambda,     // `node` with its `frame` and context
    kBuiltin,    // `builtin`
    kPartial,    // `first` with `bound` arguments, of which undefined ones in `holes` are open
    kChain,      // `second` of `first`
    kRegex,      // `node`: looks for its match in a text
    kNext,       // `node`: looks for the match behind the one before, in `text`
    kTransform,  // `node` with its `frame`
  };
  Kind kind = Kind::kLambda;
  std::size_t arity = 0;
  const Node* node = nullptr;
  const Builtin* builtin = nullptr;
  const Signature* signature = nullptr;  // null: arguments are not checked
  Frame* frame = nullptr;
  Var input = {};
  const Function* first = nullptr;
  const Function* second = nullptr;
  std::span<const Var> bound = {};
  std::span<const bool> holes = {};
  std::string_view text = {};
  std::size_t from = 0;

  bool is_thunk() const { return kind == Kind::kLambda && node->thunk; }
};

struct Grouped;

class Evaluator {
 public:
  // Borrows all; `bottom` is the address of a local variable of who starts the evaluation.
  Evaluator(const Context& context, const char* bottom);

  // The value of the whole program over the document.
  Made<Var> run(const Program& program, const Value* input);

  Made<Var> evaluate(const Node& node, Var input, Frame* frame);
  // Calls the function; T1006 when it is none.
  Made<Var> apply(Var function, std::span<const Var> arguments, Var input, Frame* frame);
  // The same for functions that are given to functions: they have no context.
  Made<Var> apply(Var function, std::span<const Var> arguments, Frame* frame) {
    return apply(function, arguments, Var::null(), frame);
  }

  Heap& heap() { return heap_; }
  const Context& context() const { return context_; }
  double now();
  const RegexLimits& regex_limits() const { return regex_limits_; }

  // Counts work beside the evaluation of nodes. Fails where the evaluation has to end.
  Made<void> spend(std::uint64_t steps);
  // Copies a text, which is work, too.
  Made<Var> text(std::string_view text);

  // A program of $eval, kept to the evaluation's end.
  const Program& keep(std::shared_ptr<const Program> program);
  const Value& keep(Value document);

  // Every walk over nested values goes through this.
  class Level {
   public:
    explicit Level(Evaluator& run) : run_(run) { run_.depth_++; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    ~Level() { run_.depth_--; }
    // U1001 when this is one too many.
    Made<void> check() const;

   private:
    Evaluator& run_;
  };

 private:
  Made<Var> evaluate_node(const Node& node, Var input, Frame* frame);
  Made<Var> evaluate_unary(const Node& node, Var input, Frame* frame);
  Made<Var> evaluate_array(const Node& node, Var input, Frame* frame);
  Made<Var> evaluate_binary(const Node& node, Var input, Frame* frame);
  Made<Var> evaluate_condition(const Node& node, Var input, Frame* frame);
  Made<Var> evaluate_block(const Node& node, Var input, Frame* frame);
  Made<Var> evaluate_bind(const Node& node, Var input, Frame* frame);
  Made<Var> evaluate_wildcard(Var input);
  Made<Var> evaluate_descendants(Var input);
  Made<Var> evaluate_variable(const Node& node, Var input, Frame* frame);

  Made<Var> evaluate_path(const Node& node, Var input, Frame* frame);
  Made<Var> path_result(const Node& node, Var result, Array* tuples, Frame* frame);
  Made<Var> evaluate_step(const Node& step, Var input, Frame* frame, bool last);
  Made<Var> evaluate_item(const Node& step, Var item, Frame* frame);
  Made<Array*> evaluate_tuple_step(const Node& step, Var input, Array* tuples, Frame* frame);
  Made<Array*> sort_tuples(const Node& step, Var input, Array* tuples, Frame* frame);
  Made<void> push_tuples(const Node& step, Var result, const Object& from, Array& to);
  Made<Var> evaluate_stages(const std::vector<Stage>& stages, Var input, Frame* frame);
  Made<Var> evaluate_filter(const Node& predicate, Var input, Frame* frame);
  Made<bool> is_picked(const Var& verdict, std::size_t index, std::size_t size, Array& results,
                       const Var& item);
  Made<Var> evaluate_sort(const Node& step, Var input, Frame* frame);
  Made<Var> evaluate_group(const std::vector<std::pair<Node*, Node*>>& pairs, std::size_t position,
                           Var input, Frame* frame);
  Made<Object*> evaluate_groups(const std::vector<std::pair<Node*, Node*>>& pairs,
                                std::span<const Grouped> groups, bool reduce, Frame* frame);
  Frame* frame_of_tuple(const Object& tuple, Frame* parent);
  Made<Var> reduced_tuples(const Var& tuples);

  Made<Var> evaluate_call(const Node& node, Var input, Frame* frame, const Var* first);
  Made<Var> evaluate_partial(const Node& node, Var input, Frame* frame);
  Made<Var> evaluate_apply(const Node& node, Var input, Frame* frame);
  Made<Var> apply_once(Var function, std::span<const Var> arguments, Var input, Frame* frame);
  Made<Var> apply_lambda(const Function& lambda, std::span<const Var> arguments);
  Made<Var> apply_others(const Function& function, std::span<const Var> arguments, Frame* frame);
  Made<Var> apply_partial(const Function& partial, std::span<const Var> arguments, Frame* frame);
  Made<Var> apply_transform(const Function& transform, Var object);
  Made<void> transform_match(const Function& transform, Var match);
  Var new_function(Function::Kind kind, std::size_t arity, const Node& node, Frame* frame);
  Var new_lambda(const Node& node, Var input, Frame* frame);
  // Whether the variable that a procedure's first name would be is bound.
  bool has_variable(const Node& procedure, Frame* frame);

  const Context& context_;
  const char* bottom_;
  Heap heap_;
  RegexLimits regex_limits_;
  std::uint64_t steps_left_;
  std::uint64_t steps_to_look_ = 0;
  std::size_t depth_ = 0;
  // How often something was changed that may be older than the current call.
  std::size_t changes_ = 0;
  std::optional<double> now_;
  std::deque<std::shared_ptr<const Program>> programs_;
  std::deque<Value> documents_;
};

// The first match of a regular expression's function as the object that JSONata makes of it, or
// undefined; D1004 where a second empty match follows.
Made<Var> match_object(Evaluator& run, const Function& regex, std::string_view text,
                       std::size_t from);

// A built-in function; null when there is none of that name. `workflow_functions`: see
// Context.
const Function* find_builtin(std::string_view name, bool workflow_functions);

}  // namespace weft::json::jsonata
