#include "conformance/wasi_run.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <system_error>

#include <fmt/format.h>
#include <stdlib.h>  // mkdtemp

#include "base/child_process.h"
#include "base/log.h"
#include "conformance/tcp_client.h"

namespace weft::conformance {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kCaseBytesMax = 1'000'000;
constexpr std::size_t kShownBytesMax = 200;
constexpr std::size_t kShownEndBytesMax = 500;

// How long a program that waits until its pipes are read waits at most.
constexpr std::chrono::milliseconds kPipesPeriod{10};

// A directory of its own, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::error_code ignored;
    std::string pattern = (fs::temp_directory_path(ignored) / "weft-conformance-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  // Empty when it could not be made.
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

Result<WasiCase> case_of(fs::path module) {
  const fs::path file = module.replace_extension(".json");
  std::error_code error;
  if (!fs::exists(file, error)) return WasiCase{};
  if (fs::file_size(file, error) > kCaseBytesMax)
    return fail(ErrorCode::kTooLarge, "its JSON file is larger than 1 MB");
  std::ifstream stream(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  auto result = wasi_case_of(text);
  if (!result) return fail(std::move(result).error().with_context(file.filename().string()));
  return result;
}

std::string shown_text(std::string_view text) {
  const bool is_long = text.size() > kShownBytesMax;
  return fmt::format("\"{}\"{}", printable(text.substr(0, kShownBytesMax)), is_long ? "…" : "");
}

// Of what a program said when it failed, the end says most.
std::string shown_end(std::string_view text) {
  const bool is_long = text.size() > kShownEndBytesMax;
  if (is_long) text = text.substr(text.size() - kShownEndBytesMax);
  return fmt::format("{}\"{}\"", is_long ? "…" : "", printable(text));
}

// One test while it runs. Each step returns what went wrong.
class WasiTest {
 public:
  WasiTest(const WasiRunner& runner, fs::path module)
      : runner_(runner),
        module_(std::move(module)),
        until_(runner.clock->monotonic() + runner.timeout) {}

  std::optional<Verdict> operator()(const RunStep& step);
  std::optional<Verdict> operator()(const ReadStep& step);
  std::optional<Verdict> operator()(const WriteStep& step);
  std::optional<Verdict> operator()(const WaitStep& step);
  std::optional<Verdict> operator()(const ConnectStep& step);
  std::optional<Verdict> operator()(const SendStep& step);
  std::optional<Verdict> operator()(const ReceiveStep& step);

 private:
  Result<std::string> copy_of(const std::string& name);
  std::optional<Verdict> ended_early() const;
  Verdict unanswered(const Error& error) const;
  MonotonicTime now() const { return runner_.clock->monotonic(); }
  bool has_come(TcpClient& client);
  Result<std::string> receive(TcpClient& client, std::size_t size);

  const WasiRunner& runner_;
  const fs::path module_;
  const MonotonicTime until_;
  const TemporaryDirectory directory_;
  std::unique_ptr<ChildProcess> child_;  // once it runs
  std::map<std::string, TcpClient> connections_;
};

Verdict failing(std::string_view why) {
  return {.outcome = Outcome::kFailing, .why = std::string(why)};
}

Verdict differing(std::string why) {
  return {.outcome = Outcome::kDiffering, .why = std::move(why)};
}

Result<std::string> WasiTest::copy_of(const std::string& name) {
  if (directory_.path().empty())
    return fail(ErrorCode::kUnavailable, "there is no room for temporary files");
  const fs::path copy = directory_.path() / name;
  std::error_code error;
  fs::create_directories(copy.parent_path(), error);
  if (!error) {
    fs::copy(module_.parent_path() / name, copy,
             fs::copy_options::recursive | fs::copy_options::copy_symlinks |
                 fs::copy_options::skip_existing,
             error);
  }
  if (error) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("cannot copy {}: {}", printable(name), error.message()));
  }
  return copy.string();
}

std::optional<Verdict> WasiTest::operator()(const RunStep& step) {
  ChildOptions options{.arguments = {runner_.weft.string(), "run"},
                       .environment = runner_.environment};
  const auto give = [&](const std::string& name, std::string_view known_as) -> Result<> {
    options.arguments.emplace_back("--dir");
    options.arguments.push_back(fmt::format("{}:{}", TRY(copy_of(name)), known_as));
    return {};
  };
  for (const auto& [name, value] : step.environment) {
    options.arguments.emplace_back("--env");
    options.arguments.push_back(fmt::format("{}={}", name, value));
  }
  Result<> given;
  if (step.root) given = give(*step.root, "/");
  for (const std::string& name : step.directories)
    if (given) given = give(name, name);
  if (!given) return failing(given.error().message());
  options.arguments.push_back(module_.string());
  // What follows is the program's, also when it looks like an option of weft.
  options.arguments.emplace_back("--");
  options.arguments.insert(options.arguments.end(), step.arguments.begin(), step.arguments.end());
  auto child = ChildProcess::start(options, *runner_.clock);
  if (!child) return failing(child.error().message());
  child_ = std::make_unique<ChildProcess>(*std::move(child));
  return std::nullopt;
}

// Why nothing more comes from the program.
std::optional<Verdict> WasiTest::ended_early() const {
  if (child_->exit()) return std::nullopt;
  return failing(fmt::format("it did not go on within {} s", runner_.timeout.count()));
}

// What a connection that failed says of the program: nothing about its answer when its time is
// over.
Verdict WasiTest::unanswered(const Error& error) const {
  if (now() >= until_)
    if (auto late = ended_early()) return *std::move(late);
  return differing(error.message());
}

std::optional<Verdict> WasiTest::operator()(const ReadStep& step) {
  std::string& text = step.from_errors ? child_->errors() : child_->output();
  while (text.size() < step.payload.size() && child_->take(until_)) {
  }
  const std::string read = text.substr(0, step.payload.size());
  text.erase(0, read.size());
  if (read == step.payload) return std::nullopt;
  if (read.size() < step.payload.size())
    if (auto late = ended_early()) return late;
  return differing(fmt::format("{} is {} instead of {}", step.from_errors ? "stderr" : "stdout",
                               shown_text(read), shown_text(step.payload)));
}

std::optional<Verdict> WasiTest::operator()(const WriteStep& step) {
  if (child_->write(step.payload, until_)) return std::nullopt;
  return failing("it does not read its standard input");
}

std::optional<Verdict> WasiTest::operator()(const WaitStep& step) {
  child_->close_input();
  while (child_->take(until_)) {
  }
  if (auto late = ended_early()) {
    child_->send(SIGKILL);
    return late;
  }
  const ChildExit end = child_->exit().value_or(ChildExit{});
  if (end.signal != 0) return failing(fmt::format("weft was ended by signal {}", end.signal));
  const std::string said =
      child_->errors().empty() ? "" : fmt::format("; stderr: {}", shown_end(child_->errors()));
  if (end.code != step.exit_code) {
    return differing(fmt::format("exit code {} instead of {}{}", end.code, step.exit_code, said));
  }
  const auto compare = [](std::string_view stream, const std::optional<std::string>& expected,
                          std::string_view text) -> std::optional<Verdict> {
    if (!expected || *expected == text) return std::nullopt;
    return differing(
        fmt::format("{} is {} instead of {}", stream, shown_text(text), shown_text(*expected)));
  };
  if (auto verdict = compare("stdout", step.output, child_->output())) return verdict;
  return compare("stderr", step.errors, child_->errors());
}

std::optional<Verdict> WasiTest::operator()(const ConnectStep& step) {
  std::string& text = child_->output();
  while (!text.contains('\n') && child_->take(until_)) {
  }
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) {
    if (auto late = ended_early()) return late;
    return differing("it ended without an address to connect to");
  }
  const std::string address = text.substr(0, end);
  text.erase(0, end + 1);
  const auto left = std::chrono::ceil<std::chrono::microseconds>(until_ - now());
  auto client = TcpClient::connect(address, std::max(left, std::chrono::microseconds(1)));
  if (!client) return unanswered(client.error());
  connections_.insert_or_assign(step.id, *std::move(client));
  return std::nullopt;
}

