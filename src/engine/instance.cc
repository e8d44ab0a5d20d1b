#include "engine/instance.h"

#include <cstring>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/log.h"
#include "engine/instance_parts.h"
#include "engine/shared_memory.h"
#include "engine/wasmtime_types.h"

namespace weft::engine {
namespace {

// A guest yields at the next tick of the engine.
constexpr std::uint64_t kTicksPerSlice = 1;

// A guest that is interrupted does not yield at its checks; but the garbage collector yields
// between its steps, of which one collection has about ten, before the guest comes to a check.
constexpr int kPollsToInterruptMax = 32;

// How much of an export's name or type an error shows; a module can have names of 100 kB.
constexpr std::size_t kNameShownBytesMax = 100;

wasmtime_val_t to_wasmtime(const Value& value) {
  wasmtime_val_t raw{};
  raw.kind = static_cast<wasmtime_valkind_t>(value.index());
  std::visit(
      [&raw](const auto& number) {
        static_assert(sizeof(number) <= sizeof(raw.of));
        std::memcpy(&raw.of, &number, sizeof(number));
      },
      value);
  return raw;
}

template <class T>
Value number_in(const wasmtime_valunion_t& raw) {
  T number{};
  std::memcpy(&number, &raw, sizeof(number));
  return number;
}

Value from_wasmtime(const wasmtime_val_t& raw) {
  switch (raw.kind) {
    case WASMTIME_I32:
      return number_in<std::int32_t>(raw.of);
    case WASMTIME_I64:
      return number_in<std::int64_t>(raw.of);
    case WASMTIME_F32:
      return number_in<float>(raw.of);
    case WASMTIME_F64:
      return number_in<double>(raw.of);
    default:
      WEFT_ASSERT(raw.kind == WASMTIME_V128);  // begin_call refuses other types.
      return number_in<V128>(raw.of);
  }
}

FunctionType type_of_function(const wasmtime_context_t* context, const wasmtime_func_t& function) {
  const Handle<wasm_functype_t, wasm_functype_delete> type(wasmtime_func_type(context, &function));
  return function_type_of(*type);
}

// "add has type (i32, i32) -> i32"
std::string described(std::string_view name, const FunctionType& type) {
  return fmt::format("{} has type {}", shown(name, kNameShownBytesMax),
                     shown(to_string(type), kNameShownBytesMax));
}

Result<> check_arguments(std::string_view name, const FunctionType& type,
                         std::span<const Value> arguments) {
  for (const auto* list : {&type.params, &type.results}) {
    for (const ValueType one : *list) {
      if (!is_numeric(one)) {
        return fail(
            ErrorCode::kUnsupported,
            fmt::format("{}: references cannot be passed from outside", described(name, type)));
      }
    }
  }
  if (arguments.size() != type.params.size()) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: it takes {} argument{}, not {}", described(name, type), type.params.size(),
                    type.params.size() == 1 ? "" : "s", arguments.size()));
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (type_of(arguments[i]) != type.params[i]) {
      return fail(
          ErrorCode::kInvalidArgument,
          fmt::format("argument {} of {} is {}, not {}", i + 1, shown(name, kNameShownBytesMax),
                      name_of(type.params[i]), name_of(type_of(arguments[i]))));
    }
  }
  return {};
}

}  // namespace

InstanceParts::~InstanceParts() {
  future.reset();
  if (trap != nullptr) wasm_trap_delete(trap);
  if (failure != nullptr) wasmtime_error_delete(failure);
  store.reset();
  weft_limiter_release(&limiter);
}

void InstanceParts::begin(Operation next) {
  WEFT_ASSERT(operation == Operation::kNone);
  operation = next;
  limiter.memory_refused = false;
  limiter.table_refused = false;
  limiter.shared_memory_refused = false;
  if (!is_async()) return;
  has_yielded = false;
  wasmtime_context_set_epoch_deadline(context, kTicksPerSlice);
  if (next == Operation::kInstantiation) {
    future.reset(wasmtime_instance_pre_instantiate_async(&program->get(), context, &instance, &trap,
                                                         &failure));
  } else {
    future.reset(wasmtime_func_call_async(context, &callee->function, arguments.data(),
                                          arguments.size(), results.data(), results.size(), &trap,
                                          &failure));
  }
}

