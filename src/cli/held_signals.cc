#include "cli/held_signals.h"

#include <array>

#include <pthread.h>

namespace weft::cli {
namespace {

constexpr std::array kSignals = {SIGHUP, SIGINT, SIGTERM};

bool is_ignored(int signal) {
  struct sigaction action{};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

HeldSignals::HeldSignals() {
  sigemptyset(&set_);
  // One that is ignored would wait, too, once it is blocked.
  for (const int signal : kSignals) {
    if (!is_ignored(signal)) sigaddset(&set_, signal);
  }
  pthread_sigmask(SIG_BLOCK, &set_, &before_);
}

HeldSignals::~HeldSignals() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> HeldSignals::waiting() const {
  sigset_t waiting;
  sigemptyset(&waiting);
  sigpending(&waiting);
  for (const int signal : kSignals) {
    if (sigismember(&set_, signal) == 1 && sigismember(&waiting, signal) == 1) return signal;
  }
  return std::nullopt;
}

}  // namespace weft::cli
