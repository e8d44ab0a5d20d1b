// What weft knows about modules, functions and their versions: the records behind the HTTP API.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"
#include "store/page.h"

namespace weft::store {

// Lower-case ASCII letters, digits and inner hyphens; 1 to 63 of them.
bool is_function_name(std::string_view text);

// A compiled upload. Its bytes are the blob of the same id.
struct ModuleRecord {
  std::string id = {};       // content id
  std::string dialect = {};  // "typed", "command", …
  std::uint64_t size_bytes = 0;
  std::string info = {};  // JSON: exports, imports, memories
  WallTime created = {};

  bool operator==(const ModuleRecord&) const = default;
};

// What a deployment asks for. JSON texts are objects that the caller has checked.
struct VersionSpec {
  std::string module = {};    // content id of a module that has been put
  std::string language = {};  // of the source it was deployed from ("python"); empty for a module
  std::string limits = "{}";
  std::string grants = "{}";
  std::string environment = "{}";
  std::optional<std::string> init = {};      // the export that initialises the module
  std::string state = "pristine";            // or "warm"
  std::optional<std::string> snapshot = {};  // content id of a blob: what its instances begin with
  // Why each call has to load the file that was deployed; nothing where the snapshot has done it.
  std::optional<std::string> cold = {};

  bool operator==(const VersionSpec&) const = default;
};

// One immutable deployment of a function.
struct VersionRecord {
  std::string function = {};
  std::int64_t version = 0;  // from 1
  VersionSpec spec = {};
  std::string dialect = {};  // of the module
  WallTime deployed = {};

  bool operator==(const VersionRecord&) const = default;
};

struct FunctionRecord {
  std::string name = {};
  WallTime created = {};
  std::int64_t current_version = 0;  // the one that is called
  std::int64_t latest_version = 0;   // the newest; also how many there are

  bool operator==(const FunctionRecord&) const = default;
};

// Thread-safe; calls block. What is missing is kNotFound; other errors are those of Database.
class Metadata {
 public:
  // Both outlive this object. The database has been migrated.
  Metadata(Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  // Records a module unless it is known. `created` is ignored: it is now, or when it was first put.
  // Says whether it is new. Its blob must be durable before. kInvalidArgument when the id is no
  // content id.
  Result<bool> put_module(const ModuleRecord& record);
  Result<ModuleRecord> module(std::string_view id);
  // A page ends early when what is known about its modules would take more than `info_bytes_max`;
  // it has one item at least.
  Result<Listed<ModuleRecord>> modules(const Page& page, std::uint64_t info_bytes_max);
  // kFailedPrecondition when a version of a function uses it. The blob stays: its removal is the
  // caller's, afterwards.
  Result<> remove_module(std::string_view id);

  // Makes the next version of the function (and the function, the first time) and lets it be the
  // current one. kNotFound when the module is not there, kInvalidArgument for a bad name.
  Result<VersionRecord> deploy(std::string_view name, const VersionSpec& spec);
  Result<FunctionRecord> function(std::string_view name);
  Result<VersionRecord> version(std::string_view name, std::int64_t version);
  // Those whose name contains `search` (letters of either case); all when it is empty.
  Result<Listed<FunctionRecord>> functions(std::string_view search, const Page& page);
  // For a page that ends early: the cursor behind that function.
  static std::string cursor_behind(const FunctionRecord& function);
  Result<Listed<VersionRecord>> versions(std::string_view name, const Page& page);
  // Lets an existing version be the current one.
  Result<FunctionRecord> rollback(std::string_view name, std::int64_t version);
  // Removes the function and its versions; its invocation records stay. A later function of this
  // name starts at version 1 again. The snapshots that no version names any more: the removal of
  // their blobs is the caller's, afterwards.
  Result<std::vector<std::string>> remove_function(std::string_view name);

  // Lets that very version name another snapshot, whose blob is durable, and what VersionSpec::cold
  // says of that. kFailedPrecondition when it is not there any more, or names another one than it
  // did.
  struct Snapshot {
    std::string_view id;
    std::optional<std::string_view> cold = {};
  };
  Result<> replace_snapshot(const VersionRecord& version, const Snapshot& snapshot);
  // Whether any version names it.
  Result<bool> names_snapshot(std::string_view snapshot);

  // How many there are, for the status page.
  struct Counts {
    std::uint64_t modules = 0;
    std::uint64_t functions = 0;
  };
  Result<Counts> counts();

 private:
  Database& database_;
  const Clock& clock_;
};

}  // namespace weft::store
