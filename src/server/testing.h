// A whole server without sockets, for this module's tests: real parts over a directory that
// vanishes.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/guarded.h"
#include "function/reactor_testing.h"
#include "json/parse.h"
#include "server/api.h"
#include "store/cache_directory.h"
#include "store/directory_blobs.h"
#include "store/testing.h"

namespace weft::server::testing {

// An event loop that the test turns: what is posted runs on the thread that waits for an answer.
class Loop final : public Executor {
 public:
  void post(Work work) override {
    const std::scoped_lock lock(mutex_);
    if (is_closed_) return;
    work_.push_back(std::move(work));
    changed_.notify_one();
  }
  // Drops what was posted and what will be, as the real loops do before what they serve ends.
  void close() {
    const auto dropped = [this] {
      const std::scoped_lock lock(mutex_);
      is_closed_ = true;
      return std::exchange(work_, {});
    }();
  }
  // Something has happened that run_until's condition may depend on.
  void wake() {
    const std::scoped_lock lock(mutex_);
    changed_.notify_one();
  }
  template <class Condition>
  void run_until(const Condition& condition) {
    std::unique_lock lock(mutex_);
    while (!condition()) {
      if (work_.empty()) {
        changed_.wait(lock);
        continue;
      }
      Work work = std::move(work_.front());
      work_.pop_front();
      lock.unlock();
      work();
      work = nullptr;  // What it holds may post.
      lock.lock();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> work_;
  bool is_closed_ = false;
};

class Sink final : public net::Responder::Sink {
 public:
  explicit Sink(std::shared_ptr<Loop> loop) : loop_(std::move(loop)) {}

  void respond(net::HttpResponse response) override {
    response_.with([&](auto& kept) { kept = std::move(response); });
    loop_->wake();
  }
  void abandon() override { respond({500, {}, "dropped"}); }
  void watch(Executor::Work gone) override { gone_ = std::move(gone); }
  std::shared_ptr<Executor> executor() override { return loop_; }
  // The client goes away.
  void leave() {
    if (gone_) std::exchange(gone_, nullptr)();
  }
  bool has_answer() const {
    return response_.with([](const auto& kept) { return kept.has_value(); });
  }
  net::HttpResponse take() {
    return response_.with([](auto& kept) { return std::move(kept.value()); });
  }

 private:
  std::shared_ptr<Loop> loop_;
  Executor::Work gone_;
  Guarded<std::optional<net::HttpResponse>> response_;
};

// A response in the form that tests ask about.
struct Answer {
  int status = 0;
  std::vector<net::Header> headers;
  std::string body;
  mutable std::optional<json::Value> document = {};

  std::string header(std::string_view name) const {
    for (const net::Header& header : headers) {
      if (net::equals_ignoring_case(header.name, name)) return header.value;
    }
    return {};
  }
  // Lives as long as this object.
  const json::Value& json() const {
    if (!document) {
      auto value = json::parse(body);
      REQUIRE_MESSAGE(value.has_value(), body);
      document = *value;
    }
    return *document;
  }
  // A string member of the body; empty when there is none.
  std::string text(std::string_view member) const {
    const json::Value* value = json().find(member);
    return value == nullptr || !value->is_string() ? std::string()
                                                   : std::string(value->as_string());
  }
};

struct ServerOptions {
  AccessOptions access = {};
  function::PlatformLimits limits = {};
  std::size_t queue_max = 64;
  std::vector<std::string> callback_origins = {};
};

// Not thread-safe: requests are made one after the other.
class Server {
 public:
  explicit Server(const ServerOptions& options = {})
      : log_(clock_, LogLevel::kDebug,
             [this](std::string_view line) {
               lines_.with([&](auto& lines) { lines.emplace_back(line); });
             }),
        database_(store::open_migrated(directory_.database_file(), clock_)),
        blobs_(value_of(store::DirectoryBlobs::open(directory_.path() / "blobs"))),
        metadata_(*database_, clock_),
        invocations_(*database_),
        cache_directory_(directory_.path() / "cache", 64 << 20, clock_),
        cache_entries_(cache_directory_, {}),
        code_cache_(cache_entries_, compiler_),
        engine_(value_of(engine::Engine::create(
            {.parallel_compilation = false, .resets_instances = true, .checks_resets = true}))),
        functions_({.engine = *engine_,
                    .code_cache = code_cache_,
                    .cache = cache_entries_,
                    .metadata = metadata_,
                    .blobs = *blobs_,
                    .invocations = invocations_,
                    .clock = clock_,
                    .random = random_,
                    .log = log_},
                   options.limits),
        reactor_records_(*database_, clock_),
        reactors_(make_reactors()),
        callbacks_({.origins = options.callback_origins, .pauses = {std::chrono::milliseconds(1)}},
                   log_),
        api_({.functions = functions_,
              .reactors = *reactors_,
              .callbacks = callbacks_,
              .invocations = invocations_,
              .blocking = pool_,
              .deployments = pool_,
              .clock = clock_,
              .random = random_,
              .log = log_},
             {.access = options.access, .version = "1.2.3"}),
        pool_("test-pool", 1, options.queue_max) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    loop_->close();
    callbacks_.stop();
    reactors_.reset();
  }

  // With "Host: localhost" unless there is a Host.
  Answer send(std::string_view method, std::string_view target, std::string body = {},
              std::vector<net::Header> headers = {}) {
    const auto sink = start(method, target, std::move(body), std::move(headers));
    return finish(*sink);
  }
  Answer get(std::string_view target, std::vector<net::Header> headers = {}) {
    return send("GET", target, {}, std::move(headers));
  }

  // A request that is not waited for, and its answer later.
  std::shared_ptr<Sink> start(std::string_view method, std::string_view target,
                              std::string body = {}, std::vector<net::Header> headers = {}) {
    bool has_host = false;
    for (const net::Header& header : headers) {
      has_host = has_host || header.name == "Host";
    }
    if (!has_host) headers.push_back({"Host", "localhost:8080"});
    auto sink = std::make_shared<Sink>(loop_);
    api_.handle({method, target, headers, std::move(body)}, net::Responder(sink));
    return sink;
  }
  Answer finish(Sink& sink) {
    loop_->run_until([&] { return sink.has_answer(); });
    auto response = sink.take();
    return {response.status, std::move(response.headers), std::string(response.body.view())};
  }

  // The id of the module that is uploaded.
  std::string upload(std::string bytes) {
    const Answer answer = send("POST", "/v1/modules", std::move(bytes));
    REQUIRE_MESSAGE(answer.status < 300, answer.body);
    return answer.text("id");
  }
  // Deploys a module's text; `more` are further members.
  Answer deploy(const std::string& name, std::string bytes, const std::string& more = {}) {
    const std::string id = upload(std::move(bytes));
    return send("PUT", "/v1/functions/" + name, R"({"module":")" + id + "\"" + more + "}");
  }

