// Resolves a path beneath a directory where openat2(2) is not to be had. Private to system.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/unique_fd.h"
#include "system/errno.h"

namespace weft::system {

// What a symbolic link says. kInvalid for everything that is none.
Attempt<std::string> host_link_target(int directory, const char* name);

// One name after the other, without letting the system follow any link, and back to a parent only
// by the directory that was passed through: nobody can move a step to outside of the tree.
class HostWalk {
 public:
  // Below `root`, which is borrowed.
  HostWalk(int root, std::string_view path) : root_(root), rest_(path) {}

  // As open(2) with these flags; kNotPermitted for a path that leads out.
  Attempt<UniqueFd> open(int flags, mode_t mode);

 private:
  int current() const { return passed_.empty() ? root_ : passed_.back().get(); }
  // The next name that is not "."; empty at the end.
  std::string take_name();
  Attempt<> go_up();
  // Into the directory of that name, or, when it is a link, before what that says.
  Attempt<> go_down(const std::string& name);
  // Opens the last name. No descriptor: it is a link that `rest_` begins with now.
  Attempt<UniqueFd> open_last(const std::string& name, int flags, mode_t mode);
  // Whether it is a link, which then stands before the rest.
  Attempt<bool> follow(const std::string& name);

  int root_;
  std::vector<UniqueFd> passed_;
  std::string rest_;
  int links_ = 0;
};

}  // namespace weft::system
