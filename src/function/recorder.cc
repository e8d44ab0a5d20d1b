#include "function/recorder.h"

#include <condition_variable>
#include <mutex>

#include <fmt/format.h>

namespace weft::function {
namespace {

// Successes of one function that are recorded in each window; the first of a window also stands for
// those left out.
constexpr std::uint32_t kSuccessesPerWindow = 20;
constexpr std::chrono::milliseconds kWindow{100};

// Batches are written at this interval: the longest that a record can be missing from a list.
constexpr std::chrono::milliseconds kInterval{50};

// What may wait. Beyond the first number only errors are taken, beyond the second nothing.
constexpr std::size_t kWaitingMax = 8'192;
constexpr std::size_t kErrorsWaitingMax = 12'288;

// Old records are removed after this many new ones.
constexpr std::uint64_t kTrimEvery = 10'000;

}  // namespace

std::uint64_t Sampler::admit_success(MonotonicTime now) {
  return window_.with([now](Window& window) -> std::uint64_t {
    if (now - window.begin >= kWindow) {
      window.begin = now;
      window.recorded = 0;
    }
    if (window.recorded >= kSuccessesPerWindow) {
      ++window.skipped;
      return 0;
    }
    ++window.recorded;
    return 1 + std::exchange(window.skipped, 0);
  });
}

struct Recorder::Shared {
  store::Invocations& store;
  std::mutex mutex;
  std::condition_variable written;
  std::vector<store::NewInvocation> waiting;
  bool is_writing = false;
  std::uint64_t dropped = 0;
  std::uint64_t failed = 0;
  std::uint64_t since_trim = 0;

  explicit Shared(store::Invocations& where) : store(where) {}
};

Recorder::Recorder(store::Invocations& store, const Log& log)
    : shared_(std::make_shared<Shared>(store)),
      log_(log),
      pacemaker_("weft-records", kInterval, [this] { return beat(); }) {}

Recorder::~Recorder() {
  flush();
}

void Recorder::add(store::NewInvocation invocation) {
  const bool is_error = invocation.record.status == store::InvocationStatus::kError;
  {
    const std::scoped_lock lock(shared_->mutex);
    if (shared_->waiting.size() >= (is_error ? kErrorsWaitingMax : kWaitingMax)) {
      ++shared_->dropped;
      return;
    }
    shared_->waiting.push_back(std::move(invocation));
  }
  pacemaker_.wake();
}

bool Recorder::beat() {
  std::vector<store::NewInvocation> batch;
  std::uint64_t lost = 0;
  bool trims = false;
  {
    const std::scoped_lock lock(shared_->mutex);
    lost = std::exchange(shared_->dropped, 0) + std::exchange(shared_->failed, 0);
    if (!shared_->is_writing) batch = std::exchange(shared_->waiting, {});
    shared_->is_writing = shared_->is_writing || !batch.empty();
    shared_->since_trim += batch.size();
    if (shared_->since_trim >= kTrimEvery) {
      shared_->since_trim = 0;
      trims = true;
    }
  }
  if (lost > 0) log_.warning("records of calls were lost", {{"count", fmt::format("{}", lost)}});
  if (!batch.empty()) {
    const std::size_t size = batch.size();
    shared_->store.append(std::move(batch), [shared = shared_, size](const Result<>& result) {
      const std::scoped_lock done_lock(shared->mutex);
      shared->is_writing = false;
      if (!result) shared->failed += size;
      shared->written.notify_all();
    });
  }
  if (trims) {
    if (const auto removed = shared_->store.trim({}); !removed) {
      log_.warning("old records of calls could not be removed",
                   {{"error", removed.error().message()}});
    }
  }
  const std::scoped_lock lock(shared_->mutex);
  return shared_->is_writing || !shared_->waiting.empty() || shared_->failed > 0;
}

void Recorder::flush() {
  pacemaker_.wake();
  std::unique_lock lock(shared_->mutex);
  shared_->written.wait(lock, [this] { return shared_->waiting.empty() && !shared_->is_writing; });
}

}  // namespace weft::function
