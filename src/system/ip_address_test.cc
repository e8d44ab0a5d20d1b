#include "system/ip_address.h"

#include <doctest/doctest.h>

namespace weft::system {
namespace {

IpAddress ip(std::string_view text) {
  CAPTURE(text);
  const auto address = parse_ip_address(text);
  REQUIRE(address.has_value());
  return *address;
}

TEST_CASE("addresses are read and written") {
  for (const char* text : {"0.0.0.0", "192.0.2.1", "::", "::1", "2001:db8::1"})
    CHECK(ip(text).text() == text);
  CHECK(ip("::ffff:10.0.0.1") == ip("10.0.0.1"));
  CHECK(ip("::ffff:10.0.0.1").text() == "10.0.0.1");
  for (const std::string_view text : {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4 ",
                                      "[::1]", "::1%lo", "localhost", "0x7f.0.0.1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_ip_address(text).has_value());
  }
  CHECK_FALSE(parse_ip_address(std::string_view("1.2.3.4\0", 8)).has_value());
}

TEST_CASE("the public internet is what no registry reserves") {
  for (const char* text :
       {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "168.63.129.15",
        "168.63.129.17", "172.15.255.255", "172.32.0.0", "192.0.1.0", "198.17.255.255",
        "198.20.0.0", "223.255.255.255", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::"}) {
    CAPTURE(text);
    CHECK(ip(text).is_public());
  }
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.1.2.3",
                           "100.64.0.1",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "168.63.129.16",
                           "::ffff:168.63.129.16",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.168.1.1",
                           "198.19.0.1",
                           "224.0.0.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "fe80::1",
                           "fd00:ec2::254",
                           "ff02::1",
                           "2001:db8::1",
                           "2001::1",
                           "3fff::1",
                           "64:ff9b::a00:1",
                           "64:ff9b:1::1",
                           "2002:7f00:1::",
                           "2002:a00:1::"}) {
    CAPTURE(text);
    CHECK_FALSE(ip(text).is_public());
  }
}

TEST_CASE("a range holds the addresses that begin like it") {
  const auto range = parse_ip_range("172.16.0.0/12").value();
  CHECK(range.contains(ip("172.16.0.0")));
  CHECK(range.contains(ip("172.31.255.255")));
  CHECK_FALSE(range.contains(ip("172.32.0.0")));
  CHECK_FALSE(range.contains(ip("::1")));
  CHECK(parse_ip_range("0.0.0.0/0").value().contains(ip("8.8.8.8")));
  CHECK_FALSE(parse_ip_range("0.0.0.0/0").value().contains(ip("2606:4700::1111")));
  CHECK(parse_ip_range("fd00::/8").value().contains(ip("fdff::1")));
  const auto one = parse_ip_range("10.0.0.1").value();
  CHECK(one.contains(ip("10.0.0.1")));
  CHECK_FALSE(one.contains(ip("10.0.0.2")));
  for (const char* text : {"10.0.0.0/", "10.0.0.0/33", "::/129", "/8", "10.0.0.0/-1", "10.0.0.0/8a",
                           "10.0.0.0/99999999999", "a/8"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_ip_range(text).has_value());
  }
}

TEST_CASE("the system's form of an address is the address again") {
  for (const char* text : {"192.0.2.1", "2001:db8::1", "0.0.0.0", "::"}) {
    CAPTURE(text);
    const SocketAddress address{.address = ip(text), .port = 8080};
    CHECK(HostSocketAddress(address).get() == address);
  }
  CHECK(SocketAddress{.address = ip("::1"), .port = 80}.text() == "[::1]:80");
  CHECK(SocketAddress{.address = ip("127.0.0.1"), .port = 80}.text() == "127.0.0.1:80");
  CHECK_FALSE(HostSocketAddress().get().has_value());
}

}  // namespace
}  // namespace weft::system
