#include "cli/requirements.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/id.h"
#include "base/log.h"
#include "cli/function_document.h"
#include "cli/held_signals.h"
#include "cli/inline_metadata.h"
#include "cli/input_file.h"
#include "cli/python_bundle.h"
#include "json/parse.h"
#include "store/file.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

// Packages whose native part only makes them faster: they find out themselves that it is missing.
constexpr std::array<std::string_view, 5> kFasterWithNative = {"markupsafe", "msgpack", "pyyaml",
                                                               "rapidfuzz", "zope-interface"};

constexpr std::uint64_t kReportBytesMax = 256ULL << 20U;

struct Advice {
  std::string_view project;
  std::string_view what;
};
constexpr std::array kAdvice = {
    Advice{"cryptography", "hashlib, hmac and secrets are there"},
    Advice{"greenlet", "SQLAlchemy works without it, but for its asyncio part"},
    Advice{"jiter", "require an older version of what needs it"},
    Advice{"lxml", "xml.etree.ElementTree and html5lib are Python alone"},
    Advice{"numpy",
           "there is no version in Python alone: compute in a function of another language"},
    Advice{"orjson", "json is there"},
    Advice{"pandas", "csv and sqlite3 are there"},
    Advice{"pydantic-core", "pydantic<2 does without it"},
    Advice{"rpds-py", "jsonschema<4.18 does without it"},
    Advice{"ujson", "json is there"},
    Advice{"uvloop", "leave it out: the guest has a loop of its own"},
};

Error pip_failed(std::string_view problem) {
  return {ErrorCode::kInvalidArgument, fmt::format("the requirements cannot be met: {}", problem)};
}

bool is_faster_with_native(std::string_view name) {
  return std::ranges::find(kFasterWithNative, normal_name(name)) != kFasterWithNative.end();
}

// One resolution. Its files are in a place of its own.
class Resolution {
 public:
  Resolution(const Requirements& requirements, fs::path work, fs::path target, Console& console)
      : requirements_(requirements),
        work_(std::move(work)),
        target_(std::move(target)),
        pip_(console, work_) {}

  Result<> run();

 private:
  Result<std::string> write(std::string_view name, std::string_view text) const;
  Result<std::vector<std::string>> wanted_words() const;
  Result<std::vector<PlannedWheel>> plan(Wheels wheels, std::vector<std::string> words,
                                         std::string& problem) const;
  Result<> install_plan(std::vector<PlannedWheel> wheels) const;
  Result<std::vector<PlannedWheel>> pure_ones(std::vector<PlannedWheel> native) const;
  Result<std::string> lines_of(const std::vector<PlannedWheel>& wheels) const;
  Result<> install_lines(Wheels kind, std::string_view name,
                         const std::vector<PlannedWheel>& wheels) const;

  const Requirements& requirements_;
  const fs::path work_;
  const fs::path target_;
  const Pip pip_;
};

Result<std::string> Resolution::write(std::string_view name, std::string_view text) const {
  return TRY(store::write_new_file(work_, name, text)).native();
}

// What pip is told: the user's files, and what the script says as one more.
Result<std::vector<std::string>> Resolution::wanted_words() const {
  std::vector<std::string> words;
  for (const RequirementsFile& file : requirements_.files) {
    words.emplace_back("-r");
    words.push_back(file.path);
  }
  if (requirements_.dependencies.empty()) return words;
  std::string lines;
  for (const std::string& dependency : requirements_.dependencies)
    lines += dependency + "\n";
  words.emplace_back("-r");
  words.push_back(TRY(write("script", lines)));
  return words;
}

// What would be installed; nothing, with the problem, where pip refuses.
Result<std::vector<PlannedWheel>> Resolution::plan(Wheels wheels, std::vector<std::string> words,
                                                   std::string& problem) const {
  const std::string report = TRY(write("report", ""));
  for (const char* word : {"--dry-run", "--report", report.c_str()})
    words.emplace_back(word);
  const PipAnswer answer = TRY(pip_.install(wheels, target_, words));
  problem.clear();
  if (answer.code != 0) {
    if (const auto why = unreachable_index(answer)) return fail(ErrorCode::kUnavailable, *why);
    problem = pip_problem(answer.errors);
    if (problem.empty()) problem = fmt::format("pip ended with code {}", answer.code);
    return std::vector<PlannedWheel>();
  }
  const auto text = TRY(store::read_file(report, kReportBytesMax));
  return planned_wheels(text.value_or(""));
}

