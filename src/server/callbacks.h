// Results that the server sends to others over HTTP, because an apply asked for that.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/work_pool.h"

namespace weft::server {

struct CallbackOptions {
  // Where results may be sent: "https://hooks.example.com", "http://10.0.0.7:9000". None: nowhere.
  std::vector<std::string> origins = {};
  // How long one attempt may take, and how long to wait before each further one.
  std::chrono::milliseconds timeout{5'000};
  std::vector<std::chrono::milliseconds> pauses = {std::chrono::seconds(1),
                                                   std::chrono::seconds(4)};
};

// The most that wait to be sent.
inline constexpr std::size_t kCallbacksWaitingMax = 1'000;
inline constexpr std::size_t kCallbackUrlBytesMax = 2'048;

// Whether the text is an origin: a scheme, a host, perhaps a port, and nothing behind it.
bool is_origin(std::string_view text);

// Thread-safe.
class Callbacks {
 public:
  // `log` outlives this object.
  Callbacks(CallbackOptions options, const Log& log);
  Callbacks(const Callbacks&) = delete;
  Callbacks& operator=(const Callbacks&) = delete;
  ~Callbacks();

  // Ends what waits and waits for the attempts under way: nothing calls `failed` after this, and
  // what was not sent is gone. Before whatever `failed` uses ends.
  void stop();

  // kInvalidArgument for what is no URL, kPermissionDenied for one outside of the origins.
  Result<> check(std::string_view url) const;

  // Posts the JSON to a URL that check() let through. Any 2xx is good; redirects are not followed.
  // `failed` is called, on a thread of this object or inside this call, when no attempt was good or
  // too many wait; not after stop().
  void send(std::string url, std::string body, std::move_only_function<void()> failed);

 private:
  bool attempt(const std::string& url, const std::string& body) const;
  bool has_ended();
  // False after stop().
  bool pause(std::chrono::milliseconds time);

  const CallbackOptions options_;
  const Log& log_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool has_ended_ = false;
  WorkPool pool_;  // Ends first: its work uses everything above.
};

}  // namespace weft::server