// A guest whose slice is over yields, and comes here again at the next check behind that: only then
// it is known whether it goes on, and it has a place where it can end.
wasmtime_error_t* InstanceParts::at_epoch(wasmtime_context_t*, void* parts, std::uint64_t* ticks,
                                          wasmtime_update_deadline_kind_t* kind) {
  auto& self = *static_cast<InstanceParts*>(parts);
  if (self.interrupted) return wasmtime_error_new("interrupted");
  self.has_yielded = !self.has_yielded;
  *ticks = self.has_yielded ? 0 : kTicksPerSlice;
  *kind = self.has_yielded ? WASMTIME_UPDATE_DEADLINE_YIELD : WASMTIME_UPDATE_DEADLINE_CONTINUE;
  return nullptr;
}

void InstanceParts::run_to_the_end() {
  if (operation == Operation::kInstantiation) {
    failure = wasmtime_instance_pre_instantiate(&program->get(), context, &instance, &trap);
  } else {
    failure = wasmtime_func_call(context, &callee->function, arguments.data(), arguments.size(),
                                 results.data(), results.size(), &trap);
  }
}

void InstanceParts::finish_instantiation() {
  constexpr std::string_view kName = "memory";
  wasmtime_extern_t item;
  if (!wasmtime_instance_export_get(context, &instance, kName.data(), kName.size(), &item)) return;
  if (item.kind == WASMTIME_EXTERN_MEMORY) memory = item.of.memory;
  wasmtime_extern_delete(&item);
}

// Whether the guest ended because a growth was refused (see Instance::take), if one was.
bool InstanceParts::is_consequence_of_refusal(const Error& error) const {
  if (trap != nullptr) return gave_up(*trap);
  // Instantiation or the garbage collector found no room; or the host ran out of memory, or the
  // guest threw an exception, which other codes say.
  return error.code() == ErrorCode::kGuestTrap;
}

Error InstanceParts::failed_with() {
  Error error = trap != nullptr ? error_of(*trap, fuel) : error_of(*failure);
  if (interrupted) return Error(*interrupted).with_backtrace(error.backtrace());
  if (stopped) return Error(*stopped).with_backtrace(error.backtrace());
  if (!is_consequence_of_refusal(error)) return error;
  if (limiter.shared_memory_refused) {
    return Error(
               ErrorCode::kResourceExhausted,
               fmt::format("the guests that run now use all the memory that guests may have ({}); "
                           "try again",
                           error.message()))
        .with_limit("guest_memory_bytes", limiter.shared_memory_bytes_max)
        .with_backtrace(error.backtrace());
  }
  if (limiter.memory_refused) {
    return Error(ErrorCode::kGuestLimit,
                 fmt::format("the guest needs more than {} bytes of memory ({})",
                             limiter.memory_bytes_max, error.message()))
        .with_limit("memory_bytes", limiter.memory_bytes_max)
        .with_backtrace(error.backtrace());
  }
  const SharedMemory* const shared = program->memory();
  if (shared != nullptr && shared->is_at_limit()) {
    return Error(ErrorCode::kGuestLimit,
                 fmt::format("the guest has used all its {} bytes of memory ({})",
                             shared->bytes_max(), error.message()))
        .with_limit("memory_bytes", shared->bytes_max())
        .with_backtrace(error.backtrace());
  }
  if (limiter.table_refused) {
    return Error(ErrorCode::kGuestLimit,
                 fmt::format("the guest needs more than {} table elements ({})",
                             limiter.table_elements_max, error.message()))
        .with_limit("table_elements", limiter.table_elements_max)
        .with_backtrace(error.backtrace());
  }
  return error;
}

Instance::Instance(std::unique_ptr<InstanceParts> parts) : parts_(std::move(parts)) {}

Instance::~Instance() = default;

Result<std::unique_ptr<Instance>> Instance::create(std::shared_ptr<const Program> program,
                                                   const InstanceLimits& limits, HostState* state) {
  auto parts = std::make_unique<InstanceParts>();
  parts->program = std::move(program);
  parts->state = state;
  parts->limiter.memory_bytes_max = limits.memory_bytes;
  parts->limiter.table_elements_max = limits.table_elements;
  const Engine& engine = parts->program->engine();
  parts->limiter.shared_memory_bytes = &engine.guest_memory_bytes();
  parts->limiter.shared_memory_bytes_max = engine.options().guest_memory_bytes_max;
  parts->store.reset(wasmtime_store_new(&engine.get(), parts.get(), nullptr));
  parts->context = wasmtime_store_context(parts->store.get());
  weft_store_limiter(parts->store.get(), &parts->limiter);
  if (engine.interruption() == Interruption::kEpoch) {
    wasmtime_store_epoch_deadline_callback(parts->store.get(), InstanceParts::at_epoch, parts.get(),
                                           nullptr);
  }
  if (engine.interruption() == Interruption::kFuel) {
    parts->fuel = limits.fuel;
    const FailureHandle failure(wasmtime_context_set_fuel(parts->context, limits.fuel));
    if (failure) return fail(ErrorCode::kInternal, text_of(*failure));
  }
  return std::unique_ptr<Instance>(new Instance(std::move(parts)));
}

