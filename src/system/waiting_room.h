// Where guests are that wait while their threads serve others.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "system/open_file.h"

namespace weft::system {

// Thread-safe, except that nobody else uses it once it is being destroyed. One thread, which begins
// with the first guest, watches what all of them wait for.
class WaitingRoom {
 public:
  // Short, and does not block: others wait meanwhile.
  using Work = std::move_only_function<void()>;
  enum class Place : std::uint64_t {};

  // `clock` outlives this object; times are those of its monotonic clock.
  explicit WaitingRoom(const Clock& clock);
  WaitingRoom(const WaitingRoom&) = delete;
  WaitingRoom& operator=(const WaitingRoom&) = delete;
  // Destroys the work of those that are still there, uncalled, on this thread.
  ~WaitingRoom();

  // Calls `over` once, on the room's thread, when one of `waits` is there or their earliest time
  // has passed; never inside this call. Sometimes earlier: the caller looks again. The descriptors
  // stay open until then, or until leave(). kResourceExhausted when the process has no descriptor
  // left for the room itself.
  Result<Place> park(const std::vector<Wait>& waits, Work over);

  // Destroys the guest's work uncalled. False when that was called or is about to be.
  bool leave(Place place);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft::system
