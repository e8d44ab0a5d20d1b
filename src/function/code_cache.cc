#include "function/code_cache.h"

#include <fmt/format.h>

#include "engine/module_info.h"

namespace weft::function {
namespace {

std::string entry_name(const engine::Engine& engine, std::string_view id) {
  return fmt::format("code {} {}", engine.fingerprint(), id);
}

}  // namespace

bool CodeCache::keeps(const engine::Engine& engine, std::string_view id) {
  return entries_.has(entry_name(engine, id));
}

Result<std::shared_ptr<const engine::Code>> CodeCache::code_of(const engine::Engine& engine,
                                                               std::string_view module) {
  return code_of(engine, content_id(module), module);
}

Result<std::shared_ptr<const engine::Code>> CodeCache::code_of(const engine::Engine& engine,
                                                               std::string_view id,
                                                               std::string_view module) {
  const std::string name = entry_name(engine, id);
  if (auto code = kept(engine, name)) return code;
  const bool is_binary = engine::is_binary_module(module);
  const std::string made =
      is_binary ? std::string() : TRY(engine::to_binary(module, engine::kTextName));
  const std::string bytes = TRY(compiler_.compile(engine, is_binary ? module : made));
  auto code = TRY(engine.load(bytes));
  // Code that cannot be kept still runs.
  entries_.put(name, bytes);
  return code;
}

std::shared_ptr<const engine::Code> CodeCache::kept(const engine::Engine& engine,
                                                    const std::string& name) {
  const auto entry = entries_.map(name);
  if (!entry) return nullptr;
  if (auto code = engine.load_file(entry->bytes, entry->file.descriptor())) return *code;
  entries_.remove(name);
  return nullptr;
}

}  // namespace weft::function
