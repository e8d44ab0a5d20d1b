// fd_*, path_open2 and tty_* of WASIX.
#include <array>

#include "abi/command/wasix.h"
#include "system/event_counter.h"
#include "system/pipe.h"

namespace weft::abi::command::wasix {
namespace {

using engine::HostCall;
using system::Descriptor;
using system::FileNumber;

constexpr system::Rights kChannelRights =
    bits(Right::kFdFilestatGet, Right::kFdFdstatSetFlags, Right::kPollFdReadwrite);
// The only bit of type fdflagsext.
constexpr std::uint32_t kCloseOnExec = 1U << 0U;
// The only bit of type eventfdflags.
constexpr std::uint32_t kSemaphore = 1U << 0U;

// Type tty.
struct Tty {
  std::uint32_t columns = 80;
  std::uint32_t rows = 24;
  std::uint32_t width_px = 0;
  std::uint32_t height_px = 0;
  std::uint8_t is_input_terminal = 0;
  std::uint8_t is_output_terminal = 0;
  std::uint8_t is_error_terminal = 0;
  std::uint8_t echoes = 1;
  std::uint8_t by_line = 1;
  std::uint8_t keeps_line_feeds = 1;
  std::array<std::uint8_t, 2> padding = {};
};
static_assert(sizeof(Tty) == 24);

struct Copy {
  std::size_t number_index = 0;  // The parameter that says where the new number goes.
  FileNumber lowest = {};
  bool close_on_exec = false;
};

Errno duplicate(HostCall& call, Program& program, const Copy& how) {
  const Descriptor* const found = program.sandbox().find(number_at(call, 0));
  if (found == nullptr) return Errno::kBadf;
  Descriptor copy = *found;
  copy.given_as.reset();
  copy.close_on_exec = how.close_on_exec;
  return open_descriptor(call, program, how.number_index, std::move(copy), how.lowest);
}

template <class Stream>
std::uint8_t is_terminal(const Stream* stream) {
  return stream != nullptr && stream->is_terminal() ? 1 : 0;
}

}  // namespace

Errno open_descriptor(HostCall& call, Program& program, std::size_t index, Descriptor descriptor,
                      FileNumber lowest) {
  if (!has_place_for_count(call, index)) return Errno::kFault;
  const auto number = program.sandbox().add_from(lowest, std::move(descriptor));
  if (!number) return errno_of(number.error());
  call.memory().store(call.address(index), static_cast<std::uint32_t>(*number));
  return Errno::kSuccess;
}

Errno open_two(HostCall& call, Program& program, std::size_t index, Descriptor first,
               Descriptor second) {
  if (!has_place_for_count(call, index) || !has_place_for_count(call, index + 1))
    return Errno::kFault;
  const auto one = program.sandbox().add(std::move(first));
  if (!one) return errno_of(one.error());
  const auto other = program.sandbox().add(std::move(second));
  if (!other) {
    static_cast<void>(program.sandbox().close(*one).has_value());
    return errno_of(other.error());
  }
  call.memory().store(call.address(index), static_cast<std::uint32_t>(*one));
  call.memory().store(call.address(index + 1), static_cast<std::uint32_t>(*other));
  return Errno::kSuccess;
}

Errno fd_dup(HostCall& call, Program& program) {
  return duplicate(call, program, {.number_index = 1});
}
Errno fd_dup2(HostCall& call, Program& program) {
  return duplicate(
      call, program,
      {.number_index = 3, .lowest = number_at(call, 1), .close_on_exec = u32(call, 2) != 0});
}

Errno fd_pipe(HostCall& call, Program& program) {
  auto [reader, writer] = system::make_pipe(program.channels());
  return open_two(
      call, program, 0,
      {.file = std::move(reader), .rights = kChannelRights | bit(Right::kFdRead), .inheriting = 0},
      {.file = std::move(writer),
       .rights = kChannelRights | bit(Right::kFdWrite),
       .inheriting = 0});
}

Errno fd_event(HostCall& call, Program& program) {
  const auto value = static_cast<std::uint64_t>(call.i64(0));
  const std::uint32_t flags = u32(call, 1);
  if ((flags & ~kSemaphore) != 0 || value == UINT64_MAX) return Errno::kInval;
  return open_descriptor(
      call, program, 2,
      {.file = std::make_shared<system::EventCounter>(value, (flags & kSemaphore) != 0),
       .rights = kChannelRights | bits(Right::kFdRead, Right::kFdWrite),
       .inheriting = 0});
}

Errno fd_fdflags_get(HostCall& call, Program& program) {
  const Descriptor* const found = program.sandbox().find(number_at(call, 0));
  if (found == nullptr) return Errno::kBadf;
  const auto flags = static_cast<std::uint16_t>(found->close_on_exec ? kCloseOnExec : 0U);
  return call.memory().store(call.address(1), flags) ? Errno::kSuccess : Errno::kFault;
}

Errno fd_fdflags_set(HostCall& call, Program& program) {
  Descriptor* const found = program.sandbox().find(number_at(call, 0));
  if (found == nullptr) return Errno::kBadf;
  if ((u32(call, 1) & ~kCloseOnExec) != 0) return Errno::kInval;
  found->close_on_exec = u32(call, 1) != 0;
  return Errno::kSuccess;
}

Errno path_open2(HostCall& call, Program& program) {
  if ((u32(call, 8) & ~kCloseOnExec) != 0) return Errno::kInval;
  return open_path(call, program, {.number_index = 9, .close_on_exec = u32(call, 8) != 0});
}

// Nobody knows how large a terminal is, so it has the usual size.
Errno tty_get(HostCall& call, Program& program) {
  const Tty tty{.is_input_terminal = is_terminal(program.world().input),
                .is_output_terminal = is_terminal(program.world().output),
                .is_error_terminal = is_terminal(program.world().errors)};
  return call.memory().store(call.address(0), tty) ? Errno::kSuccess : Errno::kFault;
}

// The terminal is its owner's: it stays as it is, which is told to who wants more than that.
Errno tty_set(HostCall& call, Program& program) {
  Tty wanted;
  if (!call.memory().load(call.address(0), wanted)) return Errno::kFault;
  const bool is_as_it_is = wanted.echoes != 0 && wanted.by_line != 0;
  return is_as_it_is ? Errno::kSuccess : refuse_part(program, "tty_set");
}

}  // namespace weft::abi::command::wasix
