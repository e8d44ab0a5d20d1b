// The items of a distributed Map that an ItemReader names: what is in objects of S3, or a list of
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "workflow/state_error.h"
#include "workflow/step.h"

namespace weft::workflow {

// What ListObjectsV2 says of an object.
struct ListedObject {
  std::string key;
  std::uint64_t size_bytes = 0;
  std::int64_t modified_seconds = 0;  // since 1970
  std::string etag = {};              // without quotation marks
  std::string storage_class = "STANDARD";
};

// Where objects are. Errors are States.ItemReaderFailed.
class Objects {
 public:
  Objects() = default;
  Objects(const Objects&) = delete;
  Objects& operator=(const Objects&) = delete;
  virtual ~Objects() = default;

  // The object's bytes, decompressed. At most `bytes_max` need to be had: more is an error.
  virtual Outcome<std::string> fetch(std::string_view bucket, std::string_view key,
                                     std::uint64_t bytes_max) = 0;
  // Those whose keys begin with the prefix, by key.
  virtual Outcome<std::vector<ListedObject>> list(std::string_view bucket,
                                                  std::string_view prefix) = 0;
};

struct ItemLimits {
  std::uint64_t items = 100'000'000;         // Those that follow are left out, as AWS does.
  std::size_t item_bytes = 8U << 20U;        // as it stands in the object
  std::size_t header_bytes = 10U << 10U;     // of CSV
  std::uint64_t object_bytes = 64U << 20U;   // of one object
  std::uint64_t memory_bytes = 512U << 20U;  // of all items, about
};

// An array. States.ItemReaderFailed when there is none, or when a limit is reached.
Outcome<json::Value> read_items(const ReadItems& request, Objects& objects,
                                const ItemLimits& limits = {});

}  // namespace weft::workflow
