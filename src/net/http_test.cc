#include "net/http.h"

#include <optional>

#include <doctest/doctest.h>

namespace weft::net {
namespace {

TEST_CASE("a request made by hand shows its parts") {
  const HttpRequest request("POST", "/f/a%2Fb/?name=Ada+L%C3%A9a&flag&x=%zz&name=2",
                            {{"Content-Type", "text/plain"}}, "hi");
  CHECK(request.method() == "POST");
  CHECK(request.path() == "/f/a%2Fb/");
  CHECK(request.segments() == std::vector<std::string>{"f", "a/b", ""});
  CHECK(request.query() == "name=Ada+L%C3%A9a&flag&x=%zz&name=2");
  CHECK(request.parameter("name").value() == "Ada Léa");
  CHECK(request.parameter("flag").value() == "");
  CHECK(request.parameter("x").value() == "%zz");
  CHECK(!request.parameter("y").has_value());
  CHECK(request.header("content-TYPE").value() == "text/plain");
  CHECK(!request.header("content-typ").has_value());
  CHECK(request.body() == "hi");
}

TEST_CASE("the path of / has one empty segment") {
  CHECK(HttpRequest("GET", "/").segments() == std::vector<std::string>{""});
  CHECK(HttpRequest("GET", "/a").segments() == std::vector<std::string>{"a"});
  CHECK(HttpRequest("GET", "http://h").segments() == std::vector<std::string>{""});
}

TEST_CASE("query parameters survive odd separators") {
  CHECK(query_parameter("a=1&&b=2&", "b").value() == "2");
  CHECK(query_parameter("a==1", "a").value() == "=1");
  CHECK(query_parameter("%61=1", "a").value() == "1");
  CHECK(query_parameter("=1", "").value() == "1");
  CHECK(!query_parameter("", "").has_value());
  CHECK(!query_parameter("&&", "").has_value());
}

TEST_CASE("percent escapes are decoded or refused whole") {
  CHECK(percent_decode("a%20b%2f%C3%a9").value() == "a b/é");
  CHECK(percent_decode("a+b").value() == "a+b");
  CHECK(percent_decode("").value() == "");
  CHECK(!percent_decode("%").has_value());
  CHECK(!percent_decode("%2").has_value());
  CHECK(!percent_decode("%2g").has_value());
}

class FakeSink final : public Responder::Sink {
 public:
  void respond(HttpResponse response) override { status = response.status; }
  void abandon() override { status = 500; }
  void watch(Executor::Work) override {}
  std::shared_ptr<Executor> executor() override { return loop; }

  std::optional<int> status;
  std::shared_ptr<Executor> loop;
};

TEST_CASE("a responder sends once, and 500 when it is dropped or replaced") {
  const auto sent = std::make_shared<FakeSink>();
  Responder(sent).send({204, {}, {}});
  CHECK(sent->status.value() == 204);

  const auto dropped = std::make_shared<FakeSink>();
  {
    const Responder responder(dropped);
  }
  CHECK(dropped->status.value() == 500);

  const auto replaced = std::make_shared<FakeSink>();
  const auto other = std::make_shared<FakeSink>();
  Responder responder(replaced);
  responder = Responder(other);
  CHECK(replaced->status.value() == 500);
  CHECK(!other->status.has_value());
}

}  // namespace
}  // namespace weft::net
