// Arbitrary bytes as a module that is split: its two parts are a valid module and a plan that fits
// it; and small ones are run, interrupted and put back.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "engine/instance.h"
#include "engine/module_info.h"
#include "engine/split.h"

namespace {

using namespace weft::engine;

constexpr std::size_t kRunBytesMax = 4'096;
constexpr std::uint64_t kGuestBytesMax = 16ULL * 1024 * 1024;
constexpr int kPollsMax = 3;

std::uint64_t added_exports(const Beginning& beginning) {
  return beginning.globals + (beginning.has_memory ? 1 : 0) + (beginning.has_start ? 1 : 0);
}

void check_parts(const ModuleInfo& whole, const SplitModule& parts) {
  const auto code = inspect(parts.code);
  WEFT_ASSERT(code.has_value());
  WEFT_ASSERT(!code->has_start);
  const auto beginning = Beginning::parse(parts.plan);
  WEFT_ASSERT(beginning.has_value());
  WEFT_ASSERT(beginning->can_be_put_back == !whole.obstacle);
  WEFT_ASSERT(code->exports.size() == whole.exports.size() + added_exports(*beginning));
  WEFT_ASSERT(code->imports == whole.imports);
  WEFT_ASSERT(code->memories == whole.memories);
  WEFT_ASSERT(beginning->has_start == whole.has_start);
  for (std::uint64_t i = 0; i < beginning->globals; ++i)
    WEFT_ASSERT(code->find_export(beginning->global_name(i)) != nullptr);
}

// True when it ended with success.
bool finish(const Engine& engine, Instance& instance) {
  for (int polls = 0; polls < kPollsMax; ++polls) {
    engine.tick();
    if (instance.poll() == Progress::kDone) return instance.take().has_value();
  }
  instance.interrupt(weft::Error(weft::ErrorCode::kDeadlineExceeded, "late"));
  return instance.take().has_value();
}

// Calls each export without parameters twice, with a reset between, which the engine checks.
void run(const ModuleInfo& info, const std::string& module) {
  static const auto engine = Engine::create({.parallel_compilation = false,
                                             .guest_memory_bytes_max = kGuestBytesMax,
                                             .resets_instances = true,
                                             .checks_resets = true})
                                 .value();
  const auto code = engine->compile(module);
  if (!code) return;
  const auto program = HostTable(*engine).link(*code).value();
  auto instance = Instance::create(program, {.memory_bytes = kGuestBytesMax}, nullptr).value();
  instance->begin_instantiation();
  if (!finish(*engine, *instance)) return;
  for (const ExportInfo& item : info.exports) {
    if (!is_callable(item) || !item.function.params.empty()) continue;
    for (int again = 0; again < 2; ++again) {
      WEFT_ASSERT(instance->begin_call(item.name, {}).has_value());
      if (!finish(*engine, *instance) || !instance->reset()) return;
      instance->begin_instantiation();
      if (!finish(*engine, *instance)) return;
    }
  }
}

}  // namespace

// libFuzzer's entry point.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(Beginning::parse(bytes));
  const auto module = to_binary(bytes, "fuzz.wat");
  if (!module) return 0;
  const auto whole = inspect(*module);
  if (!whole) return 0;
  const auto parts = split(*module);
  WEFT_ASSERT(parts.has_value() || whole->obstacle);
  if (parts) check_parts(*whole, *parts);
  if (module->size() <= kRunBytesMax && whole->imports.empty()) run(*whole, *module);
  return 0;
}