// Of wheels that are not pure, those of projects that have pure ones of the same version, too. The
// others are refused, all at once.
Result<std::vector<PlannedWheel>> Resolution::pure_ones(std::vector<PlannedWheel> native) const {
  std::vector<std::string> refused;
  std::string advice;
  while (!native.empty()) {
    std::vector<std::string> words = {"--no-deps"};
    for (const PlannedWheel& wheel : native)
      words.push_back(wheel.name + "==" + wheel.version);
    std::string problem;
    auto pure = TRY(plan(Wheels::kPure, words, problem));
    if (problem.empty() && refused.empty()) return pure;
    if (problem.empty()) break;
    // "No matching distribution found for numpy==2.4.6"
    const auto named = std::ranges::find_if(native, [&](const PlannedWheel& wheel) {
      return problem.ends_with(" " + wheel.name + "==" + wheel.version);
    });
    if (named == native.end()) return fail(pip_failed(problem));
    refused.push_back(fmt::format("{} {}", printable(named->name), printable(named->version)));
    if (const std::string_view known = advice_on(named->name); !known.empty())
      advice += fmt::format("; for {}: {}", printable(named->name), known);
    native.erase(named);
  }
  if (refused.empty()) return std::vector<PlannedWheel>();
  std::string names = refused.front();
  for (std::size_t i = 1; i < refused.size(); ++i)
    names += (i + 1 < refused.size() ? ", " : " and ") + refused[i];
  return fail(ErrorCode::kUnsupported,
              fmt::format("{} {} only as native code, which Python functions cannot run: require "
                          "something else, or another version{}",
                          names, refused.size() == 1 ? "comes" : "come", advice));
}

// Requirements of exactly these.
Result<std::string> Resolution::lines_of(const std::vector<PlannedWheel>& wheels) const {
  std::string texts;
  for (const RequirementsFile& file : requirements_.files)
    texts += file.text;
  const bool with_hashes = texts.find("--hash") != std::string::npos;
  std::string lines;
  for (const PlannedWheel& wheel : wheels) {
    lines += wheel.is_direct ? fmt::format("{} @ {}", wheel.name, wheel.url)
                             : fmt::format("{}=={}", wheel.name, wheel.version);
    if (with_hashes) {
      // Only what the user's own files vouch for.
      if (wheel.sha256.empty() || texts.find(wheel.sha256) == std::string::npos) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("the requirements have no hash of the wheel of {} {} that is taken "
                                "for Python functions, sha256:{}",
                                printable(wheel.name), printable(wheel.version), wheel.sha256));
      }
      lines += " --hash=sha256:" + wheel.sha256;
    }
    lines += "\n";
  }
  return lines;
}

// In a directory of its own first: pip leaves out of a target that has packages whatever has the
// name of a directory there, such as the second part of a namespace.
Result<> Resolution::install_lines(Wheels kind, std::string_view name,
                                   const std::vector<PlannedWheel>& wheels) const {
  if (wheels.empty()) return {};
  const std::string lines = TRY(lines_of(wheels));
  const std::string file = TRY(write(name, lines));
  const fs::path own = work_ / fmt::format("{} packages", name);
  const PipAnswer answer = TRY(pip_.install(kind, own, {"--no-deps", "-r", file}));
  if (answer.code != 0) {
    if (const auto why = unreachable_index(answer)) return fail(ErrorCode::kUnavailable, *why);
    return fail(pip_failed(pip_problem(answer.errors)));
  }
  std::error_code error;
  fs::copy(own, target_, fs::copy_options::recursive | fs::copy_options::overwrite_existing, error);
  if (error) return fail(store::system_error(error.value(), "copy packages to", target_));
  return {};
}

// Some of it is native: what there is in Python alone, and what does without its native part.
Result<> Resolution::install_plan(std::vector<PlannedWheel> wheels) const {
  std::vector<PlannedWheel> pure;
  std::vector<PlannedWheel> stripped;
  std::vector<PlannedWheel> native;
  for (PlannedWheel& wheel : wheels) {
    auto& kind = wheel.is_pure ? pure : is_faster_with_native(wheel.name) ? stripped : native;
    kind.push_back(std::move(wheel));
  }
  for (PlannedWheel& wheel : TRY(pure_ones(std::move(native))))
    pure.push_back(std::move(wheel));
  TRY(install_lines(Wheels::kPure, "pure", pure));
  return install_lines(Wheels::kNative, "stripped", stripped);
}

