// Reads what Python functions were deployed as. Private to function.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "function/python_source.h"
#include "store/blobs.h"
#include "store/metadata.h"

namespace weft::function {

// Thread-safe. Blocks.
class PythonSources {
 public:
  // All outlive it and what it gives.
  PythonSources(store::Metadata& metadata, store::Blobs& blobs, const Clock& clock)
      : metadata_(metadata), blobs_(blobs), clock_(clock) {}

  // By content id. All that use an archive at a time share it. Errors of stored_bytes and of
  // open_python_archive.
  Result<PythonSource> source_of(const std::string& module);

 private:
  store::Metadata& metadata_;
  store::Blobs& blobs_;
  const Clock& clock_;
  Guarded<std::map<std::string, std::weak_ptr<const PythonArchive>>> archives_;
};

}  // namespace weft::function
