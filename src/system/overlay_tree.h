// A tree that can be written to on one that is left as it is.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "system/directory.h"

namespace weft::system {

struct OverlayLimits {
  // Names of the lower tree that were removed or replaced; above it, kNoSpace. One takes about 100
  // bytes, and what its letters take.
  std::uint64_t hidden_names = 1'000'000;
};

struct OverlayOptions {
  OverlayLimits limits = {};
};

// Shows `lower` with everything in `upper` over it, and puts every change into `upper`: a file of
// the lower tree is copied there as a whole when it is first opened for writing, or gets other
// times, links or names; a directory, when something in it changes. `lower` is only ever read, and
// nobody else changes `upper`. What was removed of the lower tree is remembered for as long as this
// lives, and in memory only. As with Linux's overlayfs:
// - a directory that is (also) in the lower tree cannot be renamed: kCrossDevice;
// - a file that is open for reading when it is copied goes on showing what it was, and its inode
//   and device change; those of a directory that is in both are the lower one's;
// - of several names of a lower file, the one that is written to becomes a file of its own;
// - what is neither a file, a directory nor a symbolic link cannot be changed: kNotSupported.
// `lower` is no overlay itself: places in its directories would not fit. Each path is the trees'
// own too: kNameTooLong where it is deeper than 4,095 bytes, wherever one starts. Thread rules:
// OpenFile's, for both trees together. `clock` outlives the tree.
std::shared_ptr<Directory> make_overlay(const Clock& clock, std::shared_ptr<Directory> lower,
                                        std::shared_ptr<Directory> upper,
                                        const OverlayOptions& options = {});

}  // namespace weft::system
