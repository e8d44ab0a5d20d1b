// One Python that lives for a reactor: an instance of the guest, and the request that is under way.
// Private to function.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "abi/command/command.h"
#include "abi/reactor/callbacks.h"
#include "abi/reactor/dialogue.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/id.h"
#include "base/result.h"
#include "engine/instance.h"
#include "engine/ticker.h"
#include "function/reactor_settings.h"
#include "system/streams.h"

namespace weft::function {

// What a reactor prints: limited for each request, and the last of it kept. Thread-safe.
class ReactorLog final : public system::OutputStream {
 public:
  // The most that is kept.
  static constexpr std::size_t kKeptBytes = 64ULL << 10U;

  // A request begins, which may print so much.
  void begin(std::uint64_t limit_bytes);
  // kGuestLimit (output_bytes) beyond the limit.
  Result<> write(std::span<const std::uint8_t> bytes) override;
  std::string text() const;

 private:
  struct Kept {
    std::uint64_t limit_bytes = 0;
    std::uint64_t written_bytes = 0;
    std::string text;
  };
  Guarded<Kept> kept_;
};

// Used by one thread at a time. After an error only destruction is allowed.
class ReactorVm {
 public:
  // All of it outlives the object.
  struct World {
    engine::Ticker& ticker;
    const Clock& clock;
    Random& random;
    ReactorLog& log;
  };
  // `name` is what Python finds as the program's. kResourceExhausted when guests have no memory
  // left.
  static Result<std::unique_ptr<ReactorVm>> create(
      const World& world, std::string name, const ReactorSettings& settings,
      std::shared_ptr<const engine::Program> program,
      std::vector<abi::command::GivenDirectory> directories);
  ReactorVm(const ReactorVm&) = delete;
  ReactorVm& operator=(const ReactorVm&) = delete;
  ~ReactorVm() = default;

  // Begins what comes first: Python starts. Its answer is that of `identity`.
  void start();
  // Each begins a request to a Python that has started. Texts are borrowed until it has ended.
  void add(abi::reactor::Kind kind, std::string_view name, std::string_view code);
  void remove(abi::reactor::Kind kind, std::string_view name);
  void apply(abi::reactor::Kind kind, std::string_view name, std::string_view arguments);

  // Runs the guest for a slice. Errors of the instance and of Dialogue: the guest has ended.
  enum class Progress : std::uint8_t { kRunning, kParked, kDone };
  Result<Progress> run_slice();
  // Of a request that is done.
  abi::reactor::Answer take_answer() { return dialogue_.take_answer(); }
  // What a parked guest waits for.
  std::vector<system::Wait> take_waits() { return program_.take_waits(); }
  // Ends a guest between two slices: `error`, with the place where it was.
  Error interrupt(Error error);
  std::uint64_t memory_bytes() const { return instance_->memory_bytes(); }

 private:
  enum class Step : std::uint8_t { kInstantiate, kInitialize, kInit, kRequest };

  ReactorVm(const World& world, std::string name, const ReactorSettings& settings,
            std::vector<abi::command::GivenDirectory> directories);
  // Whether there is another operation.
  Result<bool> go_on(std::span<const engine::Value> results);
  void begin_request();
  Error explained(Error error) const;

  const World world_;
  const FunctionLimits limits_;
  // Declared before the instance, which borrows them.
  system::BytesInput input_{std::string_view()};
  abi::command::Program program_;
  abi::reactor::Callbacks callbacks_;
  abi::reactor::Dialogue dialogue_;
  std::unique_ptr<engine::Instance> instance_;
  Step step_ = Step::kInstantiate;
  bool is_begun_ = false;  // the request's first operation
  std::int32_t next_id_ = 1;
};

}  // namespace weft::function
