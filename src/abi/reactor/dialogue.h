// What a host says to an instance of the Python reactor, one operation after the other, in the
// memory layout of wasmedge-bindgen (docs/formats/python-guest.md).
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "abi/reactor/callbacks.h"
#include "base/result.h"
#include "engine/host_call.h"
#include "engine/types.h"

namespace weft::abi::reactor {

// What can be registered. Stored by name.
enum class Kind : std::uint8_t { kLambda, kDef, kModule };
inline constexpr std::array kKinds = {Kind::kLambda, Kind::kDef, Kind::kModule};

// "lambda", "def", "module".
std::string_view name_of(Kind kind);
std::optional<Kind> kind_named(std::string_view name);

// The answer to one request.
struct Answer {
  bool is_error = false;  // The guest could not do it at all; else `text` is {"value":…,"tag":…}.
  std::string text;       // UTF-8 as far as the guest keeps to its contract
};

// One request at a time: begin one, then next() until it gives nothing, then take_answer(). Used by
// one thread at a time. After an error the instance is of no more use.
class Dialogue {
 public:
  // An answer of more than `answer_bytes_max` bytes is kGuestLimit (output_bytes). `callbacks` is
  // that of the instance, and outlives this object.
  Dialogue(std::uint64_t answer_bytes_max, Callbacks& callbacks)
      : answer_bytes_max_(answer_bytes_max), callbacks_(callbacks) {}

  // Each begins a request. Texts are borrowed until it has ended.
  // Whether Python has started: its answer is the text in JSON.
  void identity(std::string_view text);
  void add(Kind kind, std::string_view name, std::string_view code);
  void remove(Kind kind, std::string_view name);
  // `arguments`: a JSON array. `id` is what the callback tells.
  void apply(Kind kind, std::int32_t id, std::string_view name, std::string_view arguments);

  // The next operation for the instance; nothing when the request has its answer. `results` are
  // those of the one before, empty at the beginning. kGuestLimit (memory_bytes, whose value the
  // caller knows) when the guest has no room for what it is passed; kGuestError for a guest that
  // does not keep to its contract.
  struct Operation {
    std::string_view name;  // lives as long as the program
    std::vector<engine::Value> arguments;
  };
  Result<std::optional<Operation>> next(const engine::GuestMemory& memory,
                                        std::span<const engine::Value> results);
  Answer take_answer() { return std::move(answer_); }

 private:
  // What the operation that was said last is for.
  enum class Saying : std::uint8_t { kNothing, kRoom, kArray, kRequest, kReturn };
  struct Place {
    std::uint32_t address;
    std::uint32_t bytes;
  };

  void begin(std::string_view name, std::vector<std::string_view> texts);
  Result<> take(const engine::GuestMemory& memory, std::span<const engine::Value> results);
  Result<> take_room(const engine::GuestMemory& memory, std::uint32_t address);
  Result<> take_array(const engine::GuestMemory& memory, std::uint32_t address);
  // Reads an answer and remembers to give its places back.
  Result<Answer> read(const engine::GuestMemory& memory, std::uint32_t address);
  Result<> take_answers(const engine::GuestMemory& memory, std::uint32_t address);

  std::uint64_t answer_bytes_max_;
  Callbacks& callbacks_;
  std::string_view name_;
  std::optional<std::int32_t> id_;       // of an apply_…, its first parameter
  std::array<char, 4> id_bytes_{};       // as it is passed
  std::vector<std::string_view> texts_;  // that are passed
  std::vector<Place> rooms_;             // of those that have one already
  std::deque<Place> returns_;            // to be given back
  Saying saying_ = Saying::kNothing;
  bool is_said_ = false;  // The request has been made.
  std::uint32_t array_ = 0;
  Answer answer_;
};

}  // namespace weft::abi::reactor
