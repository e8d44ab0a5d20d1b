// Which calls of a list that is read again and again have not been shown.
#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace weft::cli {

// A call has its id, by which lists are sorted, from when it is accepted, but is recorded when it
// ends: a slow one appears behind faster ones that came later. So the ids of all calls that may
// still be overtaken are kept, and only what is older than every call under way counts as settled.
// Confined to one thread.
class FollowedCalls {
 public:
  // The most ids that are kept; of more calls within the time of the longest one, late ones among
  // the oldest are missed.
  static constexpr std::size_t kKnownMax = 100'000;

  // The calls that are new, the oldest first, out of what the server lists, the newest first; from
  // now on they are known. Points into `calls`.
  std::vector<const json::Value*> take_new(std::span<const json::Value> calls);

  bool is_known(const json::Value& call) const;

  // Whether no call that is older than this one can be new.
  bool is_settled(const json::Value& call) const;

  // Settles what has ended for sure by the time of this call, the newest that is there.
  void settle_by(const json::Value& newest);
  // From now on, calls older than this one count as settled: nobody has read that far.
  void settle_before(const json::Value& call);

 private:
  void settle_before(std::string id);

  std::set<std::string, std::less<>> known_;
  std::string floor_;  // Ids before it are settled.
};

}  // namespace weft::cli
