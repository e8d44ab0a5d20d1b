// What the tests of functions share: Functions over real parts in a directory that vanishes, and an
// executor that the test itself runs.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "function/functions.h"
#include "json/parse.h"
#include "store/cache_directory.h"
#include "store/directory_blobs.h"
#include "store/testing.h"

namespace weft::function {

// Runs what was posted when the test says so, on the test's thread.
class QueueExecutor final : public Executor {
 public:
  void post(Work work) override {
    {
      const std::scoped_lock lock(mutex_);
      queue_.push_back(std::move(work));
      if (std::this_thread::get_id() == own_thread_) ++own_posts_;
    }
    posted_.notify_all();
  }
  // How often the test's thread posted: what continues here and not after work elsewhere.
  std::uint64_t own_posts() const { return own_posts_; }

  // Runs the next piece of work, if there is one.
  bool try_run_one() {
    Work work;
    {
      const std::scoped_lock lock(mutex_);
      if (queue_.empty()) return false;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
    return true;
  }

  // Waits for the next piece of work and runs it.
  void run_one() {
    Work work;
    {
      std::unique_lock lock(mutex_);
      posted_.wait(lock, [this] { return !queue_.empty(); });
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Work> queue_;
  const std::thread::id own_thread_ = std::this_thread::get_id();
  std::uint64_t own_posts_ = 0;  // Only the test's thread uses it.
};

// The parts of a server without its network. Several Functions may follow each other on it, as
// restarts.
struct World {
  FakeClock clock;
  SystemRandom random;
  store::TemporaryDirectory directory;
  std::unique_ptr<store::Database> database =
      store::open_migrated(directory.database_file(), clock);
  std::unique_ptr<store::Blobs> blobs =
      store::DirectoryBlobs::open(directory.path() / "blobs").value();
  store::Metadata metadata{*database, clock};
  store::Invocations invocations{*database};
  store::CacheDirectory cache{directory.path() / "cache", 256 << 20, clock};
  DirectCompiler compiler;
  SealedCache cache_entries{cache, {1}};
  CodeCache code_cache{cache_entries, compiler};
  // ThreadSanitizer takes the compiler's own hand-overs for races.
  std::unique_ptr<engine::Engine> engine =
      engine::Engine::create(
          {.parallel_compilation = false, .resets_instances = true, .checks_resets = true})
          .value();
  Log log{clock, LogLevel::kError, [](std::string_view) {}};
  std::shared_ptr<QueueExecutor> executor = std::make_shared<QueueExecutor>();

  FunctionsParts parts() { return parts_with(clock); }
  // `other`: instead of the world's clock, and outlives the functions.
  FunctionsParts parts_with(const Clock& other) {
    return {.engine = *engine,
            .code_cache = code_cache,
            .cache = cache_entries,
            .metadata = metadata,
            .blobs = *blobs,
            .invocations = invocations,
            .clock = other,
            .random = random,
            .log = log};
  }
};

// A call that was begun.
struct Started {
  std::unique_ptr<std::optional<Outcome>> outcome = std::make_unique<std::optional<Outcome>>();
  CallHandle handle;

  bool is_done() const { return outcome->has_value(); }
};

inline Started start(World& world, Functions& functions, std::string_view function,
                     std::string_view payload) {
  Started started;
  started.handle =
      functions.invoke({.function = std::string(function), .payload = std::string(payload)},
                       world.executor, [to = started.outcome.get()](Outcome outcome) {
                         REQUIRE_FALSE(to->has_value());
                         to->emplace(std::move(outcome));
                       });
  return started;
}

// Runs the executor until the call is done. Time passes between the guest's slices, and only there.
inline Outcome finish(World& world, Started started) {
  while (!started.is_done()) {
    world.executor->run_one();
    if (!started.is_done()) world.clock.advance(std::chrono::milliseconds(10));
  }
  return std::move(**started.outcome);
}

inline Outcome invoke(World& world, Functions& functions, std::string_view function,
                      std::string_view payload = "") {
  return finish(world, start(world, functions, function, payload));
}

// Uploads and deploys.
inline Function deploy(Functions& functions, std::string_view name, std::string_view wat,
                       const FunctionLimits& limits = {}) {
  const auto uploaded = functions.upload(wat);
  REQUIRE_MESSAGE(uploaded.has_value(), (uploaded ? "" : uploaded.error().message()));
  auto deployed =
      functions.deploy(name, {.module = uploaded->module.id, .limits = limits, .environment = {}});
  REQUIRE_MESSAGE(deployed.has_value(), (deployed ? "" : deployed.error().message()));
  return std::move(*deployed);
}

}  // namespace weft::function
