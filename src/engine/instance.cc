#include "engine/instance.h"

#include <cstring>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/log.h"
#include "engine/instance_parts.h"
#include "engine/shared_memory.h"
#include "engine/snapshot.h"
#include "engine/stack_pool.h"
#include "engine/wasmtime_types.h"

namespace weft::engine {
namespace {

static_assert(kElementBytes == WEFT_TABLE_ELEMENT_BYTES);
static_assert(kBytesBesideMemoryFree == WEFT_FREE_BYTES_BESIDE_MEMORY);

// A guest yields at the next tick of the engine.
constexpr std::uint64_t kTicksPerSlice = 1;

// A guest that is interrupted does not yield at its checks; but the garbage collector yields
// between its steps, of which one collection has about ten, before the guest comes to a check.
constexpr int kPollsToInterruptMax = 32;

// Beyond so many stacks, used or not, instances end instead of waiting for their next call.
constexpr std::uint32_t kStacksKeptMax = 1'024;

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

// Those that change. kFailedPrecondition for an instance that has no snapshot.
Result<std::vector<Value>> captured_globals(const InstanceParts& parts) {
  WEFT_ASSERT(parts.operation == InstanceParts::Operation::kNone);
  if (!parts.beginning || !parts.has_succeeded() || !parts.program->code().can_reset()) {
    return fail(ErrorCode::kFailedPrecondition,
                "only what ended with success and can be put back has a snapshot");
  }
  std::vector<Value> globals;
  for (const wasmtime_global_t& global : parts.beginning->globals) {
    wasmtime_val_t value;
    wasmtime_global_get(parts.context, &global, &value);
    globals.push_back(from_wasmtime(value));
  }
  return globals;
}

}  // namespace

InstanceParts::~InstanceParts() {
  future.reset();
  use_again();
  if (trap != nullptr) wasm_trap_delete(trap);
  if (failure != nullptr) wasmtime_error_delete(failure);
  store.reset();
  weft_limiter_release(&limiter);
}

// How much memory a split module's instance has before anything of it runs.
std::uint64_t InstanceParts::beginning_bytes() const {
  const auto& image = next_memory.image;
  return image ? image->size_bytes() : 0;
}

// The same as its module says.
std::uint64_t InstanceParts::module_bytes() const {
  const auto& image = program->code().image();
  return image ? image->size_bytes() : 0;
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
  if (next == Operation::kCall) return begin_call_of(*callee);
  arguments.clear();
  results.clear();
  use_again();
  if (beginning && beginning->slot != nullptr && beginning->slot->is_slow_to_search())
    beginning->faults.watch();
  // Of a new instance, Wasmtime itself takes what the module says.
  const std::uint64_t bytes = beginning_bytes() - (beginning ? 0 : module_bytes());
  if (!weft_limiter_take(&limiter, bytes)) {
    constexpr std::string_view kWhy = "the guest cannot begin";
    refused = limiter.memory_refused ? too_much_memory(kWhy) : too_many_guests(kWhy);
  } else if (!beginning) {
    future.reset(wasmtime_instance_pre_instantiate_async(&program->get(), context, &instance, &trap,
                                                         &failure));
  } else if (beginning->start) {
    begin_call_of(*beginning->start);
  }
}

// After put_back(), or instead of its next operation.
void InstanceParts::use_again() {
  if (beginning && beginning->kept_bytes > 0)
    program->engine().slots()->give_back_bytes(std::exchange(beginning->kept_bytes, 0));
}

void InstanceParts::begin_call_of(const Callee& called) {
  future.reset(wasmtime_func_call_async(context, &called.function, arguments.data(),
                                        arguments.size(), results.data(), results.size(), &trap,
                                        &failure));
}

// Whether the operation is done.
bool InstanceParts::poll_future() {
  if (!future) return true;  // Nothing had to run.
  const bool is_new = operation == Operation::kInstantiation && !beginning;
  {
    std::optional<SlotPool::Making> making;
    if (is_new && next_memory.image) making.emplace(next_memory);
    if (!wasmtime_call_future_poll(future.get())) return false;
  }
  future.reset();  // A finished future may not be polled again.
  if (!is_new || trap != nullptr || failure != nullptr) return true;
  if (plan() != nullptr) beginning = std::make_unique<ResetParts>();
  take_from_instance();
  if (!beginning || !beginning->start) return true;
  begin_call_of(*beginning->start);
  return poll_future();
}

// A guest whose slice is over yields, and comes here again at the next check behind that: only then
// it is known whether it goes on, and it has a place where it can end.
wasmtime_error_t* InstanceParts::at_epoch(wasmtime_context_t*, void* parts, std::uint64_t* ticks,
                                          wasmtime_update_deadline_kind_t* kind) {
  auto& self = *static_cast<InstanceParts*>(parts);
  if (self.interrupted) return wasmtime_error_new("interrupted");
  self.has_yielded = !self.has_yielded;
  self.begin_slice();
  *ticks = self.has_yielded ? 0 : kTicksPerSlice;
  *kind = self.has_yielded ? WASMTIME_UPDATE_DEADLINE_YIELD : WASMTIME_UPDATE_DEADLINE_CONTINUE;
  return nullptr;
}

Error InstanceParts::uninterruptible() {
  return Error(ErrorCode::kGuestLimit,
               fmt::format("the guest called its host {} times in a row after its time slice was "
                           "over, with no loop or function of its own between, so nothing could "
                           "interrupt it",
                           kCallsBeyondSliceMax))
      .with_limit("calls_beyond_slice", kCallsBeyondSliceMax);
}

bool InstanceParts::attempt(wasmtime_caller_t* caller) {
  HostAttempt& attempt = attempted;
  HostCall call(*this, caller, attempt.values.data(), attempt.memory);
  if (interrupted) {
    call.stop(*interrupted);
  } else if (call.should_yield()) {
    call.yield();
  } else {
    attempt.function(call);
  }
  is_parked = call.is_parked();
  if (is_parked || call.is_yielding()) {
    attempt.memory = call.memory();  // Nobody can look for it later.
    return false;
  }
  *attempt.trap = call.take_trap();
  if (attempt.result != nullptr)
    *attempt.result = {.kind = WASMTIME_I32, .of = {.i32 = attempt.values.front().i32}};
  attempt.function = nullptr;
  if (caller == nullptr) {  // What it waited is no part of the guest's slice.
    has_yielded = false;
    begin_slice();
    wasmtime_context_set_epoch_deadline(context, kTicksPerSlice);
  }
  return true;
}

void InstanceParts::run_to_the_end() {
  if (operation == Operation::kInstantiation) {
    failure = wasmtime_instance_pre_instantiate(&program->get(), context, &instance, &trap);
    if (trap == nullptr && failure == nullptr) take_from_instance();
  } else {
    failure = wasmtime_func_call(context, &callee->function, arguments.data(), arguments.size(),
                                 results.data(), results.size(), &trap);
  }
}

std::optional<wasmtime_extern_t> InstanceParts::exported(std::string_view name) const {
  wasmtime_extern_t item;
  if (!wasmtime_instance_export_get(context, &instance, name.data(), name.size(), &item))
    return std::nullopt;
  return item;
}

// What only a split module exports.
wasmtime_extern_t InstanceParts::own_export(std::string_view name) const {
  const auto item = exported(name);
  WEFT_ASSERT(item.has_value());
  return *item;
}

// Sets them to the program's state where that has any.
void InstanceParts::take_globals() {
  const auto& begun = program->globals();
  for (std::uint64_t i = 0; i < plan()->globals; ++i) {
    const auto& global =
        beginning->globals.emplace_back(own_export(Beginning::global_name(i)).of.global);
    wasmtime_val_t value;
    if (begun) {
      value = to_wasmtime(begun->at(i));
      const FailureHandle failed(wasmtime_global_set(context, &global, &value));
      WEFT_ASSERT(!failed);  // Program::with_snapshot compares types.
    } else {
      wasmtime_global_get(context, &global, &value);
    }
    beginning->values.push_back(value);
  }
}

// What later operations need of a new instance.
void InstanceParts::take_from_instance() {
  if (auto item = exported("memory")) {
    if (item->kind == WASMTIME_EXTERN_MEMORY) memory = item->of.memory;
    wasmtime_extern_delete(&*item);
  }
  if (!beginning) return;
  const Beginning& names = *plan();
  if (names.has_memory) {
    beginning->memory = own_export(Beginning::kMemoryName).of.memory;
    beginning->slot = next_memory.slot;
    const bool has_image =
        beginning->slot != nullptr &&
        wasmtime_memory_data(context, &beginning->memory) == beginning->slot->base() &&
        wasmtime_memory_data_size(context, &beginning->memory) == beginning_bytes();
    if (!has_image) {
      refused =
          Error(ErrorCode::kInternal, "the guest's memory is not the one that was made for it");
      beginning.reset();
      return;
    }
  }
  take_globals();
  if (names.has_start && !program->has_snapshot())
    beginning->start = std::make_unique<Callee>(own_export(Beginning::kStartName).of.func);
}

// The last operation.
bool InstanceParts::has_succeeded() const {
  return trap == nullptr && failure == nullptr && !interrupted && !refused;
}

bool InstanceParts::put_back() {
  if (Slot* const slot = beginning->slot) {
    const bool has_grown = slot->size_bytes() > beginning_bytes();
    if (!slot->reset(program->engine().slots()->dirty_pages(), !beginning->faults.were_none()))
      return false;
    if (has_grown) {
      // Compiled code reads the size in a place that only growing writes, by any number of pages.
      std::uint64_t pages = 0;
      const FailureHandle failed(wasmtime_memory_grow(context, &beginning->memory, 0, &pages));
      if (failed) return false;
    }
    if (program->engine().options().checks_resets) WEFT_ASSERT(slot->equals_image());
    WEFT_ASSERT(wasmtime_memory_data_size(context, &beginning->memory) == beginning_bytes());
  }
  for (std::size_t i = 0; i < beginning->globals.size(); ++i) {
    const FailureHandle failed(
        wasmtime_global_set(context, &beginning->globals[i], &beginning->values[i]));
    if (failed) return false;
  }
  weft_limiter_release(&limiter);
  return keep();
}

// What the instance takes beside its memories.
std::uint64_t InstanceParts::bytes_beside_memory() const {
  return limiter.own_bytes + limiter.table_elements * kElementBytes;
}

// Counts what an instance has that waits for its next call; false when that is too much.
bool InstanceParts::keep() {
  SlotPool& slots = *program->engine().slots();
  Slot* const slot = beginning->slot;
  const std::uint64_t beside = bytes_beside_memory();
  std::uint64_t bytes = beside + (slot != nullptr ? slot->own_bytes() : 0);
  if (!slots.keep_bytes(bytes)) {
    if (bytes == beside || !slot->trim() || !slots.keep_bytes(beside)) return false;
    bytes = beside;
  }
  beginning->kept_bytes = bytes;
  return true;
}

// Whether the guest ended because a growth was refused (see Instance::take), if one was.
bool InstanceParts::is_consequence_of_refusal(const Error& error) const {
  if (trap != nullptr) return gave_up(*trap);
  // Instantiation or the garbage collector found no room; or the host ran out of memory, or the
  // guest threw an exception, which other codes say.
  return error.code() == ErrorCode::kGuestTrap;
}

FailureContext InstanceParts::failure_context() const {
  return {.fuel = fuel, .shift = plan() != nullptr ? plan()->shift : 0};
}

Error InstanceParts::too_many_guests(std::string_view why) const {
  return Error(ErrorCode::kResourceExhausted,
               fmt::format("the guests that run now use all the memory that guests may have ({}); "
                           "try again",
                           why))
      .with_limit("guest_memory_bytes", limiter.shared_memory_bytes_max);
}

Error InstanceParts::too_much_memory(std::string_view why) const {
  return Error(ErrorCode::kGuestLimit,
               fmt::format("the guest needs more than {} bytes of memory ({})",
                           limiter.memory_bytes_max, why))
      .with_limit("memory_bytes", limiter.memory_bytes_max);
}

Error InstanceParts::failed_with() {
  Error error =
      trap != nullptr ? error_of(*trap, failure_context()) : error_of(*failure, failure_context());
  if (interrupted) return Error(*interrupted).with_backtrace(error.backtrace());
  if (stopped) return Error(*stopped).with_backtrace(error.backtrace());
  if (!is_consequence_of_refusal(error)) return error;
  if (limiter.shared_memory_refused)
    return too_many_guests(error.message()).with_backtrace(error.backtrace());
  if (limiter.memory_refused)
    return too_much_memory(error.message()).with_backtrace(error.backtrace());
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
  parts->next_memory.image = TRY(parts->program->image());
  parts->limiter.memory_bytes_max = limits.memory_bytes;
  parts->limiter.table_elements_max = limits.table_elements;
  parts->limiter.own_bytes = parts->program->code().instance_bytes();
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
    found =
        parts_->callees.emplace(name, Callee{function, type_of_function(parts_->context, function)})
            .first;
  }
  const Callee& callee = found->second;
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
  parts_->touch_memory();
  parts_->begin_slice();
  if (!parts_->is_async()) {
    parts_->run_to_the_end();
    return Progress::kDone;
  }
  if (parts_->poll_future()) return Progress::kDone;
  return parts_->is_parked ? Progress::kParked : Progress::kRunning;
}

