#include "function/function_loader.h"

#include <utility>

namespace weft::function {
namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kWaitingMax = 1'000;  // functions, not calls

}  // namespace

FunctionLoader::FunctionLoader(Load load)
    : load_(std::move(load)), threads_("weft-load", kThreads, kWaitingMax) {}

void FunctionLoader::load(const std::string& name, Executor& executor, Then then) {
  const bool is_first = waiters_.with([&](auto& waiters) {
    auto& of_name = waiters[name];
    of_name.push_back({.executor = &executor, .then = std::move(then)});
    return of_name.size() == 1;
  });
  if (!is_first) return;
  const auto queued = threads_.run([this, name] { hand_out(name, load_(name)); });
  if (!queued) hand_out(name, fail(queued.error()));
}

void FunctionLoader::hand_out(const std::string& name, const Loaded& loaded) {
  auto waiting = waiters_.with([&](auto& waiters) { return waiters.extract(name); });
  for (Waiter& waiter : waiting.mapped()) {
    waiter.executor->post([loaded = Loaded(loaded), then = std::move(waiter.then)]() mutable {
      then(std::move(loaded));
    });
  }
}

}  // namespace weft::function
