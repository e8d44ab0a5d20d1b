#include "server/callbacks.h"

#include <condition_variable>
#include <mutex>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/guarded.h"
#include "net/testing.h"

namespace weft::server {
namespace {

constexpr std::string_view kAnswer = R"({"value":"1","tag":"ok"})";

// Gets callbacks, and answers none before it is told to.
class Receiver {
 public:
  enum class Begins : std::uint8_t { kAnswering, kSilent };
  explicit Receiver(Begins begins) : answers_(begins == Begins::kAnswering) {}

  std::string url() const { return server_.url("/hook"); }
  std::string origin() const { return server_.url(""); }
  // Once there are so many.
  std::vector<std::string> bodies(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return bodies_.size() >= count; });
    return bodies_;
  }
  void answer() {
    const std::scoped_lock lock(mutex_);
    answers_ = true;
    for (net::Responder& each : waiting_)
      each.send({204, {}, {}});
    waiting_.clear();
  }

 private:
  void handle(const net::HttpRequest& request, net::Responder responder) {
    {
      const std::scoped_lock lock(mutex_);
      bodies_.push_back(request.body());
      if (answers_) {
        responder.send({204, {}, {}});
      } else {
        waiting_.push_back(std::move(responder));
      }
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool answers_;
  std::vector<std::string> bodies_;
  std::vector<net::Responder> waiting_;
  net::testing::TestServer server_{
      [this](const net::HttpRequest& request, net::Responder responder) {
        handle(request, std::move(responder));
      }};
};

struct Fixture {
  SystemClock clock;
  Log log{clock, LogLevel::kError};
  Receiver quick{Receiver::Begins::kAnswering};
  Receiver silent{Receiver::Begins::kSilent};
  Guarded<std::vector<std::string>> unsent;

  CallbackOptions options(std::uint64_t bytes_max = kCallbackBytesMax) const {
    return {.origins = {quick.origin(), silent.origin()},
            .timeout = std::chrono::seconds(10),
            .pauses = {},
            .bytes_max = bytes_max};
  }
  void send(Callbacks& callbacks, const Receiver& to, std::string id,
            std::string answer = std::string(kAnswer)) {
    callbacks.send(
        {.url = to.url(), .reactor = "r", .id = std::move(id), .answer = std::move(answer)},
        [this](Callback callback) {
          unsent.with([&](auto& list) { list.push_back(std::move(callback.id)); });
        });
  }
  std::size_t unsent_count() const {
    return unsent.with([](const auto& list) { return list.size(); });
  }
};

TEST_CASE_FIXTURE(Fixture, "a callback says of which apply it is, and how that ended") {
  Callbacks callbacks(options(), log);
  send(callbacks, quick, "a");
  CHECK(quick.bodies(1)[0] == R"({"reactor":"r","id":"a","answer":{"value":"1","tag":"ok"}})");
  callbacks.send({.url = quick.url(),
                  .reactor = "r",
                  .id = "b",
                  .answer = fail(ErrorCode::kGuestTrap, "it trapped")},
                 [](const Callback&) {});
  const std::string body = quick.bodies(2)[1];
  CHECK(body.starts_with(R"({"reactor":"r","id":"b","error":{)"));
  CHECK(body.contains(R"("code":"guest_trap")"));
}

TEST_CASE_FIXTURE(Fixture, "a receiver that does not answer does not hold up another one") {
  Callbacks callbacks(options(), log);
  for (int i = 0; i < 6; ++i)
    send(callbacks, silent, fmt::format("{}", i));
  send(callbacks, quick, "quick");
  CHECK(quick.bodies(1)[0].contains(R"("id":"quick")"));
  // None of its attempts was over before.
  CHECK(silent.bodies(1).size() < 6);
  CHECK(unsent_count() == 0);
  silent.answer();
  CHECK(silent.bodies(6).size() == 6);
}

TEST_CASE_FIXTURE(Fixture, "what waits for one receiver is limited in bytes, and gives them back") {
  Callbacks callbacks(options(200'000), log);
  const std::string large = '"' + std::string(10'000, 'x') + '"';
  for (int i = 0; i < 20; ++i)
    send(callbacks, silent, fmt::format("{}", i), large);
  // Half of the memory is its own, and it takes an answer twice.
  CHECK(unsent_count() == 16);
  // Nobody else has less for it.
  for (int i = 0; i < 4; ++i)
    send(callbacks, quick, fmt::format("quick {}", i), large);
  CHECK(quick.bodies(4).size() == 4);
  CHECK(unsent_count() == 16);
  silent.answer();
  CHECK(silent.bodies(4).size() == 4);
  for (std::size_t i = 5; i < 30; ++i) {
    send(callbacks, quick, "again", large);
    CHECK(quick.bodies(i).size() == i);
  }
  CHECK(unsent_count() == 16);
}

TEST_CASE_FIXTURE(Fixture, "what was not sent when it ends is nobody's") {
  Callbacks callbacks(options(), log);
  for (int i = 0; i < 20; ++i)
    send(callbacks, silent, fmt::format("{}", i));
  silent.bodies(1);
  silent.answer();
  callbacks.stop();
  send(callbacks, quick, "late");
  CHECK(unsent_count() == 0);
}

}  // namespace
}  // namespace weft::server
