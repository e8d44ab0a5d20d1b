#include "engine/mappings.h"

#include <algorithm>
#include <cstdio>
#include <memory>

namespace weft::engine {
namespace {

constexpr std::uint32_t kSystemDefault = 65'530;
// For everything in the process that is not a guest's.
constexpr std::uint32_t kElsewhere = 5'000;

std::uint32_t system_limit() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      std::fopen("/proc/sys/vm/max_map_count", "re"), &std::fclose);
  unsigned number = 0;
  if (!file || std::fscanf(file.get(), "%u", &number) != 1) return kSystemDefault;
  return number;
}

}  // namespace

std::uint32_t Mappings::available() {
  const std::uint32_t limit = system_limit();
  return limit - std::min(limit / 2, kElsewhere);
}

bool Mappings::take_below(std::uint32_t most, std::uint32_t count) {
  std::uint32_t taken = taken_.load(std::memory_order_relaxed);
  do {
    if (taken > most || count > most - taken) return false;
  } while (!taken_.compare_exchange_weak(taken, taken + count, std::memory_order_relaxed));
  return true;
}

}  // namespace weft::engine
