#include "json/jsonpath/i_regexp.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/utf8.h"
#include "json/unicode.h"

namespace weft::json::jsonpath {
namespace {

constexpr char32_t kLastCodePoint = 0x10FFFF;
// Beyond any program's size, and far from overflow.
constexpr std::size_t kRepeatMax = 1'000'000;

}  // namespace

// Recursive descent over the grammar of RFC 9485 section 4 into a tree, which is then written as a
// program: {n,m} writes its part several times.
class RegexpCompiler {
 public:
  RegexpCompiler(std::string_view pattern, const RegexpLimits& limits)
      : pattern_(pattern), limits_(limits) {}

  Result<IRegexp> compile() {
    if (pattern_.size() > limits_.bytes_max) {
      return fail(Error(ErrorCode::kTooLarge, "a regular expression is too long")
                      .with_limit("regexp_bytes", limits_.bytes_max));
    }
    for (std::size_t i = 0; i < pattern_.size();) {
      const CodePoint point = decode_utf8(pattern_, i);
      if (!point.valid) return wrong(i, "this is not UTF-8");
      i += point.size;
    }
    const Node tree = TRY(alternatives());
    if (at_ < pattern_.size()) return wrong(at_, "this ) closes no group");
    TRY(write(tree));
    TRY(append({.operation = Operation::kMatch}));
    return std::move(regexp_);
  }

 private:
  using Operation = IRegexp::Operation;
  using Set = IRegexp::Set;

  enum class Kind : std::uint8_t { kSet, kBegin, kEnd, kSequence, kAlternatives, kRepeat };
  struct Node {
    Kind kind = Kind::kSequence;
    std::uint32_t set = 0;
    std::size_t min = 0;
    std::optional<std::size_t> max = std::nullopt;  // without one: endless
    std::vector<Node> parts = {};
  };

  bool at_end() const { return at_ == pattern_.size(); }
  char peek() const { return at_end() ? '\0' : pattern_[at_]; }
  bool take(char expected) {
    if (at_end() || pattern_[at_] != expected) return false;
    ++at_;
    return true;
  }
  char32_t next() {
    const CodePoint point = decode_utf8(pattern_, at_);
    at_ += point.size;
    return point.value;
  }

  std::unexpected<Error> wrong(std::size_t offset, std::string_view what) const {
    const Position position = position_of(pattern_, offset);
    return fail(Error(ErrorCode::kInvalidArgument, "invalid regular expression at character " +
                                                       std::to_string(position.column.value_or(1)) +
                                                       ": " + std::string(what))
                    .with_position(position));
  }

  Result<Node> alternatives() {
    if (++depth_ > limits_.depth_max) {
      return fail(Error(ErrorCode::kTooLarge, "the groups of a regular expression nest too deeply")
                      .with_limit("regexp_depth", limits_.depth_max));
    }
    Node node{.kind = Kind::kAlternatives};
    do {
      Node branch{.kind = Kind::kSequence};
      while (!at_end() && peek() != '|' && peek() != ')')
        branch.parts.push_back(TRY(piece()));
      node.parts.push_back(std::move(branch));
    } while (take('|'));
    --depth_;
    return node;
  }

  Result<Node> piece() {
    Node part = TRY(atom());
    Node repeat{.kind = Kind::kRepeat};
    if (take('*')) {
      // As it is.
    } else if (take('+')) {
      repeat.min = 1;
    } else if (take('?')) {
      repeat.max = 1;
    } else if (peek() == '{') {
      TRY(quantity(repeat));
    } else {
      return part;
    }
    repeat.parts.push_back(std::move(part));
    return repeat;
  }

  Result<> quantity(Node& repeat) {
    const std::size_t begin = at_++;
    repeat.min = TRY(count());
    if (!take(',')) {
      repeat.max = repeat.min;
    } else if (peek() != '}') {
      repeat.max = TRY(count());
      if (*repeat.max < repeat.min) return wrong(begin, "the second number is the smaller one");
    }
    if (!take('}')) return wrong(at_, "write {3}, {3,} or {3,5}");
    return {};
  }

