#include "net/http_server.h"

#include <future>

#include <fmt/format.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "base/rarely.h"
#include "net/connection.h"
#include "net/loop.h"

namespace weft::net {
namespace {

namespace ip = asio::ip;
using SystemError = boost::system::error_code;

constexpr unsigned kThreadsMax = 256;
constexpr std::chrono::milliseconds kTickMax{1'000};
constexpr std::chrono::milliseconds kTickMin{10};
// Of each loop: what it waits with, its timers and its wake-ups.
constexpr std::uint64_t kLoopDescriptors = 3;
// What listens, and a connection that was accepted and is closed at once.
constexpr std::uint64_t kAcceptorDescriptors = 2;
// Accepted in one go, so that a flood of connections does not starve those that the first loop
// serves.
constexpr unsigned kAcceptBurst = 64;
constexpr std::chrono::milliseconds kAcceptPause{100};
// For requests that the end of the drain cut short: what they answer has to reach their clients.
constexpr std::chrono::milliseconds kGiveUpTime{1'000};

std::chrono::milliseconds tick_length(const HttpLimits& limits) {
  const auto shortest = std::min({limits.header_timeout, limits.body_timeout,
                                  limits.keep_alive_timeout, limits.write_timeout});
  return std::clamp(shortest / 4, kTickMin, kTickMax);
}

// The processors that this process may use.
std::vector<unsigned> processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<unsigned> result;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return result;
  for (unsigned at = 0; at < CPU_SETSIZE; ++at) {
    if (CPU_ISSET(at, &set)) result.push_back(at);
  }
  return result;
}

Error listen_error(const Endpoint& endpoint, const SystemError& error) {
  const std::string where = endpoint.text();
  if (error == asio::error::address_in_use) {
    return Error(
        ErrorCode::kFailedPrecondition,
        fmt::format("Cannot listen on {}: another program, perhaps another weft, already listens "
                    "there. Stop it, or choose another port with --listen.",
                    where));
  }
  if (error == asio::error::access_denied) {
    return Error(
        ErrorCode::kPermissionDenied,
        fmt::format("Cannot listen on {}: not permitted. Ports below 1024 need the capability "
                    "CAP_NET_BIND_SERVICE; choose a higher one with --listen.",
                    where));
  }
  if (error.value() == EADDRNOTAVAIL) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("Cannot listen on {}: this machine does not have that address. Choose one that "
                    "it has with --listen; :{} means all of them.",
                    where, endpoint.port));
  }
  return Error(ErrorCode::kUnavailable,
               fmt::format("Cannot listen on {}: {}.", where, error.message()));
}

// An acceptor that listens, without SO_REUSEPORT: a second server on the same port must be told,
// not given half of the connections.
SystemError listen(Acceptor& acceptor, const ip::tcp::endpoint& endpoint) {
  SystemError error;
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  const int descriptor = acceptor.native_handle();
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  acceptor.set_option(Acceptor::reuse_address(true), error);
  // Accepted sockets inherit it.
  if (!error) acceptor.set_option(ip::tcp::no_delay(true), error);
  if (!error && endpoint.address().is_v6()) acceptor.set_option(ip::v6_only(false), error);
  if (!error) acceptor.non_blocking(true, error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(Acceptor::max_listen_connections, error);
  if (error) {
    SystemError ignored;
    acceptor.close(ignored);
  }
  return error;
}

std::vector<std::shared_ptr<Loop>> loops_of(const ServerOptions& options, const Clock& clock) {
  std::vector<std::shared_ptr<Loop>> loops;
  loops.reserve(options.threads);
  for (unsigned i = 0; i < options.threads; ++i)
    loops.push_back(std::make_shared<Loop>(clock, tick_length(options.limits)));
  return loops;
}

}  // namespace

struct HttpServer::State {
  State(const ServerOptions& options, HttpHandler& handler, const Clock& time, const Log& to)
      : clock(time),
        log(to),
        context{.limits = options.limits,
                .handler = handler,
                .count = {},
                .bodies = ByteBudget(options.limits.bodies_bytes_max),
                .answers = ByteBudget(options.limits.bodies_bytes_max)},
        loops(loops_of(options, time)),
        acceptor(loops.front()->context()),
        pause(loops.front()->context()) {}

  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    for (const auto& loop : loops) {
      loop->end();
    }
  }

  Result<> open(const Endpoint& wanted);
  void start(bool pin_threads);
  Task<> accept();
  bool accept_some();
  void take(Accepted accepted, std::uint32_t count, std::string remote);
  void report_unaccepted(int error);
  void report_refused(std::uint64_t connections);
  void on_all_loops(void (Loop::*step)());
  void stop(std::chrono::milliseconds drain);

  // Both outlive this object.
  const Clock& clock;
  const Log& log;
  ConnectionContext context;
  Endpoint endpoint;
  std::vector<std::shared_ptr<Loop>> loops;  // The first one accepts.
  Acceptor acceptor;
  Timer pause;
  std::size_t next_loop = 0;
  Rarely refusals;    // of connections over the limit
  Rarely unaccepted;  // for which the system had no room
  std::atomic<bool> stopped = false;
};

Result<> HttpServer::State::open(const Endpoint& wanted) {
  SystemError error;
  ip::address address = ip::make_address(wanted.address, error);
  if (error) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("\"{}\" is not an IP address to listen on.", printable(wanted.address)));
  }
  error = listen(acceptor, {address, wanted.port});
  if (error == asio::error::address_family_not_supported && address == ip::address_v6::any()) {
    // A machine without IPv6: "every address" are those of IPv4.
    address = ip::address_v4::any();
    error = listen(acceptor, {address, wanted.port});
  }
  if (error) return fail(listen_error(wanted, error));
  endpoint = {address.to_string(), acceptor.local_endpoint(error).port()};
  if (error) return fail(listen_error(wanted, error));
  return {};
}

