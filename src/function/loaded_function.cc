#include "function/loaded_function.h"

#include <algorithm>
#include <iterator>

#include "abi/command/command.h"
#include "function/module_record.h"

namespace weft::function {
namespace {

// More are only useful while that many calls run at once.
constexpr std::size_t kKeptMax = 16;
// An hour of statistics, and what is small.
constexpr std::uint64_t kPerFunctionBytes = 256ULL * 1024;

const engine::ExportInfo* only_export_of(const LoadedFunction::Description& description) {
  const engine::ExportInfo* only = nullptr;
  for (const engine::ExportInfo& item : description.info.exports) {
    if (item.kind != engine::ItemKind::kFunction || abi::is_initializer(item)) continue;
    if (description.initialization.has(item.name)) continue;
    if (only != nullptr) return nullptr;
    only = &item;
  }
  return only;
}

// What the files take. Versions with one archive share it, and each counts it.
std::uint64_t python_bytes_of(const LoadedFunction::Description& description) {
  const auto& python = description.python;
  if (!python) return 0;
  const std::uint64_t archive = python->archive ? python->archive->memory_bytes : 0;
  return archive + (python->cold ? python->cold->file.size() : 0);
}

}  // namespace

State state_of(const engine::ModuleInfo& info, bool is_warm) {
  if (is_warm) return State::kWarm;
  if (!info.has_mutable_state && info.imports.empty()) return State::kStateless;
  return info.obstacle ? State::kFresh : State::kPristine;
}

InitializationTime time_of_initialization(const engine::ModuleInfo& info, bool is_warm) {
  if (!info.obstacle) return InitializationTime::kDeployment;
  return is_warm ? InitializationTime::kInstance : InitializationTime::kCall;
}

LoadedFunction::LoadedFunction(Description description,
                               std::shared_ptr<const engine::Program> program,
                               std::shared_ptr<FunctionHistory> history)
    : description_(std::move(description)),
      program_(std::move(program)),
      history_(std::move(history)),
      state_(state_of(description_.info, description_.is_warm)),
      memory_bytes_(kPerFunctionBytes + memory_bytes_of(description_.info) +
                    program_->code().memory_bytes() + program_->memory_bytes() +
                    python_bytes_of(description_)),
      calls_wasix_(abi::command::calls_wasix(description_.info)),
      only_export_(only_export_of(description_)) {}

std::span<const std::string> LoadedFunction::exports_before(std::string_view name) const {
  if (program_->has_snapshot()) return {};
  const Initialization& all = description_.initialization;
  return std::span(all.exports).first(all.count_before(name));
}

bool LoadedFunction::begins_with(std::string_view name) const {
  return program_->has_snapshot() && name == abi::kInitialize &&
         description_.initialization.has(name);
}

engine::InstanceLimits LoadedFunction::instance_limits() const {
  return {.memory_bytes = description_.limits.memory_bytes};
}

void LoadedFunction::make_ready() {
  if (is_ready()) return;
  auto instance = engine::Instance::create(program_, instance_limits(), nullptr);
  if (instance && engine::instantiate(**instance)) give_back(*std::move(instance));
}

std::unique_ptr<engine::Instance> LoadedFunction::take_kept() {
  return kept_.with([](Kept& kept) -> std::unique_ptr<engine::Instance> {
    if (kept.instances.empty()) return nullptr;
    auto instance = std::move(kept.instances.back());
    kept.instances.pop_back();
    kept.least = std::min(kept.least, kept.instances.size());
    return instance;
  });
}

void LoadedFunction::give_back(std::unique_ptr<engine::Instance> instance) {
  if (state_ == State::kFresh) return;
  if (state_ == State::kPristine && !instance->reset()) return;
  if (keeps_ready() && !instance->may_wait()) return;
  instance->set_state(nullptr);
  kept_.with([&instance](Kept& kept) {
    if (kept.instances.size() < kKeptMax) kept.instances.push_back(std::move(instance));
  });
}

LoadedFunction::Idle LoadedFunction::release_idle() {
  std::vector<std::unique_ptr<engine::Instance>> idle;  // End outside the lock.
  return kept_.with([&idle](Kept& kept) {
    const auto end = kept.instances.begin() + static_cast<std::ptrdiff_t>(kept.least);
    idle.assign(std::move_iterator(kept.instances.begin()), std::move_iterator(end));
    kept.instances.erase(kept.instances.begin(), end);
    kept.least = kept.instances.size();
    return Idle{.ended = idle.size(), .left = kept.instances.size()};
  });
}

}  // namespace weft::function