bool Instance::reset() {
  const InstanceParts& parts = *parts_;
  WEFT_ASSERT(parts.operation == InstanceParts::Operation::kNone);
  if (!parts.beginning || !parts.has_succeeded() || !parts.program->code().can_reset())
    return false;
  // Each keeps the stack of its last call.
  if (parts.program->engine().stacks().size() > kStacksKeptMax) return false;
  parts_->state = nullptr;
  return parts_->put_back();
}

void Instance::set_state(HostState* state) {
  parts_->state = state;
}

bool Instance::may_wait() const {
  const Engine& engine = parts_->program->engine();
  return parts_->has_succeeded() && engine.stacks().size() <= kStacksKeptMax &&
         engine.guest_memory_bytes() <= engine.options().guest_memory_bytes_max / 2;
}

Result<std::string> Instance::capture(std::uint64_t bytes_max) const {
  const InstanceParts& parts = *parts_;
  Snapshot snapshot{.globals = TRY(captured_globals(parts))};
  if (const Slot* const slot = parts.beginning->slot) {
    snapshot.memory_bytes = slot->size_bytes();
    snapshot.pages = TRY(pages_in(std::span(slot->base(), slot->size_bytes()), bytes_max));
  }
  return snapshot.to_bytes();
}

Result<std::string> Instance::capture_changes(const Program& base, std::uint64_t bytes_max) const {
  const InstanceParts& parts = *parts_;
  const auto& hash = base.snapshot_hash();
  if (!hash || &base.code() != &parts.program->code()) {
    return fail(ErrorCode::kFailedPrecondition,
                "what has changed is told only from a snapshot of the same code");
  }
  Changes changes{.base = *hash, .globals = TRY(captured_globals(parts))};
  if (const Slot* const slot = parts.beginning->slot) {
    const auto image = TRY(base.image());
    changes.memory_bytes = slot->size_bytes();
    changes.runs = TRY(changes_in(std::span(slot->base(), slot->size_bytes()), *image, bytes_max));
  }
  return changes.to_bytes();
}

