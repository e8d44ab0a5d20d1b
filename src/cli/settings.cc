#include "cli/settings.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "base/assert.h"
#include "cli/quantity.h"
#include "server/callbacks.h"

namespace weft::cli {
namespace {

constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels = {{
    {"debug", LogLevel::kDebug},
    {"info", LogLevel::kInfo},
    {"warning", LogLevel::kWarning},
    {"error", LogLevel::kError},
}};

// A setting's text and where it stands, for errors.
struct Given {
  std::string text;
  std::string place;
};

const Setting& setting_named(std::string_view name) {
  const auto found = std::ranges::find(kSettings, name, &Setting::name);
  WEFT_ASSERT(found != kSettings.end());
  return *found;
}

Result<std::uint64_t> number_of(SettingType type, std::string_view text) {
  if (type == SettingType::kBytes) return parse_bytes(text);
  if (type != SettingType::kDuration) return parse_count(text);
  const auto duration = TRY(parse_duration(text));
  return static_cast<std::uint64_t>(duration.count());
}

class Resolver {
 public:
  Resolver(const Arguments& arguments, const Console& console, const SettingTexts& file)
      : arguments_(arguments), console_(console), file_(file) {}

  // Nothing when it is not set and has no default.
  std::optional<Given> find(std::string_view name) const {
    const Setting& setting = setting_named(name);
    if (const auto text = arguments_.value(setting.flag))
      return Given{std::string(*text), fmt::format("--{}", setting.flag)};
    if (auto text = console_.variable(std::string(setting.variable).c_str()))
      return Given{*std::move(text), std::string(setting.variable)};
    if (const auto found = file_.find(name); found != file_.end())
      return Given{found->second, fmt::format("{} in the settings file", name)};
    if (setting.fallback.empty()) return std::nullopt;
    return Given{std::string(setting.fallback), fmt::format("the default of {}", name)};
  }

  // Of a setting that has a default.
  Given required(std::string_view name) const { return find(name).value_or(Given{}); }

  // A count, bytes or microseconds within the range of the table.
  Result<std::uint64_t> number(std::string_view name) const {
    const Setting& setting = setting_named(name);
    const Given given = required(name);
    auto number = number_of(setting.type, given.text);
    if (!number) return fail(std::move(number).error().with_context(given.place));
    const std::uint64_t least = number_of(setting.type, setting.least).value();
    const std::uint64_t most = number_of(setting.type, setting.most).value();
    if (*number >= least && *number <= most) return number;
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: {} is not within {} to {}", given.place, printable(given.text),
                            setting.least, setting.most));
  }

 private:
  const Arguments& arguments_;
  const Console& console_;
  const SettingTexts& file_;
};

Result<LogLevel> level_of(const Given& given) {
  for (const auto& [name, level] : kLevels) {
    if (name == given.text) return level;
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: {} is none of debug, info, warning, error", given.place,
                          printable(given.text)));
}

Result<std::filesystem::path> data_directory(const Resolver& resolver, const Console& console) {
  if (const auto given = resolver.find("data")) return std::filesystem::path(given->text);
  if (const auto base = console.variable("XDG_DATA_HOME"))
    return std::filesystem::path(*base) / "weft";
  if (const auto home = console.variable("HOME"))
    return std::filesystem::path(*home) / ".local" / "share" / "weft";
  return fail(ErrorCode::kInvalidArgument,
              "neither XDG_DATA_HOME nor HOME is set: name a directory with --data");
}

std::vector<std::string> names_of(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = text.find(',');
    const std::string_view name = text.substr(0, end);
    const std::size_t begin = name.find_first_not_of(' ');
    if (begin != std::string_view::npos)
      names.emplace_back(name.substr(begin, name.find_last_not_of(' ') + 1 - begin));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return names;
}

// A flag may stand several times, each with one or more.
Result<std::vector<function::Volume>> volumes_of(const Arguments& arguments,
                                                 const Resolver& resolver) {
  const auto given = resolver.find("volume");
  if (!given) return std::vector<function::Volume>();
  std::vector<std::string> texts;
  for (const std::string_view flag : arguments.values("volume"))
    std::ranges::move(names_of(flag), std::back_inserter(texts));
  if (texts.empty()) texts = names_of(given->text);
  std::vector<function::Volume> volumes;
  for (const std::string& text : texts) {
    auto volume = function::volume_of(text);
    if (!volume) return fail(std::move(volume).error().with_context(given->place));
    if (std::ranges::find(volumes, volume->name, &function::Volume::name) != volumes.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: two volumes have the name {}", given->place, volume->name));
    }
    volumes.push_back(*std::move(volume));
  }
  return volumes;
}

