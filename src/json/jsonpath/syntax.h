// What a JSONPath says, as a tree. Immutable once parsed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "json/jsonpath/i_regexp.h"
#include "json/value.h"

namespace weft::json::jsonpath {

struct Expression;

enum class Dialect : std::uint8_t {
  kRfc9535,
  kStates,  // of AWS Step Functions: states_path.h
};

struct Name {
  std::string name;
};
struct Wildcard {};
struct Index {
  std::int64_t index = 0;
};
struct Slice {
  std::optional<std::int64_t> start;
  std::optional<std::int64_t> end;
  std::int64_t step = 1;
};
struct Filter {
  std::shared_ptr<const Expression> condition;
};
using Selector = std::variant<Name, Wildcard, Index, Slice, Filter>;

struct Segment {
  bool descends = false;   // ".."
  std::size_t offset = 0;  // in the text
  std::vector<Selector> selectors = {};

  // One name or one index, so that one node gives at most one.
  bool is_singular() const {
    return !descends && selectors.size() == 1 &&
           (std::holds_alternative<Name>(selectors[0]) ||
            std::holds_alternative<Index>(selectors[0]));
  }
};

struct Query {
  bool is_from_root = true;  // "$"; "@" otherwise
  std::vector<Segment> segments = {};
  bool is_singular = true;
};

enum class Function : std::uint8_t { kLength, kCount, kMatch, kSearch, kValue };

struct Call;
using Operand = std::variant<Value, Query, std::shared_ptr<const Call>>;

struct Call {
  Function function = Function::kLength;
  std::vector<Operand> arguments = {};
  // Of match() and search() whose expression stands in the path: compiled, or null when it is not
  // one, which matches nothing (RFC 9535 section 2.4.6).
  bool is_pattern_known = false;
  std::shared_ptr<const IRegexp> pattern = nullptr;
};

struct Comparison {
  enum class Operator : std::uint8_t {
    kEqual,
    kNotEqual,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
  };
  Operator is = Operator::kEqual;
  Operand left;
  Operand right;
};

// Whether a path gives any node, or what match() or search() says.
struct Test {
  Operand what;
};

struct Group {
  enum class Kind : std::uint8_t { kAnd, kOr, kNot };
  Kind kind = Kind::kAnd;
  std::vector<Expression> parts;  // of kNot, one
};

struct Expression {
  std::variant<Comparison, Test, Group> is;
};

}  // namespace weft::json::jsonpath
