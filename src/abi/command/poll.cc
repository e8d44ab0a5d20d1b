// poll_oneoff: waiting for time to pass and for streams.
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "abi/command/calls.h"

namespace weft::abi::command {
namespace {

using engine::GuestMemory;
using engine::HostCall;

// More than these nobody waits for, and they are read into memory.
constexpr std::uint32_t kSubscriptionsMax = 4096;
constexpr std::uint64_t kEventBytes = 32;

// Type eventtype.
constexpr std::uint8_t kClock = 0;
constexpr std::uint8_t kRead = 1;
constexpr std::uint8_t kWrite = 2;
// Type eventrwflags.
constexpr std::uint16_t kHangUp = 1U << 0U;
// Type subclockflags.
constexpr std::uint16_t kAbsolute = 1U << 0U;

struct Subscription {
  std::uint64_t user_data = 0;
  std::uint8_t type = 0;
  std::uint32_t clock = 0;       // of a clock
  std::uint64_t timeout_ns = 0;  // of a clock
  std::uint16_t flags = 0;       // of a clock
  std::uint32_t descriptor = 0;  // of a stream
};

struct Event {
  std::uint64_t user_data = 0;
  Errno error = Errno::kSuccess;
  std::uint8_t type = 0;
  std::uint64_t bytes = 0;
  std::uint16_t flags = 0;
};

template <class T>
T load(std::span<const std::uint8_t> bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

// In wasi_unstable a clock has an identifier of its own, which nobody used, before its fields.
Subscription subscription_in(std::span<const std::uint8_t> bytes, Snapshot snapshot) {
  const std::size_t clock = snapshot == Snapshot::kUnstable ? 24 : 16;
  return {.user_data = load<std::uint64_t>(bytes, 0),
          .type = load<std::uint8_t>(bytes, 8),
          .clock = load<std::uint32_t>(bytes, clock),
          .timeout_ns = load<std::uint64_t>(bytes, clock + 8),
          .flags = load<std::uint16_t>(bytes, clock + 24),
          .descriptor = load<std::uint32_t>(bytes, 16)};
}

// As many as a duration holds with room for sums.
std::chrono::nanoseconds nanoseconds_of(std::uint64_t count) {
  constexpr std::uint64_t kFarAway = std::uint64_t{1} << 62U;
  return std::chrono::nanoseconds(std::min(count, kFarAway));
}

MonotonicTime later(MonotonicTime now, std::chrono::nanoseconds by) {
  constexpr auto kLatest = MonotonicTime::max();
  return kLatest - now < by ? kLatest : now + std::chrono::ceil<MonotonicTime::duration>(by);
}

// When the subscription's time comes, on the monotonic clock. `begin`: of the wait, from which
// relative times count; it is looked at again until it is over.
std::expected<MonotonicTime, Errno> due(const Subscription& subscription, const Clock& clock,
                                        MonotonicTime begin, MonotonicTime now) {
  const std::chrono::nanoseconds timeout = nanoseconds_of(subscription.timeout_ns);
  if (subscription.clock > 1) return std::unexpected(Errno::kInval);
  if ((subscription.flags & kAbsolute) == 0) return later(begin, timeout);
  const auto since = subscription.clock == 0 ? clock.exact_wall().time_since_epoch()
                                             : std::chrono::nanoseconds(now.time_since_epoch());
  return later(now, std::max(timeout - since, std::chrono::nanoseconds(0)));
}

// Looks at all subscriptions once.
class Poll {
 public:
  Poll(Program& program, const std::vector<Subscription>& subscriptions, MonotonicTime begin)
      : program_(program), subscriptions_(subscriptions), begin_(begin) {}

  // What is ready now; otherwise fills `waits`.
  std::vector<Event> look(MonotonicTime now) {
    std::vector<Event> events;
    waits.clear();
    for (const Subscription& subscription : subscriptions_) {
      if (subscription.type == kClock) {
        look_at_clock(subscription, now, events);
      } else {
        look_at_stream(subscription, events);
      }
    }
    return events;
  }

  std::vector<system::Wait> waits;

 private:
  void look_at_clock(const Subscription& subscription, MonotonicTime now,
                     std::vector<Event>& events) {
    Event event{.user_data = subscription.user_data, .type = kClock};
    const auto time = due(subscription, *program_.world().clock, begin_, now);
    if (!time) {
      event.error = time.error();
    } else if (*time > now) {
      waits.push_back({.until = *time});
      return;
    }
    events.push_back(event);
  }

  void look_at_stream(const Subscription& subscription, std::vector<Event>& events) {
    Event event{.user_data = subscription.user_data, .type = subscription.type};
    const bool reads = subscription.type == kRead;
    system::Descriptor* const found =
        program_.sandbox().find(system::FileNumber{subscription.descriptor});
    if (found == nullptr || found->file->as_directory() != nullptr) {
      event.error = Errno::kBadf;
    } else if ((found->rights & bit(Right::kPollFdReadwrite)) == 0) {
      event.error = Errno::kNotcapable;
    } else {
      const auto what = reads ? system::Wait::For::kReading : system::Wait::For::kWriting;
      const auto ready = found->file->ready(what);
      if (!ready) {
        if (const auto wait = found->file->wait(what)) waits.push_back(*wait);
        return;
      }
      event.bytes = *ready;
      const system::Condition condition = found->file->condition();
      if (condition.hung_up || condition.failed) event.flags = kHangUp;
    }
    events.push_back(event);
  }

  Program& program_;
  const std::vector<Subscription>& subscriptions_;
  MonotonicTime begin_;
};

void store(std::span<std::uint8_t> place, const Event& event) {
  std::ranges::fill(place, std::uint8_t{0});
  const auto error = static_cast<std::uint16_t>(event.error);
  std::memcpy(place.data(), &event.user_data, sizeof(event.user_data));
  std::memcpy(place.data() + 8, &error, sizeof(error));
  place[10] = event.type;
  if (event.type == kClock) return;
  std::memcpy(place.data() + 16, &event.bytes, sizeof(event.bytes));
  std::memcpy(place.data() + 24, &event.flags, sizeof(event.flags));
}

Errno poll(HostCall& call, Program& program, Snapshot snapshot) {
  const GuestMemory memory = call.memory();
  const auto count = static_cast<std::uint32_t>(call.i32(2));
  const std::uint64_t size = snapshot == Snapshot::kUnstable ? 56 : 48;
  if (count == 0 || count > kSubscriptionsMax) return Errno::kInval;
  const auto in = memory.bytes(call.address(0), count * size);
  const auto out = memory.bytes(call.address(1), count * kEventBytes);
  if (!in || !out || !memory.bytes(call.address(3), sizeof(std::uint32_t))) return Errno::kFault;
  std::vector<Subscription> subscriptions;
  subscriptions.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    subscriptions.push_back(subscription_in(in->subspan(i * size, size), snapshot));
    if (subscriptions.back().type > kWrite) return Errno::kInval;
  }
  const Clock& clock = *program.world().clock;
  Poll waiting(program, subscriptions, program.begun());
  auto events = waiting.look(clock.monotonic());
  while (events.empty()) {
    if (!program.can_wait()) return Errno::kNotsup;
    if (waiting.waits.empty()) return Errno::kDeadlk;
    if (!program.wait(waiting.waits)) return Errno::kIntr;
    events = waiting.look(clock.monotonic());
  }
  for (std::size_t i = 0; i < events.size(); ++i)
    store(out->subspan(i * kEventBytes, kEventBytes), events[i]);
  memory.store(call.address(3), static_cast<std::uint32_t>(events.size()));
  return Errno::kSuccess;
}

}  // namespace

MonotonicTime end_of_wait(Program& program, std::uint64_t nanoseconds) {
  return later(program.begun(), nanoseconds_of(nanoseconds));
}

Errno poll_oneoff(HostCall& call, Program& program) {
  return poll(call, program, Snapshot::kPreview1);
}
Errno poll_oneoff_unstable(HostCall& call, Program& program) {
  return poll(call, program, Snapshot::kUnstable);
}

}  // namespace weft::abi::command
