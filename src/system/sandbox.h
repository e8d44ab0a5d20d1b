// What one guest may touch: its descriptors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "system/directory.h"
#include "system/errno.h"
#include "system/open_file.h"

namespace weft::system {

// What may be done through a descriptor, and through those that are opened below it. The bits are
// those of WASI snapshot-01, type rights; dialects without rights give all.
using Rights = std::uint64_t;
inline constexpr Rights kAllRights = (1ULL << 30U) - 1;

// The number of a descriptor, as guests see it.
enum class FileNumber : std::uint32_t {};

struct Descriptor {
  std::shared_ptr<OpenFile> file;
  Rights rights = kAllRights;
  Rights inheriting = kAllRights;
  // Of a directory that the guest was given: the path by which it knows it.
  std::optional<std::string> given_as = std::nullopt;
  // What the guest noted about programs that it might start; nothing here starts any.
  bool close_on_exec = false;
};

inline constexpr std::size_t kDescriptorsMax = 1024;

// The descriptor table of one guest. Confined to the guest's thread, or protected by the guest's
// lock where it has several.
class Sandbox {
 public:
  // How many descriptors may be open at once; at least 3.
  explicit Sandbox(std::size_t descriptors_max = kDescriptorsMax)
      : descriptors_max_(descriptors_max) {}
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  ~Sandbox() = default;

  // Under the lowest free number. kTooManyDescriptors.
  Attempt<FileNumber> add(Descriptor descriptor);
  // Under the lowest free number from `lowest` on. kInvalid when that is beyond all numbers,
  // kTooManyDescriptors when none is free.
  Attempt<FileNumber> add_from(FileNumber lowest, Descriptor descriptor);
  // Under this very number, in place of what it was. kBadDescriptor when it is beyond all numbers,
  // kTooManyDescriptors.
  Attempt<> put(FileNumber number, Descriptor descriptor);
  // Null when that number is not open. Valid until the table changes.
  Descriptor* find(FileNumber number);
  // kBadDescriptor.
  Attempt<> close(FileNumber number);
  // `to` becomes what `from` is, and `from` is closed. Both must be open: kBadDescriptor. With
  // itself nothing changes.
  Attempt<> renumber(FileNumber from, FileNumber to);
  std::size_t open_count() const { return open_count_; }
  // Above all numbers that are open.
  FileNumber end() const { return static_cast<FileNumber>(table_.size()); }
  bool is_full() const { return open_count_ >= descriptors_max_; }

 private:
  const std::size_t descriptors_max_;
  std::vector<std::optional<Descriptor>> table_;
  std::size_t lowest_free_ = 0;  // No number below it is free.
  std::size_t open_count_ = 0;
};

}  // namespace weft::system
