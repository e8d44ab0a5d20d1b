// Results that the server sends to others over HTTP, because an apply asked for that.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/work_pool.h"

namespace weft::server {

// What all that wait or are being sent may take, shared evenly among the origins.
inline constexpr std::uint64_t kCallbackBytesMax = 256ULL << 20U;
// The most that wait to be sent to one origin.
inline constexpr std::size_t kCallbacksWaitingMax = 1'000;
inline constexpr std::size_t kCallbackUrlBytesMax = 2'048;

struct CallbackOptions {
  // Where results may be sent: "https://hooks.example.com", "http://10.0.0.7:9000". None: nowhere.
  std::vector<std::string> origins = {};
  // How long one attempt may take, and how long to wait before each further one.
  std::chrono::milliseconds timeout{5'000};
  std::vector<std::chrono::milliseconds> pauses = {std::chrono::seconds(1),
                                                   std::chrono::seconds(4)};
  std::uint64_t bytes_max = kCallbackBytesMax;
};

// How an apply ended, and where to say so.
struct Callback {
  std::string url;  // which check() let through
  std::string reactor;
  std::string id;              // of the apply
  Result<std::string> answer;  // valid JSON
};

// Whether the text is an origin: a scheme, a host, perhaps a port, and nothing behind it.
bool is_origin(std::string_view text);

// Each origin has threads, a queue and a part of the memory of its own, so that one that is slow or
// away holds up no other. Thread-safe.
class Callbacks {
 public:
  // What was not sent, for whoever keeps it.
  using Unsent = std::move_only_function<void(Callback)>;

  // `log` outlives this object.
  Callbacks(CallbackOptions options, const Log& log);
  Callbacks(const Callbacks&) = delete;
  Callbacks& operator=(const Callbacks&) = delete;
  ~Callbacks();

  // Ends what waits and waits for the attempts under way: nothing calls `unsent` after this, and
  // what was not sent is gone. Before whatever `unsent` uses ends.
  void stop();

  // kInvalidArgument for what is no URL, kPermissionDenied for one outside of the origins.
  Result<> check(std::string_view url) const;

  // Posts {"reactor":…,"id":…,"answer":…|"error":…}. Any 2xx is good; redirects are not followed.
  // `unsent` is called, on a thread of this object or inside this call, when no attempt was good,
  // or too much waits for that origin; not after stop().
  void send(Callback callback, Unsent unsent);

 private:
  struct Origin;
  struct Sending;

  bool attempt(const Callback& callback) const;
  // Whether it need not be kept elsewhere.
  bool deliver(const Callback& callback);
  bool has_ended();
  // False after stop().
  bool pause(std::chrono::milliseconds time);

  const CallbackOptions options_;
  const Log& log_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool has_ended_ = false;
  // By what they are called in lower case. Ends first: their work uses everything above.
  std::map<std::string, std::unique_ptr<Origin>, std::less<>> origins_;
};

}  // namespace weft::server
