#include "function/reactor_settings.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "json/print.h"
#include "store/metadata.h"

namespace weft::function {
namespace {

constexpr std::size_t kShownBytesMax = 100;
constexpr std::size_t kRegistrationNameBytesMax = 128;
constexpr std::string_view kLibraryRoot = "/usr";
constexpr std::string_view kReadOnly = ":ro";

std::unexpected<Error> invalid(const json::Value& where, std::string message) {
  return fail(
      Error(ErrorCode::kInvalidArgument, std::move(message)).with_position(where.position()));
}

// "/data/in": parts of any printable characters.
bool is_guest_path(std::string_view path) {
  if (path.size() < 2 || path.size() > kReactorPathBytesMax || path.front() != '/') return false;
  if (printable(path) != path) return false;
  std::string_view rest = path.substr(1);
  for (;;) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    if (part.empty() || part == "." || part == "..") return false;
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  return path != kLibraryRoot && !path.starts_with("/usr/");
}

Result<ReactorVolume> volume_in(const json::Value& row) {
  if (!row.is_object())
    return invalid(row, R"(A volume is an object: {"volume": NAME, "path": "/data"}.)");
  ReactorVolume volume;
  for (const json::Member& member : row.as_object()) {
    const auto& [key, value] = member;
    std::string* const text =
        key == "volume" ? &volume.volume : (key == "path" ? &volume.path : nullptr);
    if (text == nullptr) {
      return invalid(member.key_value(),
                     fmt::format("\"{}\" is no known member of a volume; known are volume, path.",
                                 shown(key, kShownBytesMax)));
    }
    if (!value.is_string())
      return invalid(value, fmt::format("\"{}\" of a volume must be a string.", key));
    *text = value.as_string();
  }
  if (!store::is_function_name(volume.volume)) {
    return invalid(row, R"(A volume needs "volume": the name that the server's setting "volume" )"
                        R"(gives to a directory.)");
  }
  if (!is_guest_path(volume.path)) {
    return invalid(row, fmt::format("A volume needs \"path\": where the reactor sees it, such as "
                                    "/data. Absolute, at most {} bytes, without . and .. and "
                                    "empty parts; not /usr.",
                                    kReactorPathBytesMax));
  }
  return volume;
}

Result<std::vector<ReactorVolume>> volumes_of(const json::Value& rows) {
  if (!rows.is_array()) return invalid(rows, "\"volumes\" must be an array.");
  if (rows.size() > kReactorVolumesMax) {
    return fail(
        Error(ErrorCode::kInvalidArgument, fmt::format("\"volumes\" has {} items; at most {} are "
                                                       "allowed.",
                                                       rows.size(), kReactorVolumesMax))
            .with_limit("volumes", kReactorVolumesMax));
  }
  std::vector<ReactorVolume> volumes;
  for (const json::Value& row : rows.as_array()) {
    ReactorVolume volume = TRY(volume_in(row));
    if (std::ranges::find(volumes, volume.path, &ReactorVolume::path) != volumes.end())
      return invalid(row, fmt::format("Two volumes have the path {}.", volume.path));
    volumes.push_back(std::move(volume));
  }
  return volumes;
}

Result<> set_member(ReactorSettings& settings, const json::Member& member) {
  const auto& [key, value] = member;
  if (key == "volumes") {
    settings.volumes = TRY(volumes_of(value));
    return {};
  }
  if (key != "environment" && key != "limits") {
    return invalid(member.key_value(), fmt::format("\"{}\" is no known member; known are "
                                                   "volumes, environment, limits.",
                                                   shown(key, kShownBytesMax)));
  }
  if (!value.is_object()) return invalid(value, fmt::format("\"{}\" must be an object.", key));
  if (key == "environment") {
    settings.environment = TRY(environment_of(value));
  } else {
    settings.limits = TRY(limits_of(value));
  }
  return {};
}

}  // namespace

Result<ReactorSettings> reactor_settings_of(const json::Value& object) {
  if (!object.is_object()) return invalid(object, "A reactor's settings are a JSON object.");
  ReactorSettings settings;
  for (const json::Member& member : object.as_object())
    TRY(set_member(settings, member));
  return settings;
}

json::Value to_json(const ReactorSettings& settings) {
  json::Array volumes;
  for (const ReactorVolume& volume : settings.volumes)
    volumes.push_back(json::Value::object({{"volume", volume.volume}, {"path", volume.path}}));
  return json::Value::object({{"volumes", std::move(volumes)},
                              {"environment", to_json(settings.environment)},
                              {"limits", to_json(settings.limits)}});
}

Result<Volume> volume_of(std::string_view text) {
  const std::size_t sign = text.find('=');
  Volume volume;
  if (sign != std::string_view::npos) {
    volume.name = text.substr(0, sign);
    volume.directory = text.substr(sign + 1);
    volume.read_only = volume.directory.ends_with(kReadOnly);
    if (volume.read_only) volume.directory.resize(volume.directory.size() - kReadOnly.size());
  }
  if (store::is_function_name(volume.name) && !volume.directory.empty()) return volume;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} is no volume: write NAME=DIRECTORY, or NAME=DIRECTORY:ro; a name has "
                          "lower-case letters, digits and hyphens",
                          shown(text, kShownBytesMax)));
}

bool is_registration_name(std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_part = [&](char c) {
    return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c);
  };
  return !name.empty() && name.size() <= kRegistrationNameBytesMax && !is_digit(name.front()) &&
         std::ranges::all_of(name, is_part);
}

bool is_applied_name(std::string_view name) {
  if (name.size() > 2 * kRegistrationNameBytesMax) return false;
  for (;;) {
    const std::size_t end = std::min(name.find('.'), name.size());
    if (!is_registration_name(name.substr(0, end))) return false;
    if (end == name.size()) return true;
    name.remove_prefix(end + 1);
  }
}

}  // namespace weft::function
