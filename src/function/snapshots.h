// What versions of functions begin with, as blobs. Private to function.
#pragma once

#include <memory>
#include <mutex>
#include <string>

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

// Thread-safe. Blocks.
class Snapshots {
 public:
  // All of it outlives this object.
  struct Parts {
    const Initializer& initializer;
    store::Metadata& metadata;
    store::Blobs& blobs;
    const Log& log;
    std::mutex& storing;  // held while a blob and the record that names it come or go
  };
  explicit Snapshots(const Parts& parts) : parts_(parts) {}

  // The program as calls of that version begin it: with its snapshot, or as it is where there is
  // none. A snapshot that is missing or damaged is made and stored again, and `record` names it
  // then: guests that look at the clock or at randomness begin with others from then on. Errors of
  // Initializer::run.
  Result<std::shared_ptr<const engine::Program>> restored(
      const LoadedFunction::Description& description,
      std::shared_ptr<const engine::Program> program, store::VersionRecord& record) const;

  // Removes the blob when no version names it. With `storing` held.
  Result<> remove_unnamed(std::string_view id) const;

 private:
  Result<std::shared_ptr<const engine::Program>> stored(const engine::Program& program,
                                                        const std::string& id) const;
  Result<> replace(store::VersionRecord& record, std::string_view bytes) const;

  Parts parts_;
};

}  // namespace weft::function