std::optional<Verdict> WasiTest::operator()(const SendStep& step) {
  const auto client = connections_.find(step.id);
  if (client == connections_.end())
    return failing(fmt::format("there is no connection \"{}\"", printable(step.id)));
  const auto sent = client->second.send(step.payload);
  if (!sent) return unanswered(sent.error());
  return std::nullopt;
}

// Waits for bytes and takes meanwhile what the program writes, for which it may be waiting. False
// at `until_`.
bool WasiTest::has_come(TcpClient& client) {
  for (;;) {
    const MonotonicTime time = now();
    const bool took = child_->take(time);
    if (client.wait(took ? std::chrono::milliseconds(0) : kPipesPeriod)) return true;
    if (time >= until_) return false;
  }
}

// So many bytes, fewer at the end of the stream.
Result<std::string> WasiTest::receive(TcpClient& client, std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    if (!has_come(client)) return fail(ErrorCode::kDeadlineExceeded, "it did not answer in time");
    auto some = client.receive(size - bytes.size());
    if (!some) return some;
    if (some->empty()) break;
    bytes += *some;
  }
  return bytes;
}

std::optional<Verdict> WasiTest::operator()(const ReceiveStep& step) {
  const auto client = connections_.find(step.id);
  if (client == connections_.end())
    return failing(fmt::format("there is no connection \"{}\"", printable(step.id)));
  const auto received = receive(client->second, step.payload.size());
  if (!received) return unanswered(received.error());
  if (*received == step.payload) return std::nullopt;
  return differing(
      fmt::format("received {} instead of {}", shown_text(*received), shown_text(step.payload)));
}

}  // namespace

Result<std::vector<fs::path>> find_modules(const fs::path& directory) {
  std::vector<fs::path> modules;
  std::error_code error;
  for (fs::recursive_directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    const auto extension = at->path().extension();
    std::error_code ignored;
    if ((extension == ".wasm" || extension == ".wat") && at->is_regular_file(ignored))
      modules.push_back(at->path());
  }
  if (error) {
    return fail(error == std::errc::no_such_file_or_directory ? ErrorCode::kNotFound
                                                              : ErrorCode::kUnavailable,
                fmt::format("Cannot read {}: {}", printable(directory.string()), error.message()));
  }
  std::ranges::sort(modules);
  return modules;
}

Verdict run_wasi_test(const WasiRunner& runner, const fs::path& module) {
  const auto test = case_of(module);
  if (!test) return failing(test.error().message());
  WasiTest running(runner, module);
  for (const WasiStep& step : test->steps) {
    if (auto verdict = std::visit(running, step)) return *std::move(verdict);
  }
  return {};
}

}  // namespace weft::conformance
