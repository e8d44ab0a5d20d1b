// JSONPath as RFC 9535 has it, whole: every selector, filters with their functions, normalized
// paths. docs/reference/jsonpath.md. For the paths of AWS Step Functions: states_path.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/jsonpath/limits.h"
#include "json/value.h"

namespace weft::json::jsonpath {

struct Query;

// Appends the text of one step of a normalized path (RFC 9535 section 2.7): ['name'] or [1].
void append_step(std::string& out, std::string_view name);
void append_step(std::string& out, std::size_t index);

// A value that a path leads to, and where it is.
struct Node {
  Value value;
  std::string path;  // normalized (RFC 9535 section 2.7): "$['a'][0]"
};

// A compiled path. Immutable, cheap to copy, may be used by several threads at once.
class Path {
 public:
  // Errors: kInvalidArgument with position() and a sentence that says what is wrong; kTooLarge with
  // a limit() of ParseLimits or RegexpLimits.
  static Result<Path> parse(std::string_view text, const ParseLimits& limits = {});

  // What it leads to from that root, in the order of RFC 9535, each as often as it is selected.
  // Members of objects come in their order in the document. Errors: kTooLarge with a limit() of
  // EvaluationLimits or RegexpLimits.
  Result<std::vector<Value>> values(const Value& root, const EvaluationLimits& limits = {}) const;
  // The same with their paths.
  Result<std::vector<Node>> nodes(const Value& root, const EvaluationLimits& limits = {}) const;

 private:
  explicit Path(std::shared_ptr<const Query> query) : query_(std::move(query)) {}

  std::shared_ptr<const Query> query_;
};

}  // namespace weft::json::jsonpath
