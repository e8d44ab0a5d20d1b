#include "system/stream_files.h"

#include <algorithm>
#include <climits>
#include <vector>

#include <poll.h>
#include <sys/stat.h>

#include "system/host_io.h"
#include "system/wait.h"

namespace weft::system {
namespace {

FileStatus status_of_stream(bool is_terminal) {
  return {.type = is_terminal ? FileType::kCharacterDevice : FileType::kUnknown};
}

// What stands between `begin` and `begin` + `count` when the buffers are one.
std::vector<ConstBuffer> part_of(std::span<const ConstBuffer> buffers, std::size_t begin,
                                 std::size_t count) {
  std::vector<ConstBuffer> part;
  for (const ConstBuffer& buffer : buffers) {
    const std::size_t skipped = std::min(begin, buffer.size());
    const std::size_t taken = std::min(count, buffer.size() - skipped);
    begin -= skipped;
    count -= taken;
    if (taken > 0) part.push_back(buffer.subspan(skipped, taken));
  }
  return part;
}

std::size_t size_of(std::span<const ConstBuffer> buffers) {
  std::size_t size = 0;
  for (const ConstBuffer& buffer : buffers)
    size += buffer.size();
  return size;
}

// In as few calls of the system as it takes, mostly one. What was written before an error counts.
Attempt<std::size_t> write_all(int descriptor, std::span<const ConstBuffer> buffers) {
  const std::size_t size = size_of(buffers);
  std::size_t written = 0;
  std::vector<ConstBuffer> rest;
  for (;;) {
    const auto more = write_from(descriptor, written == 0 ? buffers : rest);
    if (more) {
      written += *more;
      if (written == size) return size;
      rest = part_of(buffers, written, size - written);
    } else if (more.error() == Errno::kAgain) {
      pollfd state{.fd = descriptor, .events = POLLOUT, .revents = 0};
      ::poll(&state, 1, -1);
    } else {
      return written > 0 ? Attempt<std::size_t>(written) : more;
    }
  }
}

// As much as is taken at once, of a descriptor that may block: what says that it can be written to
// takes so many bytes, and a file any number.
Attempt<std::size_t> write_some(int descriptor, std::span<const ConstBuffer> buffers) {
  if (!ready_bytes(descriptor, Wait::For::kWriting)) return std::unexpected(Errno::kAgain);
  struct stat status{};
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode))
    return write_from(descriptor, buffers);
  return write_from(descriptor, part_of(buffers, 0, PIPE_BUF));
}

}  // namespace

Attempt<FileStatus> InputFile::status() {
  return status_of_stream(stream_ != nullptr && stream_->is_terminal());
}

Attempt<std::size_t> InputFile::read(std::span<const Buffer> buffers) {
  count_use(Wait::For::kReading);
  if (const int from = descriptor(); from >= 0) {
    if (flags_.nonblocking && !ready(Wait::For::kReading)) return std::unexpected(Errno::kAgain);
    return read_into(from, buffers);
  }
  std::size_t got = 0;
  for (const Buffer& buffer : buffers) {
    if (buffer.empty() || stream_ == nullptr) continue;
    const auto result = stream_->read(buffer);
    if (!result) return std::unexpected(Errno::kIo);
    got += *result;
    if (*result < buffer.size()) break;
  }
  return got;
}

// All others mean nothing to a stream.
Attempt<> InputFile::set_flags(const StatusFlags& flags) {
  flags_ = flags;
  return {};
}

std::optional<std::uint64_t> InputFile::ready(Wait::For what) {
  return descriptor() < 0 ? 1 : ready_bytes(descriptor(), what);
}

Condition InputFile::condition() {
  if (descriptor() < 0) return {};
  Condition condition = condition_of(descriptor());
  // A pipe or a file tells nobody but who wants to read.
  condition.at_end = condition.at_end || ready_bytes(descriptor(), Wait::For::kReading) == 0U;
  return condition;
}

std::optional<Wait> InputFile::wait(Wait::For what) {
  if (descriptor() < 0) return std::nullopt;
  return Wait{.descriptor = descriptor(), .what = what};
}

Attempt<FileStatus> OutputFile::status() {
  return status_of_stream(stream_ != nullptr && stream_->is_terminal());
}

Attempt<std::size_t> OutputFile::write(std::span<const ConstBuffer> buffers) {
  count_use(Wait::For::kWriting);
  const int to = descriptor();
  if (to < 0) return write_to_stream(buffers);
  const auto written = flags_.nonblocking ? write_some(to, buffers) : write_all(to, buffers);
  if (written == std::unexpected(Errno::kPipe)) stream_->reader_is_gone();
  return written;
}

Attempt<std::size_t> OutputFile::write_to_stream(std::span<const ConstBuffer> buffers) {
  std::size_t written = 0;
  for (const ConstBuffer& buffer : buffers) {
    if (stream_ != nullptr) {
      if (auto result = stream_->write(buffer); !result) {
        if (result.error().code() == ErrorCode::kUnavailable) return std::unexpected(Errno::kPipe);
        if (result.error().code() == ErrorCode::kGuestLimit) must_end_ = std::move(result.error());
        return std::unexpected(Errno::kIo);
      }
    }
    written += buffer.size();
  }
  return written;
}

Attempt<> OutputFile::set_flags(const StatusFlags& flags) {
  flags_ = flags;
  return {};
}

std::optional<std::uint64_t> OutputFile::ready(Wait::For what) {
  const bool is_known = descriptor() >= 0 && what == Wait::For::kWriting;
  return is_known ? ready_bytes(descriptor(), what) : 1;
}

Condition OutputFile::condition() {
  return descriptor() < 0 ? Condition{} : condition_of(descriptor());
}

std::optional<Wait> OutputFile::wait(Wait::For what) {
  if (descriptor() < 0) return std::nullopt;
  return Wait{.descriptor = descriptor(), .what = what};
}

}  // namespace weft::system
