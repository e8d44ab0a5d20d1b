// Arbitrary bytes as a snapshot: refused, or the same again when they are written. What is accepted
// becomes the beginning of a program only when it fits that.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "engine/instance.h"
#include "engine/module_info.h"
#include "engine/snapshot.h"

namespace {

using namespace weft::engine;

constexpr std::uint64_t kGuestBytesMax = 4ULL * 1024 * 1024;

// Two pages at least, 64 at most.
constexpr std::string_view kModule = R"((module (memory 2 64) (global (mut i32) (i32.const 1))
  (global (mut v128) (v128.const i64x2 1 2)) (func (export "f"))))";

struct Guest {
  std::unique_ptr<Engine> engine = Engine::create({.parallel_compilation = false,
                                                   .guest_memory_bytes_max = kGuestBytesMax,
                                                   .resets_instances = true,
                                                   .checks_resets = true})
                                       .value();
  std::shared_ptr<const Program> program =
      HostTable(*engine)
          .link(engine->compile(to_binary(kModule, kTextName).value()).value())
          .value();
};

}  // namespace

// libFuzzer's entry point.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Guest guest;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto snapshot = Snapshot::parse(bytes);
  const auto program = guest.program->with_snapshot(bytes);
  WEFT_ASSERT(snapshot.has_value() || !program.has_value());
  if (!snapshot) return 0;
  WEFT_ASSERT(snapshot->to_bytes() == bytes);
  if (!program) return 0;
  const auto instance =
      Instance::create(*program, {.memory_bytes = kGuestBytesMax}, nullptr).value();
  WEFT_ASSERT(instantiate(*instance).has_value());
  WEFT_ASSERT(call(*instance, "f", {}).has_value());
  WEFT_ASSERT(instance->reset());
  return 0;
}
