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
constexpr std::uint64_t kLogBytesWaitingMax = 16ULL * 1024 * 1024;

// Old records are removed after this many new ones.
constexpr std::uint64_t kTrimEvery = 10'000;

constexpr std::string_view kTooManyWaiting = "too many were waiting for the disk";

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
  std::uint64_t waiting_log_bytes = 0;
  // How many records have been taken, and how many of them are no longer waiting or being written.
  std::uint64_t taken = 0;
  std::uint64_t settled = 0;
  bool is_writing = false;
  std::uint64_t dropped = 0;
  std::uint64_t failed = 0;
  std::string failure;  // why
  std::uint64_t since_trim = 0;

  explicit Shared(store::Invocations& where) : store(where) {}
};

Recorder::Recorder(store::Invocations& store, const Clock& clock, const Log& log)
    : shared_(std::make_shared<Shared>(store)),
      clock_(clock),
      log_(log),
      pacemaker_(
          std::make_unique<Pacemaker>("weft-records", kInterval, [this] { return beat(); })) {}

Recorder::~Recorder() {
  flush();
  pacemaker_.reset();
  const std::scoped_lock lock(shared_->mutex);
  warn(dropped_.rest() + shared_->dropped, kTooManyWaiting);
  warn(failed_.rest() + shared_->failed, shared_->failed > 0 ? shared_->failure : failure_);
}

void Recorder::add(store::NewInvocation invocation) {
  const bool is_error = invocation.record.status == store::InvocationStatus::kError;
  {
    const std::scoped_lock lock(shared_->mutex);
    if (shared_->waiting.size() >= (is_error ? kErrorsWaitingMax : kWaitingMax)) {
      ++shared_->dropped;
      return;
    }
    // Many short records or few long ones: what does not fit loses its log and stays.
    if (invocation.log.size() > kLogBytesWaitingMax - shared_->waiting_log_bytes)
      invocation.log = std::string();  // clear() would keep its memory.
    shared_->waiting_log_bytes += invocation.log.size();
    ++shared_->taken;
    shared_->waiting.push_back(std::move(invocation));
  }
  pacemaker_->wake();
}

void Recorder::warn(std::uint64_t lost, std::string_view why) {
  if (lost == 0) return;
  log_.warning("records of calls were lost",
               {{"count", fmt::format("{}", lost)}, {"error", std::string(why)}});
}

bool Recorder::beat() {
  std::vector<store::NewInvocation> batch;
  std::uint64_t dropped = 0;
  std::uint64_t failed = 0;
  bool trims = false;
  {
    const std::scoped_lock lock(shared_->mutex);
    dropped = std::exchange(shared_->dropped, 0);
    failed = std::exchange(shared_->failed, 0);
    if (failed > 0) failure_ = std::exchange(shared_->failure, {});
    if (!shared_->is_writing) {
      batch = std::exchange(shared_->waiting, {});
      shared_->waiting_log_bytes = 0;
    }
    shared_->is_writing = shared_->is_writing || !batch.empty();
    shared_->since_trim += batch.size();
    if (shared_->since_trim >= kTrimEvery) {
      shared_->since_trim = 0;
      trims = true;
    }
  }
  const MonotonicTime now = clock_.monotonic();
  warn(dropped_.due(dropped, now), kTooManyWaiting);
  warn(failed_.due(failed, now), failure_);
  if (!batch.empty()) {
    const std::size_t size = batch.size();
    shared_->store.append(std::move(batch), [shared = shared_, size](const Result<>& result) {
      const std::scoped_lock done_lock(shared->mutex);
      shared->is_writing = false;
      shared->settled += size;
      if (!result) {
        shared->failed += size;
        shared->failure = result.error().message();
      }
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
  std::unique_lock lock(shared_->mutex);
  // What comes later is not waited for: under load something always waits.
  const std::uint64_t until = shared_->taken;
  while (shared_->settled < until) {
    const std::uint64_t before = shared_->settled;
    lock.unlock();
    // A beat during a write takes nothing, and the next one is asked for when that has ended.
    pacemaker_->wake_now();
    lock.lock();
    shared_->written.wait(lock, [&] { return shared_->settled != before; });
  }
}

}  // namespace weft::function
