#include "system/outbound_loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <unordered_map>

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "base/ascii.h"
#include "base/assert.h"
#include "base/log.h"

namespace weft::system {
namespace {

using Kind = OutboundFailure::Kind;

constexpr std::size_t kStackBytes = 1024UZ * 1024;  // TLS wants some.
constexpr std::size_t kEventsAtOnce = 64;
constexpr std::size_t kHandlesKept = 64;
constexpr std::size_t kHeaderBytesMax = 65'536;
constexpr std::size_t kHeadersMax = 200;
constexpr long kConnectMillisecondsMax = 30'000;
constexpr std::size_t kDetailShownMax = 500;
// What libcurl is told of a name is for the connection that follows at once.
constexpr long kNameSecondsMax = 5;

using Easy = std::unique_ptr<CURL, decltype(&::curl_easy_cleanup)>;
using Multi = std::unique_ptr<CURLM, decltype(&::curl_multi_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&::curl_slist_free_all)>;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// Of "HTTP/1.1 404 Not Found".
std::optional<OutboundHead> status_of(std::string_view line) {
  const std::size_t begin = line.find(' ');
  if (begin == std::string_view::npos) return std::nullopt;
  OutboundHead head;
  const std::string_view rest = line.substr(begin + 1);
  const auto parsed = std::from_chars(rest.begin(), rest.end(), head.status);
  if (parsed.ec != std::errc()) return std::nullopt;
  head.reason = trimmed(std::string_view(parsed.ptr, rest.end()));
  return head;
}

// What the host says itself: how the body is sent, and what holds for one connection only
// (RFC 9110 section 7.6.1).
bool is_the_hosts(std::string_view name) {
  constexpr std::array<std::string_view, 11> kNames = {
      "connection",     "content-length",    "expect",           "host",
      "http2-settings", "keep-alive",        "proxy-connection", "te",
      "trailer",        "transfer-encoding", "upgrade"};
  return std::ranges::find(kNames, to_lower(name)) != kNames.end();
}

// One that is under way. Its address is known to libcurl.
struct Running {
  Running(std::uint64_t own_number, std::unique_ptr<OutboundTransfer> given, Easy handle,
          const net::CurlLibrary& curl)
      : number(own_number),
        transfer(std::move(given)),
        easy(std::move(handle)),
        headers(nullptr, curl.slist_free_all),
        addresses(nullptr, curl.slist_free_all) {}

  std::uint64_t number;
  std::unique_ptr<OutboundTransfer> transfer;
  Easy easy;
  List headers;
  List addresses;
  OutboundHead head;
  std::size_t header_bytes = 0;
  bool is_head_told = false;
  std::optional<OutboundFailure> failure;  // why a callback ended it
  std::array<char, CURL_ERROR_SIZE> detail{};

