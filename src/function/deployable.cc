#include "function/deployable.h"

#include <fmt/format.h>

#include "engine/instance.h"

namespace weft::function {
namespace {

Result<> check_callable(const engine::ModuleInfo& info) {
  bool has_initializer = false;
  bool has_functions = false;
  for (const engine::ExportInfo& item : info.exports) {
    if (abi::is_initializer(item)) {  // Called before others, for their sake.
      has_initializer = true;
      continue;
    }
    if (engine::is_callable(item)) return {};
    has_functions |= item.kind == engine::ItemKind::kFunction;
  }
  if (has_functions) {
    return fail(ErrorCode::kInvalidArgument,
                "nothing in the module can be called: each function that it exports takes or gives "
                "references; export one whose parameters and results are numbers");
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("nothing in the module can be called: it exports no function{}; export "
                          "the ones to be called, as in (func (export \"name\") …), or, for a "
                          "program, a function _start without parameters and results",
                          has_initializer ? " but _initialize, which only prepares others" : ""));
}

std::unexpected<Error> exceeds(std::string what, std::string limit, std::uint64_t value) {
  return fail(Error(ErrorCode::kTooLarge, std::move(what)).with_limit(std::move(limit), value));
}

std::uint64_t sum_of(std::uint64_t left, std::uint64_t right) {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(left, right, &sum) ? UINT64_MAX : sum;
}

// Behind check_fixed_limits, which keeps what tables take small.
Result<> check_memory(const engine::ModuleInfo& info, const FunctionLimits& limits,
                      std::uint64_t guest_memory_bytes) {
  std::uint64_t pages = 0;
  for (const engine::MemoryInfo& memory : info.memories)
    pages = sum_of(pages, memory.min_pages);
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(pages, engine::kPageBytes, &bytes)) bytes = UINT64_MAX;
  const std::uint64_t beside = info.instance_bytes + info.table_elements * engine::kElementBytes;
  const std::uint64_t counted =
      beside > engine::kBytesBesideMemoryFree ? beside - engine::kBytesBesideMemoryFree : 0;
  std::string begins = fmt::format("the module begins with {} bytes of memory", bytes);
  if (counted > 0) {
    begins += fmt::format(" and {} bytes of tables, globals and references to functions", beside);
    bytes = sum_of(bytes, counted);
  }
  if (bytes > kFunctionMemoryBytesMax) {
    return exceeds(
        fmt::format("{}, and a function has at most {}", begins, kFunctionMemoryBytesMax),
        "memory_bytes", kFunctionMemoryBytesMax);
  }
  if (bytes > limits.memory_bytes) {
    return exceeds(
        fmt::format("{}, more than its limit allows ({}): set limits.memory_bytes, or weft deploy "
                    "--memory, to that or more",
                    begins, limits.memory_bytes),
        "memory_bytes", limits.memory_bytes);
  }
  if (sum_of(bytes, beside - counted) > guest_memory_bytes) {
    return exceeds(fmt::format("{}, and all calls on this server have {} together", begins,
                               guest_memory_bytes),
                   "guest_memory_bytes", guest_memory_bytes);
  }
  return {};
}

// No setting changes these.
Result<> check_fixed_limits(const engine::ModuleInfo& info) {
  constexpr std::uint64_t kElementsMax = engine::InstanceLimits().table_elements;
  if (info.table_elements > kElementsMax) {
    return exceeds(fmt::format("the module begins with {} table elements, and a function has at "
                               "most {}: its tables must begin smaller",
                               info.table_elements, kElementsMax),
                   "table_elements", kElementsMax);
  }
  if (info.memories.size() > engine::kMemoriesMax) {
    return exceeds(fmt::format("the module has {} memories, and a function has at most {}",
                               info.memories.size(), engine::kMemoriesMax),
                   "memories", engine::kMemoriesMax);
  }
  return {};
}

}  // namespace

Result<> check_deployable(const engine::ModuleInfo& info, const FunctionLimits& limits,
                          std::uint64_t guest_memory_bytes) {
  TRY(abi::check_imports(info));
  TRY(check_callable(info));
  TRY(check_fixed_limits(info));
  return check_memory(info, limits, guest_memory_bytes);
}

Result<> check_state(abi::Dialect dialect, bool is_warm) {
  if (!is_warm || dialect != abi::Dialect::kCommand) return {};
  return fail(ErrorCode::kInvalidArgument,
              "a program cannot be warm: its _start runs once in an instance, so each call begins "
              "anew; leave the state out");
}

}  // namespace weft::function
