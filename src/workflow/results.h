// What a ResultWriter makes of the child executions of a distributed Map.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "json/value.h"
#include "workflow/execution.h"
#include "workflow/state_error.h"
#include "workflow/step.h"

namespace weft::workflow {

// A child execution that has ended.
struct ChildRecord {
  Identity identity;
  std::string input;  // JSON
  Status status = Status::kSucceeded;
  Payload output = {};  // of one that succeeded
  Failure failure = {};
  std::int64_t start_millis = 0;
  std::int64_t stop_millis = 0;
  std::uint64_t redrives = 0;
};

// What is kept of a child that has ended; nothing while it runs.
std::optional<ChildRecord> record_of(const Execution& child);

// The children that have ended, until the results of their Map are written.
class ChildRecords {
 public:
  void add(const Execution& child);
  // Those of that Map, which are not kept any longer.
  std::vector<ChildRecord> take(const std::string& map_run_arn);

 private:
  std::map<std::string, std::vector<ChildRecord>> by_map_run_;
};

struct NamedObject {
  std::string key;
  std::string content = {};
};

struct WrittenResults {
  // What is to be written, and into which bucket; none where the results are the state's output.
  std::string bucket = {};
  std::vector<NamedObject> objects = {};
  // What the Map's result is.
  json::Value result = {};
};

// AWS: a file of results is not larger, but for one that a single execution fills.
inline constexpr std::uint64_t kResultFileBytesMax = 5ULL << 30U;

// The children stand in the order of their items. States.ResultWriterFailed when the writer says
// no place.
Outcome<WrittenResults> results_of(const WriteResults& request,
                                   const std::vector<ChildRecord>& children,
                                   std::uint64_t file_bytes_max = kResultFileBytesMax);

}  // namespace weft::workflow