// Native wheels count at first: of pure ones alone, pip would choose versions from long ago, which
// needed less.
Result<> Resolution::run() {
  const auto words = TRY(wanted_words());
  std::string problem;
  auto wheels = TRY(plan(Wheels::kNative, words, problem));
  if (problem.starts_with(kNoDistribution)) {
    problem = fmt::format(
        "there is no wheel of {} for Python {}: look at the name and the version. Of a project "
        "that has none, `pip wheel` makes one, which pip finds by PIP_FIND_LINKS",
        problem.substr(kNoDistribution.size()), kGuestPythonVersion);
  }
  if (!problem.empty()) return fail(pip_failed(problem));
  TRY(install_plan(std::move(wheels)));
  std::error_code error;
  fs::create_directories(target_, error);  // Where nothing is needed, pip makes none.
  if (error) return fail(store::system_error(error.value(), "make", target_));
  return clean_packages(target_);
}

}  // namespace

Result<Requirements> requirements_of(const std::vector<std::string_view>& files,
                                     std::string_view script, std::string_view name,
                                     Console& console) {
  Requirements requirements;
  for (const std::string_view file : files) {
    TRY(open_input(file, "a file of requirements"));  // Not standard input, which pip cannot read.
    requirements.files.push_back(
        {.path = std::string(file),
         .text = TRY(read_input(file, console, "a file of requirements"))});
  }
  auto metadata = TRY(script_metadata(script, name));
  if (!metadata) return requirements;
  TRY(check_dependencies(metadata->dependencies, name));
  if (metadata->requires_python) {
    const auto takes = takes_guest_python(*metadata->requires_python);
    if (!takes) return fail(Error(takes.error()).with_context(printable(name)));
    if (!*takes) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} requires Python {}, and this is {}", printable(name),
                              printable(*metadata->requires_python), kGuestPythonVersion));
    }
  }
  requirements.dependencies = std::move(metadata->dependencies);
  return requirements;
}

Result<> install_requirements(const Requirements& requirements, const fs::path& target,
                              Console& console) {
  const HeldSignals held;
  TemporaryPlace work;
  const fs::path place = TRY(work.make());
  return Resolution(requirements, place, target, console).run();
}

TemporaryPlace& TemporaryPlace::operator=(TemporaryPlace&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TemporaryPlace::~TemporaryPlace() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<fs::path> TemporaryPlace::make(const fs::path& above) {
  std::error_code error;
  const fs::path place = above.empty() ? fs::temp_directory_path(error) : above;
  if (error) return fail(store::system_error(error.value(), "find", "the temporary directory"));
  std::string name = place / "weft-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr)
    return fail(store::system_error(errno, "make a directory in", place));
  path_ = name;
  return path_;
}

Result<std::vector<PlannedWheel>> planned_wheels(std::string_view report) {
  const auto strange = [] {
    return fail(ErrorCode::kUnavailable,
                "pip's installation report is none: another version of pip may write one");
  };
  const auto document = json::parse(report);
  const json::Value* const list = document ? document->find("install") : nullptr;
  if (list == nullptr || !list->is_array()) return strange();
  std::vector<PlannedWheel> wheels;
  for (const json::Value& item : list->as_array()) {
    const json::Value* const metadata = item.find("metadata");
    const json::Value* const download = item.find("download_info");
    if (metadata == nullptr || download == nullptr) return strange();
    PlannedWheel wheel{.name = text_of_member(*metadata, "name"),
                       .version = text_of_member(*metadata, "version"),
                       .url = text_of_member(*download, "url"),
                       .sha256 = {}};
    if (const json::Value* const archive = download->find("archive_info")) {
      if (const json::Value* const hashes = archive->find("hashes"))
        wheel.sha256 = text_of_member(*hashes, "sha256");
    }
    const json::Value* const direct = item.find("is_direct");
    wheel.is_direct = direct != nullptr && direct->is_bool() && direct->as_bool();
    if (wheel.name.empty() || wheel.version.empty()) return strange();
    const std::string_view file = std::string_view(wheel.url).substr(0, wheel.url.find('#'));
    // What is no wheel was built here, of a source that the user named.
    wheel.is_pure = file.ends_with("-none-any.whl") || !file.ends_with(".whl");
    wheels.push_back(std::move(wheel));
  }
  return wheels;
}

std::string normal_name(std::string_view project) {
  std::string name;
  for (const char byte : to_lower(project)) {
    const bool is_separator = byte == '-' || byte == '_' || byte == '.';
    if (!is_separator) {
      name += byte;
    } else if (!name.ends_with('-')) {
      name += '-';
    }
  }
  return name;
}

std::string_view advice_on(std::string_view project) {
  const auto* const found = std::ranges::find(kAdvice, normal_name(project), &Advice::project);
  return found == kAdvice.end() ? std::string_view() : found->what;
}

}  // namespace weft::cli
