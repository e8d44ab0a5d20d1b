// What a host says to an instance of weft's Python guest, one operation after the other
// (docs/formats/python-guest.md).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "abi/python/guest.h"
#include "base/result.h"
#include "engine/host_call.h"
#include "engine/types.h"

namespace weft::abi::python {

// Where things are in a guest's memory: the same in all instances that begin with one image.
struct Places {
  std::uint32_t result = 0;      // the guest's description of its last result
  std::uint32_t area = 0;        // room that the host writes to
  std::uint32_t area_bytes = 0;  // 0: there is none yet

  bool operator==(const Places&) const = default;
};

// Which file the guest is to load. The texts are borrowed until the operation has been said.
struct SourceFile {
  std::string_view source;
  std::string_view name;     // what tracebacks show: "greet.py"
  std::string_view options;  // JSON, or empty
};

// Says what was added, in that order. Used by one thread at a time.
class Dialogue {
 public:
  // Behind `_initialize`, or, with the places of an image, in an instance that began with it.
  Dialogue() = default;
  explicit Dialogue(const Places& places) : places_(places) {}

  // Each adds one step.
  void start(std::int64_t hash_seed);
  void preload(std::string_view modules);  // a JSON array of names
  void load(const SourceFile& file);
  void quiesce();
  void invoke(Kind kind, std::string_view payload, std::string_view context);

  // The next operation for the instance; nothing when all is said. `results` are those of the one
  // before, empty at the beginning. The errors of failure_of, kGuestLimit when the guest has no
  // room for what it is passed, which is its memory's limit, kGuestError for a guest that does not
  // keep to its contract.
  struct Operation {
    std::string_view name;
    std::vector<engine::Value> arguments;
  };
  Result<std::optional<Operation>> next(const engine::GuestMemory& memory,
                                        std::span<const engine::Value> results);

  const Places& places() const { return places_; }
  // The answer to the last step that succeeded. kGuestLimit (output_bytes) when it has more than
  // `bytes_max`.
  Result<Answer> answer(const engine::GuestMemory& memory, std::uint64_t bytes_max) const;
  // What Python printed of the error that `next` returned; empty for others.
  const std::string& failure_text() const { return failure_text_; }
  // Leaves nothing in the area of what was said. Before an image is made.
  void clear_area(const engine::GuestMemory& memory) const;

 private:
  struct Step {
    std::string_view name;
    std::vector<engine::Value> numbers;
    std::vector<std::string_view> texts;
  };
  // What the operation that was said last is for.
  enum class Saying : std::uint8_t { kNothing, kResultPlace, kArea, kRoom, kStep, kReturn };

  Result<> take(const engine::GuestMemory& memory, std::span<const engine::Value> results);
  Result<Operation> say(const engine::GuestMemory& memory, std::uint32_t room);
  Error failure(const engine::GuestMemory& memory, Doing doing);
  std::uint64_t texts_bytes() const;

  Places places_;
  std::deque<Step> steps_;  // the first is the one that is being said
  Saying saying_ = Saying::kNothing;
  // For a step whose texts the area cannot hold; given back behind it.
  std::optional<std::uint32_t> room_;
  std::uint32_t room_bytes_ = 0;
  bool is_room_used_ = false;
  std::string failure_text_;
};

}  // namespace weft::abi::python
