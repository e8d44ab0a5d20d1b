#include "json/jsonata/builtins.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "json/jsonata/signature.h"

namespace weft::json::jsonata {

namespace {

// Sorted by name. The arity is how many arguments the reference implementation's function declares.
constexpr auto kBuiltins = std::to_array<Builtin>({
    {"abs", "<n-:n>", builtins::abs, 1},
    {"append", "<xx:a>", builtins::append, 2},
    {"assert", "<bs?:x>", builtins::assert_true, 2},
    {"average", "<a<n>:n>", builtins::average, 1},
    {"base64decode", "<s-:s>", builtins::base64_decode, 1},
    {"base64encode", "<s-:s>", builtins::base64_encode, 1},
    {"boolean", "<x-:b>", builtins::boolean, 1},
    {"ceil", "<n-:n>", builtins::ceil, 1},
    {"clone", "<(oa)-:o>", builtins::clone, 1},
    {"contains", "<s-(sf):b>", builtins::contains, 2},
    {"count", "<a:n>", builtins::count, 1},
    {"decodeUrl", "<s-:s>", builtins::decode_url, 1},
    {"decodeUrlComponent", "<s-:s>", builtins::decode_url_component, 1},
    {"distinct", "<x:x>", builtins::distinct, 1},
    {"each", "<o-f:a>", builtins::each, 2},
    {"encodeUrl", "<s-:s>", builtins::encode_url, 1},
    {"encodeUrlComponent", "<s-:s>", builtins::encode_url_component, 1},
    {"error", "<s?:x>", builtins::error, 1},
    {"eval", "<sx?:x>", builtins::eval, 2},
    {"exists", "<x:b>", builtins::exists, 1},
    {"filter", "<af>", builtins::filter, 2},
    {"floor", "<n-:n>", builtins::floor, 1},
    {"formatBase", "<n-n?:s>", builtins::format_base, 2},
    {"formatInteger", "<n-s:s>", builtins::format_integer, 2},
    {"formatNumber", "<n-so?:s>", builtins::format_number, 3},
    {"fromMillis", "<n-s?s?:s>", builtins::from_millis, 3},
    {"join", "<a<s>s?:s>", builtins::join, 2},
    {"keys", "<x-:a<s>>", builtins::keys, 1},
    {"length", "<s-:n>", builtins::length, 1},
    {"lookup", "<x-s:x>", builtins::lookup, 2},
    {"lowercase", "<s-:s>", builtins::lowercase, 1},
    {"map", "<af>", builtins::map, 2},
    {"match", "<s-f<s:o>n?:a<o>>", builtins::match, 3},
    {"max", "<a<n>:n>", builtins::max, 1},
    {"merge", "<a<o>:o>", builtins::merge, 1},
    {"millis", "<:n>", builtins::millis, 0},
    {"min", "<a<n>:n>", builtins::min, 1},
    {"not", "<x-:b>", builtins::logical_not, 1},
    {"now", "<s?s?:s>", builtins::now, 2},
    {"number", "<(nsb)-:n>", builtins::number, 1},
    {"pad", "<s-ns?:s>", builtins::pad, 3},
    {"parseInteger", "<s-s:n>", builtins::parse_integer, 2},
    {"power", "<n-n:n>", builtins::power, 2},
    {"random", "<:n>", builtins::random, 0},
    {"reduce", "<afj?:j>", builtins::reduce, 3},
    {"replace", "<s-(sf)(sf)n?:s>", builtins::replace, 4},
    {"reverse", "<a:a>", builtins::reverse, 1},
    {"round", "<n-n?:n>", builtins::round, 2},
    {"shuffle", "<a:a>", builtins::shuffle, 1},
    {"sift", "<o-f?:o>", builtins::sift, 2},
    {"single", "<af?>", builtins::single, 2},
    {"sort", "<af?:a>", builtins::sort, 2},
    {"split", "<s-(sf)n?:a<s>>", builtins::split, 3},
    {"spread", "<x-:a<o>>", builtins::spread, 1},
    {"sqrt", "<n-:n>", builtins::sqrt, 1},
    {"string", "<x-b?:s>", builtins::string, 1},
    {"substring", "<s-nn?:s>", builtins::substring, 3},
    {"substringAfter", "<s-s:s>", builtins::substring_after, 2},
    {"substringBefore", "<s-s:s>", builtins::substring_before, 2},
    {"sum", "<a<n>:n>", builtins::sum, 1},
    {"toMillis", "<s-s?:n>", builtins::to_millis, 2},
    {"trim", "<s-:s>", builtins::trim, 1},
    {"type", "<x:s>", builtins::type, 1},
    {"uppercase", "<s-:s>", builtins::uppercase, 1},
    {"zip", "<a+>", builtins::zip, 0},
});
static_assert(std::ranges::is_sorted(kBuiltins, {}, &Builtin::name));

// What workflows have beside these or instead of them.
constexpr auto kWorkflowBuiltins = std::to_array<Builtin>({
    {"hash", "<ss?:s>", builtins::hash, 2},
    {"parse", "<s-:x>", builtins::parse, 1},
    {"partition", "<an:a>", builtins::partition, 2},
    {"random", "<n?:n>", builtins::seeded_random, 1},
    {"range", "<nnn:a>", builtins::range, 3},
    {"uuid", "<:s>", builtins::uuid, 0},
});
static_assert(std::ranges::is_sorted(kWorkflowBuiltins, {}, &Builtin::name));

template <std::size_t kCount>
class Table {
 public:
  explicit Table(const std::array<Builtin, kCount>& builtins) {
    signatures_.reserve(kCount);
    for (const Builtin& builtin : builtins) {
      auto signature = Signature::parse(builtin.signature);
      WEFT_ASSERT(signature.has_value());
      signatures_.push_back(*std::move(signature));
      functions_.push_back({.kind = Function::Kind::kBuiltin,
                            .arity = builtin.arity,
                            .builtin = &builtin,
                            .signature = &signatures_.back()});
    }
  }

  const Function* find(std::string_view name) const {
    const auto found = std::ranges::lower_bound(
        functions_, name, {}, [](const Function& function) { return function.builtin->name; });
    return found == functions_.end() || found->builtin->name != name ? nullptr : &*found;
  }

 private:
  std::vector<Signature> signatures_;
  std::vector<Function> functions_;
};

}  // namespace

const Function* find_builtin(std::string_view name, bool workflow_functions) {
  static const Table<kBuiltins.size()> kTable(kBuiltins);
  static const Table<kWorkflowBuiltins.size()> kWorkflowTable(kWorkflowBuiltins);
  if (!workflow_functions) return kTable.find(name);
  if (const Function* found = kWorkflowTable.find(name); found != nullptr) return found;
  // Definitions are fixed where workflows run: no text becomes a program.
  return name == "eval" ? nullptr : kTable.find(name);
}

}  // namespace weft::json::jsonata
