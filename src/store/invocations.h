// Records of calls: written in batches, listed newest first, forgotten after a while.
#pragma once

#include <array>
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

// Stored: never renumber.
enum class InvocationStatus : std::uint8_t { kOk = 0, kError = 1 };

struct InvocationRecord {
  std::string id = {};  // a ULID; its time is when the call was accepted
  std::string function = {};
  std::int64_t version = 0;
  std::optional<std::string> export_name = {};
  InvocationStatus status = InvocationStatus::kOk;
  std::optional<std::string> error = {};  // the problem document, JSON
  WallTime started = {};
  std::int64_t duration_us = 0;
  std::int64_t cpu_us = 0;
  std::uint64_t input_bytes = 0;
  std::uint64_t output_bytes = 0;
  std::optional<std::string> input = {};   // UTF-8; the caller keeps only short ones
  std::optional<std::string> output = {};  // UTF-8; likewise
  std::uint64_t log_bytes = 0;             // size of the guest's output that was kept
  // How many calls this record stands for: more than one when successes were sampled under load.
  std::uint64_t calls = 1;

  bool operator==(const InvocationRecord&) const = default;
};

// A record with the guest's output. `record.log_bytes` is ignored: it is the log's size.
struct NewInvocation {
  InvocationRecord record = {};
  std::string log = {};
};

struct InvocationFilter {
  std::optional<std::string> function = {};
  std::optional<InvocationStatus> status = {};
};

// What happened to a function during the last hour.
struct Activity {
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  std::optional<std::int64_t> p50_us;  // median of the recorded durations; nothing without calls
  std::array<std::uint64_t, 60> calls_per_minute{};  // oldest first
  std::optional<WallTime> last_called = {};          // ever, as far as records go back

  bool operator==(const Activity&) const = default;
};

// Thread-safe; calls block, except append.
class Invocations {
 public:
  // Outlives this object. Has been migrated.
  explicit Invocations(Database& database) : database_(database) {}

  // Records all of them or none, without waiting; one that is there already stays as it is. `done`
  // as for Database::write_async.
  void append(std::vector<NewInvocation> batch, Database::Done done);

  // kNotFound.
  Result<InvocationRecord> get(std::string_view id);
  Result<Listed<InvocationRecord>> list(const InvocationFilter& filter, const Page& page);
  // The guest's output, any bytes; empty when it wrote none. kNotFound.
  Result<std::string> log(std::string_view id);
  Result<Activity> activity(std::string_view function, WallTime now);

  struct Retention {
    std::uint64_t per_function = 10'000;
    std::uint64_t total = 1'000'000;
    std::uint64_t log_bytes = 1ULL << 30U;  // of all records' logs
  };
  // Removes the oldest records beyond either number, and the oldest logs beyond theirs (their
  // records then say that they keep none), in steps that leave room for other writes. Returns how
  // many records.
  Result<std::uint64_t> trim(const Retention& keep);

 private:
  Database& database_;
};

}  // namespace weft::store
