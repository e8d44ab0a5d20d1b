// Arbitrary bytes as a snapshot, and as changes of one: refused, or the same again when they are
// written. What is accepted becomes the beginning of a program only when it fits that.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "engine/instance.h"
#include "engine/module_info.h"
#include "engine/snapshot.h"

namespace {

using namespace weft::engine;

constexpr std::uint64_t kGuestBytesMax = 4ULL * 1024 * 1024;

// Two pages at least, 64 at most.
constexpr std::string_view kModule =
    R"((module (memory (export "memory") 2 64) (global (mut i32) (i32.const 1))
  (global (mut v128) (v128.const i64x2 1 2)) (func (export "f"))))";

struct Guest {
  std::unique_ptr<Engine> engine = Engine::create({.parallel_compilation = false,
                                                   .guest_memory_bytes_max = 2 * kGuestBytesMax,
                                                   .resets_instances = true,
                                                   .checks_resets = true})
                                       .value();
  std::shared_ptr<const Program> program =
      HostTable(*engine)
          .link(engine->compile(to_binary(kModule, kTextName).value()).value())
          .value();
  std::shared_ptr<const Program> base = program->with_snapshot(snapshot()).value();

  std::string snapshot() const {
    const auto instance = Instance::create(program, {}, nullptr).value();
    WEFT_ASSERT(instantiate(*instance).has_value());
    const GuestMemory memory = instance->memory();
    std::ranges::fill(*memory.bytes(GuestAddress{5'000}, 30'000), std::uint8_t{1});
    return instance->capture(kGuestBytesMax).value();
  }
};

std::unique_ptr<Instance> run(const std::shared_ptr<const Program>& program) {
  auto instance = Instance::create(program, {.memory_bytes = kGuestBytesMax}, nullptr).value();
  WEFT_ASSERT(instantiate(*instance).has_value());
  WEFT_ASSERT(call(*instance, "f", {}).has_value());
  return instance;
}

// With the hash of the base, which nobody guesses, in its place.
void use_as_changes(const Guest& guest, std::string bytes) {
  constexpr std::string_view kMagic = "weft changes 1\n";
  const std::string_view hash = weft::bytes_of(*guest.base->snapshot_hash());
  if (bytes.size() >= kMagic.size() + hash.size()) bytes.replace(kMagic.size(), hash.size(), hash);
  const auto changes = Changes::parse(bytes);
  const auto program = guest.base->with_changes(bytes);
  WEFT_ASSERT(changes.has_value() || !program.has_value());
  if (!changes) return;
  WEFT_ASSERT(changes->to_bytes() == bytes);
  if (!program) return;
  const auto instance = run(*program);
  const GuestMemory memory = instance->memory();
  for (const MemoryImage::Piece& run : changes->runs) {
    const auto place = memory.bytes(GuestAddress{run.offset}, run.bytes.size());
    WEFT_ASSERT(place && std::memcmp(place->data(), run.bytes.data(), run.bytes.size()) == 0);
  }
  WEFT_ASSERT(instance->reset());
}

}  // namespace

// libFuzzer's entry point.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Guest guest;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  use_as_changes(guest, std::string(bytes));
  const auto snapshot = Snapshot::parse(bytes);
  const auto program = guest.program->with_snapshot(bytes);
  WEFT_ASSERT(snapshot.has_value() || !program.has_value());
  if (!snapshot) return 0;
  WEFT_ASSERT(snapshot->to_bytes() == bytes);
  if (!program) return 0;
  WEFT_ASSERT(run(*program)->reset());
  return 0;
}
