#include "engine/page_faults.h"

#include <cstdint>
#include <thread>

#include <doctest/doctest.h>
#include <sys/mman.h>

#include "engine/dirty_pages.h"

namespace weft::engine {
namespace {

// Two pages that nothing was written to.
class Pages {
 public:
  Pages()
      : base_(::mmap(nullptr, 2 * kHostPageBytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    REQUIRE(base_ != MAP_FAILED);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { ::munmap(base_, 2 * kHostPageBytes); }
  volatile std::uint8_t& operator[](std::size_t page) const {
    return static_cast<std::uint8_t*>(base_)[page * kHostPageBytes];
  }

 private:
  void* base_;
};

TEST_CASE("a first write to a page is a fault, a second one is none") {
  const Pages pages;
  PageFaults faults;
  faults.watch();
  pages[0] = 1;
  CHECK_FALSE(faults.were_none());
  // What else this thread does may fault once, under sanitizers.
  constexpr int kTries = 100;
  bool were_none = false;
  for (int i = 0; i < kTries && !were_none; ++i) {
    faults.watch();
    pages[0] = 2;
    were_none = faults.were_none();
  }
  CHECK(were_none);
}

TEST_CASE("a first write behind a read is a fault") {
  const Pages pages;
  REQUIRE(pages[1] == 0);
  PageFaults faults;
  faults.watch();
  pages[1] = 1;
  CHECK_FALSE(faults.were_none());
}

TEST_CASE("nothing is known of a memory that another thread touched, or that nobody watched") {
  PageFaults faults;
  CHECK_FALSE(faults.were_none());
  faults.watch();
  std::thread([&faults] { faults.touch(); }).join();
  CHECK_FALSE(faults.were_none());
  faults.watch();
  bool were_none = true;
  std::thread([&] { were_none = faults.were_none(); }).join();
  CHECK_FALSE(were_none);
}

}  // namespace
}  // namespace weft::engine
