// Calls whose guest waits: for time, for what comes over the network.
#include <array>
#include <memory>
#include <string>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "function/testing.h"

namespace weft::function {
namespace {

// sleep(milliseconds) gives what poll_oneoff returned.
constexpr std::string_view kSleeping = R"((module
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $sleep (export "sleep") (param i32) (result i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.mul (i64.extend_i32_u (local.get 0)) (i64.const 1000000)))
    (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)))
  (func (export "spin_and_sleep") (param i32) (result i32) (local i32)
    (loop (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get 1) (i32.const 20000000))))
    (call $sleep (local.get 0)))))";

// connect(port) goes to 127.0.0.1 and gives the first byte that comes from there, or minus an
// errno.
constexpr std::string_view kConnecting = R"((module
  (import "wasi_snapshot_preview1" "sock_open" (func $open (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_connect" (func $connect (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\7f\00\00\01")
  (data (i32.const 16) "\00\00\00\00\04\00\00\00")  ;; an address: where, how long
  (data (i32.const 32) "\40\00\00\00\01\00\00\00")  ;; a buffer of one byte at 64
  (func $check (param i32) (if (local.get 0) (then (global.set $error (local.get 0)))))
  (global $error (mut i32) (i32.const 0))
  (func (export "connect") (param $port i32) (result i32)
    (call $check (call $open (i32.const 1) (i32.const 2) (i32.const 80)))
    (if (i32.eqz (global.get $error)) (then
      (call $check (call $connect (i32.load (i32.const 80)) (i32.const 16) (local.get $port)))))
    (if (i32.eqz (global.get $error)) (then
      (call $check (call $read (i32.load (i32.const 80)) (i32.const 32) (i32.const 1) (i32.const 84)))))
    (if (global.get $error) (then (return (i32.sub (i32.const 0) (global.get $error)))))
    (i32.load8_u (i32.const 64)))))";

struct Waiting {
  World world;
  std::unique_ptr<Functions> functions;