  Result<std::size_t> count() {
    const std::size_t begin = at_;
    std::size_t value = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
      value = std::min(kRepeatMax, value * 10 + static_cast<std::size_t>(peek() - '0'));
    }
    if (at_ == begin) return wrong(at_, "a number of repetitions is missing");
    return value;
  }

  Result<Node> atom() {
    const std::size_t begin = at_;
    const char first = peek();
    if (take('(')) {
      Node group = TRY(alternatives());
      if (!take(')')) return wrong(begin, "this ( is not closed");
      return group;
    }
    if (take('^')) return Node{.kind = Kind::kBegin};
    if (take('$')) return Node{.kind = Kind::kEnd};
    if (take('.')) {
      return one_of({.ranges = {{'\n', '\n'}, {'\r', '\r'}}, .negated = true});
    }
    if (take('[')) return one_of(TRY(bracketed(begin)));
    Set set;
    if (first == '\\') {
      TRY(escape(set));
      return one_of(std::move(set));
    }
    if (std::string_view("*+?{}]").contains(first)) {
      return wrong(begin, "a backslash belongs before *, +, ?, {, } and ] where they are meant");
    }
    const char32_t value = next();
    set.ranges.emplace_back(value, value);
    return one_of(std::move(set));
  }

  // Behind the [.
  Result<Set> bracketed(std::size_t begin) {
    Set set;
    set.negated = take('^');
    if (take('-')) set.ranges.emplace_back('-', '-');
    while (!at_end() && peek() != ']') {
      if (peek() == '-') {
        ++at_;
        set.ranges.emplace_back('-', '-');
        if (peek() != ']') return wrong(at_ - 1, "a - that is no range stands first or last");
        break;
      }
      TRY(bracketed_part(set));
    }
    if (at_ == begin + 1 || (set.negated && at_ == begin + 2)) {
      return wrong(begin, "there is nothing in these brackets");
    }
    if (!take(']')) return wrong(begin, "this [ is not closed");
    return set;
  }

  // One character, a range or a category.
  Result<> bracketed_part(Set& set) {
    const std::size_t begin = at_;
    const std::optional<char32_t> first = TRY(bracketed_character(set));
    if (!first) return {};
    char32_t last = *first;
    const bool is_range = peek() == '-' && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']';
    if (is_range) {
      ++at_;
      const std::optional<char32_t> end = TRY(bracketed_character(set));
      if (!end) return wrong(begin, "a range ends with a character");
      if (*end < *first) return wrong(begin, "this range is the wrong way round");
      last = *end;
    }
    set.ranges.emplace_back(*first, last);
    return {};
  }

  // Nothing for a category, which goes into the set.
  Result<std::optional<char32_t>> bracketed_character(Set& set) {
    if (peek() == '\\') return escape_of(set);
    if (peek() == '[' || peek() == '-') {
      return wrong(at_, "a backslash belongs before this in brackets");
    }
    return next();
  }

  Result<> escape(Set& set) {
    const std::optional<char32_t> value = TRY(escape_of(set));
    if (value) set.ranges.emplace_back(*value, *value);
    return {};
  }

  Result<std::optional<char32_t>> escape_of(Set& set) {
    const std::size_t begin = at_++;
    const char escaped = peek();
    if (!at_end()) ++at_;
    if (escaped == 'p' || escaped == 'P') {
      const std::size_t close = pattern_.find('}', at_);
      if (peek() == '{' && close != std::string_view::npos) {
        const auto mask = category_named(pattern_.substr(at_ + 1, close - at_ - 1));
        at_ = close + 1;
        if (mask) {
          set.categories |= escaped == 'p' ? *mask : kEveryCategory & ~*mask;
          return std::nullopt;
        }
      }
      return wrong(begin, "a category of Unicode is written as \\p{L} or \\p{Lu}");
    }
    if (escaped == 'n') return U'\n';
    if (escaped == 'r') return U'\r';
    if (escaped == 't') return U'\t';
    if (escaped != '\0' && std::string_view("()*+-.?[\\]^{|}").contains(escaped)) {
      return static_cast<char32_t>(escaped);
    }
    return wrong(begin, "I-Regexp (RFC 9485) has no such escape");
  }

