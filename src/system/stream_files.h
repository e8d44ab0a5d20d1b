// Streams as files, so that a guest's standard streams stand in its descriptor table.
#pragma once

#include <optional>

#include "base/result.h"
#include "system/open_file.h"
#include "system/streams.h"

namespace weft::system {

// Why a guest must end instead of being told an errno: it wrote more than it may. Set by its files,
// looked at by its dialect after each call that failed.
using MustEnd = std::optional<Error>;

// What can be read or written is passed on as it is; whether the guest wants to wait for it is a
// flag of its own, whatever the process's descriptor behind the stream says.
class InputFile final : public OpenFile {
 public:
  // `stream` may be null: at its end. It outlives this object.
  explicit InputFile(InputStream* stream) : stream_(stream) {}

  Attempt<FileStatus> status() override;
  // Does not wait for more than there is, but for the first of it.
  Attempt<std::size_t> read(std::span<const Buffer> buffers) override;
  StatusFlags flags() const override { return flags_; }
  Attempt<> set_flags(const StatusFlags& flags) override;
  std::optional<std::uint64_t> ready(Wait::For what) override;
  Condition condition() override;
  std::optional<Wait> wait(Wait::For what) override;

 private:
  int descriptor() const { return stream_ == nullptr ? -1 : stream_->descriptor(); }

  InputStream* stream_;
  StatusFlags flags_;
};

class OutputFile final : public OpenFile {
 public:
  // `stream` may be null: everything is dropped. Both outlive this object.
  OutputFile(OutputStream* stream, MustEnd& must_end) : stream_(stream), must_end_(must_end) {}

  Attempt<FileStatus> status() override;
  // All of it, and waits for that; if the guest does not want to wait, as much as is taken at once.
  Attempt<std::size_t> write(std::span<const ConstBuffer> buffers) override;
  StatusFlags flags() const override { return flags_; }
  Attempt<> set_flags(const StatusFlags& flags) override;
  std::optional<std::uint64_t> ready(Wait::For what) override;
  Condition condition() override;
  std::optional<Wait> wait(Wait::For what) override;

 private:
  int descriptor() const { return stream_ == nullptr ? -1 : stream_->descriptor(); }
  Attempt<std::size_t> write_to_stream(std::span<const ConstBuffer> buffers);

  OutputStream* stream_;
  MustEnd& must_end_;
  StatusFlags flags_;
};

}  // namespace weft::system