  // `clock`: instead of the world's.
  explicit Waiting(std::string_view wat, Grants grants = {}, std::size_t background_threads = 0,
                   const Clock* clock = nullptr) {
    FunctionsParts parts = clock == nullptr ? world.parts() : world.parts_with(*clock);
    parts.background_threads = background_threads;
    functions = std::make_unique<Functions>(parts, PlatformLimits{});
    const auto uploaded = functions->upload(wat).value();
    REQUIRE(functions
                ->deploy("f", {.module = uploaded.module.id,
                               .limits = {.deadline_ms = clock == nullptr ? 50U : 600'000U},
                               .environment = {},
                               .grants = std::move(grants)})
                .has_value());
  }
  Started start(std::string_view name, int number) {
    return function::start(world, *functions, "f",
                           fmt::format(R"({{"export":"{}","args":[{}]}})", name, number));
  }
  // Runs what comes to the executor. Time passes only as the test says: a guest that wakes before
  // looks at the clock and waits again.
  Outcome finish(Started started) {
    while (!started.is_done())
      world.executor->run_one();
    return std::move(**started.outcome);
  }
  std::string finished(Started started) { return finish(std::move(started)).response.value().body; }
};

TEST_CASE("guests that sleep keep nothing from going on") {
  for (const std::size_t background_threads : {0U, 2U}) {
    CAPTURE(background_threads);
    Waiting waiting(kSleeping, {}, background_threads);
    std::vector<Started> calls;
    for (const int milliseconds : {30, 10, 20})
      calls.push_back(waiting.start("sleep", milliseconds));
    CHECK(waiting.finished(waiting.start("sleep", 0)) == R"({"results":[0]})");
    for (const Started& call : calls)
      CHECK_FALSE(call.is_done());
    CHECK(waiting.functions->in_flight() == 3);
    for (Started& call : calls)
      call.handle.cancel();
    for (Started& call : calls)
      CHECK(waiting.finish(std::move(call)).response.error().code() == ErrorCode::kCancelled);
  }
}

TEST_CASE("guests that sleep wake at their time") {
  const SystemClock clock;
  for (const std::size_t background_threads : {0U, 2U}) {
    CAPTURE(background_threads);
    Waiting waiting(kSleeping, {}, background_threads, &clock);
    std::vector<Started> calls;
    for (const int milliseconds : {12, 4, 8})
      calls.push_back(waiting.start("sleep", milliseconds));
    for (Started& call : calls)
      CHECK(waiting.finished(std::move(call)) == R"({"results":[0]})");
  }
}

TEST_CASE("a guest that computed for long and then waits is parked, and answers once") {
  Waiting waiting(kSleeping, {}, 2);
  auto call = waiting.start("spin_and_sleep", 5);
  waiting.world.executor->run_one();  // It has come back to wait.
  CHECK_FALSE(call.is_done());
  waiting.world.clock.advance(std::chrono::milliseconds(6));
  CHECK(waiting.finished(std::move(call)) == R"({"results":[0]})");
}

TEST_CASE("a guest that waits ends at its deadline, with the place where it was") {
  Waiting waiting(kSleeping);
  auto call = waiting.start("sleep", 100'000);
  CHECK_FALSE(call.is_done());
  waiting.world.clock.advance(std::chrono::milliseconds(50));
  const auto outcome = waiting.finish(std::move(call));
  CHECK(outcome.response.error().code() == ErrorCode::kDeadlineExceeded);
  CHECK(outcome.response.error().backtrace().at(0).function == "sleep");
}

TEST_CASE("a guest that waits can be cancelled at once") {
  for (const std::size_t background_threads : {0U, 2U}) {
    Waiting waiting(kSleeping, {}, background_threads);
    auto call = waiting.start("sleep", 40);
    call.handle.cancel();
    const auto outcome = waiting.finish(std::move(call));
    CHECK(outcome.response.error().code() == ErrorCode::kCancelled);
    CHECK(waiting.functions->in_flight() == 0);
  }
}

TEST_CASE("guests that wait when the functions end are never answered") {
  Waiting waiting(kSleeping);
  const auto call = waiting.start("sleep", 40);
  waiting.functions.reset();
  CHECK_FALSE(call.is_done());
  CHECK(call.handle.has_ended());
}

// --- the network ---

struct Server {
  UniqueFd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int port = 0;

  Server() {
    sockaddr_in address{.sin_family = AF_INET,
                        .sin_port = 0,
                        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                        .sin_zero = {}};
    socklen_t size = sizeof(address);
    REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener.get(), 100) == 0);
    REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
  }
  // The next guest that connects. A tick may have ended its slice before: then it goes on here.
  UniqueFd accept(QueueExecutor& executor) const {
    pollfd state{.fd = listener.get(), .events = POLLIN, .revents = 0};
    while (::poll(&state, 1, 0) == 0)
      executor.try_run_one();
    return UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  std::string rule() const { return fmt::format("127.0.0.1:{}", port); }
};

TEST_CASE("a function goes where it is granted to, and waits for what comes") {
  const Server server;
  Waiting waiting(kConnecting, {.network = {server.rule()}});
  CHECK(waiting.functions->function("f").value().grants.network ==
        std::vector<std::string>{server.rule()});
  std::vector<Started> calls;
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 20; ++i) {
    calls.push_back(waiting.start("connect", server.port));
    clients.push_back(server.accept(*waiting.world.executor));
  }
  // The last ones first, and each its own.
  for (std::size_t i = calls.size(); i-- > 0;) {
    CHECK_FALSE(calls[i].is_done());
    const char byte = static_cast<char>('A' + i);
    REQUIRE(::write(clients[i].get(), &byte, 1) == 1);
    CHECK(waiting.finished(std::move(calls[i])) == fmt::format(R"({{"results":[{}]}})", 'A' + i));
  }
}

TEST_CASE("a function without that grant opens no connection") {
  const Server server;
  constexpr int kPerm = 63;
  for (const Grants& grants :
       {Grants{}, Grants{.network = {"127.0.0.1:1"}}, Grants{.network = {"*"}}}) {
    Waiting waiting(kConnecting, grants);
    CHECK(waiting.finished(waiting.start("connect", server.port)) ==
          fmt::format(R"({{"results":[{}]}})", -kPerm));
  }
}

