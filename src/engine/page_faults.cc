#include "engine/page_faults.h"

#include <utility>

#include <sys/resource.h>

namespace weft::engine {
namespace {

// So far, of this thread.
std::optional<std::uint64_t> faults() {
  rusage usage{};
  if (::getrusage(RUSAGE_THREAD, &usage) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(usage.ru_minflt) + static_cast<std::uint64_t>(usage.ru_majflt);
}

}  // namespace

void PageFaults::watch() {
  const auto now = faults();
  begun_.reset();
  if (now) begun_ = {.thread = std::this_thread::get_id(), .faults = *now};
}

void PageFaults::touch() {
  if (begun_ && begun_->thread != std::this_thread::get_id()) begun_.reset();
}

bool PageFaults::were_none() {
  touch();
  const auto begun = std::exchange(begun_, std::nullopt);
  return begun && faults() == begun->faults;
}

}  // namespace weft::engine
