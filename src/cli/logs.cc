// weft logs: the calls of a function and what its guest wrote.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/followed_calls.h"
#include "cli/function_document.h"
#include "cli/quantity.h"
#include "cli/server_client.h"
#include "json/print.h"

namespace weft::cli {
namespace {

constexpr std::uint64_t kCallsDefault = 20;
constexpr std::uint64_t kCallsMax = 10'000;
// How often -f asks for the newest calls, how many at once, and how many it shows of a burst
// between two questions.
constexpr int kPollIntervalMs = 500;
constexpr std::size_t kRecentItems = 50;
constexpr std::size_t kBurstMax = 1'000;
// All calls that a slow one may stand behind are read less often the more they are: in at most a
// twentieth of the time.
constexpr std::size_t kSweepItems = 200;
constexpr std::chrono::seconds kSweepInterval{2};
constexpr int kSweepShare = 20;

constexpr std::array kOptions = {
    Option{.name = "follow", .value = "", .help = "keep showing new calls", .letter = 'f'},
    Option{.name = "lines",
           .value = "N",
           .help = "how many calls to begin with (default 20)",
           .letter = 'n'},
    Option{.name = "errors", .value = "", .help = "only calls that failed"},
    Option{
        .name = "json", .value = "", .help = "one JSON document a line, with the output in `log`"},
    kServerOption,
    kTokenFileOption,
};

// The guest's output, each line indented and without what could steer a terminal.
std::string indented(std::string_view log) {
  std::string text;
  while (!log.empty()) {
    const std::size_t end = log.find('\n');
    text += fmt::format("    {}\n", printable(log.substr(0, end)));
    log = end == std::string_view::npos ? std::string_view() : log.substr(end + 1);
  }
  return text;
}

std::string call_line(const json::Value& call, const Console& console) {
  const bool failed = text_of_member(call, "status") == "error";
  std::string line = fmt::format("{}  {}  v{}", text_of_member(call, "started"),
                                 text_of_member(call, "id"), number_of_member(call, "version"));
  if (const std::string name = text_of_member(call, "export"); !name.empty()) line += "  " + name;
  line +=
      fmt::format("  {}  {}", failed ? console.red("error") : console.green("ok"),
                  duration_text(std::chrono::microseconds(number_of_member(call, "duration_us"))));
  const json::Value* const error = call.find("error");
  if (failed && error != nullptr) {
    line += fmt::format("\n    {}: {}", text_of_member(*error, "code"),
                        text_of_member(*error, "detail"));
  }
  return line + "\n";
}

class Logs {
 public:
  Logs(ServerClient& server, const Arguments& arguments, Console& console)
      : server_(server), console_(console), as_json_(arguments.has("json")) {
    path_ = "/v1/invocations?function=" + escaped(arguments.operand(0));
    if (arguments.has("errors")) path_ += "&status=error";
  }

  // Shows the newest `count` calls, the newest last.
  Result<> show(std::size_t count) {
    const auto calls = TRY(server_.list(path_, count));
    for (auto call = calls.rbegin(); call != calls.rend(); ++call)
      TRY(show_call(*call));
    return {};
  }

  // The same, and takes note of the others, so that follow() knows what is new.
  Result<> begin_following(std::size_t count) {
    const auto calls = TRY(sweep(count));
    followed_.take_new(calls);
    for (std::size_t i = std::min(count, calls.size()); i > 0; --i)
      TRY(show_call(calls[i - 1]));
    return {};
  }

  // Shows the calls that have ended since the last time.
  Result<> follow() {
    const bool sweeps = console_.clock().monotonic() >= next_sweep_;
    const auto calls =
        TRY(sweeps ? sweep(0)
                   : server_.list_while(path_, kBurstMax, kRecentItems, [this](const auto& items) {
                       return !followed_.is_known(items.back());
                     }));
    for (const json::Value* const call : followed_.take_new(calls))
      TRY(show_call(*call));
    return {};
  }

 private:
  // All calls that may not be settled, and at least the newest `count`.
  Result<std::vector<json::Value>> sweep(std::size_t count) {
    const MonotonicTime began = console_.clock().monotonic();
    auto calls = TRY(server_.list_while(path_, kCallsMax, kSweepItems, [&](const auto& items) {
      // What is settled follows from the newest call.
      followed_.settle_by(items.front());
      return items.size() < count || !followed_.is_settled(items.back());
    }));
    if (calls.size() == kCallsMax) followed_.settle_before(calls.back());
    const MonotonicTime now = console_.clock().monotonic();
    next_sweep_ =
        now + std::max<std::chrono::nanoseconds>(kSweepInterval, kSweepShare * (now - began));
    return calls;
  }

  Result<> show_call(const json::Value& call) {
    const std::string id = text_of_member(call, "id");
    std::string log;
    if (number_of_member(call, "log_bytes") > 0) {
      log = TRY(server_.send({.path = "/v1/invocations/" + escaped(id) + "/logs"})).body;
    }
    if (as_json_) {
      json::Object object(call.as_object());
      object.set("log", std::string_view(log));
      console_.print(json::to_string(json::Value(std::move(object))) + "\n");
    } else {
      console_.print(call_line(call, console_) + indented(log));
    }
    return {};
  }

  ServerClient& server_;
  Console& console_;
  std::string path_;
  bool as_json_;
  FollowedCalls followed_;
  MonotonicTime next_sweep_;
};

// Waits for the next question; false when nobody reads the output any more.
bool wait_while_read() {
  pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  const int ready = ::poll(&output, 1, kPollIntervalMs);
  return ready <= 0;
}

Result<int> run(const Arguments& arguments, Console& console) {
  std::uint64_t count = kCallsDefault;
  if (const auto text = arguments.value("lines")) count = TRY(parse_count(*text));
  if (count > kCallsMax) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("--lines is at most {}", kCallsMax));
  }
  ServerClient server = TRY(ServerClient::create(arguments, console));
  // A name that was never deployed is a mistake, not an empty list.
  auto function = server.send({.path = "/v1/functions/" + escaped(arguments.operand(0))});
  if (!function && function.error().code() != ErrorCode::kNotFound) return fail(function.error());
  Logs logs(server, arguments, console);
  const auto calls =
      TRY(server.list("/v1/invocations?function=" + escaped(arguments.operand(0)), 1));
  if (!function && calls.empty()) return fail(function.error());
  if (!arguments.has("follow")) {
    TRY(logs.show(count));
    return 0;
  }
  TRY(logs.begin_following(count));
  while (!console.output_failure() && wait_while_read())
    TRY(logs.follow());
  return 0;
}

}  // namespace

constexpr Command kLogsCommand{
    .name = "logs",
    .usage = "NAME [-f]",
    .summary = "the calls of a function and what its guest wrote",
    .details =
        "One line for each call: when, id, version, export, status and duration; then its error "
        "and\n"
        "the guest's output. The newest is the last.\n",
    .examples = "$ weft logs add\n$ weft logs greet --errors -n 5\n$ weft logs greet -f\n",
    .grammar = {.options = kOptions, .operands_min = 1, .operands_max = 1},
    .group = Group::kServer,
    .run = run,
};

}  // namespace weft::cli
