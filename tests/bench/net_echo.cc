// Answers every request with its own body: what the transport alone costs. script/bench http
// compares it with nginx.   net_echo [PORT] [THREADS]
#include <charconv>
#include <csignal>
#include <cstdio>
#include <string_view>

#include <unistd.h>

#include "net/http_server.h"

namespace {

class Echo final : public weft::net::HttpHandler {
 public:
  void handle(weft::net::HttpRequest request, weft::net::Responder responder) override {
    responder.send(
        {200, {{"Content-Type", "application/json"}}, weft::net::Body(request.take_body())});
  }
  weft::net::Admission admit(const weft::net::HttpRequest&) override {
    return weft::net::BodyLimit{.bytes = 1ULL << 20U};
  }
  weft::net::HttpResponse refusal(const weft::Error& error, std::optional<int> status) override {
    return {status.value_or(500), {}, weft::net::Body(error.message())};
  }
};

template <class Number>
Number number_at(int argc, char** argv, int index, Number otherwise) {
  if (index >= argc) return otherwise;
  const std::string_view text(argv[index]);
  Number number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);

  const weft::SystemClock clock;
  const weft::Log log(clock, weft::LogLevel::kInfo);
  Echo echo;
  weft::net::ServerOptions options;
  options.listen.port = number_at<std::uint16_t>(argc, argv, 1, 0);
  options.threads = number_at<unsigned>(argc, argv, 2, 1);
  const auto server = weft::net::HttpServer::create(options, echo, clock, log);
  if (!server) {
    log.error(server.error().message());
    return 1;
  }
  std::printf("%u\n", (*server)->port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->stop(std::chrono::seconds(1));
  return 0;
}
