#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "engine/engine.h"
#include "engine/memory_image.h"
#include "engine/module_info.h"
#include "engine/snapshot.h"
#include "engine/split.h"
#include "engine/wasmtime_types.h"

namespace weft::engine {
namespace {

// What Instance::capture finds in instances of that code.
struct Changing {
  std::optional<std::uint64_t> memory_pages_max = std::nullopt;  // absent without a memory
  std::vector<ValueType> globals = {};
};

Changing changing_parts_of(const Code& code) {
  Changing parts;
  parts.globals.resize(code.beginning()->globals);
  wasm_exporttype_vec_t exports{};
  wasmtime_module_exports(&code.get(), &exports);
  std::uint64_t next = 0;  // Those of the splitter stand behind all others, in order.
  for (std::size_t i = 0; i < exports.size; ++i) {
    const wasm_name_t* const raw = wasm_exporttype_name(exports.data[i]);
    const std::string_view name(raw->data, raw->size);
    const wasm_externtype_t* const type = wasm_exporttype_type(exports.data[i]);
    if (name == Beginning::kMemoryName) {
      std::uint64_t maximum = kMemory32PagesMax;
      wasmtime_memorytype_maximum(wasm_externtype_as_memorytype_const(type), &maximum);
      parts.memory_pages_max = maximum;
    } else if (next < parts.globals.size() && name == Beginning::global_name(next)) {
      parts.globals[next++] =
          value_type_of(*wasm_globaltype_content(wasm_externtype_as_globaltype_const(type)));
    }
  }
  wasm_exporttype_vec_delete(&exports);
  return parts;
}

// Whether a Snapshot, or the Changes of one, can be one of an instance of that code.
template <class Captured>
bool fits(const Captured& captured, const Code& code) {
  const Changing parts = changing_parts_of(code);
  if (!std::ranges::equal(captured.globals, parts.globals, {}, type_of)) return false;
  if (!captured.memory_bytes || !parts.memory_pages_max)
    return captured.memory_bytes.has_value() == parts.memory_pages_max.has_value();
  return *captured.memory_bytes >= code.beginning()->memory_bytes &&
         *captured.memory_bytes / kPageBytes <= *parts.memory_pages_max;
}

}  // namespace

Program::Program(const Engine& engine, std::shared_ptr<const Code> code,
                 std::shared_ptr<const SharedMemory> memory, Waiting parking,
                 std::shared_ptr<const wasmtime_instance_pre> program)
    : engine_(engine),
      code_(std::move(code)),
      memory_(std::move(memory)),
      parking_(parking),
      program_(std::move(program)),
      image_(code_->image()) {}

Result<std::shared_ptr<const Program>> Program::with_snapshot(std::string_view snapshot) const {
  return with_snapshot(snapshot, sha256({snapshot}));
}

Result<std::shared_ptr<const Program>> Program::with_snapshot(std::string_view snapshot,
                                                              const Sha256& hash) const {
  if (!code_->can_reset()) {
    return fail(ErrorCode::kFailedPrecondition,
                "instances of this module cannot be put back, so none begins with a snapshot");
  }
  const Snapshot parsed = TRY(Snapshot::parse(snapshot));
  if (!fits(parsed, *code_))
    return fail(ErrorCode::kDataLoss, "the snapshot is one of another module");
  auto program = std::make_shared<Program>(engine_, code_, memory_, parking_, program_);
  program->original_ = shared_from_this();
  program->globals_ = parsed.globals;
  program->snapshot_hash_ = hash;
  if (parsed.memory_bytes) {
    program->image_ =
        TRY(MemoryImage::create(*engine_.images(), *parsed.memory_bytes, parsed.pages));
  }
  return program;
}

Result<std::shared_ptr<const Program>> Program::with_changes(std::string_view changes) const {
  Changes parsed = TRY(Changes::parse(changes));
  if (snapshot_hash_ != parsed.base) {
    return fail(ErrorCode::kFailedPrecondition,
                "the snapshot is changes of another one than this program begins with");
  }
  if (!fits(parsed, *code_))
    return fail(ErrorCode::kDataLoss, "the snapshot is one of another module");
  auto program = std::make_shared<Program>(engine_, code_, memory_, parking_, program_);
  program->original_ = shared_from_this();
  program->globals_ = std::move(parsed.globals);
  program->image_ = nullptr;
  program->changes_ = changes;
  return program;
}

Result<std::shared_ptr<const MemoryImage>> Program::image() const {
  if (changes_.empty() || !original_->image_) return image_;
  using Made = std::shared_ptr<const MemoryImage>;
  if (Made made = made_.with([](const auto& last) { return last.lock(); })) return made;
  const Result<Changes> changes = Changes::parse(changes_);
  WEFT_ASSERT(changes.has_value());  // As in with_changes, which found a memory as the base's, too.
  Made made = TRY(MemoryImage::create_over(original_->image_, changes->memory_bytes.value_or(0),
                                           changes->runs));
  // Another thread may have made one meanwhile: one is enough.
  return made_.with([&made](auto& last) {
    if (Made other = last.lock()) return other;
    last = made;
    return std::move(made);
  });
}

bool Program::has_image() const {
  if (changes_.empty() || !original_->image_) return true;
  return made_.with([](const auto& last) { return !last.expired(); });
}

std::uint64_t Program::memory_bytes() const {
  if (!has_snapshot()) return 0;
  return changes_.capacity() + (image_ ? image_->stored_bytes() : 0);
}

}  // namespace weft::engine
