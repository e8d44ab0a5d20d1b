// What versions of functions begin with, as blobs. Private to function.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/result.h"
#include "function/initializer.h"
#include "function/loaded_function.h"
#include "store/blobs.h"
#include "store/metadata.h"

namespace weft::function {

// Whether calls begin with a snapshot: where something is to run before them, and instances can be
// put back.
bool has_snapshot(const LoadedFunction::Description& description);

// How the instances of one version come to their beginning.
class Beginning {
 public:
  Beginning() = default;
  Beginning(const Beginning&) = delete;
  Beginning& operator=(const Beginning&) = delete;
  virtual ~Beginning() = default;

  // Prepares an instance: what it has then, as bytes to be stored. Blocks.
  virtual Result<std::string> prepare() = 0;
  // The program whose instances begin so. kDataLoss, kInvalidArgument or kFailedPrecondition for
  // bytes that cannot be used, or not any more: they are to be made again.
  virtual Result<std::shared_ptr<const engine::Program>> begin_with(std::string_view snapshot) = 0;
  // Behind begin_with: why each call has work to do that `prepare` could not do for all. Nothing:
  // it has none.
  virtual std::optional<std::string> cold() const { return std::nullopt; }
};

// Of a module: its exports prepare it. All outlive it.
class ModuleBeginning final : public Beginning {
 public:
  ModuleBeginning(const Initializer& initializer, const LoadedFunction::Description& description,
                  std::shared_ptr<const engine::Program> program)
      : initializer_(initializer), description_(description), program_(std::move(program)) {}
  Result<std::string> prepare() override { return initializer_.run(description_, program_); }
  Result<std::shared_ptr<const engine::Program>> begin_with(std::string_view snapshot) override {
    return program_->with_snapshot(snapshot);
  }

 private:
  const Initializer& initializer_;
  const LoadedFunction::Description& description_;
  std::shared_ptr<const engine::Program> program_;
};

// Thread-safe. Blocks.
class Snapshots {
 public:
  // All of it outlives this object.
  struct Parts {
    store::Metadata& metadata;
    store::Blobs& blobs;
    const Log& log;
    std::mutex& storing;  // held while a blob and the record that names it come or go
  };
  explicit Snapshots(const Parts& parts) : parts_(parts) {}

  // The program as calls of that version begin it. A snapshot that is missing or damaged is made
  // and stored again, and `record` names it then: guests that look at the clock or at randomness
  // begin with others from then on. Errors of Beginning::prepare.
  Result<std::shared_ptr<const engine::Program>> restored(Beginning& beginning,
                                                          store::VersionRecord& record) const;

  // Removes the blob when no version names it. With `storing` held.
  Result<> remove_unnamed(std::string_view id) const;

 private:
  Result<> replace(store::VersionRecord& record, std::string_view bytes,
                   std::optional<std::string> cold) const;

  Parts parts_;
};

}  // namespace weft::function
