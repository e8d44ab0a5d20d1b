// epoll_* of WASIX.
#include <algorithm>
#include <cstring>

#include "abi/command/wasix.h"
#include "system/interest_list.h"

namespace weft::abi::command::wasix {
namespace {

using engine::GuestMemory;
using engine::HostCall;
using system::InterestList;

// Bits of type epoll_type. Nothing here has urgent data (bit 3).
constexpr std::uint32_t kIn = 1U << 0U;
constexpr std::uint32_t kOut = 1U << 1U;
constexpr std::uint32_t kEnd = 1U << 2U;
constexpr std::uint32_t kError = 1U << 4U;
constexpr std::uint32_t kHangUp = 1U << 5U;
constexpr std::uint32_t kEdge = 1U << 6U;
constexpr std::uint32_t kOnce = 1U << 7U;
constexpr std::uint32_t kAll = 0xff;
// Type epoll_ctl.
constexpr std::uint32_t kAdd = 0;
constexpr std::uint32_t kChange = 1;
constexpr std::uint32_t kRemove = 2;

// A record has its bits, and 8 bytes further on what the guest wants to be told with them.
constexpr std::uint64_t kRecordBytes = 32;
constexpr std::uint64_t kDataAt = 8;
constexpr std::uint32_t kEventsMax = 4096;
constexpr std::uint64_t kForever = UINT64_MAX;
constexpr std::chrono::milliseconds kSoon(10);

std::expected<std::shared_ptr<InterestList>, Errno> list_at(const HostCall& call,
                                                            Program& program) {
  const system::Descriptor* const found = program.sandbox().find(number_at(call, 0));
  if (found == nullptr) return std::unexpected(Errno::kBadf);
  if (found->file->as_interest_list() == nullptr) return std::unexpected(Errno::kInval);
  return std::static_pointer_cast<InterestList>(found->file);
}

// The record that parameter 3 points to.
std::expected<InterestList::Interest, Errno> interest_at(const HostCall& call) {
  if (u32(call, 3) == 0) return std::unexpected(Errno::kInval);
  std::uint32_t bits = 0;
  InterestList::Interest interest;
  const GuestMemory memory = call.memory();
  if (!memory.load(call.address(3), bits) ||
      !memory.load(call.address(3) + kDataAt, interest.data)) {
    return std::unexpected(Errno::kFault);
  }
  if ((bits & ~kAll) != 0) return std::unexpected(Errno::kInval);
  interest.reading = (bits & kIn) != 0;
  interest.writing = (bits & kOut) != 0;
  interest.end = (bits & kEnd) != 0;
  interest.edge = (bits & kEdge) != 0;
  interest.once = (bits & kOnce) != 0;
  return interest;
}

void store(std::span<std::uint8_t> place, const InterestList::Event& event) {
  std::ranges::fill(place, std::uint8_t{0});
  const std::uint32_t bits = (event.readable ? kIn : 0U) | (event.writable ? kOut : 0U) |
                             (event.at_end ? kEnd : 0U) | (event.failed ? kError : 0U) |
                             (event.hung_up ? kHangUp : 0U);
  std::memcpy(place.data(), &bits, sizeof(bits));
  std::memcpy(place.data() + kDataAt, event.data.data(), event.data.size());
}

// Waits for what a look has not found. The errno says why that is in vain.
Errno wait_for(Program& program, InterestList::Look& look,
               const std::optional<MonotonicTime>& until) {
  if (!program.can_wait()) return Errno::kNotsup;
  if (until) look.waits.push_back({.until = until});
  if (look.again) look.waits.push_back({.until = program.world().clock->monotonic() + kSoon});
  if (look.waits.empty()) return Errno::kDeadlk;
  return program.wait(look.waits) ? Errno::kSuccess : Errno::kIntr;
}

}  // namespace

Errno epoll_create(HostCall& call, Program& program) {
  return open_descriptor(call, program, 0,
                         {.file = std::make_shared<InterestList>(program.channels()),
                          .rights = bit(Right::kFdFilestatGet),
                          .inheriting = 0});
}

Errno epoll_ctl(HostCall& call, Program& program) {
  const auto list = list_at(call, program);
  if (!list) return list.error();
  const std::uint32_t operation = u32(call, 1);
  if (operation != kAdd && operation != kChange && operation != kRemove) return Errno::kInval;
  const system::FileNumber number = number_at(call, 2);
  const system::Descriptor* const found = program.sandbox().find(number);
  if (found == nullptr) return Errno::kBadf;
  const auto type = found->file->file_type();
  if (!type) return errno_of(type.error());
  // As Linux, which refuses what has nothing to wait for.
  if (*type == system::FileType::kRegular || *type == system::FileType::kDirectory)
    return Errno::kPerm;
  if (operation == kRemove) return errno_of((*list)->remove(number, found->file));
  const auto interest = interest_at(call);
  if (!interest) return interest.error();
  const bool may_be_polled = (found->rights & bit(Right::kPollFdReadwrite)) != 0 ||
                             found->file->as_interest_list() != nullptr;
  if (!may_be_polled) return Errno::kPerm;
  return errno_of(operation == kAdd ? (*list)->add(number, found->file, *interest)
                                    : (*list)->change(number, found->file, *interest));
}

Errno epoll_wait(HostCall& call, Program& program) {
  const auto list = list_at(call, program);
  if (!list) return list.error();
  const std::uint32_t events_max = u32(call, 2);
  if (events_max == 0 || events_max > kEventsMax) return Errno::kInval;
  const auto out = call.memory().bytes(call.address(1), events_max * kRecordBytes);
  if (!out || !has_place_for_count(call, 4)) return Errno::kFault;
  const auto timeout = static_cast<std::uint64_t>(call.i64(3));
  std::optional<MonotonicTime> until;
  if (timeout != kForever) until = end_of_wait(program, timeout);
  auto look = (*list)->look(events_max);
  while (look.events.empty() && (!until || program.world().clock->monotonic() < *until)) {
    if (const Errno error = wait_for(program, look, until); error != Errno::kSuccess) return error;
    look = (*list)->look(events_max);
  }
  for (std::size_t i = 0; i < look.events.size(); ++i)
    store(out->subspan(i * kRecordBytes, kRecordBytes), look.events[i]);
  call.memory().store(call.address(4), static_cast<std::uint32_t>(look.events.size()));
  return Errno::kSuccess;
}

}  // namespace weft::abi::command::wasix
