// The standard streams of a guest: where its output goes and where its input comes from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::system {

// Confined to the invocation's thread, or protected by the guest's lock where it has several.
class OutputStream {
 public:
  virtual ~OutputStream() = default;

  // Takes all bytes, or fails; a full stream then takes none. kGuestLimit when the stream is full,
  // kUnavailable when nobody reads any more (POSIX's EPIPE), kInternal for other failures.
  virtual Result<> write(std::span<const std::uint8_t> bytes) = 0;

  // Whether a person looks at it: programs then write line by line, and in colours.
  virtual bool is_terminal() const { return false; }

  // The descriptor of this process behind it, to which what a guest writes goes straight; -1: none,
  // and writing never waits.
  virtual int descriptor() const { return -1; }
  // A guest has written to the descriptor, and nobody reads it any more. May end the process.
  virtual void reader_is_gone() {}
};

// Confined to the invocation's thread, or protected by the guest's lock where it has several.
class InputStream {
 public:
  virtual ~InputStream() = default;

  // Fills the front of `bytes` and returns how many; 0 at the end. May block when it stands for a
  // terminal or a pipe.
  virtual Result<std::size_t> read(std::span<std::uint8_t> bytes) = 0;

  // Whether a person types it.
  virtual bool is_terminal() const { return false; }

  // The descriptor of this process behind it, to wait for; -1: reading never waits.
  virtual int descriptor() const { return -1; }
};

// Keeps what is written, up to `limit_bytes`; `limit_name` is what the limit is called in the
// error.
class CaptureStream final : public OutputStream {
 public:
  CaptureStream(std::uint64_t limit_bytes, std::string limit_name)
      : limit_bytes_(limit_bytes), limit_name_(std::move(limit_name)) {}

  Result<> write(std::span<const std::uint8_t> bytes) override;
  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  std::uint64_t limit_bytes_;
  std::string limit_name_;
  std::string text_;
};

// Writes to a file descriptor of this process, which it does not close. Waits also where that is
// O_NONBLOCK, which whoever shares it may have set.
class DescriptorOutput : public OutputStream {
 public:
  explicit DescriptorOutput(int descriptor) : descriptor_(descriptor) {}
  Result<> write(std::span<const std::uint8_t> bytes) override;
  bool is_terminal() const override;
  int descriptor() const override { return descriptor_; }

 private:
  int descriptor_;
};

// Reads from a file descriptor of this process, which it does not close. Waits also where that is
// O_NONBLOCK.
class DescriptorInput final : public InputStream {
 public:
  explicit DescriptorInput(int descriptor) : descriptor_(descriptor) {}
  Result<std::size_t> read(std::span<std::uint8_t> bytes) override;
  bool is_terminal() const override;
  int descriptor() const override { return descriptor_; }

 private:
  int descriptor_;
};

// Reads from bytes in memory, which outlive it.
class BytesInput final : public InputStream {
 public:
  explicit BytesInput(std::string_view bytes) : bytes_(bytes) {}
  Result<std::size_t> read(std::span<std::uint8_t> bytes) override;

 private:
  std::string_view bytes_;
  std::size_t offset_ = 0;
};

}  // namespace weft::system
