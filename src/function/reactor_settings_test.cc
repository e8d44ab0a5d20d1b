#include "function/reactor_settings.h"

#include <doctest/doctest.h>

#include "json/parse.h"
#include "json/print.h"

namespace weft::function {
namespace {

Result<ReactorSettings> parsed(std::string_view text) {
  return reactor_settings_of(json::parse(text).value());
}

TEST_CASE("settings are read and written, and what is left out is as by default") {
  const auto settings = parsed(R"({"volumes":[{"volume":"data","path":"/data/in"}],
    "environment":{"A":"b"},"limits":{"deadline_ms":5}})")
                            .value();
  CHECK(settings == ReactorSettings{.volumes = {{"data", "/data/in"}},
                                    .environment = {{"A", "b"}},
                                    .limits = {.deadline_ms = 5}});
  CHECK(reactor_settings_of(to_json(settings)).value() == settings);
  CHECK(parsed("{}").value() == ReactorSettings{});
}

TEST_CASE("a volume's path is absolute, plain, and not where Python's library is") {
  for (const std::string_view path : {"", "/", "data", "/a/", "//a", "/a//b", "/./a", "/a/..",
                                      "/usr", "/usr/local", "/a\n", "/\u202e"}) {
    CAPTURE(path);
    std::string text = R"({"volumes":[{"volume":"data","path":)";
    json::append_string(text, path);
    CHECK_FALSE(parsed(text + "}]}").has_value());
  }
  CHECK(parsed(R"({"volumes":[{"volume":"a","path":"/usrx"}]})").has_value());
  CHECK_FALSE(
      parsed(R"({"volumes":[{"volume":"a","path":"/a"},{"volume":"b","path":"/a"}]})").has_value());
  std::string many = R"({"volumes":[)";
  for (std::size_t i = 0; i <= kReactorVolumesMax; ++i)
    many +=
        (i > 0 ? "," : "") + std::string(R"({"volume":"a","path":"/a)") + std::to_string(i) + "\"}";
  CHECK(parsed(many + "]}").error().limit()->name == "volumes");
}

TEST_CASE("whoever runs the server names a volume with a directory") {
  CHECK(volume_of("data=/srv/data").value() == Volume{.name = "data", .directory = "/srv/data"});
  CHECK(volume_of("in=a=b:ro").value() ==
        Volume{.name = "in", .directory = "a=b", .read_only = true});
  for (const std::string_view text : {"", "data", "data=", "=/srv", "data=:ro", "Data=/srv"})
    CHECK_FALSE(volume_of(text).has_value());
}

TEST_CASE("what is registered has an identifier's name, what is applied may have dots") {
  CHECK(is_registration_name("_a1"));
  CHECK(is_registration_name(std::string(128, 'a')));
  for (const std::string_view name : {"", "1a", "a.b", "a-b", "\u00fc"})
    CHECK_FALSE(is_registration_name(name));
  CHECK_FALSE(is_registration_name(std::string(129, 'a')));
  CHECK(is_applied_name("a.b.c"));
  for (const std::string_view name : {"", ".", "a.", ".a", "a..b"})
    CHECK_FALSE(is_applied_name(name));
}

}  // namespace
}  // namespace weft::function
