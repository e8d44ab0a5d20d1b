// A directory of this machine for fuzz targets that work on real files.
#pragma once

#include <filesystem>
#include <iterator>
#include <string>
#include <system_error>

#include <stdlib.h>

#include "base/assert.h"

namespace weft::system::testing {

// An empty directory with nothing of anybody's around it; removed at the end.
class Scratch {
 public:
  explicit Scratch(const std::filesystem::path& place) {
    std::string name = (place / "weft-fuzz-XXXXXX").native();
    WEFT_ASSERT(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    std::filesystem::create_directory(path_ / "tree");
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::filesystem::path tree() const { return path_ / "tree"; }
  // Nothing was made beside the tree.
  void check_alone() const {
    const auto entries = std::filesystem::directory_iterator(path_);
    WEFT_ASSERT(std::distance(begin(entries), end(entries)) == 1);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace weft::system::testing