  void refuse(Kind kind, std::string message) {
    if (!failure) failure = OutboundFailure{.kind = kind, .message = std::move(message)};
  }
  std::string server() const { return transfer->server(); }
  bool take_header(std::string_view line);
  bool add_header(std::string_view line);
};

// False ends the exchange.
bool Running::add_header(std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('\t')) {
    if (!head.headers.empty()) head.headers.back().second.append(" ").append(trimmed(line));
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return true;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  // libcurl undoes others too, and what little grows to much would be held here.
  if (to_lower(name) == "transfer-encoding" && to_lower(value) != "chunked" &&
      to_lower(value) != "identity") {
    refuse(Kind::kResponse,
           fmt::format("{} sends the body in a transfer encoding other than chunked", server()));
    return false;
  }
  head.headers.emplace_back(name, value);
  return true;
}

// False ends the exchange.
bool Running::take_header(std::string_view line) {
  // What comes behind the body concerns nobody.
  if (is_head_told) return true;
  header_bytes += line.size();
  if (header_bytes > kHeaderBytesMax || head.headers.size() >= kHeadersMax) {
    refuse(Kind::kLimit, fmt::format("the response of {} has more than {} headers or {} bytes of "
                                     "them",
                                     server(), kHeadersMax, kHeaderBytesMax));
    return false;
  }
  if (line.starts_with("HTTP/")) {
    auto begun = status_of(line);
    if (!begun) {
      refuse(Kind::kResponse, fmt::format("{} answered with no status", server()));
      return false;
    }
    head = *std::move(begun);
    return true;
  }
  if (!trimmed(line).empty()) return add_header(line);
  if (head.status >= 200) {  // Others announce another head.
    is_head_told = true;
    transfer->exchange->tell_head(std::move(head));
  }
  return true;
}

extern "C" std::size_t weft_outbound_on_header(char* data, std::size_t, std::size_t size,
                                               void* user) {
  return static_cast<Running*>(user)->take_header({data, size}) ? size : 0;
}

extern "C" std::size_t weft_outbound_on_body(char* data, std::size_t, std::size_t size,
                                             void* user) {
  auto& exchange = *static_cast<Running*>(user)->transfer->exchange;
  return exchange.give({data, size}) ? size : CURL_WRITEFUNC_PAUSE;
}

// The last look at where it goes, whatever libcurl thinks that the name is.
extern "C" curl_socket_t weft_outbound_on_socket(void* user, curlsocktype,
                                                 struct curl_sockaddr* address) {
  auto& running = *static_cast<Running*>(user);
  HostSocketAddress host;
  host.size = std::min<socklen_t>(address->addrlen, sizeof(host.storage));
  std::copy_n(reinterpret_cast<const std::uint8_t*>(&address->addr), host.size,
              reinterpret_cast<std::uint8_t*>(&host.storage));
  const auto target = host.get();
  const auto& allowed = running.transfer->addresses;
  if (!target || target->port != running.transfer->port ||
      std::ranges::find(allowed, target->address) == allowed.end()) {
    running.refuse(Kind::kRefused,
                   fmt::format("{} led to an address that no rule allows", running.server()));
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

OutboundFailure stopped() {
  return {.kind = Kind::kConnection, .message = "the host stops and makes no more requests"};
}

// When libcurl wants to look at its times.
struct Timer {
  const Clock& clock;
  std::optional<MonotonicTime> due = std::nullopt;
};

extern "C" int weft_outbound_on_timer(CURLM*, long timeout_ms, void* user) {
  auto& timer = *static_cast<Timer*>(user);
  if (timeout_ms < 0) {
    timer.due.reset();
  } else {
    timer.due = timer.clock.monotonic() + std::chrono::milliseconds(timeout_ms);
  }
  return 0;
}

extern "C" int weft_outbound_on_watch(CURL*, curl_socket_t socket, int what, void* user, void*) {
  const int epoll = static_cast<const UniqueFd*>(user)->get();
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) |
                              ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U),
                    .data = {.fd = socket}};
  if (::epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event) != 0)
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
  return 0;
}

}  // namespace

std::string OutboundTransfer::server() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(is_v6 ? "[{}]:{}" : "{}:{}"), host, port);
}

void OutboundInbox::post(Message message) {
  {
    const std::scoped_lock lock(mutex_);
    if (!is_closed_) {
      messages_.push_back(std::move(message));
      // The loop takes all of them at once.
      if (messages_.size() == 1) static_cast<void>(::eventfd_write(bell_.get(), 1));
      return;
    }
  }
  if (message.transfer != nullptr) message.transfer->exchange->fail(stopped());
}

std::vector<OutboundInbox::Message> OutboundInbox::take() {
  eventfd_t rung = 0;
  const std::scoped_lock lock(mutex_);
  static_cast<void>(::eventfd_read(bell_.get(), &rung));
  return std::exchange(messages_, {});
}

void OutboundInbox::close() {
  const std::scoped_lock lock(mutex_);
  is_closed_ = true;
  static_cast<void>(::eventfd_write(bell_.get(), 1));
}