TEST_CASE("a failure says what was refused before, and what would allow it") {
  const auto failing = [](std::string_view call) {
    return fmt::format(R"((module
      (import "wasi_snapshot_preview1" "sock_open" (func $open (param i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "sock_connect"
        (func $connect (param i32 i32 i32) (result i32)))
      (import "wasix_32v1" "proc_fork" (func $fork (param i32 i32) (result i32)))
      (import "wasix_32v1" "proc_signal" (func $signal (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\7f\00\00\01")
      (data (i32.const 16) "\00\00\00\00\04\00\00\00")
      (func (export "_start")
        (drop (call $open (i32.const 1) (i32.const 2) (i32.const 80)))
        (drop (call $connect (i32.load (i32.const 80)) (i32.const 16) (i32.const 5432)))
        {})))",
                       call);
  };
  for (const auto& [call, grants, says] : {
           std::tuple{"(call $exit (i32.const 3))", Grants{},
                      "the program ended with exit code 3; it was not let use the network: the "
                      "grant \"network\": [\"HOST:PORT\"] lets it"},
           std::tuple{"unreachable", Grants{.network = {"127.0.0.1:80"}},
                      "unreachable code reached (the program gave up: an abort, a panic or a "
                      "failed check); it was not let use the network: the grant \"network\": "
                      "[\"127.0.0.1:5432\"] lets it"},
           std::tuple{"(drop (call $fork (i32.const 0) (i32.const 200))) unreachable", Grants{},
                      "unreachable code reached (the program gave up: an abort, a panic or a "
                      "failed check); it had called proc_fork of WASIX, which weft does not have"},
           std::tuple{"(drop (call $signal (i32.const 1) (i32.const 9))) unreachable", Grants{},
                      "unreachable code reached (the program gave up: an abort, a panic or a "
                      "failed check); it was not let use the network: the grant \"network\": "
                      "[\"HOST:PORT\"] lets it"},
       }) {
    Waiting waiting(failing(call), grants);
    auto started = start(waiting.world, *waiting.functions, "f", "");
    CHECK(waiting.finish(std::move(started)).response.error().message() == says);
  }
}

TEST_CASE("what a function is granted is its version's, and comes back with it") {
  World world;
  const Server server;
  const Grants grants{.network = {server.rule()}};
  {
    Functions functions(world.parts(), {});
    const auto uploaded = functions.upload(kConnecting).value();
    const std::string module = uploaded.module.id;
    REQUIRE(
        functions.deploy("f", {.module = module, .limits = {}, .environment = {}, .grants = grants})
            .has_value());
    REQUIRE(functions.deploy("f", {.module = module, .limits = {}, .environment = {}}).has_value());
    CHECK(functions.function("f").value().grants == Grants{});
    const auto versions = functions.versions("f", {}).value().items;
    REQUIRE(versions.size() == 2);
    CHECK(versions[0].grants == Grants{});
    CHECK(versions[1].grants == grants);
    REQUIRE(functions.rollback("f", 1).has_value());
  }
  Functions functions(world.parts(), {});
  auto call = start(world, functions, "f",
                    fmt::format(R"({{"export":"connect","args":[{}]}})", server.port));
  world.executor->run_one();  // Its function has been loaded.
  const UniqueFd client = server.accept(*world.executor);
  REQUIRE(::write(client.get(), "x", 1) == 1);
  CHECK(finish(world, std::move(call)).response.value().body == R"({"results":[120]})");
}

TEST_CASE("a call takes few descriptors, and little of the machine's memory for its pipes") {
  // copies() counts until it is refused; bytes() fills pipes without end and tells how much fitted.
  Waiting waiting(R"((module
    (import "wasix_32v1" "fd_dup" (func $dup (param i32 i32) (result i32)))
    (import "wasix_32v1" "fd_pipe" (func $pipe (param i32 i32) (result i32)))
    (import "wasix_32v1" "fd_close" (func $close (param i32) (result i32)))
    (import "wasix_32v1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2)
    (data (i32.const 0) "\00\00\00\00\ff\ff\00\00")
    (func (export "copies") (param i32) (result i32) (local i32)
      (loop (br_if 0 (i32.eqz (call $dup (i32.const 1) (i32.const 16))))
        (return (i32.load (i32.const 16)))) unreachable)
    (func (export "bytes") (param i32) (result i32) (local $bytes i32)
      (loop
        (if (call $pipe (i32.const 16) (i32.const 20)) (then unreachable))
        (if (call $write (i32.load (i32.const 20)) (i32.const 0) (i32.const 1) (i32.const 24))
          (then (return (local.get $bytes))))
        (local.set $bytes (i32.add (local.get $bytes) (i32.load (i32.const 24))))
        (drop (call $close (i32.load (i32.const 20))))
        (br 0)) unreachable)))");
  CHECK(waiting.finished(waiting.start("copies", 0)) == R"({"results":[63]})");
  CHECK(waiting.finished(waiting.start("bytes", 0)) == R"({"results":[262140]})");
}

}  // namespace
}  // namespace weft::function