  Node one_of(Set set) {
    std::ranges::sort(set.ranges);
    std::vector<std::pair<char32_t, char32_t>> merged;
    for (const auto& range : set.ranges) {
      if (!merged.empty() && range.first <= merged.back().second) {
        merged.back().second = std::max(merged.back().second, range.second);
      } else {
        merged.push_back(range);
      }
    }
    set.ranges = std::move(merged);
    regexp_.sets_.push_back(std::move(set));
    return {.kind = Kind::kSet, .set = static_cast<std::uint32_t>(regexp_.sets_.size() - 1)};
  }

  std::uint32_t here() const { return static_cast<std::uint32_t>(regexp_.program_.size()); }

  Result<> append(IRegexp::Instruction instruction) {
    if (regexp_.program_.size() >= limits_.instructions_max) {
      return fail(Error(ErrorCode::kTooLarge, "a regular expression repeats too much")
                      .with_limit("regexp_instructions", limits_.instructions_max));
    }
    instruction.next = here() + 1;
    regexp_.program_.push_back(instruction);
    return {};
  }

  // As deep as the groups, which have a limit.
  Result<> write(const Node& node) {  // NOLINT(misc-no-recursion): see above
    switch (node.kind) {
      case Kind::kSet:
        return append({.operation = Operation::kSet, .set = node.set});
      case Kind::kBegin:
        return append({.operation = Operation::kBegin});
      case Kind::kEnd:
        return append({.operation = Operation::kEnd});
      case Kind::kSequence:
        for (const Node& part : node.parts)
          TRY(write(part));
        return {};
      case Kind::kAlternatives:
        return write_alternatives(node);
      case Kind::kRepeat:
        break;
    }
    return write_repeat(node);
  }

  // Each branch but the last begins with a split and ends with one that goes to the end either way.
  Result<> write_alternatives(const Node& node) {  // NOLINT(misc-no-recursion): see write()
    std::vector<std::uint32_t> ends;
    for (std::size_t i = 0; i + 1 < node.parts.size(); ++i) {
      const std::uint32_t split = here();
      TRY(append({.operation = Operation::kSplit}));
      TRY(write(node.parts[i]));
      ends.push_back(here());
      TRY(append({.operation = Operation::kSplit}));
      regexp_.program_[split].second = here();
    }
    TRY(write(node.parts.back()));
    for (const std::uint32_t end : ends) {
      regexp_.program_[end].next = here();
      regexp_.program_[end].second = here();
    }
    return {};
  }

  Result<> write_repeat(const Node& node) {  // NOLINT(misc-no-recursion): see write()
    const Node& part = node.parts.front();
    for (std::size_t i = 0; i < node.min; ++i) {
      const std::uint32_t before = here();
      TRY(write(part));
      if (here() == before) return {};  // Nothing, however often.
    }
    if (!node.max) {
      const std::uint32_t split = here();
      TRY(append({.operation = Operation::kSplit}));
      TRY(write(part));
      TRY(append({.operation = Operation::kSplit}));
      regexp_.program_.back().next = split;
      regexp_.program_.back().second = split;
      regexp_.program_[split].second = here();
      return {};
    }
    std::vector<std::uint32_t> splits;
    for (std::size_t i = node.min; i < *node.max; ++i) {
      splits.push_back(here());
      TRY(append({.operation = Operation::kSplit}));
      TRY(write(part));
    }
    for (const std::uint32_t split : splits)
      regexp_.program_[split].second = here();
    return {};
  }

