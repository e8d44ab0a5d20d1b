#include "server/callbacks.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "net/http_client.h"

namespace weft::server {
namespace {

constexpr std::size_t kThreads = 4;
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

}  // namespace

bool is_origin(std::string_view text) {
  const auto authority = without_scheme(text);
  return authority && !authority->empty() && std::ranges::all_of(*authority, is_of_authority);
}

Callbacks::Callbacks(CallbackOptions options, const Log& log)
    : options_(std::move(options)),
      log_(log),
      pool_("weft-callback", kThreads, kCallbacksWaitingMax) {}

Callbacks::~Callbacks() {
  stop();
}

void Callbacks::stop() {
  {
    const std::scoped_lock lock(mutex_);
    has_ended_ = true;
  }
  ended_.notify_all();
  pool_.finish();
}

bool Callbacks::has_ended() {
  const std::scoped_lock lock(mutex_);
  return has_ended_;
}

Result<> Callbacks::check(std::string_view url) const {
  const auto rest = without_scheme(url);
  if (!rest || url.size() > kCallbackUrlBytesMax || !std::ranges::all_of(url, is_of_url)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The callback \"{}\" is no URL of http or https of at most {} bytes.",
                            shown(url, kShownBytesMax), kCallbackUrlBytesMax));
  }
  const std::size_t end = std::min(rest->find_first_of("/?#"), rest->size());
  const std::string origin = to_lower(url.substr(0, url.size() - rest->size() + end));
  const bool is_allowed = std::ranges::any_of(
      options_.origins, [&](const std::string& each) { return to_lower(each) == origin; });
  if (is_allowed) return {};
  return fail(ErrorCode::kPermissionDenied,
              fmt::format("Results cannot be sent to {}: whoever runs the server lets them with "
                          "the setting \"callbacks\", which has to name that origin. (?async=1 "
                          "keeps them here.)",
                          shown(origin, kShownBytesMax)));
}

void Callbacks::send(std::string url, std::string body, std::move_only_function<void()> failed) {
  if (has_ended()) return;
  const auto shared = std::make_shared<std::move_only_function<void()>>(std::move(failed));
  const auto accepted = pool_.run([this, url = std::move(url), body = std::move(body), shared] {
    for (std::size_t i = 0; !has_ended(); ++i) {
      if (attempt(url, body)) return;
      if (i == options_.pauses.size()) break;
      if (!pause(options_.pauses[i])) return;
    }
    if (!has_ended()) (*shared)();
  });
  if (!accepted && !has_ended()) (*shared)();
}

bool Callbacks::attempt(const std::string& url, const std::string& body) const {
  auto client = net::HttpClient::create();
  auto response = client ? client->send({.method = "POST",
                                         .url = url,
                                         .headers = {{"Content-Type", "application/json"}},
                                         .body = body,
                                         .connect_timeout = options_.timeout,
                                         .timeout = options_.timeout,
                                         .response_bytes_max = kAnswerBytesMax})
                         : fail(client.error());
  if (response && response->status >= 200 && response->status <= 299) return true;
  log_.warning("a callback failed", {{"url", shown(url, kShownBytesMax)},
                                     {"why", response ? fmt::format("status {}", response->status)
                                                      : response.error().message()}});
  return false;
}

bool Callbacks::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !ended_.wait_for(lock, time, [this] { return has_ended_; });
}

}  // namespace weft::server