// All but `inbox` belongs to the thread once that runs.
struct OutboundLoop::State {
  State(const net::CurlLibrary& library, Options given, const Clock& loop_clock)
      : curl(library),
        options(std::move(given)),
        timer{.clock = loop_clock},
        multi(nullptr, curl.multi_cleanup) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    idle.clear();
    multi.reset();
    if (has_started) curl.global_cleanup();
  }

  net::CurlLibrary curl;
  const Options options;
  bool has_started = false;
  // Known to libcurl, which uses them to its end.
  UniqueFd epoll;
  Timer timer;
  Multi multi;
  std::unordered_map<std::uint64_t, std::unique_ptr<Running>> running;
  std::vector<Easy> idle;  // handles for others
  std::shared_ptr<OutboundInbox> inbox;

  Result<> open(int bell);
  void run();
  bool take_messages();
  void end();
  void begin(OutboundInbox::Message message);
  bool configure(Running& one);
  bool set_headers(Running& one);
  bool set_addresses(Running& one);
  void set_body(Running& one);
  void resume(std::uint64_t number);
  void drop(std::uint64_t number);
  void collect();
  void finish(CURL* easy, CURLcode code);
  OutboundFailure failure_of(CURLcode code, const Running& one) const;
  void act(const epoll_event& event);
  void act(curl_socket_t socket, int events);
  int patience() const;

  template <class T>
  void set(const Running& one, CURLoption option, T value) {
    curl.easy_setopt(one.easy.get(), option, value);
  }
};

Result<> OutboundLoop::State::open(int bell) {
  epoll = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{.events = EPOLLIN, .data = {.fd = bell}};
  if (!epoll || ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, bell, &event) != 0) {
    return weft::fail(ErrorCode::kResourceExhausted, "the process has no descriptor left: " +
                                                         std::system_category().message(errno));
  }
  has_started = curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (has_started) multi.reset(curl.multi_init());
  if (!multi) return weft::fail(ErrorCode::kInternal, "The HTTP client (libcurl) cannot start.");
  return {};
}

void OutboundLoop::State::run() {
  curl.multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, weft_outbound_on_watch);
  curl.multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, &epoll);
  curl.multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, weft_outbound_on_timer);
  curl.multi_setopt(multi.get(), CURLMOPT_TIMERDATA, &timer);
  const int bell = inbox->bell_.get();
  std::array<epoll_event, kEventsAtOnce> events{};
  for (;;) {
    const int count =
        ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), patience());
    for (const epoll_event& event :
         std::span(events).first(static_cast<std::size_t>(std::max(count, 0)))) {
      if (event.data.fd != bell) {
        act(event);
      } else if (!take_messages()) {
        return end();
      }
    }
    if (timer.due && timer.clock.monotonic() >= *timer.due) {
      timer.due.reset();
      act(CURL_SOCKET_TIMEOUT, 0);
    }
    collect();
  }
}

// In milliseconds, as epoll_wait takes it.
int OutboundLoop::State::patience() const {
  if (!timer.due) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*timer.due - timer.clock.monotonic());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

void OutboundLoop::State::act(const epoll_event& event) {
  act(event.data.fd, ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                         ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                         ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0));
}

void OutboundLoop::State::act(curl_socket_t socket, int events) {
  int under_way = 0;
  curl.multi_socket_action(multi.get(), socket, events, &under_way);
}

// False when the loop ends.
bool OutboundLoop::State::take_messages() {
  for (auto& message : inbox->take()) {
    if (message.kind == OutboundInbox::Kind::kStart) {
      begin(std::move(message));
    } else if (message.kind == OutboundInbox::Kind::kResume) {
      resume(message.number);
    } else {
      drop(message.number);
    }
  }
  const std::scoped_lock lock(inbox->mutex_);
  return !inbox->is_closed_;
}

// Of all that is under way.
void OutboundLoop::State::end() {
  for (const auto& [number, one] : running) {
    curl.multi_remove_handle(multi.get(), one->easy.get());
    one->transfer->exchange->fail(stopped());
  }
  running.clear();
  // Nothing comes any more.
  for (const auto& message : inbox->take()) {
    if (message.transfer != nullptr) message.transfer->exchange->fail(stopped());
  }
}

