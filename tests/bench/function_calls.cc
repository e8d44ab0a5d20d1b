// What calls of a function in Python cost in this process, without a network: an instance at the
// file's beginning, the call, and what makes the next one possible.
//
//   function_calls DIRECTORY GUEST LIBRARY FILE PAYLOAD CALLS
//
// DIRECTORY keeps the compiled interpreter from run to run. GUEST and LIBRARY are weft.wasm and
// what it sees as /usr. Prints a JSON object: {"first_us", "whole_us", "deploy_ms"}: CPU time until
// the answer is there, and of the whole process, of the best of nine rounds; the CPU time of the
// deployment, the interpreter's compilation left out.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <time.h>

#include "base/assert.h"
#include "cli/server_engine.h"
#include "function/functions.h"
#include "store/data_directory.h"
#include "store/directory_blobs.h"
#include "store/migrations.h"
#include "store/sqlite_database.h"

namespace {

using namespace weft;

constexpr int kRounds = 9;
constexpr std::uint64_t kCacheBytes = 1ULL << 30U;

std::int64_t cpu_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// What was posted runs when the caller says so, on its thread.
class Queue final : public Executor {
 public:
  void post(Work work) override { waiting_.push_back(std::move(work)); }
  void run() {
    while (!waiting_.empty()) {
      auto now = std::exchange(waiting_, {});
      for (Work& work : now)
        work();
    }
  }

 private:
  std::vector<Work> waiting_;
};

std::string read(const char* file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

struct World {
  explicit World(const std::filesystem::path& directory)
      : code_directory(directory / "cache", kCacheBytes, clock),
        blobs(store::DirectoryBlobs::open(directory / "blobs").value()),
        database(store::SqliteDatabase::open(directory / "weft.db", {}).value()) {
    store::migrate(*database, clock).value();
  }

  SystemClock clock;
  SystemRandom random;
  Log log{clock, LogLevel::kError, [](std::string_view) {}};
  store::CacheDirectory code_directory;
  std::unique_ptr<store::Blobs> blobs;
  std::unique_ptr<store::Database> database;
  store::Metadata metadata{*database, clock};
  store::Invocations invocations{*database};
  function::DirectCompiler compiler;
  function::SealedCache sealed{code_directory, function::SealedCache::Key{1}};
  function::CodeCache code_cache{sealed, compiler};
  std::unique_ptr<engine::Engine> engine = engine::Engine::create(cli::server_engine()).value();
};

std::int64_t call(function::Functions& functions, const std::shared_ptr<Queue>& queue,
                  const std::string& payload) {
  const std::int64_t begin = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
  std::int64_t end = 0;
  const auto handle = functions.invoke(
      {.function = "bench", .payload = payload, .content_type = "application/json"}, queue,
      [&](const function::Outcome& outcome) {
        end = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
        if (!outcome.response) fmt::print(stderr, "{}\n", outcome.response.error().message());
        WEFT_ASSERT(outcome.response.has_value());
      });
  queue->run();
  WEFT_ASSERT(end != 0);
  return end - begin;
}

}  // namespace

int main(int count, char** words) {
  const std::span<char*> arguments(words, static_cast<std::size_t>(count));
  WEFT_ASSERT(count == 7);
  World world(arguments[1]);
  function::Functions functions(
      {.engine = *world.engine,
       .code_cache = world.code_cache,
       .cache = world.sealed,
       .metadata = world.metadata,
       .blobs = *world.blobs,
       .invocations = world.invocations,
       .clock = world.clock,
       .random = world.random,
       .log = world.log,
       .python = function::PythonFiles{.module = arguments[2], .library = arguments[3]}},
      {});
  const std::string payload = arguments[5];
  const std::string_view said = arguments[6];
  int calls = 0;
  std::from_chars(said.data(), said.data() + said.size(), calls);
  const auto upload = [&](std::string_view source) {
    return functions.upload(source, function::Language::kPython).value().module.id;
  };
  functions.deploy("first", {.module = upload("def handler(event): pass\n")}).value();
  const std::string module = upload(read(arguments[4]));
  const std::int64_t before = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
  functions.deploy("bench", {.module = module}).value();
  const double deploy_ms =
      static_cast<double>(cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - before) / 1'000'000;
  const auto queue = std::make_shared<Queue>();
  double first_us = std::numeric_limits<double>::max();
  double whole_us = first_us;
  for (int round = 0; round < kRounds; ++round) {
    std::int64_t first = 0;
    const std::int64_t begin = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < calls; ++i)
      first += call(functions, queue, payload);
    const std::int64_t whole = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - begin;
    first_us = std::min(first_us, static_cast<double>(first) / calls / 1000);
    whole_us = std::min(whole_us, static_cast<double>(whole) / calls / 1000);
  }
  fmt::print("{{\"first_us\": {:.2f}, \"whole_us\": {:.2f}, \"deploy_ms\": {:.1f}}}\n", first_us,
             whole_us, deploy_ms);
  return 0;
}
