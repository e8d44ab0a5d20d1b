// Answers of a guest that does whatever it likes: each request ends with an answer or a typed
// error, and nothing is read or written outside of the guest's memory.
#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "abi/reactor/dialogue.h"
#include "base/assert.h"

namespace weft::abi::reactor {
namespace {

constexpr std::uint64_t kAnswerBytesMax = 100;
constexpr std::size_t kOperationsMax = 100;
constexpr std::string_view kText = "a text that is passed";

// Addresses of the input, most of them within its memory.
class Numbers {
 public:
  explicit Numbers(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::int32_t next() {
    std::uint32_t number = 0;
    const std::size_t size = std::min(bytes_.size(), sizeof number);
    if (size > 0) std::memcpy(&number, bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
    return static_cast<std::int32_t>(number % 3 == 0 ? number : number % 300);
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

void begin(Dialogue& dialogue, std::int32_t choice) {
  switch (choice & 3) {
    case 0:
      return dialogue.identity(kText);
    case 1:
      return dialogue.add(Kind::kDef, "f", kText);
    case 2:
      return dialogue.remove(Kind::kModule, "f");
    default:
      return dialogue.apply(Kind::kLambda, choice, "f", kText);
  }
}

void run(std::span<const std::uint8_t> input) {
  const std::size_t half = std::min<std::size_t>(input.size(), 256);
  std::vector<std::uint8_t> bytes(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(half));
  Numbers numbers(input.subspan(half));
  const engine::GuestMemory memory(bytes.data(), bytes.size());
  Callbacks callbacks;
  Dialogue dialogue(kAnswerBytesMax, callbacks);
  begin(dialogue, numbers.next());
  std::vector<engine::Value> results;
  for (std::size_t i = 0; i < kOperationsMax; ++i) {
    const auto operation = dialogue.next(memory, results);
    if (!operation) {
      const ErrorCode code = operation.error().code();
      WEFT_ASSERT(code == ErrorCode::kGuestError || code == ErrorCode::kGuestLimit);
      return;
    }
    const auto& next = *operation;
    if (!next) {
      WEFT_ASSERT(dialogue.take_answer().text.size() <= kAnswerBytesMax);
      return;
    }
    results.assign(1, numbers.next());
  }
  WEFT_ASSERT(false);
}

}  // namespace
}  // namespace weft::abi::reactor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::abi::reactor::run({data, size});
  return 0;
}
