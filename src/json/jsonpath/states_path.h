// The paths of AWS Step Functions, which are older than RFC 9535: Jayway's, and of these what AWS
// takes. docs/reference/jsonpath.md says how they differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "json/jsonpath/limits.h"
#include "json/value.h"

namespace weft::json::jsonpath {

struct Query;

// What a root is called is the caller's business: it passes the whole text, says how many bytes of
// it name the root ("$", "$$", "$name") and evaluates from the value that it takes for that.
// Positions of errors count in the whole text.
struct StatesParseOptions {
  std::size_t root_bytes = 1;
  ParseLimits limits = {};
};

// A compiled path. Immutable, cheap to copy, may be used by several threads at once.
class StatesPath {
 public:
  struct Selection {
    // The one value of a definite path, or nothing when it leads nowhere. An array of all that
    // another path selects, which is empty when it leads nowhere.
    std::optional<Value> value = std::nullopt;
    // Why there is nothing, as Step Functions says it: "No results for path: $['a']['b']", or where
    // it ends on the way "Missing property in path $['a']".
    std::string why = {};
  };

  // Errors: those of Path::parse.
  static Result<StatesPath> parse(std::string_view text, const StatesParseOptions& options = {});

  // Whether it leads to at most one value, by its form: names, indexes, and names in one pair of
  // brackets at its end, whose members come as one object.
  bool is_definite() const { return is_definite_; }

  // In filters, `$` is this root, too. Errors: those of Path::values.
  Result<Selection> select(const Value& root, const EvaluationLimits& limits = {}) const;

 private:
  explicit StatesPath(std::shared_ptr<const Query> query);

  std::shared_ptr<const Query> query_;
  bool is_definite_ = true;
};

// A Reference Path: names and indexes only, so that it says where to put a value. Immutable, cheap
// to copy, may be used by several threads at once.
class ReferencePath {
 public:
  using Step = std::variant<std::string, std::size_t>;

  // Errors: those of Path::parse.
  static Result<ReferencePath> parse(std::string_view text, const StatesParseOptions& options = {});

  const std::vector<Step>& steps() const { return *steps_; }
  // "$['a'][0]", whatever the root was called.
  std::string normalized() const;

  // The value there; nothing when there is none.
  std::optional<Value> get(const Value& document) const;

  // The document with `value` there, as ResultPath has it: what was there is replaced, and members
  // that are missing on the way are made as objects. The document itself for a path that is only
  // its root is replaced. kFailedPrecondition when something else is in the way: a step by name
  // into what is not an object, or one by index to an item that is not there.
  Result<Value> set(const Value& document, Value value) const;

 private:
  explicit ReferencePath(std::shared_ptr<const std::vector<Step>> steps)
      : steps_(std::move(steps)) {}

  std::string normalized(std::size_t steps) const;

  std::shared_ptr<const std::vector<Step>> steps_;
};

}  // namespace weft::json::jsonpath
