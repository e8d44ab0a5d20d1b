// Several trees as one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "system/directory.h"

namespace weft::system {

// As many as anybody will want to give to one guest.
inline constexpr std::size_t kMountsMax = 1000;

struct Mount {
  std::string path;  // "/" or "/data/in": from the table's root
  std::shared_ptr<Directory> tree;
};

// Shows each tree at its path, over what another one has there. Directories on the way to a mount
// that no tree has are there too, empty but for that way, and cannot be changed. Where a mount is
// or leads through, nothing can be removed, renamed or replaced: kBusy. Nothing is linked or
// renamed from one mount to another: kCrossDevice, also when both show the same tree. ".." at the
// top of a mount is what the mount stands in; links lead through mounts as paths do. Directories on
// the way to a mount are looked up now; when others take them away later, they are still shown.
//
// kInvalidArgument names the path: one that is not absolute, has "." or ".." in it, a name of more
// than 255 bytes, a NUL byte, or is there twice; too many mounts. `clock` outlives the table.
// Thread rules: OpenFile's, for all of the trees together.
Result<std::shared_ptr<Directory>> make_mount_table(const Clock& clock, std::vector<Mount> mounts);

}  // namespace weft::system