void Instance::begin_instantiation() {
  parts_->begin(InstanceParts::Operation::kInstantiation);
}

Result<> Instance::begin_call(std::string_view name, std::span<const Value> arguments) {
  auto found = parts_->callees.find(name);
  if (found == parts_->callees.end()) {
    wasmtime_extern_t item;
    if (!wasmtime_instance_export_get(parts_->context, &parts_->instance, name.data(), name.size(),
                                      &item)) {
      return fail(ErrorCode::kNotFound, fmt::format("the module exports nothing named {}",
                                                    shown(name, kNameShownBytesMax)));
    }
    const bool is_function = item.kind == WASMTIME_EXTERN_FUNC;
    const wasmtime_func_t function = item.of.func;
    wasmtime_extern_delete(&item);
    if (!is_function) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the export {} is not a function", shown(name, kNameShownBytesMax)));
    }
    found = parts_->callees
                .emplace(name, InstanceParts::Callee{function,
                                                     type_of_function(parts_->context, function)})
                .first;
  }
  const InstanceParts::Callee& callee = found->second;
  TRY(check_arguments(name, callee.type, arguments));
  parts_->callee = &callee;
  parts_->arguments.clear();
  for (const Value& argument : arguments)
    parts_->arguments.push_back(to_wasmtime(argument));
  parts_->results.assign(callee.type.results.size(), wasmtime_val_t{});
  parts_->begin(InstanceParts::Operation::kCall);
  return {};
}

Progress Instance::poll() {
  WEFT_ASSERT(parts_->operation != InstanceParts::Operation::kNone);
  if (!parts_->is_async()) {
    parts_->run_to_the_end();
    return Progress::kDone;
  }
  WEFT_ASSERT(parts_->future != nullptr);
  if (!wasmtime_call_future_poll(parts_->future.get())) return Progress::kRunning;
  parts_->future.reset();  // A finished future may not be polled again.
  return Progress::kDone;
}

void Instance::interrupt(Error error) {
  WEFT_ASSERT(parts_->is_async());
  WEFT_ASSERT(parts_->future != nullptr);
  parts_->interrupted = std::move(error);
  // A guest that yielded to the collector may still have its slice: without a tick, it would go on.
  parts_->program->engine().tick();
  for (int polls = 0; polls < kPollsToInterruptMax; ++polls) {
    if (wasmtime_call_future_poll(parts_->future.get())) break;
  }
  parts_->future.reset();  // Ends a guest that is still not done.
}

Result<std::span<const Value>> Instance::take() {
  const auto operation = std::exchange(parts_->operation, InstanceParts::Operation::kNone);
  if (parts_->trap != nullptr || parts_->failure != nullptr) return fail(parts_->failed_with());
  if (const auto& interrupted = parts_->interrupted) return fail(*interrupted);
  parts_->values.clear();
  if (operation == InstanceParts::Operation::kInstantiation) {
    parts_->finish_instantiation();
  } else {
    for (const wasmtime_val_t& raw : parts_->results)
      parts_->values.push_back(from_wasmtime(raw));
  }
  return std::span<const Value>(parts_->values);
}

GuestMemory Instance::memory() {
  const auto& memory = parts_->memory;
  if (!memory) {
    const SharedMemory* const shared = parts_->program->memory();
    return shared != nullptr ? shared->bytes() : GuestMemory(nullptr, 0);
  }
  return {wasmtime_memory_data(parts_->context, &*memory),
          wasmtime_memory_data_size(parts_->context, &*memory)};
}

Result<> instantiate(Instance& instance) {
  instance.begin_instantiation();
  while (instance.poll() == Progress::kRunning) {
  }
  TRY(instance.take());
  return {};
}

Result<std::vector<Value>> call(Instance& instance, std::string_view name,
                                std::span<const Value> arguments) {
  TRY(instance.begin_call(name, arguments));
  while (instance.poll() == Progress::kRunning) {
  }
  const auto values = TRY(instance.take());
  return std::vector<Value>(values.begin(), values.end());
}

}  // namespace weft::engine
