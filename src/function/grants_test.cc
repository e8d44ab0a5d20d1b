#include "function/grants.h"

#include <doctest/doctest.h>

#include "json/parse.h"
#include "json/print.h"

namespace weft::function {
namespace {

Result<Grants> parsed(std::string_view text) {
  return grants_of(json::parse(text).value());
}

TEST_CASE("grants come back as they were given") {
  CHECK(parsed("{}").value().network.empty());
  CHECK(json::to_string(to_json(Grants{})) == "{}");
  const std::string text = R"({"network":["192.0.2.1:80","*.example.org:8000-8999","*"]})";
  const Grants grants = parsed(text).value();
  CHECK(grants.network.size() == 3);
  CHECK(json::to_string(to_json(grants)) == text);
  const auto rules = network_rules(grants);
  REQUIRE(rules.size() == 3);
  CHECK(rules[1].name == "example.org");
  CHECK(rules[1].port_min == 8000);
}

TEST_CASE("what is no grant is refused with what is") {
  for (const auto& [text, says] : {
           std::pair{"[]", "grants is an object"},
           std::pair{R"({"directory":[]})", "there is nothing named \"directory\" to grant"},
           std::pair{R"({"network":"*"})", "grants.network is a list"},
           std::pair{R"({"network":[1]})", "is a string"},
           std::pair{R"({"network":["example.org:http"]})", "http"},
           std::pair{R"({"network":["listen:127.0.0.1:80"]})", "a function cannot listen"},
       }) {
    CAPTURE(text);
    const auto grants = parsed(text);
    REQUIRE_FALSE(grants.has_value());
    CHECK(grants.error().code() == ErrorCode::kInvalidArgument);
    CAPTURE(grants.error().message());
    CHECK(grants.error().message().find(says) != std::string::npos);
  }
  std::string many = R"({"network":["*")";
  for (int i = 0; i < 100; ++i)
    many += R"(,"*")";
  CHECK_FALSE(parsed(many + "]}").has_value());
}

}  // namespace
}  // namespace weft::function
