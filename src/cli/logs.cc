// weft logs: the calls of a function and what its guest wrote.
#include <algorithm>
#include <array>
#include <deque>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/id.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/followed_calls.h"
#include "cli/function_document.h"
#include "cli/quantity.h"
#include "cli/reconnection.h"
#include "cli/report.h"
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

// printable(), but for tabs, which are text.
std::string printable_text(std::string_view line) {
  std::string text;
  for (;;) {
    const std::size_t tab = line.find('\t');
    text += printable(line.substr(0, tab));
    if (tab == std::string_view::npos) return text;
    text += '\t';
    line.remove_prefix(tab + 1);
  }
}

// What a guest wrote, or was given, each line indented and without what could steer a terminal.
std::string indented(std::string_view foreign) {
  std::string text;
  while (!foreign.empty()) {
    const std::size_t end = foreign.find('\n');
    text += fmt::format("    {}\n", printable_text(foreign.substr(0, end)));
    foreign = end == std::string_view::npos ? std::string_view() : foreign.substr(end + 1);
  }
  return text;
}

std::string call_line(const json::Value& call, std::string_view version, const Console& console) {
  const bool failed = text_of_member(call, "status") == "error";
  std::string line = fmt::format("{}  {}  {}", text_of_member(call, "started"),
                                 text_of_member(call, "id"), version);
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

// One of many calls.
std::string short_text(const json::Value& call, std::string_view log, const Console& console) {
  const std::string version = fmt::format("v{}", number_of_member(call, "version"));
  return call_line(call, version, console) + indented(log);
}

// Everything that the record holds.
std::string long_text(const json::Value& call, std::string_view log, const Console& console) {
  const std::string version =
      fmt::format("{} v{}", text_of_member(call, "function"), number_of_member(call, "version"));
  std::string text = call_line(call, version, console);
  if (const json::Value* const error = call.find("error"); error && error->is_object())
    text += indented(backtrace_text(error_of_problem(*error, 0, "").backtrace()));
  const auto add = [&](std::string_view title, std::uint64_t bytes, std::string_view content) {
    if (bytes == 0) return;
    text += fmt::format("  {} ({})\n{}", console.bold(title), bytes_text(bytes), indented(content));
  };
  for (const std::string_view what : {"input", "output"}) {
    const json::Value* const kept = call.find(what);
    add(what, number_of_member(call, fmt::format("{}_bytes", what)),
        kept != nullptr && kept->is_string() ? kept->as_string() : "not kept");
  }
  add("log", number_of_member(call, "log_bytes"), log);
  return text;
}

std::string as_json_line(const json::Value& call, std::string_view log) {
  json::Object object(call.as_object());
  object.set("log", log);
  return json::to_string(json::Value(std::move(object))) + "\n";
}

// What the guest of the call wrote; empty when the server has lost it by now.
Result<std::string> log_of(const json::Value& call, ServerClient& server) {
  if (number_of_member(call, "log_bytes") == 0) return std::string();
  const std::string id = escaped(text_of_member(call, "id"));
  auto response = server.send({.path = fmt::format("/v1/invocations/{}/logs", id)});
  if (!response && response.error().code() == ErrorCode::kNotFound) return std::string();
  return TRY(std::move(response)).body;
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

  // Shows the calls that have ended since the last time. After an error the next time shows what
  // this one did not.
  Result<> follow() {
    TRY(show_waiting());
    const bool sweeps = console_.clock().monotonic() >= next_sweep_;
    const auto calls =
        TRY(sweeps ? sweep(0)
                   : server_.list_while(path_, kBurstMax, kRecentItems, [this](const auto& items) {
                       return !followed_.is_known(items.back());
                     }));
    for (const json::Value* const call : followed_.take_new(calls))
      waiting_.push_back(*call);
    return show_waiting();
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

  Result<> show_waiting() {
    for (; !waiting_.empty(); waiting_.pop_front())
      TRY(show_call(waiting_.front()));
    return {};
  }

  Result<> show_call(const json::Value& call) {
    const std::string log = TRY(log_of(call, server_));
    console_.print(as_json_ ? as_json_line(call, log) : short_text(call, log, console_));
    return {};
  }

  ServerClient& server_;
  Console& console_;
  std::string path_;
  bool as_json_;
  FollowedCalls followed_;
  std::deque<json::Value> waiting_;  // Known and not yet shown, the oldest first.
  MonotonicTime next_sweep_;
};

// Waits for the next question; false when nobody reads the output any more.
bool wait_while_read() {
  pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  const int ready = ::poll(&output, 1, kPollIntervalMs);
  return ready <= 0;
}

Result<int> show_one(const Arguments& arguments, Console& console) {
  for (const std::string_view option : {"follow", "lines", "errors"}) {
    if (!arguments.has(option)) continue;
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("--{} is for the calls of a function: name one instead of a call's id",
                            option));
  }
  ServerClient server = TRY(ServerClient::create(arguments, console));
  const json::Value call =
      TRY(server.send_for_json({.path = "/v1/invocations/" + escaped(arguments.operand(0))}));
  if (!call.is_object())
    return fail(ErrorCode::kInternal, fmt::format("{} sent a call that is none", server.url()));
  const std::string log = TRY(log_of(call, server));
  console.print(arguments.has("json") ? as_json_line(call, log) : long_text(call, log, console));
  return 0;
}

Result<int> run(const Arguments& arguments, Console& console) {
  // Names have small letters, ids have capitals.
  if (is_ulid(arguments.operand(0))) return show_one(arguments, console);
  std::uint64_t count = kCallsDefault;
  if (const auto text = arguments.value("lines")) {
    auto parsed = parse_count(*text, kCallsMax);
    if (!parsed) return fail(std::move(parsed).error().with_context("--lines"));
    count = *parsed;
  }
  const std::string path = TRY(path_of_function(arguments.operand(0)));
  ServerClient server = TRY(ServerClient::create(arguments, console));
  // A name that was never deployed is a mistake, not an empty list.
  auto function = server.send({.path = path});
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
  Reconnection reconnection(console, server.url(), arguments.has("json"));
  while (!console.output_failure() && wait_while_read())
    TRY(reconnection.after(logs.follow()));
  // A failure of another kind is reported with its own code by whoever runs commands.
  return kClosedPipeExitCode;
}

}  // namespace

constexpr Command kLogsCommand{
    .name = "logs",
    .usage = "NAME|ID [-f]",
    .summary = "the calls of a function and what its guest wrote",
    .details =
        "One line for each call: when, id, version, export, status and duration; then its error\n"
        "and the guest's output. The newest is the last. With the ID of one call (of such a line, "
        "of\n"
        "an error, or of the header weft-invocation), everything that is kept of it: backtrace,\n"
        "input, output and the guest's own output.\n"
        "\n"
        "With -f, a server that goes away is asked again for a minute.\n",
    .examples =
        "$ weft logs add\n"
        "$ weft logs greet --errors -n 5\n"
        "$ weft logs greet -f\n"
        "$ weft logs 01KAKQ1T6JZ5Q8S0V2X4Y6A8C0\n",
    .grammar = {.options = kOptions, .operands_min = 1, .operands_max = 1},
    .group = Group::kServer,
    .operands = {kFunctionWord},
    .run = run,
};

}  // namespace weft::cli
