#include "engine/failure.h"

#include <fmt/format.h>

#include "base/log.h"

namespace weft::engine {
namespace {

// How much of a name a backtrace keeps: it is stored with each failed call, and a module can have
// names of 100 kB.
constexpr std::size_t kNameBytesMax = 500;
// Messages quote names of the module.
constexpr std::size_t kMessageBytesMax = 1'000;

std::string name_in(weft_text_t text) {
  if (text.size == 0) return {};
  return shown({reinterpret_cast<const char*>(text.data), text.size}, kNameBytesMax);
}

// In offsets of the module that was uploaded.
std::vector<BacktraceFrame> shifted(std::vector<BacktraceFrame> frames, std::int64_t shift) {
  for (BacktraceFrame& frame : frames) {
    if (frame.module_offset > 0) frame.module_offset += static_cast<std::uint64_t>(shift);
  }
  return frames;
}

void take_frame(void* env, const weft_frame_t* frame) {
  BacktraceFrame taken{.function = name_in(frame->function),
                       .module_offset = frame->module_offset,
                       .file = std::nullopt,
                       .line = std::nullopt,
                       .column = std::nullopt};
  if (taken.function.empty()) taken.function = fmt::format("function {}", frame->function_index);
  if (frame->file.size > 0) {
    std::string file = name_in(frame->file);
    // The name of a text module is relative to no folder.
    if (file.starts_with("./")) file.erase(0, 2);
    taken.file = std::move(file);
  }
  if (frame->line > 0) taken.line = frame->line;
  if (frame->column > 0) taken.column = frame->column;
  static_cast<std::vector<BacktraceFrame>*>(env)->push_back(std::move(taken));
}

// The words of the specification's test suite, which toolchains quote too.
std::string_view words_of(wasmtime_trap_code_t code) {
  switch (code) {
    case WASMTIME_TRAP_CODE_STACK_OVERFLOW:
      return "call stack exhausted";
    case WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS:
      return "out of bounds memory access";
    case WASMTIME_TRAP_CODE_HEAP_MISALIGNED:
      return "unaligned atomic access";
    case WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS:
      return "out of bounds table access";
    case WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL:
      return "indirect call to a null function";
    case WASMTIME_TRAP_CODE_BAD_SIGNATURE:
      return "indirect call type mismatch";
    case WASMTIME_TRAP_CODE_INTEGER_OVERFLOW:
      return "integer overflow";
    case WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO:
      return "integer divide by zero";
    case WASMTIME_TRAP_CODE_BAD_CONVERSION_TO_INTEGER:
      return "invalid conversion to integer";
    case WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED:
      return "unreachable code reached (the program gave up: an abort, a panic or a failed check)";
    default:
      return "";
  }
}

// Wasmtime gives traps as such, or as errors that carry a trap: an exception that the guest did not
// catch is told apart only by its words.
constexpr std::string_view kThrown = "thrown Wasm exception";

// What Linux says when a process may have no more memory or mappings.
constexpr std::string_view kNoMemory = "(os error 12)";

Error guest_failure(std::string text, std::vector<BacktraceFrame> frames) {
  if (text == kThrown) {
    return Error(ErrorCode::kGuestError, "the guest threw an exception that nothing caught")
        .with_backtrace(std::move(frames));
  }
  if (text.ends_with(kNoMemory)) {
    return {ErrorCode::kResourceExhausted, "the host has no room for another guest now; try again"};
  }
  constexpr std::string_view kPrefix = "wasm trap: ";
  if (text.starts_with(kPrefix)) text.erase(0, kPrefix.size());
  return Error(ErrorCode::kGuestTrap, std::move(text)).with_backtrace(std::move(frames));
}

}  // namespace

void append_to_string(void* env, const std::uint8_t* data, std::size_t size) {
  static_cast<std::string*>(env)->append(reinterpret_cast<const char*>(data), size);
}

weft_text_t borrow(std::string_view text) {
  const std::string_view safe = text.data() == nullptr ? std::string_view("") : text;
  return {reinterpret_cast<const std::uint8_t*>(safe.data()), safe.size()};
}

std::string text_of(const wasmtime_error_t& failure) {
  std::string text;
  weft_error_root_cause(&failure, &text, append_to_string);
  return shown(text, kMessageBytesMax);
}

bool gave_up(const wasm_trap_t& trap) {
  wasmtime_trap_code_t code = 0;
  return wasmtime_trap_code(&trap, &code) && code == WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED;
}

Error error_of(const wasm_trap_t& trap, const FailureContext& context) {
  std::vector<BacktraceFrame> frames;
  weft_trap_frames(&trap, &frames, take_frame);
  frames = shifted(std::move(frames), context.shift);
  wasmtime_trap_code_t code = 0;
  const bool known = wasmtime_trap_code(&trap, &code);
  if (known && code == WASMTIME_TRAP_CODE_OUT_OF_FUEL) {
    return Error(ErrorCode::kGuestLimit,
                 fmt::format("the guest used all its fuel ({})", context.fuel))
        .with_limit("fuel", context.fuel)
        .with_backtrace(std::move(frames));
  }
  if (known && code == WASMTIME_TRAP_CODE_INTERRUPT) {
    return Error(ErrorCode::kDeadlineExceeded, "the guest was interrupted")
        .with_backtrace(std::move(frames));
  }
  std::string words(known ? words_of(code) : "");
  if (words.empty()) weft_trap_root_cause(&trap, &words, append_to_string);
  return guest_failure(std::move(words), std::move(frames));
}

Error error_of(const wasmtime_error_t& failure, const FailureContext& context) {
  std::vector<BacktraceFrame> frames;
  weft_error_frames(&failure, &frames, take_frame);
  return guest_failure(text_of(failure), shifted(std::move(frames), context.shift));
}

}  // namespace weft::engine
