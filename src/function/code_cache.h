// Compiled code, kept so that a module is compiled once.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/engine.h"
#include "function/compiler.h"
#include "function/sealed_cache.h"

namespace weft::function {

// Thread-safe. Blocks: compiles, reads, writes.
class CodeCache {
 public:
  // Both outlive this object. Code is mapped from the entries' files (Engine::load_file).
  CodeCache(SealedCache& entries, const Compiler& compiler)
      : entries_(entries), compiler_(compiler) {}

  // The compiled code of a valid module, binary or text, whose content id is `id`: from the cache
  // when an entry of this engine proves to be ours, else compiled and kept. Errors of
  // engine::to_binary and Compiler::compile.
  Result<std::shared_ptr<const engine::Code>> code_of(const engine::Engine& engine,
                                                      std::string_view id, std::string_view module);
  // The same, of a module whose id is not known yet.
  Result<std::shared_ptr<const engine::Code>> code_of(const engine::Engine& engine,
                                                      std::string_view module);

  // Whether there is an entry of it, ours or not.
  bool keeps(const engine::Engine& engine, std::string_view id);

 private:
  // The code of an entry that is there and ours, or null.
  std::shared_ptr<const engine::Code> kept(const engine::Engine& engine, const std::string& name);

  SealedCache& entries_;
  const Compiler& compiler_;
};

}  // namespace weft::function