Result<std::vector<std::string>> origins_of(const Resolver& resolver) {
  const auto given = resolver.find("callbacks");
  if (!given) return std::vector<std::string>();
  auto origins = names_of(given->text);
  for (const std::string& origin : origins) {
    if (server::is_origin(origin)) continue;
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: {} is no origin: write http:// or https://, a host and perhaps a "
                            "port, and nothing behind it",
                            given->place, printable(origin)));
  }
  return origins;
}

std::string_view type_text(SettingType type) {
  switch (type) {
    case SettingType::kAddress:
      return "address";
    case SettingType::kPath:
      return "path";
    case SettingType::kNames:
      return "names";
    case SettingType::kLevel:
      return "level";
    case SettingType::kCount:
      return "number";
    case SettingType::kBytes:
      return "size";
    case SettingType::kDuration:
      return "duration";
  }
  return "";
}

}  // namespace

Result<ServerSettings> resolve_settings(const Arguments& arguments, const Console& console,
                                        const SettingTexts& file) {
  const Resolver resolver(arguments, console, file);
  ServerSettings settings;
  const Given listen = resolver.required("listen");
  auto endpoint = net::parse_listen_address(listen.text);
  if (!endpoint) return fail(std::move(endpoint).error().with_context(listen.place));
  settings.listen = *endpoint;
  settings.data = TRY(data_directory(resolver, console));
  if (const auto given = resolver.find("python")) settings.python = given->text;
  if (const auto given = resolver.find("ca_file")) settings.ca_file = given->text;
  if (const auto given = resolver.find("token_file")) settings.token_file = given->text;
  if (const auto given = resolver.find("hosts")) settings.hosts = names_of(given->text);
  settings.threads = static_cast<unsigned>(TRY(resolver.number("threads")));
  settings.log_level = TRY(level_of(resolver.required("log_level")));
  settings.limits.module_bytes = TRY(resolver.number("max_module"));
  settings.limits.payload_bytes = TRY(resolver.number("max_payload"));
  settings.limits.in_flight = static_cast<std::uint32_t>(TRY(resolver.number("max_in_flight")));
  settings.connections = static_cast<std::uint32_t>(TRY(resolver.number("max_connections")));
  settings.bodies_bytes = TRY(resolver.number("max_bodies"));
  if (settings.bodies_bytes <
      std::max(settings.limits.module_bytes, settings.limits.payload_bytes)) {
    return fail(ErrorCode::kInvalidArgument,
                "max_bodies is less than max_module or max_payload: what those allow would never "
                "fit");
  }
  settings.code_cache_bytes = TRY(resolver.number("code_cache"));
  settings.compile.memory_bytes = TRY(resolver.number("compile_memory"));
  settings.compile.seconds = std::chrono::ceil<std::chrono::seconds>(
      std::chrono::microseconds(TRY(resolver.number("compile_time"))));
  settings.volumes = TRY(volumes_of(arguments, resolver));
  settings.callbacks = TRY(origins_of(resolver));
  settings.reactors.reactors = TRY(resolver.number("max_reactors"));
  settings.reactors.live = static_cast<std::uint32_t>(TRY(resolver.number("max_live_reactors")));
  settings.drain = std::chrono::ceil<std::chrono::milliseconds>(
      std::chrono::microseconds(TRY(resolver.number("drain"))));
  return settings;
}

std::string settings_markdown() {
  std::string text =
      "# Settings of the server\n\n"
      "Made by `weft help --markdown settings` from the table in `src/cli/settings.h`; a test "
      "compares.\n\n"
      "A flag of `weft serve` counts before the environment variable, that before the file of "
      "`--config`\n(or `WEFT_CONFIG`), that before the default. The file is TOML: `name = value` "
      "with "
      "the names of the\ntable; sizes and durations are strings with a unit, sizes also integers "
      "in bytes. "
      "A duration without a unit\nis refused.\n\n"
      "| `weft.toml` | flag | variable | type | default | range | "
      "|\n|---|---|---|---|---|---|---|\n";
  for (const Setting& setting : kSettings) {
    const std::string fallback =
        setting.fallback.empty() ? "" : fmt::format("`{}`", setting.fallback);
    const std::string range =
        setting.least.empty() ? "" : fmt::format("{} to {}", setting.least, setting.most);
    text +=
        fmt::format("| `{}` | `--{}` | `{}` | {} | {} | {} | {} |\n", setting.name, setting.flag,
                    setting.variable, type_text(setting.type), fallback, range, setting.help);
  }
  return text +
         "\nThe token of `WEFT_TOKEN` or of the token file must come with every request as\n"
         "`Authorization: Bearer TOKEN`. Clients take theirs from the same places.\n";
}

}  // namespace weft::cli
