// The heap of the process.
#pragma once

#include <malloc.h>

namespace weft {

// Gives free memory of the heap back to the system: glibc keeps what was freed, in the arena of
// each thread, for what is allocated next. Behind large pieces of work only: it takes the locks of
// all arenas, one after the other, for up to some milliseconds each.
inline void give_back_free_heap() {
  malloc_trim(0);
}

}  // namespace weft
