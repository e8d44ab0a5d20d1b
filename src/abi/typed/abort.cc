#include "abi/typed/abort.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/log.h"
#include "engine/host_call.h"
#include "json/unicode.h"

namespace weft::abi::typed {
namespace {

constexpr std::string_view kModule = "env";
constexpr std::string_view kName = "abort";

// How much of a text is told: it is the guest that says how long it is.
constexpr std::uint32_t kTextUnitsMax = 1000;

engine::FunctionType type_of_abort() {
  using enum engine::ValueType;
  return {.params = {kI32, kI32, kI32, kI32}, .results = {}};
}

constexpr std::uint32_t kHighSurrogate = 0xd800;
constexpr std::uint32_t kLowSurrogate = 0xdc00;
constexpr std::uint32_t kReplacement = 0xfffd;
constexpr std::uint32_t kSurrogateBits = 0xfc00;

// A string of AssemblyScript: UTF-16, its size in bytes in front of it
// (assemblyscript.org/runtime.html, memory layout). Nothing for null and where none can be.
std::optional<std::string> string_at(const engine::GuestMemory& memory,
                                     engine::GuestAddress address) {
  const auto begin = static_cast<std::uint64_t>(address);
  std::uint32_t size = 0;
  if (begin < sizeof size || !memory.load(engine::GuestAddress{begin - sizeof size}, size) ||
      !memory.bytes(address, size))
    return std::nullopt;
  const std::uint32_t units = std::min(size / 2, kTextUnitsMax);
  const auto unit_at = [&](std::uint32_t index) -> std::uint32_t {
    std::uint16_t unit = 0;
    if (index < units) memory.load(engine::GuestAddress{begin + 2ULL * index}, unit);
    return unit;
  };
  std::string text;
  for (std::uint32_t i = 0; i < units; ++i) {
    const std::uint32_t unit = unit_at(i);
    const std::uint32_t next = unit_at(i + 1);
    const std::uint32_t kind = unit & kSurrogateBits;
    if (kind == kHighSurrogate && (next & kSurrogateBits) == kLowSurrogate) {
      json::append_utf8(text, 0x10000 + ((unit - kHighSurrogate) << 10U) + (next - kLowSurrogate));
      ++i;
    } else {
      const bool alone = kind == kHighSurrogate || kind == kLowSurrogate;
      json::append_utf8(text, alone ? kReplacement : unit);
    }
  }
  if (size / 2 > units) text += "…";
  return text;
}

// (message, file, line, column)
void abort(engine::HostCall& call) {
  const engine::GuestMemory memory = call.memory();
  std::string text = "the guest aborted";
  if (const auto message = string_at(memory, call.address(0)); message && !message->empty())
    text += fmt::format(": {}", printable(*message));
  if (const auto file = string_at(memory, call.address(1)); file && !file->empty()) {
    text += fmt::format(" ({}:{}:{})", printable(*file), static_cast<std::uint32_t>(call.i32(2)),
                        static_cast<std::uint32_t>(call.i32(3)));
  }
  call.stop(Error(ErrorCode::kGuestError, std::move(text)));
}

}  // namespace

void define_abort(engine::HostTable& table) {
  table.define(kModule, kName, type_of_abort(), abort);
}

bool is_abort(std::string_view module, std::string_view name, const engine::FunctionType& type) {
  return module == kModule && name == kName && type == type_of_abort();
}

}  // namespace weft::abi::typed
