// weft doctor: whether this machine has what weft uses, and what to do where it has not.
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/log.h"
#include "base/unique_fd.h"
#include "cli/command.h"
#include "cli/local_code.h"
#include "cli/quantity.h"
#include "cli/settings.h"
#include "engine/dirty_pages.h"
#include "json/print.h"
#include "store/file.h"

namespace weft::cli {
namespace {

enum class Health : std::uint8_t { kOk, kWarning, kMissing };

struct Finding {
  std::string_view what;
  Health health = Health::kOk;
  std::string found;
  std::string advice;  // empty when all is well
};

constexpr std::array<std::string_view, 3> kHealthNames = {"ok", "warning", "missing"};

std::string_view name_of(Health health) {
  return kHealthNames.at(static_cast<std::size_t>(health));
}

Finding check_kernel() {
  utsname system{};
  ::uname(&system);
  return {.what = "kernel",
          .found = fmt::format("{} {} {}", system.sysname, system.release, system.machine),
          .advice = {}};
}

Finding check_page_scan() {
  const bool works = engine::DirtyPages::open().has_value();
  if (works) return {.what = "page scan", .found = "PAGEMAP_SCAN", .advice = {}};
  return {.what = "page scan",
          .health = Health::kWarning,
          .found = "no PAGEMAP_SCAN",
          .advice = "resetting instances will be slower: Linux 6.7 or later has it"};
}

Finding check_memfd() {
  const UniqueFd file(::memfd_create("weft-doctor", MFD_CLOEXEC));
  if (file) return {.what = "memfd", .found = "memfd_create", .advice = {}};
  return {.what = "memfd",
          .health = Health::kWarning,
          .found = std::system_category().message(errno),
          .advice = "memory images need it: allow memfd_create in the sandbox (seccomp)"};
}

// What a small file of numbers under /proc/sys says.
std::optional<std::uint64_t> kernel_number(const char* file) {
  const UniqueFd opened(::open(file, O_RDONLY | O_CLOEXEC));
  std::array<char, 32> text{};
  if (!opened) return std::nullopt;
  const ssize_t size = ::read(opened.get(), text.data(), text.size());
  std::uint64_t number = 0;
  if (size <= 0 || std::from_chars(text.data(), text.data() + size, number).ec != std::errc())
    return std::nullopt;
  return number;
}

Finding check_map_count() {
  constexpr std::uint64_t kWanted = 262'144;
  const auto count = kernel_number("/proc/sys/vm/max_map_count");
  if (!count) {
    return {.what = "memory maps", .found = "vm.max_map_count cannot be read", .advice = {}};
  }
  Finding finding{
      .what = "memory maps", .found = fmt::format("vm.max_map_count = {}", *count), .advice = {}};
  if (*count < kWanted) {
    finding.health = Health::kWarning;
    finding.advice =
        fmt::format("thousands of instances need more: sysctl -w vm.max_map_count={}", kWanted);
  }
  return finding;
}

Finding check_overcommit() {
  constexpr std::uint64_t kNever = 2;
  const auto mode = kernel_number("/proc/sys/vm/overcommit_memory").value_or(0);
  Finding finding{
      .what = "overcommit", .found = fmt::format("vm.overcommit_memory = {}", mode), .advice = {}};
  if (mode == kNever) {
    finding.health = Health::kWarning;
    finding.advice = "memory of guests counts when it is reserved: set it to 0 or 1";
  }
  return finding;
}

std::string limit_text(rlim_t value) {
  return value == RLIM_INFINITY ? "unlimited" : fmt::format("{}", value);
}

Finding check_descriptors() {
  constexpr rlim_t kWanted = 4096;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  Finding finding{.what = "descriptors",
                  .found = fmt::format("{} (at most {})", limit_text(limit.rlim_cur),
                                       limit_text(limit.rlim_max)),
                  .advice = {}};
  if (limit.rlim_cur < kWanted) {
    finding.health = Health::kWarning;
    finding.advice = fmt::format(
        "each connection takes one: ulimit -n {}, or LimitNOFILE of the service", kWanted);
  }
  return finding;
}

// Each linear memory reserves 4 GiB of addresses and guard pages, used or not.
Finding check_address_space() {
  constexpr std::size_t kReservation = 8ULL << 30U;
  rlimit limit{};
  ::getrlimit(RLIMIT_AS, &limit);
  void* const place =
      ::mmap(nullptr, kReservation, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  const bool works = place != MAP_FAILED;
  if (works) ::munmap(place, kReservation);
  Finding finding{.what = "address space", .found = limit_text(limit.rlim_cur), .advice = {}};
  if (!works) {
    finding.health = Health::kMissing;
    finding.advice = "guests need 8 GiB of addresses each: ulimit -v unlimited";
  } else if (limit.rlim_cur != RLIM_INFINITY) {
    finding.health = Health::kWarning;
    finding.advice = "each guest reserves 8 GiB of addresses: ulimit -v unlimited";
  }
  return finding;
}

#if defined(__x86_64__)
Finding check_processor() {
  std::string features;
  const auto add = [&](std::string_view name, bool has) {
    if (has) features += fmt::format("{}{}", features.empty() ? "" : " ", name);
  };
  const bool has_sse41 = __builtin_cpu_supports("sse4.1") != 0;
  add("sse4.1", has_sse41);
  add("popcnt", __builtin_cpu_supports("popcnt") != 0);
  add("avx", __builtin_cpu_supports("avx") != 0);
  add("avx2", __builtin_cpu_supports("avx2") != 0);
  add("bmi2", __builtin_cpu_supports("bmi2") != 0);
  add("avx512f", __builtin_cpu_supports("avx512f") != 0);
  Finding finding{.what = "processor", .found = features, .advice = {}};
  if (!has_sse41) {
    finding.health = Health::kWarning;
    finding.advice = "128-bit vectors of guests are slow without SSE 4.1";
  }
  return finding;
}
#else
Finding check_processor() {
  return {.what = "processor", .found = "128-bit vectors", .advice = {}};
}
#endif

// The nearest directory that is there already, up to the root.
std::filesystem::path existing_parent(std::filesystem::path path) {
  std::error_code problem;
  while (!std::filesystem::exists(path, problem) && path.has_relative_path())
    path = path.parent_path();
  return path.empty() ? std::filesystem::path(".") : path;
}

Finding check_directory(std::string_view what, const std::filesystem::path& path, Health if_not) {
  constexpr std::uint64_t kRoomWanted = 1ULL << 30U;
  const std::filesystem::path parent = existing_parent(path);
  Finding finding{.what = what, .found = printable(path.string()), .advice = {}};
  struct statvfs disk{};
  const bool has_disk = ::statvfs(parent.c_str(), &disk) == 0;
  // Views of the kernel, such as /proc, have no blocks, whatever their rights say.
  if (std::error_code problem;
      !std::filesystem::is_directory(parent, problem) || (has_disk && disk.f_blocks == 0)) {
    finding.health = if_not;
    finding.advice =
        fmt::format("{} cannot hold files: name another place", printable(parent.string()));
    return finding;
  }
  if (::access(parent.c_str(), W_OK | X_OK) != 0) {
    finding.health = if_not;
    finding.advice = fmt::format("{} may not be written: change its owner or name another place",
                                 printable(parent.string()));
    return finding;
  }
  if (!has_disk) return finding;
  const std::uint64_t room = disk.f_bavail * disk.f_frsize;
  finding.found += fmt::format(", {} free", bytes_text(room));
  if (room < kRoomWanted) {
    finding.health = Health::kWarning;
    finding.advice = "the disk is almost full";
  }
  return finding;
}

std::vector<Finding> examine(const Console& console, const std::filesystem::path& data) {
  std::vector<Finding> findings = {
      check_kernel(),    check_processor(),  check_page_scan(),     check_memfd(),
      check_map_count(), check_overcommit(), check_address_space(), check_descriptors(),
  };
  findings.push_back(check_directory("data", data, Health::kMissing));
  if (const auto cache = cache_directory(console)) {
    findings.push_back(check_directory("cache", *cache, Health::kWarning));
  } else {
    findings.push_back({.what = "cache",
                        .health = Health::kWarning,
                        .found = "neither XDG_CACHE_HOME nor HOME is set",
                        .advice = "`weft run` compiles a module each time"});
  }
  return findings;
}

std::string findings_text(const std::vector<Finding>& findings, const Console& console) {
  std::string text;
  for (const Finding& finding : findings) {
    const std::string padded = fmt::format("{:<9}", name_of(finding.health));
    const std::string mark = finding.health == Health::kOk        ? console.green(padded)
                             : finding.health == Health::kWarning ? console.yellow(padded)
                                                                  : console.red(padded);
    text += fmt::format("{}{:<15}{}\n", mark, finding.what, finding.found);
    if (!finding.advice.empty()) text += fmt::format("{:<9}{:<15}{}\n", "", "", finding.advice);
  }
  return text;
}

std::string findings_json(const std::vector<Finding>& findings) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("checks").begin_array();
  for (const Finding& finding : findings) {
    writer.begin_object().key("name").value(finding.what);
    writer.key("health").value(name_of(finding.health)).key("found").value(finding.found);
    if (!finding.advice.empty()) writer.key("advice").value(finding.advice);
    writer.end_object();
  }
  writer.end_array().end_object();
  return text + "\n";
}

constexpr std::array kOptions = {
    Option{.name = "data",
           .value = "DIR",
           .help = "the server's data directory",
           .word = {.kind = WordKind::kDirectory}},
    kJsonOption,
};

Result<int> run(const Arguments& arguments, Console& console) {
  const ServerSettings settings = TRY(resolve_settings(arguments, console, {}));
  const std::vector<Finding> findings = examine(console, settings.data);
  console.print(arguments.has("json") ? findings_json(findings) : findings_text(findings, console));
  bool is_fit = true;
  for (const Finding& finding : findings)
    is_fit = is_fit && finding.health != Health::kMissing;
  return is_fit ? 0 : info(ErrorCode::kUnsupported).exit_code;
}

}  // namespace

constexpr Command kDoctorCommand{
    .name = "doctor",
    .usage = "",
    .summary = "check what weft uses of this machine",
    .details =
        "Each line is ok, a warning (it works, but slower or with less room) or missing. The\n"
        "exit code is 1 when something is missing.\n",
    .examples = "$ weft doctor\n",
    .grammar = {.options = kOptions},
    .group = Group::kOther,
    .run = run,
};

}  // namespace weft::cli
