// Content by its hash: modules, sources, images. What is put once never changes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::store {

// Thread-safe. Calls block: not for event loops. An id that is_content_id refuses is
// kInvalidArgument; disks and networks that fail, in whatever way, are kUnavailable.
class Blobs {
 public:
  virtual ~Blobs() = default;

  // Stores the bytes durably and returns their content id ("sha256:…"). Again is no error and
  // repairs a damaged copy. kTooLarge beyond the limit, which the error names.
  virtual Result<std::string> put(std::string_view bytes) = 0;

  // The same for who knows already that content_id(bytes) is `id`: hashing megabytes takes
  // milliseconds.
  virtual Result<> put_as(std::string_view id, std::string_view bytes) = 0;

  // The bytes, checked against the id: kDataLoss when they are not those that were put. kNotFound.
  virtual Result<std::string> get(std::string_view id) = 0;

  virtual Result<bool> contains(std::string_view id) = 0;

  // In bytes, without reading them. kNotFound.
  virtual Result<std::uint64_t> size(std::string_view id) = 0;

  // Removes it if it is there.
  virtual Result<> remove(std::string_view id) = 0;
};

}  // namespace weft::store
