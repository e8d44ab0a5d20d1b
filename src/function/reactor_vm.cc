#include "function/reactor_vm.h"

#include <algorithm>

#include <fmt/format.h>

#include "abi/dialect.h"
#include "abi/python/guest.h"

namespace weft::function {
namespace {

// What one reactor may take of the machine beside its memory: files and pipes.
constexpr std::size_t kDescriptorsMax = 32;
constexpr std::size_t kChannelBytesMax = 256 << 10;

constexpr std::string_view kInit = "init";

}  // namespace

void ReactorLog::begin(std::uint64_t limit_bytes) {
  kept_.with([&](Kept& kept) {
    kept.limit_bytes = limit_bytes;
    kept.written_bytes = 0;
  });
}

Result<> ReactorLog::write(std::span<const std::uint8_t> bytes) {
  return kept_.with([&](Kept& kept) -> Result<> {
    if (bytes.size() > kept.limit_bytes - kept.written_bytes) {
      return fail(Error(ErrorCode::kGuestLimit,
                        fmt::format("the reactor printed more than {} bytes", kept.limit_bytes))
                      .with_limit("output_bytes", kept.limit_bytes));
    }
    kept.written_bytes += bytes.size();
    const auto last = bytes.last(std::min(bytes.size(), kKeptBytes));
    const std::size_t room = kKeptBytes - last.size();
    if (kept.text.size() > room) kept.text.erase(0, kept.text.size() - room);
    kept.text.append(reinterpret_cast<const char*>(last.data()), last.size());
    return {};
  });
}

std::string ReactorLog::text() const {
  return kept_.with([](const Kept& kept) { return kept.text; });
}

ReactorVm::ReactorVm(const World& world, std::string name, const ReactorSettings& settings,
                     std::vector<abi::command::GivenDirectory> directories)
    : world_(world),
      limits_(settings.limits),
      program_({.arguments = {std::move(name)},
                .environment = settings.environment,
                .directories = std::move(directories),
                .descriptors_max = kDescriptorsMax,
                .channel_bytes = kChannelBytesMax,
                .input = &input_,
                .output = &world.log,
                .errors = &world.log,
                .clock = &world.clock,
                .random = &world.random,
                .parks = true}),
      dialogue_(settings.limits.output_bytes, callbacks_) {
  program_.set_beside(&callbacks_);
}

Result<std::unique_ptr<ReactorVm>> ReactorVm::create(
    const World& world, std::string name, const ReactorSettings& settings,
    std::shared_ptr<const engine::Program> program,
    std::vector<abi::command::GivenDirectory> directories) {
  auto vm = std::unique_ptr<ReactorVm>(
      new ReactorVm(world, std::move(name), settings, std::move(directories)));
  vm->instance_ = TRY(engine::Instance::create(
      std::move(program), {.memory_bytes = settings.limits.memory_bytes}, &vm->program_));
  return vm;
}

void ReactorVm::start() {
  world_.log.begin(limits_.output_bytes);
  step_ = Step::kInstantiate;
  dialogue_.identity("");
  instance_->begin_instantiation();
}

void ReactorVm::begin_request() {
  world_.log.begin(limits_.output_bytes);
  step_ = Step::kRequest;
  is_begun_ = false;
}

void ReactorVm::add(abi::reactor::Kind kind, std::string_view name, std::string_view code) {
  begin_request();
  dialogue_.add(kind, name, code);
}

void ReactorVm::remove(abi::reactor::Kind kind, std::string_view name) {
  begin_request();
  dialogue_.remove(kind, name);
}

void ReactorVm::apply(abi::reactor::Kind kind, std::string_view name, std::string_view arguments) {
  begin_request();
  next_id_ = next_id_ == INT32_MAX ? 1 : next_id_ + 1;
  dialogue_.apply(kind, next_id_, name, arguments);
}

Result<bool> ReactorVm::go_on(std::span<const engine::Value> results) {
  if (step_ == Step::kInstantiate) {
    step_ = Step::kInitialize;
    TRY(instance_->begin_call(abi::kInitialize, {}));
    return true;
  }
  if (step_ == Step::kInitialize) {
    step_ = Step::kInit;
    TRY(instance_->begin_call(kInit, {}));
    return true;
  }
  if (step_ == Step::kInit) {
    step_ = Step::kRequest;
    is_begun_ = false;
    results = {};
  }
  const auto operation = TRY(dialogue_.next(instance_->memory(), results));
  if (!operation) return false;
  is_begun_ = true;
  TRY(instance_->begin_call(operation->name, operation->arguments));
  return true;
}

Result<ReactorVm::Progress> ReactorVm::run_slice() {
  if (step_ == Step::kRequest && !is_begun_) {
    auto begun = go_on({});
    if (!begun) return fail(explained(std::move(begun.error())));
  }
  for (;;) {
    const engine::Progress progress = [this] {
      const engine::Ticker::Slice slice(world_.ticker);
      return instance_->poll();
    }();
    if (progress == engine::Progress::kParked) return Progress::kParked;
    if (progress == engine::Progress::kRunning) return Progress::kRunning;
    auto results = instance_->take();
    if (!results) return fail(explained(std::move(results.error())));
    const auto more = go_on(*results);
    if (!more) return fail(explained(more.error()));
    if (!*more) return Progress::kDone;
  }
}

Error ReactorVm::interrupt(Error error) {
  instance_->interrupt(std::move(error));
  auto results = instance_->take();
  if (results) return {ErrorCode::kCancelled, "the reactor was ended"};
  return explained(std::move(results.error()));
}

// Frames of the guest's own code tell nothing of the user's.
Error ReactorVm::explained(Error error) const {
  const auto limit = error.limit();
  error = abi::python::without_engine_frames(std::move(error));
  if (limit && limit->name == "memory_bytes" && limit->value == 0)
    error = std::move(error).with_limit("memory_bytes", limits_.memory_bytes);
  if (const auto code = program_.exit_code())
    return {ErrorCode::kGuestError, fmt::format("Python exited with code {}", *code)};
  return error;
}

}  // namespace weft::function
