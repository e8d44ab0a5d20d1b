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

class InputFile final : public OpenFile {
 public:
  // `stream` may be null: at its end. It outlives this object.
  explicit InputFile(InputStream* stream) : stream_(stream) {}

  Attempt<FileStatus> status() override;
  // Stops at the first buffer that is not filled: what comes later may come much later.
  Attempt<std::size_t> read(std::span<const Buffer> buffers) override;
  std::optional<std::uint64_t> ready(Wait::For what) override;
  Condition condition() override;
  std::optional<Wait> wait(Wait::For what) override;

 private:
  InputStream* stream_;
};

class OutputFile final : public OpenFile {
 public:
  // `stream` may be null: everything is dropped. Both outlive this object.
  OutputFile(OutputStream* stream, MustEnd& must_end) : stream_(stream), must_end_(must_end) {}

  Attempt<FileStatus> status() override;
  Attempt<std::size_t> write(std::span<const ConstBuffer> buffers) override;

 private:
  OutputStream* stream_;
  MustEnd& must_end_;
};

}  // namespace weft::system
