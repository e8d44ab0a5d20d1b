#include "cli/module_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "abi/dialect.h"
#include "base/id.h"
#include "base/log.h"
#include "cli/quantity.h"
#include "cli/short_text.h"
#include "cli/signature.h"
#include "function/module_document.h"
#include "json/print.h"

namespace weft::cli {
namespace {

// Who provides an import, or why nobody does, for people.
std::string provider_text(const engine::ImportInfo& import) {
  if (const auto problem = abi::problem_of(import)) return *problem;
  const auto providers = abi::providers_of(import);
  return providers.empty() ? "weft" : std::string(abi::name_of(providers.front()));
}

std::string memory_text(const engine::MemoryInfo& memory) {
  const std::string most =
      memory.max_pages
          ? fmt::format("at most {}", bytes_text(*memory.max_pages * engine::kPageBytes))
          : "no limit of its own";
  return fmt::format("{}, {}{}{}", bytes_text(memory.min_pages * engine::kPageBytes), most,
                     memory.memory64 ? ", 64-bit" : "", memory.shared ? ", shared" : "");
}

// Rows of two columns, the first as wide as its widest cell (within reason); the first ones of
// many.
std::string rows(const std::vector<std::pair<std::string, std::string>>& cells,
                 const ModuleFile& file) {
  constexpr std::size_t kWidthMax = 48;
  std::size_t width = 0;
  for (const auto& [left, right] : cells) {
    if (!right.empty()) width = std::max(width, std::min(left.size(), kWidthMax));
  }
  std::vector<std::string> lines;
  lines.reserve(cells.size());
  for (const auto& [left, right] : cells) {
    lines.push_back(right.empty() ? fmt::format("  {}", left)
                                  : fmt::format("  {:<{}}  {}", left, width, right));
  }
  return first_lines(lines, fmt::format("weft inspect {} --json", shell_word(file.word)));
}

std::string exports_text(const ModuleFile& file) {
  std::vector<std::pair<std::string, std::string>> cells;
  for (const engine::ExportInfo& item : file.info.exports) {
    if (item.kind == engine::ItemKind::kFunction) {
      cells.emplace_back(signature(item), "");
    } else {
      cells.emplace_back(fmt::format("{} {}", engine::name_of(item.kind), short_name(item.name)),
                         shown(item.type, kTypeBytesShownMax));
    }
  }
  return rows(cells, file);
}

std::string imports_text(const ModuleFile& file) {
  std::vector<std::pair<std::string, std::string>> cells;
  cells.reserve(file.info.imports.size());
  for (const engine::ImportInfo& import : file.info.imports) {
    cells.emplace_back(fmt::format("{}.{} {}", short_name(import.module), short_name(import.name),
                                   shown(import.type, kTypeBytesShownMax)),
                       provider_text(import));
  }
  return rows(cells, file);
}

}  // namespace

std::string module_text(const ModuleFile& file, const Console& console) {
  const engine::ModuleInfo& info = file.info;
  const function::StateText state = function::state_text(info);
  const bool is_text = !file.binary.empty();
  std::string text = fmt::format(
      "{} {}\nid       {}\nsize     {}{}\ndialect  {}\npristine {}: {}\n", console.bold("module"),
      printable(file.name), content_id(file.bytes), bytes_text(file.bytes.size()),
      is_text ? fmt::format(" of text, {} as a binary", bytes_text(file.binary.size())) : "",
      abi::name_of(abi::dialect_of(info)), state.name == "fresh" ? "no" : "yes", state.reason);
  if (!info.exports.empty())
    text += fmt::format("\n{}\n{}", console.bold("exports"), exports_text(file));
  if (!info.imports.empty())
    text += fmt::format("\n{}\n{}", console.bold("imports (provided by)"), imports_text(file));
  if (!info.memories.empty()) {
    text += fmt::format("\n{}\n", console.bold("memory"));
    for (const engine::MemoryInfo& memory : info.memories)
      text += fmt::format("  {}\n", memory_text(memory));
  }
  if (info.has_start) text += "\nIt runs a start function when it is instantiated.\n";
  return text;
}

std::string module_json(const ModuleFile& file) {
  std::string text;
  json::Writer writer(text);
  const std::string id = content_id(file.bytes);
  function::write(writer, function::ModuleDocument{.id = id,
                                                   .dialect = abi::dialect_of(file.info),
                                                   .info = file.info,
                                                   .size_bytes = file.bytes.size()});
  return text + "\n";
}

}  // namespace weft::cli
