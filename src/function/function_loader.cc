#include "function/function_loader.h"

#include <utility>

namespace weft::function {
namespace {

constexpr std::size_t kCheckThreads = 1;
constexpr std::size_t kLoadThreads = 2;
constexpr std::size_t kWaitingMax = 1'000;  // functions, not calls

}  // namespace

FunctionLoader::FunctionLoader(Check check, Load load)
    : check_(std::move(check)),
      load_(std::move(load)),
      loads_("weft-load", kLoadThreads, kWaitingMax),
      checks_("weft-check", kCheckThreads, kWaitingMax) {}

void FunctionLoader::load(const std::string& name, std::shared_ptr<Executor> executor, Then then) {
  const bool is_first = waiters_.with([&](auto& waiters) {
    auto& of_name = waiters[name];
    of_name.push_back({.executor = std::move(executor), .then = std::move(then)});
    return of_name.size() == 1;
  });
  if (!is_first) return;
  const auto queued = checks_.run([this, name] { load_now(name); });
  if (!queued) hand_out(name, fail(queued.error()));
}

void FunctionLoader::load_now(const std::string& name) {
  const auto version = check_(name);
  if (!version) return hand_out(name, fail(version.error()));
  const auto queued =
      loads_.run([this, name, version = *version] { hand_out(name, load_(name, version)); });
  if (!queued) hand_out(name, fail(queued.error()));
}

void FunctionLoader::hand_out(const std::string& name, const Loaded& loaded) {
  auto waiting = waiters_.with([&](auto& waiters) { return waiters.extract(name); });
  for (Waiter& waiter : waiting.mapped()) {
    waiter.executor->post([loaded, then = std::move(waiter.then)]() mutable { then(loaded); });
  }
}

}  // namespace weft::function
