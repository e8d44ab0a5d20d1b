// What is not a directory in an overlay. Private to system.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "system/overlay_node.h"

namespace weft::system {

// Knows where it stands and asks there each time.
class OverlayLeaf final : public Node {
 public:
  OverlayLeaf(std::shared_ptr<OverlayDirectory> directory, std::string_view name, FileType type)
      : Node(type), directory_(std::move(directory)), name_(name) {}

  Attempt<FileStatus> status() override;
  Attempt<> set_times(const FileTimes& times) override;
  Attempt<std::string> target() override;
  Attempt<std::shared_ptr<OpenFile>> open(const OpenOptions& options, Access access) override;

 private:
  std::shared_ptr<OverlayDirectory> directory_;
  const std::string name_;
};

// A file of the lower layer, open for reading.
class OverlayLowerFile final : public OpenFile {
 public:
  OverlayLowerFile(std::shared_ptr<OpenFile> file, std::shared_ptr<OverlayDirectory> directory,
                   std::string_view name)
      : state_(directory->state().shared_from_this()),
        directory_(std::move(directory)),
        name_(name),
        file_(std::move(file)) {}

  Attempt<FileStatus> status() override { return file_->status(); }
  Attempt<std::size_t> read(std::span<const Buffer> buffers) override {
    return file_->read(buffers);
  }
  Attempt<std::size_t> read_at(std::span<const Buffer> buffers, std::uint64_t offset) override {
    return file_->read_at(buffers, offset);
  }
  Attempt<std::uint64_t> seek(std::int64_t offset, Whence whence) override {
    return file_->seek(offset, whence);
  }
  Attempt<std::size_t> write_at(std::span<const ConstBuffer> buffers,
                                std::uint64_t offset) override;
  Attempt<> allocate(std::uint64_t offset, std::uint64_t size_bytes) override;
  Attempt<> sync(bool /*data_only*/) override { return {}; }
  // Those of the file that is to be seen from now on, if it is still where it was opened.
  Attempt<> set_times(const FileTimes& times) override;
  StatusFlags flags() const override { return file_->flags(); }
  Attempt<> set_flags(const StatusFlags& flags) override { return file_->set_flags(flags); }
  std::optional<std::uint64_t> ready(Wait::For what) override { return file_->ready(what); }
  std::optional<Wait> wait(Wait::For what) override { return file_->wait(what); }

 private:
  // Destroyed last.
  std::shared_ptr<OverlayState> state_;
  std::shared_ptr<OverlayDirectory> directory_;
  const std::string name_;
  std::shared_ptr<OpenFile> file_;
};

}  // namespace weft::system