void OutboundLoop::State::begin(OutboundInbox::Message message) {
  if (message.transfer->exchange->is_cancelled()) return;
  Easy easy(nullptr, curl.easy_cleanup);
  if (idle.empty()) {
    easy.reset(curl.easy_init());
  } else {
    easy = std::move(idle.back());
    idle.pop_back();
  }
  auto made =
      std::make_unique<Running>(message.number, std::move(message.transfer), std::move(easy), curl);
  Running& one = *made;
  if (one.easy == nullptr || !configure(one) ||
      curl.multi_add_handle(multi.get(), one.easy.get()) != CURLM_OK) {
    one.transfer->exchange->fail(
        {.kind = Kind::kConnection, .message = "the host has no memory left for a request"});
    return;
  }
  running.emplace(message.number, std::move(made));
}

bool OutboundLoop::State::configure(Running& one) {
  set(one, CURLOPT_PRIVATE, static_cast<void*>(&one));
  set(one, CURLOPT_ERRORBUFFER, one.detail.data());
  set(one, CURLOPT_CURLU, one.transfer->url.get());
  set(one, CURLOPT_PROTOCOLS_STR, "http,https");
  set(one, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(one, CURLOPT_NOSIGNAL, 1L);
  set(one, CURLOPT_FOLLOWLOCATION, 0L);
  set(one, CURLOPT_PATH_AS_IS, 1L);
  set(one, CURLOPT_PROXY, "");
  set(one, CURLOPT_CONNECTTIMEOUT_MS, kConnectMillisecondsMax);
  set(one, CURLOPT_DNS_CACHE_TIMEOUT, kNameSecondsMax);
  // A connection may know who used it first, by NTLM and its like: nobody else gets it.
  set(one, CURLOPT_FRESH_CONNECT, 1L);
  set(one, CURLOPT_FORBID_REUSE, 1L);
  set(one, CURLOPT_SSL_VERIFYPEER, 1L);
  set(one, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) {
    set(one, CURLOPT_CAINFO, options.ca_file.c_str());
    set(one, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  set(one, CURLOPT_OPENSOCKETFUNCTION, weft_outbound_on_socket);
  set(one, CURLOPT_OPENSOCKETDATA, &one);
  set(one, CURLOPT_WRITEFUNCTION, weft_outbound_on_body);
  set(one, CURLOPT_WRITEDATA, &one);
  set(one, CURLOPT_HEADERFUNCTION, weft_outbound_on_header);
  set(one, CURLOPT_HEADERDATA, &one);
  set_body(one);
  return set_headers(one) && set_addresses(one);
}

void OutboundLoop::State::set_body(Running& one) {
  const OutboundRequest& request = one.transfer->request;
  if (request.method == "HEAD") {
    set(one, CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
             request.method == "PATCH") {
    set(one, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(one, CURLOPT_POSTFIELDS, request.body.data());  // Borrowed as long as it runs.
  }
  set(one, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

bool OutboundLoop::State::set_headers(Running& one) {
  const auto add = [&](const std::string& line) {
    curl_slist* const longer = curl.slist_append(one.headers.get(), line.c_str());
    if (longer == nullptr) return false;
    if (one.headers == nullptr) one.headers.reset(longer);
    return true;
  };
  bool has_type = false;
  bool has_accept = false;
  for (const auto& [name, value] : one.transfer->request.headers) {
    if (is_the_hosts(name)) continue;
    const std::string lower = to_lower(name);
    has_type |= lower == "content-type";
    has_accept |= lower == "accept";
    // libcurl takes "Name;" for an empty value; "Name:" removes what it would say itself.
    if (!add(value.empty() ? name + ";" : fmt::format("{}: {}", name, value))) return false;
  }
  if ((!has_type && !add("Content-Type:")) || (!has_accept && !add("Accept:")) || !add("Expect:"))
    return false;
  set(one, CURLOPT_HTTPHEADER, one.headers.get());
  return true;
}

// So that libcurl asks no name server.
bool OutboundLoop::State::set_addresses(Running& one) {
  const OutboundTransfer& transfer = *one.transfer;
  if (transfer.is_address) return true;
  std::string line = fmt::format("+{}:{}:", transfer.host, transfer.port);
  for (const IpAddress& address : transfer.addresses) {
    if (line.back() != ':') line += ',';
    line += address.is_v6() ? fmt::format("[{}]", address.text()) : address.text();
  }
  one.addresses.reset(curl.slist_append(nullptr, line.c_str()));
  set(one, CURLOPT_RESOLVE, one.addresses.get());
  return one.addresses != nullptr;
}

void OutboundLoop::State::resume(std::uint64_t number) {
  const auto found = running.find(number);
  if (found == running.end()) return;
  curl.easy_pause(found->second->easy.get(), CURLPAUSE_CONT);
  act(CURL_SOCKET_TIMEOUT, 0);
}

void OutboundLoop::State::drop(std::uint64_t number) {
  const auto found = running.find(number);
  if (found == running.end()) return;
  curl.multi_remove_handle(multi.get(), found->second->easy.get());
  running.erase(found);
}

void OutboundLoop::State::collect() {
  int left = 0;
  while (const CURLMsg* const message = curl.multi_info_read(multi.get(), &left)) {
    if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
  }
}

void OutboundLoop::State::finish(CURL* easy, CURLcode code) {
  void* place = nullptr;
  curl.easy_getinfo(easy, CURLINFO_PRIVATE, &place);
  auto& one = *static_cast<Running*>(place);
  curl.multi_remove_handle(multi.get(), easy);
  const auto exchange = one.transfer->exchange;
  std::optional<OutboundFailure> failure;
  if (code != CURLE_OK || !one.is_head_told) failure = failure_of(code, one);
  if (idle.size() < kHandlesKept) {
    curl.easy_reset(easy);
    idle.push_back(std::move(one.easy));
  }
  // Whoever sees the end finds the places free.
  running.erase(one.number);
  if (failure) {
    exchange->fail(*std::move(failure));
  } else {
    exchange->end();
  }
}

OutboundFailure OutboundLoop::State::failure_of(CURLcode code, const Running& one) const {
  if (one.failure) return *one.failure;
  const char* const detail = one.detail.data();
  const std::string why =
      shown(*detail != '\0' ? detail : curl.easy_strerror(code), kDetailShownMax);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return {.kind = Kind::kTimeout,
              .message = fmt::format("{} cannot be reached: no connection within {} s",
                                     one.server(), kConnectMillisecondsMax / 1000)};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
      return {.kind = Kind::kTls,
              .message = fmt::format("TLS with {} fails: {}", one.server(), why)};
    case CURLE_SSL_CACERT_BADFILE:
      // What libcurl says names the file, which is the owner's.
      return {.kind = Kind::kTls,
              .message =
                  "the host cannot read the certificates that it was told to trust: its "
                  "setting ca_file names no file of them"};
    case CURLE_OK:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {.kind = Kind::kResponse,
              .message = fmt::format("{} does not answer as HTTP has it: {}", one.server(), why)};
    case CURLE_COULDNT_CONNECT:
      return {.kind = Kind::kConnection,
              .message = fmt::format("{} cannot be reached: {}", one.server(), why)};
    default:
      return {.kind = Kind::kConnection,
              .message = fmt::format("the exchange with {} broke off: {}", one.server(), why)};
  }
}

OutboundLoop::OutboundLoop(std::unique_ptr<State> state, std::shared_ptr<OutboundInbox> inbox)
    : inbox_(std::move(inbox)), state_(std::move(state)), thread_("weft-http", 1, kStackBytes) {
  state_->inbox = inbox_;
}

Result<std::unique_ptr<OutboundLoop>> OutboundLoop::start(const net::CurlLibrary& curl,
                                                          Options options, const Clock& clock) {
  UniqueFd bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!bell) {
    return weft::fail(ErrorCode::kResourceExhausted, "the process has no descriptor left: " +
                                                         std::system_category().message(errno));
  }
  auto state = std::make_unique<State>(curl, std::move(options), clock);
  TRY(state->open(bell.get()));
  auto inbox = std::make_shared<OutboundInbox>(std::move(bell));
  std::unique_ptr<OutboundLoop> loop(new OutboundLoop(std::move(state), std::move(inbox)));
  TRY(loop->thread_.start([state = loop->state_.get()] { state->run(); }));
  return loop;
}

OutboundLoop::~OutboundLoop() {
  inbox_->close();
}

}  // namespace weft::system
