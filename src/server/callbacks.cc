#include "server/callbacks.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/work_pool.h"
#include "json/print.h"
#include "net/http_client.h"
#include "server/render.h"

namespace weft::server {
namespace {

// Of one origin.
constexpr std::size_t kThreads = 2;
// What a callback takes beside its texts.
constexpr std::uint64_t kCallbackBytes = 512;
// An answer says nothing that anybody reads.
constexpr std::uint64_t kAnswerBytesMax = 64ULL << 10U;
constexpr std::size_t kShownBytesMax = 200;

// Behind "http://" or "https://"; nothing for another scheme.
std::optional<std::string_view> without_scheme(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (to_lower(url.substr(0, scheme.size())) == scheme) return url.substr(scheme.size());
  }
  return std::nullopt;
}

// What no host and no port has, and what readers of URLs disagree about.
bool is_of_authority(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._:[]").contains(c);
}

bool is_of_url(char c) {
  return c > ' ' && c <= '~' && !std::string_view("\\\"<>^`{|}").contains(c);
}

// In lower case; nothing for another scheme.
std::optional<std::string> origin_in(std::string_view url) {
  const auto rest = without_scheme(url);
  if (!rest) return std::nullopt;
  const std::size_t end = std::min(rest->find_first_of("/?#"), rest->size());
  return to_lower(url.substr(0, url.size() - rest->size() + end));
}

// The answer twice: while it is sent, it is also in the body.
std::uint64_t bytes_of(const Callback& callback) {
  const std::size_t answer =
      callback.answer ? callback.answer->size() : callback.answer.error().message().size();
  return kCallbackBytes + callback.url.size() + callback.reactor.size() + callback.id.size() +
         2 * answer;
}

std::string body_of(const Callback& callback) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object();
  writer.key("reactor").value(callback.reactor);
  writer.key("id").value(callback.id);
  write_outcome(writer, callback.answer);
  writer.end_object();
  return text;
}

}  // namespace

bool is_origin(std::string_view text) {
  const auto authority = without_scheme(text);
  return authority && !authority->empty() && std::ranges::all_of(*authority, is_of_authority);
}

struct Callbacks::Origin {
  std::atomic<std::uint64_t> bytes = 0;
  WorkPool pool{"weft-callback", kThreads, kCallbacksWaitingMax};  // Ends first.
};

// One that waits or is being sent: counted by its origin until it ends.
struct Callbacks::Sending {
  Callback callback;
  Unsent unsent;
  Origin& origin;
  const std::uint64_t bytes = bytes_of(callback);
  const bool fits;

  Sending(Callback about, Unsent otherwise, Origin& to, std::uint64_t bytes_max)
      : callback(std::move(about)),
        unsent(std::move(otherwise)),
        origin(to),
        fits(to.bytes.fetch_add(bytes) + bytes <= bytes_max) {}
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;
  ~Sending() { origin.bytes.fetch_sub(bytes); }
};

Callbacks::Callbacks(CallbackOptions options, const Log& log)
    : options_(std::move(options)), log_(log) {
  for (const std::string& origin : options_.origins)
    origins_.try_emplace(to_lower(origin), std::make_unique<Origin>());
}

Callbacks::~Callbacks() {
  stop();
}

void Callbacks::stop() {
  {
    const std::scoped_lock lock(mutex_);
    has_ended_ = true;
  }
  ended_.notify_all();
  for (const auto& [name, origin] : origins_)
    origin->pool.finish();
}

bool Callbacks::has_ended() {
  const std::scoped_lock lock(mutex_);
  return has_ended_;
}

Result<> Callbacks::check(std::string_view url) const {
  const auto origin = origin_in(url);
  if (!origin || url.size() > kCallbackUrlBytesMax || !std::ranges::all_of(url, is_of_url)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The callback \"{}\" is no URL of http or https of at most {} bytes.",
                            shown(url, kShownBytesMax), kCallbackUrlBytesMax));
  }
  if (origins_.contains(*origin)) return {};
  return fail(ErrorCode::kPermissionDenied,
              fmt::format("Results cannot be sent to {}: whoever runs the server lets them with "
                          "the setting \"callbacks\", which has to name that origin. (?async=1 "
                          "keeps them here.)",
                          shown(*origin, kShownBytesMax)));
}

void Callbacks::send(Callback callback, Unsent unsent) {
  if (has_ended()) return;
  const auto found = origins_.find(origin_in(callback.url).value_or(""));
  if (found == origins_.end()) return unsent(std::move(callback));
  Origin& origin = *found->second;
  const auto sending = std::make_shared<Sending>(std::move(callback), std::move(unsent), origin,
                                                 options_.bytes_max / origins_.size());
  const bool is_accepted = sending->fits && origin.pool.run([this, sending] {
    if (!deliver(sending->callback)) sending->unsent(std::move(sending->callback));
  });
  if (!is_accepted && !has_ended()) sending->unsent(std::move(sending->callback));
}

bool Callbacks::deliver(const Callback& callback) {
  for (std::size_t i = 0; !has_ended(); ++i) {
    if (attempt(callback)) return true;
    if (i == options_.pauses.size()) return has_ended();
    if (!pause(options_.pauses[i])) return true;
  }
  return true;
}

bool Callbacks::attempt(const Callback& callback) const {
  auto client = net::HttpClient::create();
  auto response = client ? client->send({.method = "POST",
                                         .url = callback.url,
                                         .headers = {{"Content-Type", "application/json"}},
                                         .body = body_of(callback),
                                         .connect_timeout = options_.timeout,
                                         .timeout = options_.timeout,
                                         .response_bytes_max = kAnswerBytesMax})
                         : fail(client.error());
  if (response && response->status >= 200 && response->status <= 299) return true;
  log_.warning("a callback failed", {{"url", shown(callback.url, kShownBytesMax)},
                                     {"why", response ? fmt::format("status {}", response->status)
                                                      : response.error().message()}});
  return false;
}

bool Callbacks::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !ended_.wait_for(lock, time, [this] { return has_ended_; });
}

}  // namespace weft::server
