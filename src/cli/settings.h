// The server's settings: one table that makes the flags, the environment variables, weft.toml, the
// help and docs/reference/configuration.md.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "cli/arguments.h"
#include "cli/console.h"
#include "function/compiler.h"
#include "function/limits.h"
#include "function/reactors.h"
#include "net/endpoint.h"

namespace weft::cli {

enum class SettingType : std::uint8_t {
  kAddress,
  kPath,
  kNames,
  kLevel,
  kCount,
  kBytes,
  kDuration
};

struct Setting {
  std::string_view name;      // in weft.toml: "token_file"
  std::string_view flag;      // "token-file"
  std::string_view variable;  // "WEFT_TOKEN_FILE"
  SettingType type;
  std::string_view fallback;  // the default as a user would write it; empty: none
  std::string_view least;     // of counts, bytes and durations, in the same form
  std::string_view most;
  std::string_view help;  // one line
};

// Of SettingType::kLevel.
inline constexpr std::string_view kLevelNames = "debug info warning error";

// The flag is the name with hyphens, the variable the name in capitals behind WEFT_.
inline constexpr std::array kSettings = {
    Setting{"listen", "listen", "WEFT_LISTEN", SettingType::kAddress, "127.0.0.1:8080", "", "",
            "address and port; any other than loopback needs a token"},
    Setting{"data", "data", "WEFT_DATA", SettingType::kPath, "", "", "",
            "directory of all state; default $XDG_DATA_HOME/weft or ~/.local/share/weft"},
    Setting{"python", "python", "WEFT_PYTHON", SettingType::kPath, "", "", "",
            "directory of the Python guests; default python beside weft or ../lib/weft/python"},
    Setting{"ca_file", "ca-file", "WEFT_CA_FILE", SettingType::kPath, "", "", "",
            "certificates (PEM) to trust in requests of functions, instead of the system's"},
    Setting{"token_file", "token-file", "WEFT_TOKEN_FILE", SettingType::kPath, "", "", "",
            "file with the token that clients must send; WEFT_TOKEN is the token itself"},
    Setting{"hosts", "hosts", "WEFT_HOSTS", SettingType::kNames, "", "", "",
            "further host names that clients may use, separated by commas"},
    Setting{"threads", "threads", "WEFT_THREADS", SettingType::kCount, "0", "0", "256",
            "event loops, each on a thread; 0 is one for each processor"},
    Setting{"log_level", "log-level", "WEFT_LOG_LEVEL", SettingType::kLevel, "info", "", "",
            "debug, info, warning or error"},
    Setting{"max_module", "max-module", "WEFT_MAX_MODULE", SettingType::kBytes, "64MiB", "1KiB",
            "1GiB", "size of an uploaded module"},
    Setting{"max_payload", "max-payload", "WEFT_MAX_PAYLOAD", SettingType::kBytes, "8MiB", "1KiB",
            "1GiB", "size of a call's payload"},
    Setting{"max_in_flight", "max-in-flight", "WEFT_MAX_IN_FLIGHT", SettingType::kCount, "1000",
            "1", "1000000", "calls at the same time, of all functions"},
    Setting{"max_connections", "max-connections", "WEFT_MAX_CONNECTIONS", SettingType::kCount,
            "4096", "1", "1000000", "connections at the same time"},
    Setting{"max_bodies", "max-bodies", "WEFT_MAX_BODIES", SettingType::kBytes, "512MiB", "1MiB",
            "1024GiB", "bodies of requests in memory; as much again of answers"},
    Setting{"code_cache", "code-cache", "WEFT_CODE_CACHE", SettingType::kBytes, "4GiB", "1MiB",
            "1024GiB", "compiled code that is kept on disk"},
    Setting{"compile_memory", "compile-memory", "WEFT_COMPILE_MEMORY", SettingType::kBytes, "4GiB",
            "512MiB", "1024GiB", "addresses that compiling one module may take"},
    Setting{"compile_time", "compile-time", "WEFT_COMPILE_TIME", SettingType::kDuration, "30s",
            "1s", "1h", "CPU time to compile a module; half as long again for each MiB of it"},
    Setting{"volume", "volume", "WEFT_VOLUME", SettingType::kNames, "", "", "",
            "NAME=DIRECTORY[:ro] that reactors may be given; commas between several, or flags"},
    Setting{"callbacks", "callbacks", "WEFT_CALLBACKS", SettingType::kNames, "", "", "",
            "where results of reactors may be sent, with commas: https://hooks.example.com"},
    Setting{"max_reactors", "max-reactors", "WEFT_MAX_REACTORS", SettingType::kCount, "1000", "1",
            "100000", "reactors that there may be"},
    Setting{"max_live_reactors", "max-live-reactors", "WEFT_MAX_LIVE_REACTORS", SettingType::kCount,
            "32", "1", "10000", "reactors that have an instance at the same time"},
    Setting{"drain", "drain", "WEFT_DRAIN", SettingType::kDuration, "10s", "0s", "10m",
            "how long calls under way may go on after SIGTERM"},
};

// Settings as the server's parts want them.
struct ServerSettings {
  net::Endpoint listen;
  std::filesystem::path data;
  std::optional<std::string> python;  // for find_python_files
  std::optional<std::string> ca_file;
  std::optional<std::string> token_file;
  std::vector<std::string> hosts;
  unsigned threads = 0;
  LogLevel log_level = LogLevel::kInfo;
  function::PlatformLimits limits;
  std::uint32_t connections = 0;
  std::uint64_t bodies_bytes = 0;
  std::uint64_t code_cache_bytes = 0;
  function::CompileLimits compile;
  std::vector<function::Volume> volumes;
  std::vector<std::string> callbacks;  // origins
  function::ReactorLimits reactors;
  std::chrono::milliseconds drain{0};
};

// Settings by name as weft.toml has them: strings, or numbers as their text.
using SettingTexts = std::map<std::string, std::string, std::less<>>;

// The content of a weft.toml. kInvalidArgument with line and column for what is no TOML, for names
// that are no settings (with the nearest one), and for values that are neither string nor integer.
Result<SettingTexts> parse_settings_file(std::string_view text, std::string_view file);

// Flag before variable before file before default. kInvalidArgument names the place, the value and
// what is allowed.
Result<ServerSettings> resolve_settings(const Arguments& arguments, const Console& console,
                                        const SettingTexts& file);

// docs/reference/configuration.md.
std::string settings_markdown();

}  // namespace weft::cli
