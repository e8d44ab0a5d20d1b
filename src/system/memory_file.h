// An open file of a MemoryTree. Private to system.
#pragma once

#include <memory>

#include "system/memory_node.h"
#include "system/open_file.h"

namespace weft::system {

class MemoryFile final : public OpenFile {
 public:
  struct Use {
    bool read = false;
    bool write = false;
    bool change = false;  // what needs no writing: its times
  };
  MemoryFile(std::shared_ptr<MemoryState> state, std::shared_ptr<MemoryFileNode> node, Use use,
             const StatusFlags& flags)
      : state_(std::move(state)), node_(std::move(node)), use_(use), flags_(flags) {}

  Attempt<FileStatus> status() override { return node_->status(); }
  Attempt<std::size_t> read(std::span<const Buffer> buffers) override;
  Attempt<std::size_t> write(std::span<const ConstBuffer> buffers) override;
  Attempt<std::size_t> read_at(std::span<const Buffer> buffers, std::uint64_t offset) override;
  Attempt<std::size_t> write_at(std::span<const ConstBuffer> buffers,
                                std::uint64_t offset) override;
  Attempt<std::uint64_t> seek(std::int64_t offset, Whence whence) override;
  Attempt<> set_size(std::uint64_t size_bytes) override;
  Attempt<> allocate(std::uint64_t offset, std::uint64_t size_bytes) override;
  Attempt<> sync(bool /*data_only*/) override { return {}; }
  Attempt<> set_times(const FileTimes& times) override;
  StatusFlags flags() const override { return flags_; }
  Attempt<> set_flags(const StatusFlags& flags) override;
  std::optional<std::uint64_t> ready(Wait::For what) override;

 private:
  // Destroyed last.
  std::shared_ptr<MemoryState> state_;
  std::shared_ptr<MemoryFileNode> node_;
  const Use use_;
  StatusFlags flags_;
  std::uint64_t position_ = 0;  // At most what an int64_t holds.
};

}  // namespace weft::system
