// Compiled code, kept so that a module is compiled once. What is loaded was written by somebody who
// has the key.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "engine/engine.h"
#include "function/compiler.h"
#include "store/cache_directory.h"

namespace weft::function {

// Thread-safe. Blocks: compiles, reads, writes.
class CodeCache {
 public:
  using Key = std::array<std::uint8_t, 32>;

  // The key in that file, which is made (0600) when it does not exist. kPermissionDenied when
  // others can read it; kUnavailable when it cannot be read or made.
  static Result<Key> load_or_make_key(const std::filesystem::path& file, Random& random);

  // All outlive this object. Code is mapped from the directory's files (Engine::load_file), to
  // which nobody but this process's user may write.
  CodeCache(store::CacheDirectory& directory, const Key& key, const Compiler& compiler)
      : directory_(directory), key_(key), compiler_(compiler) {}

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
  // What an entry begins with, if that proves to be ours; else nothing.
  std::optional<std::string_view> authentic(std::string_view name, const store::MappedFile& entry);

  store::CacheDirectory& directory_;
  Key key_;
  const Compiler& compiler_;
};

}  // namespace weft::function