  std::string_view pattern_;
  RegexpLimits limits_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  IRegexp regexp_;
};

Result<IRegexp> IRegexp::parse(std::string_view pattern, const RegexpLimits& limits) {
  return RegexpCompiler(pattern, limits).compile();
}

bool IRegexp::Set::contains(char32_t value) const {
  const auto after = std::ranges::upper_bound(ranges, std::pair(value, kLastCodePoint));
  bool is_in = after != ranges.begin() && value <= std::prev(after)->second;
  if (!is_in && categories != 0) is_in = (category_of(value) & categories) != 0;
  return is_in != negated;
}

// Where in the program a match may be: each place once, so that a text takes linear time.
class IRegexp::Threads {
 public:
  explicit Threads(const std::vector<Instruction>& program)
      : program_(program), added_(program.size(), 0) {}

  struct Place {
    bool at_begin = false;
    bool at_end = false;
  };

  void clear() {
    ++generation_;
    waiting_.clear();
    is_matched_ = false;
  }

  // The place and all that it leads to without a character. Returns the steps that it took.
  std::uint64_t add(std::uint32_t start, Place place) {
    std::uint64_t steps = 0;
    stack_.push_back(start);
    while (!stack_.empty()) {
      const std::uint32_t at = stack_.back();
      stack_.pop_back();
      if (added_[at] == generation_) continue;
      added_[at] = generation_;
      ++steps;
      const Instruction& instruction = program_[at];
      switch (instruction.operation) {
        case Operation::kSet:
          waiting_.push_back(at);
          break;
        case Operation::kSplit:
          stack_.push_back(instruction.next);
          stack_.push_back(instruction.second);
          break;
        case Operation::kBegin:
          if (place.at_begin) stack_.push_back(instruction.next);
          break;
        case Operation::kEnd:
          if (place.at_end) stack_.push_back(instruction.next);
          break;
        case Operation::kMatch:
          is_matched_ = true;
      }
    }
    return steps;
  }

  const std::vector<std::uint32_t>& waiting() const { return waiting_; }
  bool is_matched() const { return is_matched_; }

 private:
  const std::vector<Instruction>& program_;
  std::vector<std::uint64_t> added_;  // The generation that last added this place.
  std::uint64_t generation_ = 0;
  std::vector<std::uint32_t> waiting_;
  std::vector<std::uint32_t> stack_;
  bool is_matched_ = false;
};

std::optional<bool> IRegexp::matches(std::string_view text, Extent extent,
                                     std::uint64_t& steps) const {
  Threads lists[2] = {Threads(program_), Threads(program_)};
  Threads* now = &lists[0];
  Threads* then = &lists[1];
  std::uint64_t spent = program_.size();  // of the two lists
  now->clear();
  for (std::size_t i = 0;;) {
    const bool at_end = i == text.size();
    if (i == 0 || extent == Extent::kAnywhere) {
      spent += now->add(0, {.at_begin = i == 0, .at_end = at_end});
    }
    const bool is_matched = now->is_matched() && (at_end || extent == Extent::kAnywhere);
    const bool is_hopeless = now->waiting().empty() && extent == Extent::kWhole;
    if (spent > steps) {
      steps = 0;
      return std::nullopt;
    }
    if (is_matched || at_end || is_hopeless) {
      steps -= spent;
      return is_matched;
    }
    const CodePoint point = decode_utf8(text, i);
    i += point.size;
    then->clear();
    ++spent;
    for (const std::uint32_t at : now->waiting()) {
      ++spent;
      if (!sets_[program_[at].set].contains(point.value)) continue;
      spent += then->add(program_[at].next, {.at_begin = false, .at_end = i == text.size()});
    }
    std::swap(now, then);
  }
}

}  // namespace weft::json::jsonpath
