// Calls of SE2's functions with whatever arguments: each ends with an answer or a typed error, and
// nothing is larger than its limit.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "abi/se2/plugin.h"
#include "base/assert.h"
#include "engine/instance.h"

namespace weft::abi::se2 {
namespace {

constexpr std::uint64_t kResultBytesMax = 5'000;

// A module that exports, for each function, one that calls it; compiled once.
class Guests {
 public:
  Guests() {
    define_functions(table_);
    std::string imports;
    std::string exports;
    for (const auto& definition : table_.definitions()) {
      imports +=
          fmt::format("(import \"{}\" \"{}\" (func (param", definition.module, definition.name);
      for (std::size_t i = 0; i < definition.type.params.size(); ++i)
        imports += " i32";
      imports += ")))";
      exports += fmt::format("(export \"f{0}\" (func {0}))", params_.size());
      params_.push_back(definition.type.params.size());
    }
    const std::string text =
        fmt::format("(module {} (memory (export \"memory\") 1) {})", imports, exports);
    auto code = engine_->compile(engine::to_binary(text, "guest.wat").value()).value();
    program_ = table_.link(std::move(code)).value();
  }

  const std::shared_ptr<const engine::Program>& program() const { return program_; }
  // How many parameters each function has.
  const std::vector<std::size_t>& params() const { return params_; }

 private:
  std::unique_ptr<engine::Engine> engine_ =
      engine::Engine::create(
          {.interruption = engine::Interruption::kNone, .parallel_compilation = false})
          .value();
  engine::HostTable table_{*engine_};
  std::vector<std::size_t> params_;
  std::shared_ptr<const engine::Program> program_;
};

// Numbers of the input, one after the other; zeros at its end.
class Numbers {
 public:
  explicit Numbers(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool is_empty() const { return bytes_.empty(); }
  std::int32_t next() {
    std::array<std::uint8_t, 5> part{};
    const std::size_t size = std::min(bytes_.size(), part.size());
    std::ranges::copy(bytes_.first(size), part.begin());
    bytes_ = bytes_.subspan(size);
    std::uint32_t number = 0;
    std::memcpy(&number, part.data() + 1, sizeof number);
    // Most are small, or near the memory's end, so that many calls do something.
    if (part[0] % 4 == 0) number %= 8;
    if (part[0] % 4 == 1) number = 65'536 - number % 8;
    if (part[0] % 4 == 2) number %= 70'000;
    return static_cast<std::int32_t>(number);
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

void check(Plugin& plugin) {
  WEFT_ASSERT(plugin.error_text().size() <= kMessageBytesMax);
  const auto answer = plugin.take_answer();
  if (answer) WEFT_ASSERT(answer->size() <= kResultBytesMax);
}

void run(const Guests& guests, Numbers numbers) {
  system::CaptureStream log(10'000, "output_bytes");
  Plugin plugin(kResultBytesMax);
  plugin.set_log(&log);
  engine::HostState state;
  state.set_beside(&plugin);
  const auto instance = engine::Instance::create(guests.program(), {}, &state).value();
  WEFT_ASSERT(engine::instantiate(*instance).has_value());
  plugin.begin(numbers.next());
  while (!numbers.is_empty()) {
    const std::size_t index =
        static_cast<std::uint32_t>(numbers.next()) % (guests.params().size() + 1);
    if (index == guests.params().size()) {
      check(plugin);
      plugin.begin(numbers.next());
      continue;
    }
    std::vector<engine::Value> arguments;
    for (std::size_t i = 0; i < guests.params()[index]; ++i)
      arguments.emplace_back(numbers.next());
    const auto results = engine::call(*instance, fmt::format("f{}", index), arguments);
    if (results) continue;
    const ErrorCode code = results.error().code();
    WEFT_ASSERT(code == ErrorCode::kGuestError || code == ErrorCode::kGuestLimit);
    break;
  }
  check(plugin);
}

}  // namespace
}  // namespace weft::abi::se2

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const weft::abi::se2::Guests guests;
  weft::abi::se2::run(guests, weft::abi::se2::Numbers({data, size}));
  return 0;
}
