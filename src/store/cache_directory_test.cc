#include "store/cache_directory.h"

#include <atomic>
#include <fstream>

#include <doctest/doctest.h>

#include "base/work_pool.h"
#include "store/testing.h"

namespace weft::store {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

std::ptrdiff_t files_in(const fs::path& directory) {
  return std::distance(fs::directory_iterator(directory), fs::directory_iterator());
}

TEST_CASE("an entry comes back, in memory and as a file") {
  const TemporaryDirectory directory;
  const FakeClock clock;
  CacheDirectory cache(directory.path() / "cache", 1000, clock);
  CHECK_FALSE(cache.get("key").has_value());
  CHECK_FALSE(cache.map("key").has_value());
  cache.put("key", "value");
  CHECK(cache.get("key") == "value");
  CHECK(cache.map("key").value().bytes() == "value");
  cache.put("key", "other");
  CHECK(cache.get("key") == "other");
  cache.remove("key");
  CHECK_FALSE(cache.get("key").has_value());
}

TEST_CASE("any text is a key") {
  const TemporaryDirectory directory;
  const FakeClock clock;
  CacheDirectory cache(directory.path(), 1000, clock);
  for (const std::string& key :
       {std::string(), std::string("../../x"), std::string("a\0b", 3), std::string(9999, 'k')}) {
    cache.put(key, "v");
    CHECK(cache.get(key) == "v");
  }
  CHECK(files_in(directory.path()) == 4);
}

TEST_CASE("entries survive opening again") {
  const TemporaryDirectory directory;
  const FakeClock clock;
  CacheDirectory(directory.path(), 1000, clock).put("key", "value");
  CHECK(CacheDirectory(directory.path(), 1000, clock).get("key") == "value");
}

TEST_CASE("the least recently used entries leave first") {
  const TemporaryDirectory directory;
  FakeClock clock;
  CacheDirectory cache(directory.path(), 100, clock);
  for (const auto* key : {"a", "b", "c"}) {
    cache.put(key, std::string(30, 'x'));
    clock.advance(CacheDirectory::kUseGranularity);
  }
  CHECK(cache.get("a").has_value());  // Used: now b is the oldest.
  clock.advance(CacheDirectory::kUseGranularity);
  cache.put("d", std::string(30, 'x'));
  CHECK(cache.get("a").has_value());
  CHECK_FALSE(cache.get("b").has_value());
  CHECK(cache.get("c").has_value());
  CHECK(cache.get("d").has_value());
}

TEST_CASE("a smaller limit holds once something is put") {
  const TemporaryDirectory directory;
  FakeClock clock;
  {
    CacheDirectory cache(directory.path(), 100, clock);
    cache.put("old", std::string(40, 'x'));
    clock.advance(CacheDirectory::kUseGranularity);
    cache.put("new", std::string(40, 'x'));
  }
  CacheDirectory cache(directory.path(), 50, clock);
  CHECK(cache.map("old").has_value());  // Who only gets need not look at all the others.
  clock.advance(CacheDirectory::kUseGranularity);
  CHECK(cache.map("new").has_value());
  cache.put("small", "x");
  CHECK_FALSE(cache.get("old").has_value());
  CHECK(cache.get("new").has_value());
  CHECK(cache.get("small").has_value());
}

TEST_CASE("an entry larger than the cache is not kept") {
  const TemporaryDirectory directory;
  const FakeClock clock;
  CacheDirectory cache(directory.path(), 10, clock);
  cache.put("small", "123");
  cache.put("large", std::string(11, 'x'));
  CHECK(cache.get("small").has_value());
  CHECK_FALSE(cache.get("large").has_value());
}

TEST_CASE("the directory may vanish at any time") {
  const TemporaryDirectory directory;
  const FakeClock clock;
  CacheDirectory cache(directory.path() / "cache", 1000, clock);
  cache.put("key", "value");
  fs::remove_all(directory.path() / "cache");
  CHECK_FALSE(cache.get("key").has_value());
  cache.put("key", "value");
  CHECK(cache.get("key") == "value");
}

TEST_CASE("a directory that cannot be is all misses") {
  const TemporaryDirectory directory;
  const FakeClock clock;
  std::ofstream(directory.path() / "file") << "x";
  CacheDirectory cache(directory.path() / "file" / "cache", 1000, clock);
  cache.put("key", "value");
  CHECK_FALSE(cache.get("key").has_value());
}

TEST_CASE("half-written entries are swept when they are an hour old") {
  const TemporaryDirectory directory;
  const SystemClock clock;
  const auto young = directory.path() / "incoming-young";
  const auto old = directory.path() / "incoming-old";
  std::ofstream(young) << "x";
  std::ofstream(old) << "x";
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(2));
  CacheDirectory cache(directory.path(), 1000, clock);
  CHECK(fs::exists(old));
  cache.put("key", "value");
  CHECK(fs::exists(young));
  CHECK_FALSE(fs::exists(old));
}

TEST_CASE("threads that put, get and evict see whole entries") {
  const TemporaryDirectory directory;
  const SystemClock clock;
  CacheDirectory cache(directory.path(), 50'000, clock);
  std::atomic<int> torn = 0;
  {
    WorkPool pool("cachers", 4, 4);
    for (int thread = 0; thread < 4; ++thread) {
      REQUIRE(pool.run([&, thread] {
                    for (int i = 0; i < 30; ++i) {
                      const std::string key = std::to_string((i + thread) % 8);
                      cache.put(key, std::string(9000, key[0]));
                      const auto found = cache.get(std::to_string(i % 8));
                      if (found && *found != std::string(9000, static_cast<char>('0' + i % 8)))
                        ++torn;
                    }
                  })
                  .has_value());
    }
    pool.finish();
  }
  CHECK(torn == 0);
}

}  // namespace
}  // namespace weft::store
