// Buckets of S3 that are directories of this machine, for workflows.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "system/host_directory.h"
#include "workflow/items.h"
#include "workflow/results.h"

namespace weft::cli {

// How many objects a bucket may list.
inline constexpr std::size_t kListedObjectsMax = 1'000'000;

// An object's key is its path below the directory, which no key and no link leads out of. Confined
// to one thread.
class Buckets final : public workflow::Objects {
 public:
  // From options like "NAME=DIR". Errors name the option: kInvalidArgument, and those of
  // HostDirectory::open_tree.
  static Result<std::unique_ptr<Buckets>> create(const std::vector<std::string_view>& options);

  workflow::Outcome<std::string> fetch(std::string_view bucket, std::string_view key,
                                       std::uint64_t bytes_max) override;
  workflow::Outcome<std::vector<workflow::ListedObject>> list(std::string_view bucket,
                                                              std::string_view prefix) override;
  // Replaces what is there. States.ResultWriterFailed.
  workflow::Outcome<> store(std::string_view bucket, const workflow::NamedObject& object);

 private:
  Buckets() = default;
  system::HostDirectory* find(std::string_view bucket) const;
  std::string unknown(std::string_view bucket) const;

  std::map<std::string, std::shared_ptr<system::HostDirectory>, std::less<>> directories_;
};

}  // namespace weft::cli
