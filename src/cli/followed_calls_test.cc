#include "cli/followed_calls.h"

#include <doctest/doctest.h>

#include "base/clock.h"
#include "base/id.h"

namespace weft::cli {
namespace {

constexpr WallTime kNoon = WallTime(std::chrono::hours(12));

// Calls as a server lists them: with ids of the time when they were accepted.
class Server {
 public:
  // Accepted this long after noon.
  json::Value call(std::chrono::seconds after) {
    const WallTime time = kNoon + after;
    return json::Value::object({{"id", make_ulid(time, random_)}, {"started", to_rfc3339(time)}});
  }

 private:
  SystemRandom random_;
};

TEST_CASE("each call is new once, and the oldest comes first") {
  Server server;
  FollowedCalls followed;
  const std::vector calls = {server.call(std::chrono::seconds(2)),
                             server.call(std::chrono::seconds(1))};
  const auto fresh = followed.take_new(calls);
  REQUIRE(fresh.size() == 2);
  CHECK(fresh[0] == &calls[1]);
  CHECK(fresh[1] == &calls[0]);
  CHECK(followed.take_new(calls).empty());
  CHECK(followed.take_new({}).empty());
}

TEST_CASE("a slow call that appears behind faster ones is new") {
  Server server;
  FollowedCalls followed;
  const json::Value slow = server.call(std::chrono::seconds(0));
  const json::Value fast = server.call(std::chrono::minutes(14));
  CHECK(followed.take_new(std::vector{fast}).size() == 1);
  CHECK_FALSE(followed.is_settled(slow));
  const std::vector both = {fast, slow};
  const auto fresh = followed.take_new(both);
  REQUIRE(fresh.size() == 1);
  CHECK(fresh[0] == &both[1]);
}

TEST_CASE("what is older than the longest call is settled and is not kept") {
  Server server;
  FollowedCalls followed;
  const std::vector old = {server.call(std::chrono::seconds(0))};
  CHECK(followed.take_new(old).size() == 1);
  CHECK(followed.is_known(old[0]));
  CHECK(followed.take_new(std::vector{server.call(std::chrono::minutes(18))}).size() == 1);
  CHECK(followed.is_settled(old[0]));
  CHECK_FALSE(followed.is_known(old[0]));
  CHECK(followed.take_new(old).empty());
}

TEST_CASE("what nobody has read that far back is not new later") {
  Server server;
  FollowedCalls followed;
  const std::vector calls = {server.call(std::chrono::seconds(2)),
                             server.call(std::chrono::seconds(1))};
  followed.settle_before(calls[0]);
  CHECK(followed.take_new(calls).size() == 1);
}

TEST_CASE("no more ids are kept than the limit says") {
  Server server;
  FollowedCalls followed;
  std::vector<json::Value> calls;
  calls.reserve(FollowedCalls::kKnownMax + 10);
  for (std::size_t i = 0; i < FollowedCalls::kKnownMax + 10; ++i)
    calls.push_back(server.call(std::chrono::seconds(0)));
  CHECK(followed.take_new(calls).size() == calls.size());
  std::size_t known = 0;
  for (const json::Value& call : calls)
    known += followed.is_known(call) ? 1 : 0;
  CHECK(known == FollowedCalls::kKnownMax);
}

TEST_CASE("documents that are no calls are nothing new") {
  FollowedCalls followed;
  const std::vector<json::Value> strange = {json::Value(nullptr),
                                            json::Value::object({{"id", "zzz"}})};
  CHECK(followed.take_new(strange).empty());
}

}  // namespace
}  // namespace weft::cli
