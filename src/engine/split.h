// Code and the state that it begins with, apart: what is needed to put an instance back to its
// beginning instead of making it anew. Private to engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/memory_image.h"

namespace weft::engine {

// What instances of a split module begin with. Texts are borrowed from what `parse` got. The split
// module exports more than the original: the names begin with "weft.", as none of the original do.
struct Beginning {
  // Whether a reset undoes all that the module's code can do.
  bool can_be_put_back = false;
  bool has_memory = false;
  std::uint64_t memory_bytes = 0;  // multiple of the page's size
  bool has_start = false;
  std::int64_t shift = 0;     // from an offset in the split module's code to one in the original
  std::uint64_t globals = 0;  // those that change, where it can be put back
  std::vector<MemoryImage::Piece> segments;  // in bounds; later ones lie over earlier ones

  static constexpr std::string_view kMemoryName = "weft.m";
  static constexpr std::string_view kStartName = "weft.s";
  static std::string global_name(std::uint64_t index) { return "weft.g" + std::to_string(index); }

  // Reads what weft_split wrote. kDataLoss when it is something else.
  static Result<Beginning> parse(std::string_view plan);
};

struct SplitModule {
  std::string code;  // a module
  std::string plan;  // for Beginning::parse
};

// Nothing when a valid module cannot be split.
std::optional<SplitModule> split(std::string_view module);

}  // namespace weft::engine