void HttpServer::State::start(bool pin_threads) {
  asio::co_spawn(
      loops.front()->context(), [this] { return accept(); },
      [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
      });
  const auto usable = pin_threads ? processors() : std::vector<unsigned>();
  for (unsigned i = 0; i < loops.size(); ++i) {
    loops[i]->start(i, usable.empty() ? std::nullopt : std::optional(usable[i % usable.size()]));
  }
}

Task<> HttpServer::State::accept() {
  while (acceptor.is_open()) {
    const auto [error] = co_await acceptor.async_wait(Acceptor::wait_read, kAwait);
    if (error) co_return;
    if (accept_some()) continue;
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(kAwait);
  }
}

// False when the system cannot give more connections at the moment.
bool HttpServer::State::accept_some() {
  for (unsigned i = 0; i < kAcceptBurst; ++i) {
    ip::tcp::endpoint peer;
    auto size = static_cast<socklen_t>(peer.capacity());
    // By hand, because Asio would accept without CLOEXEC, and children must not inherit
    // connections.
    const int descriptor =
        ::accept4(acceptor.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        report_unaccepted(errno);
        return false;
      }
      continue;  // That connection is gone already.
    }
    peer.resize(size);
    const std::uint32_t count = context.count.add();
    Accepted accepted(descriptor, peer.address().is_v6(), context.count);
    take(std::move(accepted), count, Endpoint{peer.address().to_string(), peer.port()}.text());
  }
  return true;
}

// `count`: of connections, with this one.
void HttpServer::State::take(Accepted accepted, std::uint32_t count, std::string remote) {
  const std::uint32_t max = context.limits.connections_max;
  report_refused(refusals.due(count > max ? 1 : 0, clock.monotonic()));
  if (count > max + std::min(max, kRefusedMax)) return;
  auto& loop = loops[next_loop++ % loops.size()];
  auto begin = [this, &loop, accepted = std::move(accepted), refused = count > max,
                remote = std::move(remote)]() mutable {
    std::make_shared<Connection>(loop, context, std::move(accepted),
                                 std::make_shared<const std::string>(std::move(remote)), refused)
        ->start();
  };
  if (loop->is_current()) {
    begin();
  } else {
    loop->post(std::move(begin));
  }
}

// In the log at once, then at most once a minute: whoever connects must not be able to fill a disk.
void HttpServer::State::report_unaccepted(int error) {
  const std::uint64_t times = unaccepted.due(1, clock.monotonic());
  if (times == 0) return;
  const SystemError why(error, boost::system::system_category());
  log.warning("cannot accept a connection",
              {{"times", fmt::format("{}", times)}, {"error", why.message()}});
}

void HttpServer::State::report_refused(std::uint64_t connections) {
  if (connections == 0) return;
  log.warning("connections over the limit were refused",
              {{"count", fmt::format("{}", connections)},
               {"limit", fmt::format("{}", context.limits.connections_max)}});
}

void HttpServer::State::on_all_loops(void (Loop::*step)()) {
  for (const auto& loop : loops) {
    loop->post([&loop, step] { (*loop.*step)(); });
  }
}

void HttpServer::State::stop(std::chrono::milliseconds drain) {
  if (stopped.exchange(true)) return;
  for (const auto& loop : loops) {
    WEFT_ASSERT(!loop->is_current());
  }
  std::promise<void> closed;
  loops.front()->post([this, &closed] {
    SystemError ignored;
    acceptor.close(ignored);
    pause.cancel();
    closed.set_value();
  });
  closed.get_future().wait();
  on_all_loops(&Loop::drain_all);
  if (!context.count.wait_until_none(drain)) {
    on_all_loops(&Loop::give_up_all);
    if (!context.count.wait_until_none(kGiveUpTime)) {
      on_all_loops(&Loop::abort_all);
      context.count.wait_until_none();
    }
  }
  for (const auto& loop : loops) {
    loop->end();
  }
  report_refused(refusals.rest());
}

std::uint32_t connections_possible(std::uint64_t descriptors, unsigned threads) {
  const std::uint64_t own = kAcceptorDescriptors + kLoopDescriptors * threads;
  const std::uint64_t left = descriptors > own ? descriptors - own : 0;
  const std::uint64_t possible = left > 2ULL * kRefusedMax ? left - kRefusedMax : left / 2;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(possible, 1, UINT32_MAX));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() {
  stop(std::chrono::milliseconds(0));
}

Result<std::unique_ptr<HttpServer>> HttpServer::create(const ServerOptions& options,
                                                       HttpHandler& handler, const Clock& clock,
                                                       const Log& log) {
  if (options.threads < 1 || options.threads > kThreadsMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The number of server threads is {}; it may be 1 to {}.",
                            options.threads, kThreadsMax));
  }
  // Asio and std::thread throw when the system has no descriptors or threads left.
  try {
    auto state = std::make_unique<State>(options, handler, clock, log);
    TRY(state->open(options.listen));
    state->start(options.pin_threads);
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
  } catch (const std::exception& error) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("The server cannot start its event loops: {}.", error.what()));
  }
}

std::uint16_t HttpServer::port() const {
  return state_->endpoint.port;
}

Endpoint HttpServer::endpoint() const {
  return state_->endpoint;
}

std::vector<Executor*> HttpServer::executors() const {
  std::vector<Executor*> result;
  for (const auto& loop : state_->loops) {
    result.push_back(loop.get());
  }
  return result;
}

void HttpServer::stop(std::chrono::milliseconds drain) {
  state_->stop(drain);
}

}  // namespace weft::net
