#include "function/initialization.h"

#include <algorithm>

#include <fmt/format.h>

#include "abi/dialect.h"
#include "base/log.h"
#include "base/nearest.h"

namespace weft::function {
namespace {

// How much of a name or type, and how many names, an error shows.
constexpr std::size_t kNameShownMax = 100;
constexpr std::size_t kExportsShownMax = 10;

bool takes_and_gives_nothing(const engine::ExportInfo& item) {
  return item.kind == engine::ItemKind::kFunction && item.function == engine::FunctionType();
}

// Of the exports that could be named instead.
std::string did_you_mean(const engine::ModuleInfo& info, std::string_view name) {
  std::vector<std::string_view> possible;
  for (const engine::ExportInfo& item : info.exports) {
    if (takes_and_gives_nothing(item) && !abi::starts_program(info, item.name))
      possible.push_back(item.name);
  }
  if (possible.empty()) return "the module exports no function without parameters and results";
  if (const auto meant = nearest(name, possible))
    return fmt::format("did you mean {}?", shown(*meant, kNameShownMax));
  std::string names;
  for (std::size_t i = 0; i < std::min(possible.size(), kExportsShownMax); ++i)
    names += (i > 0 ? ", " : "") + shown(possible[i], kNameShownMax);
  if (possible.size() > kExportsShownMax) names += ", …";
  return "it could be " + names;
}

Result<> check(const engine::ModuleInfo& info, std::string_view name) {
  const engine::ExportInfo* const item = info.find_export(name);
  if (item == nullptr) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the module exports no {} that could initialise it; {}",
                            shown(name, kNameShownMax), did_you_mean(info, name)));
  }
  if (abi::starts_program(info, name)) {
    return fail(ErrorCode::kInvalidArgument,
                "_start cannot initialise the module: it runs the program, as each call does");
  }
  if (takes_and_gives_nothing(*item)) return {};
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("{} cannot initialise the module: it has to be a function without parameters "
                  "and results, and is {} {}",
                  shown(name, kNameShownMax),
                  item->kind == engine::ItemKind::kFunction ? "one of type" : name_of(item->kind),
                  shown(item->type, kNameShownMax)));
}

}  // namespace

bool Initialization::has(std::string_view name) const {
  return std::ranges::find(exports, name) != exports.end();
}

std::size_t Initialization::count_before(std::string_view wanted) const {
  return static_cast<std::size_t>(std::ranges::find(exports, wanted) - exports.begin());
}

Result<Initialization> initialization_of(const engine::ModuleInfo& info,
                                         const std::optional<std::string>& init) {
  Initialization initialization{.has_start = info.has_start, .exports = {}};
  // A program is started, whatever else its module exports.
  const bool is_program = abi::dialect_of(info) == abi::Dialect::kCommand;
  if (!is_program) {
    const auto names = abi::initializers_before(info, "");
    initialization.exports.assign(names.begin(), names.end());
  }
  std::optional<std::string> last = init;
  if (!last && info.find_export(abi::kWizerInitialize) != nullptr) last = abi::kWizerInitialize;
  if (!last) return initialization;
  TRY(check(info, *last));
  if (!initialization.has(*last)) initialization.exports.push_back(*std::move(last));
  return initialization;
}

}  // namespace weft::function
