// fd_*: what is done with an open descriptor.
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "abi/command/calls.h"
#include "abi/command/guest_buffers.h"

namespace weft::abi::command {
namespace {

using engine::GuestMemory;
using engine::HostCall;
using system::Descriptor;

Errno seek(HostCall& call, Program& program, system::Whence whence, Right right) {
  const auto descriptor = file_with(call, program, 0, right);
  if (!descriptor) return descriptor.error();
  if (!call.memory().bytes(call.address(3), sizeof(std::uint64_t))) return Errno::kFault;
  const auto position = (*descriptor)->file->seek(call.i64(1), whence);
  if (!position) return errno_of(position.error());
  call.memory().store(call.address(3), *position);
  return Errno::kSuccess;
}

// `order`: what the numbers 0, 1 and 2 mean.
Errno seek_from(HostCall& call, Program& program, const std::array<system::Whence, 3>& order) {
  const auto whence = static_cast<std::uint32_t>(call.i32(2));
  if (whence >= order.size()) return Errno::kInval;
  return seek(call, program, order.at(whence), Right::kFdSeek);
}

Errno filestat_get(HostCall& call, Program& program, Snapshot snapshot) {
  const auto descriptor = descriptor_with(call, program, 0, Right::kFdFilestatGet);
  if (!descriptor) return descriptor.error();
  const auto status = (*descriptor)->file->status();
  if (!status) return errno_of(status.error());
  return store_status(call.memory(), call.address(1), *status, snapshot) ? Errno::kSuccess
                                                                         : Errno::kFault;
}

Errno copy_to(Program& program, system::FileNumber from, system::FileNumber to) {
  const Descriptor* const found = program.sandbox().find(from);
  if (found == nullptr) return Errno::kBadf;
  if (from == to) return Errno::kSuccess;
  Descriptor copy = *found;
  copy.given_as.reset();
  copy.close_on_exec = false;
  return errno_of(program.sandbox().put(to, std::move(copy)));
}

Errno sync(HostCall& call, Program& program, Right right, bool data_only) {
  const auto descriptor = descriptor_with(call, program, 0, right);
  if (!descriptor) return descriptor.error();
  return errno_of((*descriptor)->file->sync(data_only));
}

}  // namespace

Errno finish(HostCall& call, Program& program, std::size_t index,
             const system::Attempt<std::size_t>& count) {
  if (!count) {
    if (auto why = std::exchange(program.must_end(), std::nullopt)) call.stop(*std::move(why));
    return errno_of(count.error());
  }
  call.memory().store(call.address(index), static_cast<std::uint32_t>(*count));
  return Errno::kSuccess;
}

bool has_place_for_count(const HostCall& call, std::size_t index) {
  return call.memory().bytes(call.address(index), sizeof(std::uint32_t)).has_value();
}

// --- reading and writing ---

Errno fd_write(HostCall& call, Program& program) {
  const auto descriptor = file_with(call, program, 0, Right::kFdWrite);
  if (!descriptor) return descriptor.error();
  const auto buffers = GuestBuffers<const std::uint8_t>::at(
      call.memory(), call.address(1), static_cast<std::uint32_t>(call.i32(2)));
  if (!buffers) return buffers.error();
  if (!has_place_for_count(call, 3)) return Errno::kFault;
  system::OpenFile& file = *(*descriptor)->file;
  const auto kept = held(program, **descriptor);
  return finish(call, program, 3, write_waiting(program, file, buffers->all()));
}

Errno fd_read(HostCall& call, Program& program) {
  const auto descriptor = file_with(call, program, 0, Right::kFdRead);
  if (!descriptor) return descriptor.error();
  const auto buffers = GuestBuffers<std::uint8_t>::at(call.memory(), call.address(1),
                                                      static_cast<std::uint32_t>(call.i32(2)));
  if (!buffers) return buffers.error();
  if (!has_place_for_count(call, 3)) return Errno::kFault;
  system::OpenFile& file = *(*descriptor)->file;
  const auto kept = held(program, **descriptor);
  return finish(call, program, 3, waiting(program, file, system::Wait::For::kReading, [&] {
                  return file.read(buffers->all());
                }));
}

Errno fd_pread(HostCall& call, Program& program) {
  const auto descriptor = file_with(call, program, 0, Right::kFdRead);
  if (!descriptor) return descriptor.error();
  const auto buffers = GuestBuffers<std::uint8_t>::at(call.memory(), call.address(1),
                                                      static_cast<std::uint32_t>(call.i32(2)));
  if (!buffers) return buffers.error();
  if (!has_place_for_count(call, 4)) return Errno::kFault;
  return finish(
      call, program, 4,
      (*descriptor)->file->read_at(buffers->all(), static_cast<std::uint64_t>(call.i64(3))));
}

Errno fd_pwrite(HostCall& call, Program& program) {
  const auto descriptor = file_with(call, program, 0, Right::kFdWrite);
  if (!descriptor) return descriptor.error();
  const auto buffers = GuestBuffers<const std::uint8_t>::at(
      call.memory(), call.address(1), static_cast<std::uint32_t>(call.i32(2)));
  if (!buffers) return buffers.error();
  if (!has_place_for_count(call, 4)) return Errno::kFault;
  return finish(
      call, program, 4,
      (*descriptor)->file->write_at(buffers->all(), static_cast<std::uint64_t>(call.i64(3))));
}

Errno fd_seek(HostCall& call, Program& program) {
  using enum system::Whence;
  return seek_from(call, program, {kStart, kCurrent, kEnd});
}
Errno fd_seek_unstable(HostCall& call, Program& program) {
  using enum system::Whence;
  return seek_from(call, program, {kCurrent, kEnd, kStart});
}

Errno fd_tell(HostCall& call, Program& program) {
  const auto descriptor = file_with(call, program, 0, Right::kFdTell);
  if (!descriptor) return descriptor.error();
  const auto position = (*descriptor)->file->seek(0, system::Whence::kCurrent);
  if (!position) return errno_of(position.error());
  return call.memory().store(call.address(1), *position) ? Errno::kSuccess : Errno::kFault;
}

// --- size, times, the disk ---

// Advice helps nobody here, but is checked as if it did.
Errno fd_advise(HostCall& call, Program& program) {
  constexpr std::uint32_t kAdvices = 6;
  const auto descriptor = file_with(call, program, 0, Right::kFdAdvise);
  if (!descriptor) return descriptor.error();
  if (static_cast<std::uint32_t>(call.i32(3)) >= kAdvices) return Errno::kInval;
  const auto position = (*descriptor)->file->seek(0, system::Whence::kCurrent);
  return errno_of(position);
}

Errno fd_allocate(HostCall& call, Program& program) {
  const auto descriptor = file_with(call, program, 0, Right::kFdAllocate);
  if (!descriptor) return descriptor.error();
  return errno_of((*descriptor)
                      ->file->allocate(static_cast<std::uint64_t>(call.i64(1)),
                                       static_cast<std::uint64_t>(call.i64(2))));
}

Errno fd_datasync(HostCall& call, Program& program) {
  return sync(call, program, Right::kFdDatasync, true);
}
Errno fd_sync(HostCall& call, Program& program) {
  return sync(call, program, Right::kFdSync, false);
}

Errno fd_filestat_get(HostCall& call, Program& program) {
  return filestat_get(call, program, Snapshot::kPreview1);
}
Errno fd_filestat_get_unstable(HostCall& call, Program& program) {
  return filestat_get(call, program, Snapshot::kUnstable);
}

Errno fd_filestat_set_size(HostCall& call, Program& program) {
  const auto descriptor = file_with(call, program, 0, Right::kFdFilestatSetSize);
  if (!descriptor) return descriptor.error();
  return errno_of((*descriptor)->file->set_size(static_cast<std::uint64_t>(call.i64(1))));
}

Errno fd_filestat_set_times(HostCall& call, Program& program) {
  const auto descriptor = descriptor_with(call, program, 0, Right::kFdFilestatSetTimes);
  if (!descriptor) return descriptor.error();
  const auto times = times_at(call, program, 1);
  if (!times) return times.error();
  return noted(program, errno_of((*descriptor)->file->set_times(*times)));
}

// --- the descriptor itself ---

Errno fd_close(HostCall& call, Program& program) {
  return errno_of(program.sandbox().close(number_at(call, 0)));
}

// For WASIX it copies, and its library makes dup2 of it.
Errno fd_renumber(HostCall& call, Program& program) {
  if (program.world().calls_wasix) return copy_to(program, number_at(call, 0), number_at(call, 1));
  return errno_of(program.sandbox().renumber(number_at(call, 0), number_at(call, 1)));
}

Errno fd_fdstat_get(HostCall& call, Program& program) {
  const Descriptor* const descriptor = program.sandbox().find(number_at(call, 0));
  if (descriptor == nullptr) return Errno::kBadf;
  const auto place = call.memory().bytes(call.address(1), 24);
  if (!place) return Errno::kFault;
  const auto type = descriptor->file->file_type();
  if (!type) return errno_of(type.error());
  const system::StatusFlags given = descriptor->file->tell_flags();
  const auto flags = static_cast<std::uint16_t>(
      (given.append ? kAppend : 0U) | (given.data_synchronised ? kDsync : 0U) |
      (given.nonblocking ? kNonblock : 0U) | (given.synchronised ? kSync | kRsync : 0U));
  std::ranges::fill(*place, std::uint8_t{0});
  (*place)[0] = file_type_number(*type);
  std::memcpy(place->data() + 2, &flags, sizeof(flags));
  std::memcpy(place->data() + 8, &descriptor->rights, sizeof(descriptor->rights));
  std::memcpy(place->data() + 16, &descriptor->inheriting, sizeof(descriptor->inheriting));
  return Errno::kSuccess;
}

Errno fd_fdstat_set_flags(HostCall& call, Program& program) {
  const auto descriptor = file_with(call, program, 0, Right::kFdFdstatSetFlags);
  if (!descriptor) return descriptor.error();
  const auto flags = static_cast<std::uint32_t>(call.i32(1));
  if (flags > (kAppend | kDsync | kNonblock | kRsync | kSync)) return Errno::kInval;
  return errno_of((*descriptor)->file->set_flags(status_flags_of(flags)));
}

// Rights can be given up, not taken.
Errno fd_fdstat_set_rights(HostCall& call, Program& program) {
  Descriptor* const descriptor = program.sandbox().find(number_at(call, 0));
  if (descriptor == nullptr) return Errno::kBadf;
  const auto rights = static_cast<std::uint64_t>(call.i64(1));
  const auto inheriting = static_cast<std::uint64_t>(call.i64(2));
  if ((rights & ~descriptor->rights) != 0 || (inheriting & ~descriptor->inheriting) != 0)
    return Errno::kNotcapable;
  descriptor->rights = rights;
  descriptor->inheriting = inheriting;
  return Errno::kSuccess;
}

// --- the directories that a program was given ---

Errno fd_prestat_get(HostCall& call, Program& program) {
  if (program.world().directories.empty()) program.refusals().no_directories = true;
  const Descriptor* const descriptor = program.sandbox().find(number_at(call, 0));
  if (descriptor == nullptr || !descriptor->given_as) return Errno::kBadf;
  const GuestMemory memory = call.memory();
  const auto size = static_cast<std::uint32_t>(descriptor->given_as->size());
  // Tag 0 is a directory, and there is no other.
  return memory.store(call.address(1), std::uint32_t{0}) && memory.store(call.address(1) + 4, size)
             ? Errno::kSuccess
             : Errno::kFault;
}

Errno fd_prestat_dir_name(HostCall& call, Program& program) {
  const Descriptor* const descriptor = program.sandbox().find(number_at(call, 0));
  if (descriptor == nullptr || !descriptor->given_as) return Errno::kBadf;
  const std::string& name = *descriptor->given_as;
  if (static_cast<std::uint32_t>(call.i32(2)) < name.size()) return Errno::kNametoolong;
  const auto place = call.memory().bytes(call.address(1), name.size());
  if (!place) return Errno::kFault;
  std::ranges::copy(name, place->begin());
  return Errno::kSuccess;
}

// --- entries ---

// Entries are written one behind the other until the buffer is full; the last one may be cut, which
// tells the guest that there is more.
Errno fd_readdir(HostCall& call, Program& program) {
  const auto directory = directory_with(call, program, 0, Right::kFdReaddir);
  if (!directory) return directory.error();
  const auto size = static_cast<std::uint32_t>(call.i32(2));
  const auto place = call.memory().bytes(call.address(1), size);
  if (!place || !has_place_for_count(call, 4)) return Errno::kFault;
  std::size_t used = 0;
  const auto put = [&](const void* bytes, std::size_t count) {
    const std::size_t fits = std::min(count, place->size() - used);
    if (fits > 0) std::memcpy(place->data() + used, bytes, fits);
    used += fits;
  };
  const auto shown = (*directory)
                         ->read_entries(static_cast<std::uint64_t>(call.i64(3)),
                                        [&](const system::DirectoryEntry& entry) {
                                          if (used == place->size()) return false;
                                          std::array<std::uint8_t, 24> head{};
                                          const auto name_size =
                                              static_cast<std::uint32_t>(entry.name.size());
                                          std::memcpy(head.data(), &entry.next, 8);
                                          std::memcpy(head.data() + 8, &entry.inode, 8);
                                          std::memcpy(head.data() + 16, &name_size, 4);
                                          head[20] = file_type_number(entry.type);
                                          put(head.data(), head.size());
                                          put(entry.name.data(), entry.name.size());
                                          return used < place->size();
                                        });
  if (!shown) return errno_of(shown.error());
  call.memory().store(call.address(4), static_cast<std::uint32_t>(used));
  return Errno::kSuccess;
}

}  // namespace weft::abi::command
