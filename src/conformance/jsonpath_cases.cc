#include "conformance/jsonpath_cases.h"

#include <algorithm>
#include <vector>

#include "json/jsonpath/path.h"

namespace weft::conformance {
namespace {

using json::Value;

// What the test asks for in each right way, in the form of found_by().
std::vector<Value> right_ones(const Value& test) {
  const Value* const invalid = test.find("invalid_selector");
  if (invalid != nullptr && *invalid == Value(true)) {
    return {Value::object({{"invalid_selector", true}})};
  }
  const bool has_many = test.find("results") != nullptr;
  const Value* results = test.find(has_many ? "results" : "result");
  const Value* paths = test.find(has_many ? "results_paths" : "result_paths");
  if (results == nullptr || (has_many && !results->is_array())) return {};
  std::vector<Value> right;
  for (std::size_t i = 0; i < (has_many ? results->size() : 1); ++i) {
    json::Object one;
    one.set("result", has_many ? results->as_array()[i] : *results);
    if (paths != nullptr && !has_many) one.set("result_paths", *paths);
    if (paths != nullptr && has_many && paths->is_array() && i < paths->size()) {
      one.set("result_paths", paths->as_array()[i]);
    }
    right.emplace_back(std::move(one));
  }
  return right;
}

bool has_paths(const Value& test) {
  return test.find("result_paths") != nullptr || test.find("results_paths") != nullptr;
}

Result<Value> found_by(const json::jsonpath::Path& path, const Value& document, bool with_paths) {
  const std::vector<json::jsonpath::Node> nodes = TRY(path.nodes(document));
  json::Array values;
  json::Array paths;
  for (const json::jsonpath::Node& node : nodes) {
    values.push_back(node.value);
    paths.push_back(node.path);
  }
  // Both ways of asking have to agree.
  if (TRY(path.values(document)) != std::vector<Value>(values.begin(), values.end())) {
    return fail(ErrorCode::kInternal, "values() and nodes() differ");
  }
  json::Object found;
  found.set("result", Value(std::move(values)));
  if (with_paths) found.set("result_paths", Value(std::move(paths)));
  return Value(std::move(found));
}

}  // namespace

Result<Comparison> run_jsonpath_case(const Value& test) {
  const std::vector<Value> right = right_ones(test);
  const Value* const selector = test.find("selector");
  if (right.empty() || selector == nullptr || !selector->is_string()) {
    return fail(ErrorCode::kInvalidArgument, "it has no selector or no result");
  }
  const auto path = json::jsonpath::Path::parse(selector->as_string());
  if (!path && path.error().code() != ErrorCode::kInvalidArgument) return fail(path.error());
  if (!path) {
    json::Object found;
    found.set("invalid_selector", true);
    // Only for people: no test says why.
    if (test.find("invalid_selector") == nullptr) found.set("why", path.error().message());
    return Comparison{.expected = right.front(), .found = Value(std::move(found))};
  }
  const Value* const document = test.find("document");
  if (document == nullptr) {
    return Comparison{.expected = right.front(),
                      .found = Value::object({{"invalid_selector", false}})};
  }
  Value found = TRY(found_by(*path, *document, has_paths(test)));
  const auto same = std::ranges::find(right, found);
  return Comparison{.expected = same == right.end() ? right.front() : *same,
                    .found = std::move(found)};
}

}  // namespace weft::conformance