  Api& api() { return api_; }
  WorkPool& pool() { return pool_; }
  const std::filesystem::path& directory() const { return directory_.path(); }
  std::vector<std::string> log_lines() const {
    return lines_.with([](const auto& lines) { return lines; });
  }

 private:
  template <class T>
  static T value_of(Result<T> result) {
    REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().message()));
    return std::move(*result);
  }

  // Whose Python is the test's (abi/reactor/testing.h).
  std::unique_ptr<function::Reactors> make_reactors() {
    return value_of(
        function::Reactors::create({.engine = *engine_,
                                    .code_cache = code_cache_,
                                    .records = reactor_records_,
                                    .clock = clock_,
                                    .random = random_,
                                    .log = log_,
                                    .python = function::make_test_reactor(directory_.path())},
                                   {}));
  }

  SystemClock clock_;
  SystemRandom random_;
  Guarded<std::vector<std::string>> lines_;
  Log log_;
  std::shared_ptr<Loop> loop_ = std::make_shared<Loop>();
  store::TemporaryDirectory directory_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<store::Blobs> blobs_;
  store::Metadata metadata_;
  store::Invocations invocations_;
  store::CacheDirectory cache_directory_;
  function::DirectCompiler compiler_;
  function::SealedCache cache_entries_;
  function::CodeCache code_cache_;
  std::unique_ptr<engine::Engine> engine_;
  function::Functions functions_;
  store::Reactors reactor_records_;
  std::unique_ptr<function::Reactors> reactors_;
  Callbacks callbacks_;
  Api api_;
  WorkPool pool_;  // Ends first: its work uses everything above.
};

}  // namespace weft::server::testing
