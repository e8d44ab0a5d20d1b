// Why a workflow that ran on this machine did not succeed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "workflow/execution.h"
#include "workflow/simulation.h"

namespace weft::cli {

// Where a state is in the definition.
struct StatePlace {
  std::string text;  // "FILE:LINE:COLUMN", for messages
  Position position = {};
};
using PlaceOf = std::function<StatePlace(std::string_view state)>;

// The children of distributed Map states that did not succeed: the first of each Map, and how many
// there are.
class FailedChildren {
 public:
  struct Child {
    std::int64_t millis = 0;  // when it failed
    std::uint64_t index = 0;  // of its item or batch
    std::string state;        // empty: unknown
    workflow::Failure failure;
    std::string timeout;      // which one, where one ended it
    std::string map_run_arn;  // of the Map in it that failed; empty: none did
  };
  struct OfMap {
    std::uint64_t count = 0;
    std::vector<Child> first = {};
  };

  // One that succeeded changes nothing.
  void add(const workflow::StartChild& start, const workflow::Simulation& child);
  // Those that failed until then: others would have, had their Map run gone on. Each simulated
  // child comes to its end before the next one begins.
  OfMap until(std::int64_t millis, std::string_view map_run_arn) const;

 private:
  struct Failed {
    std::vector<std::int64_t> millis = {};  // of each
    std::vector<Child> first = {};          // by time
  };
  std::map<std::string, Failed, std::less<>> by_map_run_;
};

struct ExecutionFailure {
  Error error;
  // Lines about the children that failed, for people; empty or with a line break in front.
  std::string children = {};
  // What programs are told beside that: state, error, cause, failed_children.
  json::Object members = {};
};

// Of an execution that has ended without success, or goes on where the simulation gave up.
ExecutionFailure failure_of(const workflow::Simulation& simulation, const FailedChildren& children,
                            const PlaceOf& place_of);

}  // namespace weft::cli
