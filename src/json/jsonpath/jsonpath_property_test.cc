// Properties of JSONPath over generated documents and expressions.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "json/jsonpath/i_regexp.h"
#include "json/jsonpath/path.h"
#include "json/jsonpath/states_path.h"
#include "json/parse.h"
#include "json/print.h"
#include "json/testing.h"

namespace weft::json::jsonpath {
namespace {

TEST_CASE("a normalized path leads to its value and to nothing else, in both dialects") {
  CHECK(rc::check("nodes($..*)", [] {
    const Value root = *document(4);
    for (const Node& node : Path::parse("$..*").value().nodes(root).value()) {
      const auto again = Path::parse(node.path).value().nodes(root).value();
      RC_ASSERT(again.size() == 1U);
      RC_ASSERT(again[0].path == node.path);
      RC_ASSERT(again[0].value == node.value);
      RC_ASSERT(StatesPath::parse(node.path).value().select(root).value().value == node.value);
      const ReferencePath reference = ReferencePath::parse(node.path).value();
      RC_ASSERT(reference.normalized() == node.path);
      RC_ASSERT(reference.get(root) == node.value);
    }
  }));
}

TEST_CASE("what is set is what is got, and nothing else changes") {
  CHECK(rc::check("get(set(v)) == v", [] {
    const Value root = *document(4);
    const Value value = *document(1);
    for (const Node& node : Path::parse("$..*").value().nodes(root).value()) {
      const ReferencePath path = ReferencePath::parse(node.path).value();
      const Value changed = path.set(root, value).value();
      RC_ASSERT(path.get(changed) == value);
      RC_ASSERT(path.set(changed, node.value).value() == root);
    }
  }));
}

TEST_CASE("a slice gives what counting gives") {
  CHECK(rc::check("[start:end:step]", [] {
    const auto size = *rc::gen::inRange<std::int64_t>(0, 12);
    const auto bound = rc::gen::maybe(rc::gen::inRange<std::int64_t>(-15, 15));
    const auto start = *bound;
    const auto end = *bound;
    const auto step = *rc::gen::distinctFrom(rc::gen::inRange<std::int64_t>(-4, 5), 0);
    const auto absolute = [&](std::int64_t i) { return i < 0 ? i + size : i; };
    std::vector<Value> expected;
    Array items;
    for (std::int64_t i = 0; i < size; ++i)
      items.push_back(i);
    // From far outside to far outside, as the specification's loops would with any bound.
    const std::int64_t from = start ? absolute(*start) : (step > 0 ? 0 : size - 1);
    const std::int64_t to = end ? absolute(*end) : (step > 0 ? size : -1);
    const std::int64_t first =
        step > 0 ? std::max<std::int64_t>(from, 0) : std::min<std::int64_t>(from, size - 1);
    for (std::int64_t i = first; step > 0 ? i < to : i > to; i += step) {
      if (i >= 0 && i < size) expected.emplace_back(i);
    }
    const auto shown = [](const rc::Maybe<std::int64_t>& i) {
      return i ? std::to_string(*i) : std::string();
    };
    const std::string path =
        "$[" + shown(start) + ":" + shown(end) + ":" + std::to_string(step) + "]";
    RC_ASSERT(Path::parse(path).value().values(Value(std::move(items))).value() == expected);
  }));
}

// A regular expression as its text, and where a match of it may end that begins at each place.
struct Expression {
  std::string pattern;
  // From the places in the text where it may begin to those where it may end.
  std::function<std::set<std::size_t>(const std::string&, std::size_t)> ends;
};

// So many more than the least stand for {n,}.
constexpr std::size_t kEndless = 4;

// NOLINTBEGIN(misc-no-recursion): as deep as the generator says.
std::set<std::size_t> repeated(const Expression& part, const std::string& text, std::size_t begin,
                               std::size_t min, std::optional<std::size_t> max) {
  std::set<std::size_t> ends;
  std::set<std::size_t> at = {begin};
  // Beyond the text's size, another round adds nothing.
  const std::size_t rounds = max.value_or(min + text.size() + 1);
  for (std::size_t round = 0; round <= rounds; ++round) {
    if (round >= min) ends.insert(at.begin(), at.end());
    std::set<std::size_t> next;
    for (const std::size_t place : at)
      next.merge(part.ends(text, place));
    at = std::move(next);
  }
  return ends;
}

rc::Gen<Expression> expression(int depth) {
  auto character = rc::gen::map(rc::gen::element('a', 'b', '.'), [](char c) {
    return Expression{.pattern = std::string(1, c),
                      .ends = [c](const std::string& text, std::size_t at) {
                        std::set<std::size_t> ends;
                        const bool is_one = at < text.size() && (c == '.' || text[at] == c);
                        if (is_one) ends.insert(at + 1);
                        return ends;
                      }};
  });
  if (depth == 0) return character;
  const auto two = rc::gen::pair(expression(depth - 1), expression(depth - 1));
  const auto sequence = rc::gen::map(two, [](const std::pair<Expression, Expression>& parts) {
    return Expression{.pattern = parts.first.pattern + parts.second.pattern,
                      .ends = [parts](const std::string& text, std::size_t at) {
                        std::set<std::size_t> ends;
                        for (const std::size_t place : parts.first.ends(text, at))
                          ends.merge(parts.second.ends(text, place));
                        return ends;
                      }};
  });
  const auto either = rc::gen::map(two, [](const std::pair<Expression, Expression>& parts) {
    return Expression{.pattern = "(" + parts.first.pattern + "|" + parts.second.pattern + ")",
                      .ends = [parts](const std::string& text, std::size_t at) {
                        std::set<std::size_t> ends = parts.first.ends(text, at);
                        ends.merge(parts.second.ends(text, at));
                        return ends;
                      }};
  });
  const auto counts = rc::gen::pair(rc::gen::inRange<std::size_t>(0, 3),
                                    rc::gen::inRange<std::size_t>(0, kEndless + 1));
  const auto many = rc::gen::map(
      rc::gen::pair(expression(depth - 1), counts),
      [](const std::pair<Expression, std::pair<std::size_t, std::size_t>>& parts) {
        const Expression& part = parts.first;
        const auto [min, more] = parts.second;
        std::optional<std::size_t> max;
        if (more != kEndless) max = min + more;
        const std::string most = max ? std::to_string(*max) : std::string();
        return Expression{
            .pattern = "(" + part.pattern + "){" + std::to_string(min) + "," + most + "}",
            .ends = [part, min, max](const std::string& text, std::size_t at) {
              return repeated(part, text, at, min, max);
            }};
      });
  return rc::gen::oneOf(character, sequence, either, many);
}
// NOLINTEND(misc-no-recursion)

TEST_CASE("an expression matches what trying every way matches") {
  CHECK(rc::check("matches(text)", [] {
    const Expression generated = *expression(3);
    const std::string text =
        *rc::gen::resize(8, rc::gen::container<std::string>(rc::gen::element('a', 'b', 'c')));
    RC_LOG(generated.pattern + " on " + text);
    bool is_anywhere = false;
    for (std::size_t at = 0; at <= text.size(); ++at)
      is_anywhere = is_anywhere || !generated.ends(text, at).empty();
    const IRegexp regexp = IRegexp::parse(generated.pattern).value();
    std::uint64_t steps = 10'000'000;
    RC_ASSERT(regexp.matches(text, IRegexp::Extent::kWhole, steps) ==
              generated.ends(text, 0).contains(text.size()));
    RC_ASSERT(regexp.matches(text, IRegexp::Extent::kAnywhere, steps) == is_anywhere);
  }));
}

}  // namespace
}  // namespace weft::json::jsonpath
