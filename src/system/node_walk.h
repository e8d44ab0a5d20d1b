// Paths through nodes. Private to system.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "system/node.h"

namespace weft::system {

struct WalkOptions {
  // A symbolic link at the end; one with a slash behind it always is.
  bool follow = true;
  // For a file that is to be made: a slash at the end is kIsDirectory then.
  bool creating = false;
};

// Where a path ends.
struct Walked {
  std::shared_ptr<Node> directory;  // in which `name` stands; null behind "." and ".."
  std::string name;
  std::shared_ptr<Node> node;    // null: nothing has that name
  bool wants_directory = false;  // a slash stood behind it
};

// One name after the other from `base`, which is a directory and above which nothing is:
// kNotPermitted. kNameTooLong, kLinkLoop (more than kLinksFollowedMax links), kNotDirectory, and
// kNoEntry of all but the last name.
Attempt<Walked> walk(const std::shared_ptr<Node>& base, std::string_view path, WalkOptions options);

// A path's last name, whatever it stands for ("." and ".." too), and the directory it stands in.
struct LastName {
  std::shared_ptr<Node> directory;
  std::string name;
  bool wants_directory = false;

  bool is_special() const { return name == "." || name == ".."; }
};
Attempt<LastName> walk_to_last(const std::shared_ptr<Node>& base, std::string_view path);

// What is wrong with a path as such: kNoEntry, kNameTooLong, kInvalid, kNotPermitted.
Attempt<> check_path(std::string_view path);

}  // namespace weft::system
