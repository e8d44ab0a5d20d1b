#include "engine/engine.h"

#include <algorithm>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "base/assert.h"
#include "engine/compiled_parts.h"
#include "engine/failure.h"
#include "engine/freed_memory.h"
#include "engine/host_call.h"
#include "engine/instance_parts.h"
#include "engine/mappings.h"
#include "engine/memory_image.h"
#include "engine/shared_memory.h"
#include "engine/slot_pool.h"
#include "engine/split.h"
#include "engine/stack_pool.h"
#include "engine/wasmtime_types.h"

namespace weft::engine {
namespace {

// Enough to see who called what; deep recursion stays readable.
constexpr std::size_t kBacktraceFramesMax = 32;

// Of an asynchronous stack, at least: beside what the guest has.
constexpr std::uint64_t kHostStackBytes = 1024ULL * 1024;

// To be raised when `compile` changes modules in another way.
constexpr int kChangesVersion = 5;

std::string_view text_in(const wasm_name_t* name) {
  return {name->data, name->size};
}

wasm_trap_t* call_host(void* env, wasmtime_caller_t* caller, wasmtime_val_raw_t* values,
                       std::size_t) {
  auto& parts =
      *static_cast<InstanceParts*>(wasmtime_context_get_data(wasmtime_caller_context(caller)));
  HostCall call(parts, caller, values);
  if (parts.evades_interruption()) {
    call.stop(InstanceParts::uninterruptible());
  } else {
    reinterpret_cast<HostFunction>(env)(call);
  }
  return call.take_trap();
}

// Host functions take integers only.
wasmtime_val_raw_t to_raw(const wasmtime_val_t& value) {
  wasmtime_val_raw_t raw{};
  if (value.kind == WASMTIME_I64) {
    raw.i64 = value.of.i64;
  } else {
    raw.i32 = value.of.i32;
  }
  return raw;
}

// Asked at once for the first time, behind the attempt that parked or yielded.
bool attempt_again(void* env) {
  auto& parts = *static_cast<InstanceParts*>(env);
  if (std::exchange(parts.attempted.is_first, false)) return false;
  return parts.attempt(nullptr);
}

// A function that may park or yield: tried here, and again whenever the guest is polled, until it
// is done. NOLINTNEXTLINE(readability-function-size): Wasmtime's callback
void call_host_that_parks(void* env, wasmtime_caller_t* caller, const wasmtime_val_t* arguments,
                          std::size_t count, wasmtime_val_t* results, std::size_t result_count,
                          wasm_trap_t** trap, wasmtime_async_continuation_t* continuation) {
  auto& parts =
      *static_cast<InstanceParts*>(wasmtime_context_get_data(wasmtime_caller_context(caller)));
  HostAttempt& attempt = parts.attempted;
  attempt.function = reinterpret_cast<HostFunction>(env);
  attempt.values.assign(std::max<std::size_t>(count, 1), {});
  std::ranges::transform(std::span(arguments, count), attempt.values.begin(), to_raw);
  attempt.result = result_count > 0 ? results : nullptr;
  attempt.trap = trap;
  attempt.memory.reset();
  attempt.is_first = true;
  const auto done = [](void*) { return true; };
  *continuation = {.callback = parts.attempt(caller) ? done : attempt_again,
                   .env = &parts,
                   .finalizer = nullptr};
}

// What is compiled instead of `module`: with names for exported functions that have no other, and
// without debug information that is not safe to read.
std::string prepared(std::string_view module, std::string_view original,
                     std::uint64_t debug_info_bytes_max) {
  std::string result(module);
  if (!weft_debug_info_is_safe(borrow(module), debug_info_bytes_max))
    weft_hide_debug_info(reinterpret_cast<std::uint8_t*>(result.data()), result.size());
  weft_export_names(borrow(original), &result, append_to_string);
  return result;
}

// The memory belongs to no store; the C API wants to see one all the same.
std::optional<Error> define_memory(const Engine& engine, wasmtime_linker_t& linker,
                                   std::string_view module, std::string_view name,
                                   const SharedMemory& memory) {
  const Handle<wasmtime_store_t, wasmtime_store_delete> store(
      wasmtime_store_new(&engine.get(), nullptr, nullptr));
  wasmtime_extern_t item{.kind = WASMTIME_EXTERN_SHAREDMEMORY, .of = {}};
  item.of.sharedmemory = &memory.get();  // Cloned by the call.
  const FailureHandle failure(wasmtime_linker_define(&linker, wasmtime_store_context(store.get()),
                                                     module.data(), module.size(), name.data(),
                                                     name.size(), &item));
  if (failure) return Error(ErrorCode::kFailedPrecondition, text_of(*failure));
  return std::nullopt;
}

}  // namespace

void Code::Delete::operator()(wasmtime_module* module) const {
  wasmtime_module_delete(module);
}
void Engine::Delete::operator()(wasm_engine_t* engine) const {
  wasm_engine_delete(engine);
}

Code::Code(wasmtime_module* module, std::uint64_t instance_bytes,
           std::unique_ptr<const Beginning> beginning, std::shared_ptr<const MemoryImage> image)
    : module_(module),
      instance_bytes_(instance_bytes),
      beginning_(std::move(beginning)),
      image_(std::move(image)) {}

Code::~Code() = default;

bool Code::can_reset() const {
  return beginning_ != nullptr && beginning_->can_be_put_back;
}

std::uint64_t Code::memory_bytes() const {
  void* begin = nullptr;
  void* end = nullptr;
  wasmtime_module_image_range(module_.get(), &begin, &end);
  const std::uint64_t image = image_ ? image_->stored_bytes() : 0;
  return image + static_cast<std::uint64_t>(static_cast<char*>(end) - static_cast<char*>(begin));
}

Result<std::unique_ptr<Engine>> Engine::create(const EngineOptions& options) {
  // An impossible combination would abort inside Wasmtime.
  if (options.wasm_stack_bytes == 0)
    return fail(ErrorCode::kInvalidArgument, "guests need a stack of one byte or more");
  if (options.async_stack_bytes < kHostStackBytes ||
      options.wasm_stack_bytes > options.async_stack_bytes - kHostStackBytes) {
    return fail(ErrorCode::kInvalidArgument,
                "the asynchronous stack must exceed the wasm stack by 1 MiB");
  }
  if (options.resets_instances && options.interruption != Interruption::kEpoch) {
    return fail(ErrorCode::kInvalidArgument,
                "only guests that are interrupted by epochs are reset");
  }
  std::unique_ptr<Engine> engine(new Engine(options));
  if (options.resets_instances) engine->images_ = TRY(ImageFile::create());
  return engine;
}

Engine::Engine(const EngineOptions& options) : options_(options) {
  wasm_config_t* config = wasm_config_new();
  wasmtime_config_wasm_threads_set(config, options.threads);
  wasmtime_config_shared_memory_set(config, options.threads);
  wasmtime_config_wasm_relaxed_simd_deterministic_set(config, true);
  wasmtime_config_max_wasm_stack_set(config, options.wasm_stack_bytes);
  wasmtime_config_async_stack_size_set(config, options.async_stack_bytes);
  wasmtime_config_parallel_compilation_set(config, options.parallel_compilation);
  wasmtime_config_epoch_interruption_set(config, options.interruption == Interruption::kEpoch);
  wasmtime_config_consume_fuel_set(config, options.interruption == Interruption::kFuel);
  wasmtime_config_cranelift_opt_level_set(config, WASMTIME_OPT_LEVEL_SPEED);
  weft_config_tune(config, kBacktraceFramesMax);
  mappings_ = std::make_unique<Mappings>(options.mappings_max != 0 ? options.mappings_max
                                                                   : Mappings::available());
  if (options.resets_instances) {
    slots_ = std::make_unique<SlotPool>(
        options.forgets_all_pages ? std::nullopt : DirtyPages::open(), *mappings_);
    slots_->attach(*config);
  }
  // Used again, and made where ThreadSanitizer sees it: Wasmtime's own look like races to it.
  stacks_ = std::make_unique<StackPool>(*mappings_);
  stacks_->attach(*config);
  engine_.reset(wasm_engine_new_with_config(config));
  fingerprint_ = fmt::format("wasmtime-{}-{:016x}-{}", WASMTIME_VERSION,
                             weft_engine_fingerprint(engine_.get()), kChangesVersion);
}

Engine::~Engine() = default;

Result<std::string> Engine::compile_to_bytes(std::string_view module) const {
  const FreedMemory freed(module.size());
  std::optional<SplitModule> parts;
  if (options_.resets_instances) parts = split(module);
  const std::string_view plan = parts ? parts->plan : std::string_view();
  const CompiledTail tail{.instance_bytes = weft_instance_bytes(borrow(module)),
                          .plan_size = plan.size()};
  std::string bytes;
  const std::string compiled =
      prepared(parts ? parts->code : module, module, options_.debug_info_bytes_max);
  const FailureHandle failure(
      weft_compile(engine_.get(), borrow(compiled), &bytes, append_to_string));
  if (failure)
    return fail(ErrorCode::kUnsupported, "the module cannot be compiled: " + text_of(*failure));
  bytes += plan;
  bytes.append(reinterpret_cast<const char*>(&tail), sizeof(tail));
  return bytes;
}

Result<std::shared_ptr<const Code>> Engine::load(std::string_view bytes) const {
  return load_from(bytes, std::nullopt);
}

Result<std::shared_ptr<const Code>> Engine::load_file(std::string_view bytes,
                                                      int descriptor) const {
  return load_from(bytes, descriptor);
}

Result<std::shared_ptr<const Code>> Engine::load_from(std::string_view bytes,
                                                      std::optional<int> descriptor) const {
  const auto parts = parts_of(bytes);
  if (!parts || (!parts->plan.empty() && !images_))
    return fail(ErrorCode::kFailedPrecondition, "compiled code does not fit: it is damaged");
  std::unique_ptr<Beginning> beginning;
  std::shared_ptr<const MemoryImage> image;
  if (!parts->plan.empty())
    beginning = std::make_unique<Beginning>(TRY(Beginning::parse(parts->plan)));
  if (beginning && beginning->has_memory) {
    image = TRY(MemoryImage::create(*images_, beginning->memory_bytes, beginning->segments));
    beginning->segments.clear();
  }
  wasmtime_module_t* raw = nullptr;
  if (descriptor) {
    // This very file, whatever has its name by now. What cannot be mapped is copied.
    const std::string path = fmt::format("/proc/self/fd/{}", *descriptor);
    const FailureHandle ignored(wasmtime_module_deserialize_file(&get(), path.c_str(), &raw));
  }
  const std::string_view code = parts->code;
  FailureHandle failure;
  if (raw == nullptr) {
    failure.reset(wasmtime_module_deserialize(
        &get(), reinterpret_cast<const std::uint8_t*>(code.data()), code.size(), &raw));
  }
  if (failure)
    return fail(ErrorCode::kFailedPrecondition, "compiled code does not fit: " + text_of(*failure));
  return std::make_shared<const Code>(raw, parts->instance_bytes, std::move(beginning),
                                      std::move(image));
}

Result<std::shared_ptr<const Code>> Engine::compile(std::string_view module) const {
  return load(TRY(compile_to_bytes(module)));
}

void Engine::tick() const {
  ticks_.fetch_add(1, std::memory_order_relaxed);
  wasmtime_engine_increment_epoch(engine_.get());
}

void HostTable::define(std::string_view module, std::string_view name, FunctionType type,
                       HostFunction function, Waiting waiting) {
  WEFT_ASSERT(find(module, name, type) == nullptr);
  definitions_.push_back({.module = std::string(module),
                          .name = std::string(name),
                          .type = std::move(type),
                          .function = function,
                          .waiting = waiting});
}

const HostTable::Definition* HostTable::find(std::string_view module, std::string_view name,
                                             const FunctionType& type) const {
  const auto found = std::ranges::find_if(definitions_, [&](const Definition& definition) {
    return definition.name == name && definition.module == module && definition.type == type;
  });
  return found == definitions_.end() ? nullptr : &*found;
}

// Only what the code imports is looked at: a linker knows one function of a name.
Result<std::shared_ptr<const Program>> HostTable::link(std::shared_ptr<const Code> code,
                                                       std::shared_ptr<const SharedMemory> memory,
                                                       Waiting parking) const {
  WEFT_ASSERT(parking == Waiting::kNever || engine_.interruption() == Interruption::kEpoch);
  const Handle<wasmtime_linker_t, wasmtime_linker_delete> linker(
      wasmtime_linker_new(&engine_.get()));
  wasm_importtype_vec_t imports{};
  wasmtime_module_imports(&code->get(), &imports);
  std::set<std::pair<std::string_view, std::string_view>> linked;
  std::optional<Error> failed;
  for (std::size_t i = 0; i < imports.size && !failed; ++i) {
    const wasm_importtype_t* const import = imports.data[i];
    const std::string_view module = text_in(wasm_importtype_module(import));
    const std::string_view name = text_in(wasm_importtype_name(import));
    const wasm_externtype_t* const item = wasm_importtype_type(import);
    if (memory != nullptr && wasm_externtype_kind(item) == WASM_EXTERN_MEMORY &&
        linked.emplace(module, name).second) {
      failed = define_memory(engine_, *linker, module, name, *memory);
    }
    const wasm_functype_t* const type = wasm_externtype_as_functype_const(item);
    if (type == nullptr) continue;  // Refused below: tables define functions only.
    const Definition* const found = find(module, name, function_type_of(*type));
    if (found == nullptr || !linked.emplace(module, name).second) continue;
    void* const function = reinterpret_cast<void*>(found->function);
    const bool may_park = found->waiting != Waiting::kNever && found->waiting <= parking;
    const FailureHandle failure(
        may_park ? wasmtime_linker_define_async_func(linker.get(), module.data(), module.size(),
                                                     name.data(), name.size(), type,
                                                     call_host_that_parks, function, nullptr)
                 : wasmtime_linker_define_func_unchecked(linker.get(), module.data(), module.size(),
                                                         name.data(), name.size(), type, call_host,
                                                         function, nullptr));
    if (failure) failed = Error(ErrorCode::kFailedPrecondition, text_of(*failure));
  }
  wasm_importtype_vec_delete(&imports);
  if (failed) return fail(*std::move(failed));
  wasmtime_instance_pre_t* raw = nullptr;
  const FailureHandle failure(wasmtime_linker_instantiate_pre(linker.get(), &code->get(), &raw));
  if (failure) return fail(ErrorCode::kFailedPrecondition, text_of(*failure));
  return std::make_shared<const Program>(
      engine_, std::move(code), std::move(memory), parking,
      std::shared_ptr<wasmtime_instance_pre>(raw, wasmtime_instance_pre_delete));
}

}  // namespace weft::engine