void Instance::interrupt(Error error) {
  WEFT_ASSERT(parts_->is_async());
  parts_->interrupted = std::move(error);
  if (!parts_->future) return;  // Nothing had to run.
  parts_->touch_memory();
  // A guest that yielded to the collector may still have its slice: without a tick, it would go on.
  parts_->program->engine().tick();
  for (int polls = 0; polls < kPollsToInterruptMax; ++polls) {
    if (wasmtime_call_future_poll(parts_->future.get())) break;
  }
  parts_->future.reset();  // Ends a guest that is still not done.
}

Result<std::span<const Value>> Instance::take() {
  const auto operation = std::exchange(parts_->operation, InstanceParts::Operation::kNone);
  if (auto refused = std::exchange(parts_->refused, std::nullopt)) return fail(*std::move(refused));
  if (parts_->trap != nullptr || parts_->failure != nullptr) return fail(parts_->failed_with());
  if (const auto& interrupted = parts_->interrupted) return fail(*interrupted);
  parts_->values.clear();
  if (operation == InstanceParts::Operation::kCall) {
    for (const wasmtime_val_t& raw : parts_->results)
      parts_->values.push_back(from_wasmtime(raw));
  }
  return std::span<const Value>(parts_->values);
}

std::uint64_t Instance::memory_bytes() const {
  return parts_->limiter.memory_bytes;
}

GuestMemory Instance::memory() {
  parts_->touch_memory();
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
