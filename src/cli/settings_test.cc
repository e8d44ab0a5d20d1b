#include "cli/settings.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

#include "cli/help.h"
#include "cli/testing.h"

namespace weft::cli {
namespace {

Result<ServerSettings> resolve(std::vector<std::string> words,
                               std::map<std::string, std::string, std::less<>> variables = {},
                               const SettingTexts& file = {}) {
  variables.emplace("HOME", "/home/ada");
  TestConsole test(std::move(variables));
  const auto arguments = parse_arguments(words, kServeCommand.grammar);
  return resolve_settings(arguments.value(), test.console(), file);
}

std::string document(const char* name) {
  std::ifstream file(std::filesystem::path(__FILE__).parent_path() / "../../docs/reference" / name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST_CASE("flags and variables are named after their setting") {
  for (const Setting& setting : kSettings) {
    std::string flag(setting.name);
    std::ranges::replace(flag, '_', '-');
    std::string variable = "WEFT_";
    for (const char c : setting.name)
      variable += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    CHECK(setting.flag == flag);
    CHECK(setting.variable == variable);
  }
}

TEST_CASE("the defaults of the table fit its ranges") {
  const ServerSettings settings = resolve({}).value();
  CHECK(settings.listen.text() == "127.0.0.1:8080");
  CHECK(settings.data == "/home/ada/.local/share/weft");
  CHECK(settings.limits.module_bytes == 64ULL << 20U);
  CHECK(settings.drain == std::chrono::seconds(10));
  CHECK_FALSE(settings.token_file.has_value());
}

TEST_CASE("a flag counts before a variable, that before the file, that before the default") {
  const SettingTexts file = {{"threads", "3"}, {"drain", "1s"}, {"log_level", "error"}};
  const ServerSettings settings =
      resolve({"--threads", "5"}, {{"WEFT_THREADS", "4"}, {"WEFT_DRAIN", "2s"}}, file).value();
  CHECK(settings.threads == 5);
  CHECK(settings.drain == std::chrono::seconds(2));
  CHECK(settings.log_level == LogLevel::kError);
}

TEST_CASE("volumes are named by flags, or in one text with commas") {
  using Volumes = std::vector<function::Volume>;
  const Volumes both = {{.name = "a", .directory = "/a"},
                        {.name = "b", .directory = "/b", .read_only = true}};
  CHECK(resolve({"--volume", "a=/a", "--volume", "b=/b:ro"}).value().volumes == both);
  CHECK(resolve({"--volume", "a=/a, b=/b:ro"}).value().volumes == both);
  CHECK(resolve({}, {{"WEFT_VOLUME", "a=/a,b=/b:ro"}}).value().volumes == both);
  CHECK(resolve({}).value().volumes.empty());
  CHECK_FALSE(resolve({"--volume", "/a"}).has_value());
  CHECK_FALSE(resolve({"--volume", "a=/a", "--volume", "a=/b"}).has_value());
}

TEST_CASE("results of reactors go to origins only") {
  CHECK(resolve({"--callbacks", "https://a.example, http://b:1"}).value().callbacks ==
        std::vector<std::string>{"https://a.example", "http://b:1"});
  const auto refused = resolve({"--callbacks", "https://a.example/path"});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message().contains("is no origin"));
}

TEST_CASE("bodies in memory may not be less than one module or payload") {
  const auto refused = resolve({"--max-bodies", "32MiB"});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message().starts_with("max_bodies is less than max_module"));
  CHECK(resolve({"--max-bodies", "32MiB", "--max-module", "32MiB"}).has_value());
}

TEST_CASE("data stands in XDG_DATA_HOME when that is set") {
  CHECK(resolve({}, {{"XDG_DATA_HOME", "/data"}}).value().data == "/data/weft");
  CHECK(resolve({"--data", "here"}, {{"XDG_DATA_HOME", "/data"}}).value().data == "here");
}

TEST_CASE("the directory of the Python guests is named like every other setting") {
  CHECK_FALSE(resolve({}).value().python.has_value());
  CHECK(resolve({}, {{"WEFT_PYTHON", "/guests"}}).value().python == "/guests");
  CHECK(resolve({"--python", "here"}, {{"WEFT_PYTHON", "/guests"}}).value().python == "here");
}

TEST_CASE("host names are separated by commas") {
  CHECK(resolve({"--hosts", "a.example, b.example,,"}).value().hosts ==
        std::vector<std::string>{"a.example", "b.example"});
}

TEST_CASE("a wrong value is refused with its place and what is allowed") {
  const auto message = [](std::vector<std::string> words,
                          std::map<std::string, std::string, std::less<>> variables = {}) {
    return resolve(std::move(words), std::move(variables)).error().message();
  };
  CHECK(message({"--threads", "300"}) == "--threads: 300 is not within 0 to 256");
  CHECK(message({}, {{"WEFT_MAX_MODULE", "2GiB"}}) ==
        "WEFT_MAX_MODULE: 2GiB is not within 1KiB to 1GiB");
  CHECK(message({"--log-level", "loud"}) ==
        "--log-level: loud is none of debug, info, warning, error");
  CHECK(message({"--listen", "nowhere"}).starts_with("--listen: "));
  CHECK(message({"--drain", "5000"}) ==
        "--drain: 5000 has no unit: write 5000s, or 5000ms for milliseconds");
  CHECK(resolve({"--drain", "never"}).error().code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("the levels that completions offer are those that are taken") {
  std::string_view rest = kLevelNames;
  while (!rest.empty()) {
    const std::string_view level = rest.substr(0, rest.find(' '));
    CHECK(resolve({"--log-level", std::string(level)}).has_value());
    rest.remove_prefix(std::min(rest.size(), level.size() + 1));
  }
}

TEST_CASE("weft.toml holds strings and whole numbers under the names of the table") {
  const SettingTexts texts =
      parse_settings_file("listen = \"127.0.0.1:0\"\nthreads = 2 # two\n", "weft.toml").value();
  CHECK(texts == SettingTexts{{"listen", "127.0.0.1:0"}, {"threads", "2"}});
}

TEST_CASE("a wrong weft.toml is refused with line and column") {
  const auto message = [](std::string_view text) {
    return parse_settings_file(text, "weft.toml").error().message();
  };
  CHECK(message("\nthreds = 2\n") ==
        "weft.toml: line 2, column 1: there is no setting threds; did you mean threads?");
  CHECK(message("threads = 1.5\n") ==
        "weft.toml: line 1, column 1: threads must be a string or a whole number");
  CHECK(message("threads = \n").starts_with("weft.toml: line 1, column "));
  CHECK(
      message("[server]\n").starts_with("weft.toml: line 1, column 2: there is no setting server"));
}

TEST_CASE("docs/reference/configuration.md is what the table says") {
  CHECK(document("configuration.md") == settings_markdown());
}

TEST_CASE("docs/reference/cli.md is what the table of commands says") {
  CHECK(document("cli.md") == reference_markdown());
}

}  // namespace
}  // namespace weft::cli
