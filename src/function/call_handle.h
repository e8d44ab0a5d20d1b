// How whoever began a call can end it.
#pragma once

#include <memory>
#include <utility>

namespace weft::function {

// Confined to the call's executor.
class Cancellable {
 public:
  virtual ~Cancellable() = default;
  // Ends the call with kCancelled, at once or after its present slice, unless it has ended: then
  // nothing happens.
  virtual void cancel() = 0;
};

// A call that goes on. Copyable; does not keep the call alive.
class CallHandle {
 public:
  // Of a call that has ended.
  CallHandle() = default;
  explicit CallHandle(std::weak_ptr<Cancellable> call) : call_(std::move(call)) {}

  // Of a call that has not begun to run because its function is loaded first, too. On the call's
  // executor.
  bool has_ended() const { return call_.expired(); }
  // If the call has not ended, `done` is called soon, perhaps inside this. On the call's executor.
  void cancel() const {
    if (const auto call = call_.lock()) call->cancel();
  }

 private:
  std::weak_ptr<Cancellable> call_;
};

}  // namespace weft::function
