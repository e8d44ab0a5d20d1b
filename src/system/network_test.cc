#include "system/network.h"

#include <map>

#include <doctest/doctest.h>

namespace weft::system {
namespace {

SocketAddress at(std::string_view ip, std::uint16_t port) {
  return {.address = parse_ip_address(ip).value(), .port = port};
}

// A network with these rules; `answers` are what the resolver says.
struct Fixture {
  std::map<std::string, std::vector<IpAddress>> answers;
  int asked = 0;
  Network network;

  Fixture(std::initializer_list<const char*> texts)
      : network(parsed(texts), [this](const std::string& name) {
          ++asked;
          return Attempt<std::vector<IpAddress>>(answers[name]);
        }) {}

  static std::vector<NetworkRule> parsed(std::initializer_list<const char*> texts) {
    std::vector<NetworkRule> rules;
    for (const char* text : texts)
      rules.push_back(parse_network_rule(text).value());
    return rules;
  }
};

TEST_CASE("without a rule nothing is reached, resolved or listened on") {
  Fixture fixture({});
  CHECK_FALSE(fixture.network.refused().has_value());
  CHECK_FALSE(fixture.network.may_reach(at("1.1.1.1", 80)));
  CHECK(fixture.network.refused() == "1.1.1.1:80");
  CHECK_FALSE(fixture.network.may_listen(at("127.0.0.1", 80)));
  CHECK(fixture.network.refused() == "listen:127.0.0.1:80");
  CHECK(fixture.network.resolve("example.org").error() == Errno::kNotPermitted);
  CHECK(fixture.network.refused() == "example.org");
  CHECK(fixture.asked == 0);
}

TEST_CASE("addresses and ranges are allowed with their ports, private ones too") {
  Fixture fixture({"10.0.0.0/8:8000-8999", "192.0.2.1:443", "[fd00::/8]", "[::1]:5432"});
  CHECK(fixture.network.may_reach(at("10.1.2.3", 8000)));
  CHECK(fixture.network.may_reach(at("10.1.2.3", 8999)));
  CHECK_FALSE(fixture.network.may_reach(at("10.1.2.3", 7999)));
  CHECK_FALSE(fixture.network.may_reach(at("10.1.2.3", 9000)));
  CHECK_FALSE(fixture.network.may_reach(at("11.0.0.0", 8000)));
  CHECK(fixture.network.may_reach(at("192.0.2.1", 443)));
  CHECK_FALSE(fixture.network.may_reach(at("192.0.2.1", 80)));
  CHECK(fixture.network.may_reach(at("fd12::1", 1)));
  CHECK(fixture.network.may_reach(at("::1", 5432)));
  CHECK(fixture.network.may_reach(at("::ffff:10.1.2.3", 8000)));
  CHECK_FALSE(fixture.network.may_listen(at("10.1.2.3", 8000)));
}

TEST_CASE("* is the public internet") {
  Fixture fixture({"*:443"});
  CHECK(fixture.network.may_reach(at("1.1.1.1", 443)));
  CHECK_FALSE(fixture.network.may_reach(at("1.1.1.1", 80)));
  CHECK_FALSE(fixture.network.may_reach(at("127.0.0.1", 443)));
  CHECK_FALSE(fixture.network.may_reach(at("169.254.169.254", 443)));
  CHECK_FALSE(fixture.network.may_reach(at("::ffff:192.168.0.1", 443)));
}

TEST_CASE("a name allows what it resolves to, and only once it was resolved") {
  Fixture fixture({"example.org:443", "*.example.com"});
  fixture.answers = {{"example.org", {parse_ip_address("93.184.216.34").value()}},
                     {"a.example.com", {parse_ip_address("93.184.216.35").value()}}};
  CHECK_FALSE(fixture.network.may_reach(at("93.184.216.34", 443)));
  CHECK(fixture.network.resolve("Example.ORG.").value().size() == 1);
  CHECK(fixture.network.may_reach(at("93.184.216.34", 443)));
  CHECK_FALSE(fixture.network.may_reach(at("93.184.216.34", 80)));
  CHECK_FALSE(fixture.network.may_reach(at("93.184.216.35", 80)));
  CHECK(fixture.network.resolve("a.example.com").value().size() == 1);
  CHECK(fixture.network.may_reach(at("93.184.216.35", 80)));
  for (const char* name : {"example.com", "notexample.com", "www.example.org", "example.org.evil"})
    CHECK(fixture.network.resolve(name).error() == Errno::kNotPermitted);
  for (const char* name :
       {"", ".", "a b", "a/b", "\xc3\xa4.example.com", "a\nb", "a..b", "0x7f000001", "127.1"})
    CHECK(fixture.network.resolve(name).error() == Errno::kInvalid);
}

TEST_CASE("a name that answers with a private address leads nowhere, whenever it does") {
  Fixture fixture({"example.org"});
  fixture.answers["example.org"] = {parse_ip_address("10.0.0.5").value()};
  CHECK(fixture.network.resolve("example.org").error() == Errno::kNotPermitted);
  CHECK(fixture.network.refused() == "10.0.0.5");
  CHECK_FALSE(fixture.network.may_reach(at("10.0.0.5", 80)));
  fixture.answers["example.org"] = {parse_ip_address("10.0.0.5").value(),
                                    parse_ip_address("93.184.216.34").value()};
  CHECK(fixture.network.resolve("example.org").value() ==
        std::vector{parse_ip_address("93.184.216.34").value()});
  CHECK_FALSE(fixture.network.may_reach(at("10.0.0.5", 80)));
  CHECK(fixture.network.may_reach(at("93.184.216.34", 80)));
  // What the guest was given stays its own when the next answer is another.
  fixture.answers["example.org"] = {parse_ip_address("93.184.216.35").value()};
  CHECK(fixture.network.resolve("example.org").has_value());
  CHECK(fixture.network.may_reach(at("93.184.216.34", 80)));
  CHECK(fixture.network.may_reach(at("93.184.216.35", 80)));
}

TEST_CASE("localhost is this machine, by name and by address") {
  Fixture fixture({"localhost:5432", "listen:localhost"});
  fixture.answers["localhost"] = {parse_ip_address("127.0.0.1").value()};
  CHECK(fixture.network.resolve("localhost").value().size() == 1);
  CHECK(fixture.network.may_reach(at("127.0.0.1", 5432)));
  CHECK(fixture.network.may_reach(at("::1", 5432)));
  CHECK_FALSE(fixture.network.may_reach(at("127.0.0.1", 80)));
  CHECK(fixture.network.may_listen(at("127.0.0.1", 80)));
  CHECK_FALSE(fixture.network.may_listen(at("0.0.0.0", 80)));
}

TEST_CASE("a guest cannot fill memory with names or answers") {
  Fixture fixture({"*.example.org"});
  const auto address_of = [](int number) {
    return IpAddress(std::array<std::uint8_t, 4>{93, 0, static_cast<std::uint8_t>(number / 256),
                                                 static_cast<std::uint8_t>(number % 256)});
  };
  for (int i = 0; i < 5'000; ++i) {
    const std::string name = "a" + std::to_string(i) + ".example.org";
    fixture.answers[name] = {address_of(i)};
    CHECK(fixture.network.resolve(name).has_value());
  }
  // The oldest ones are forgotten.
  CHECK_FALSE(fixture.network.may_reach({.address = address_of(0), .port = 80}));
  CHECK(fixture.network.may_reach({.address = address_of(4'999), .port = 80}));
  fixture.answers["b.example.org"] = std::vector(1'000, address_of(7));
  CHECK(fixture.network.resolve("b.example.org").value().size() == 64);
}

TEST_CASE("rules that say nothing clear are refused") {
  for (const char* text : {"",
                           ":80",
                           "a:",
                           "a:b",
                           "a:80-",
                           "a:90-80",
                           "a:65536",
                           "1.2.3.4.5",
                           "1.2.3.4/33",
                           "[::1",
                           "[::1]80",
                           "[a]:80",
                           "::1",
                           "a b",
                           "listen:example.org:80",
                           "*.",
                           "10.0.0.0/8/8",
                           "*.localhost",
                           "listen:*.localhost",
                           "a..b",
                           ".a",
                           "-",
                           "a.-b",
                           "127.1",
                           "0x7f.1",
                           "1"}) {
    CAPTURE(text);
    const auto rule = parse_network_rule(text);
    REQUIRE_FALSE(rule.has_value());
    CHECK(rule.error().code() == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("the system's resolver knows this machine") {
  const auto addresses = resolve_by_system("localhost");
  REQUIRE(addresses.has_value());
  CHECK_FALSE(addresses->empty());
  for (const IpAddress& address : *addresses)
    CHECK_FALSE(address.is_public());
  CHECK_FALSE(resolve_by_system("nowhere.invalid").has_value());
}

}  // namespace
}  // namespace weft::system
