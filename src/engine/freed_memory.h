// Gives the memory of large pieces of work back to the system.
#pragma once

#include <cstddef>

#include "base/heap.h"

namespace weft::engine {

// Declared before what allocates. Compiling and translating take up to fifty times a module's bytes
// in millions of small pieces, on the threads of Cranelift's pool too. glibc keeps what they free
// in the arena of each thread, and a server would hold the sum of its largest compilations for
// ever.
class FreedMemory {
 public:
  // `bytes`: of the module or the text. Small ones leave little, and trimming takes the locks of
  // all arenas.
  explicit FreedMemory(std::size_t bytes) : bytes_(bytes) {}
  FreedMemory(const FreedMemory&) = delete;
  FreedMemory& operator=(const FreedMemory&) = delete;
  ~FreedMemory() {
    if (bytes_ > kBytesKept) give_back_free_heap();
  }

 private:
  static constexpr std::size_t kBytesKept = 1024UZ * 1024;
  std::size_t bytes_;
};

}  // namespace weft::engine
