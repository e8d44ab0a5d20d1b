#include "system/stream_files.h"

#include "system/wait.h"

namespace weft::system {
namespace {

FileStatus status_of_stream(bool is_terminal) {
  return {.type = is_terminal ? FileType::kCharacterDevice : FileType::kUnknown};
}

}  // namespace

Attempt<FileStatus> InputFile::status() {
  return status_of_stream(stream_ != nullptr && stream_->is_terminal());
}

Attempt<std::size_t> InputFile::read(std::span<const Buffer> buffers) {
  count_use(Wait::For::kReading);
  std::size_t got = 0;
  for (const Buffer& buffer : buffers) {
    if (buffer.empty() || stream_ == nullptr) continue;
    // The first may have taken all that there is yet.
    if (got > 0 && !ready(Wait::For::kReading)) break;
    const auto result = stream_->read(buffer);
    if (!result) return std::unexpected(Errno::kIo);
    got += *result;
    if (*result < buffer.size()) break;
  }
  return got;
}

std::optional<std::uint64_t> InputFile::ready(Wait::For what) {
  const int descriptor = stream_ == nullptr ? -1 : stream_->descriptor();
  return descriptor < 0 ? 1 : ready_bytes(descriptor, what);
}

Condition InputFile::condition() {
  const int descriptor = stream_ == nullptr ? -1 : stream_->descriptor();
  if (descriptor < 0) return {};
  Condition condition = condition_of(descriptor);
  // A pipe or a file tells nobody but who wants to read.
  condition.at_end = condition.at_end || ready_bytes(descriptor, Wait::For::kReading) == 0U;
  return condition;
}

std::optional<Wait> InputFile::wait(Wait::For what) {
  const int descriptor = stream_ == nullptr ? -1 : stream_->descriptor();
  if (descriptor < 0) return std::nullopt;
  return Wait{.descriptor = descriptor, .what = what};
}

Attempt<FileStatus> OutputFile::status() {
  return status_of_stream(stream_ != nullptr && stream_->is_terminal());
}

Attempt<std::size_t> OutputFile::write(std::span<const ConstBuffer> buffers) {
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

}  // namespace weft::system
