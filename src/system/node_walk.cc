#include "system/node_walk.h"

#include <algorithm>
#include <vector>

namespace weft::system {
namespace {

class Walk {
 public:
  Walk(const std::shared_ptr<Node>& base, std::string_view path, WalkOptions options)
      : passed_{base}, rest_(path), options_(options) {}

  Attempt<Walked> run();

 private:
  // Cuts the next name off; empty at the end.
  std::string next_name();
  // Whether the path is at its end behind this name.
  Attempt<bool> take(std::string name);
  Attempt<> go_up();
  Attempt<> follow(Node& link);

  std::vector<std::shared_ptr<Node>> passed_;  // The base, and what is below it on the way.
  std::string rest_;                           // Of the path, with what links put in front of it.
  WalkOptions options_;
  int links_ = 0;
  Walked walked_;
};

std::string Walk::next_name() {
  const std::size_t begin = std::min(rest_.find_first_not_of('/'), rest_.size());
  const std::size_t end = std::min(rest_.find('/', begin), rest_.size());
  std::string name = rest_.substr(begin, end - begin);
  rest_.erase(0, end);
  return name;
}

Attempt<> Walk::go_up() {
  if (passed_.size() == 1) return std::unexpected(Errno::kNotPermitted);
  passed_.pop_back();
  return {};
}

Attempt<> Walk::follow(Node& link) {
  if (++links_ > kLinksFollowedMax) return std::unexpected(Errno::kLinkLoop);
  auto target = link.target();
  if (!target) return std::unexpected(target.error());
  if (target->starts_with('/')) return std::unexpected(Errno::kNotPermitted);
  rest_.insert(0, *target);
  return {};
}

Attempt<bool> Walk::take(std::string name) {
  if (name.size() > kNameBytesMax) {
    // In a directory that was removed nothing is looked up any more.
    const auto above = passed_.back()->parent_inode();
    return std::unexpected(above ? Errno::kNameTooLong : above.error());
  }
  const bool is_last = rest_.find_first_not_of('/') == std::string::npos;
  const bool wants_directory = !rest_.empty();
  if (is_last && wants_directory && options_.creating) return std::unexpected(Errno::kIsDirectory);
  auto found = passed_.back()->find(name);
  if (!found && (found.error() != Errno::kNoEntry || !is_last))
    return std::unexpected(found.error());
  if (found && (*found)->is_link() && (wants_directory || options_.follow)) {
    if (auto followed = follow(**found); !followed) return std::unexpected(followed.error());
    return false;
  }
  if (found && wants_directory && !(*found)->is_directory())
    return std::unexpected(Errno::kNotDirectory);
  if (!is_last) {
    passed_.push_back(*std::move(found));
    return false;
  }
  walked_ = {.directory = passed_.back(),
             .name = std::move(name),
             .node = found ? *std::move(found) : nullptr,
             .wants_directory = wants_directory};
  return true;
}

Attempt<Walked> Walk::run() {
  for (std::string name = next_name(); !name.empty(); name = next_name()) {
    if (name == ".") continue;
    if (name == "..") {
      if (auto gone = go_up(); !gone) return std::unexpected(gone.error());
      continue;
    }
    const auto ended = take(std::move(name));
    if (!ended) return std::unexpected(ended.error());
    if (*ended) return std::move(walked_);
  }
  return Walked{.directory = nullptr, .name = {}, .node = passed_.back(), .wants_directory = true};
}

}  // namespace

Attempt<> check_path(std::string_view path) {
  if (path.empty()) return std::unexpected(Errno::kNoEntry);
  if (path.size() > kPathBytesMax) return std::unexpected(Errno::kNameTooLong);
  if (path.find('\0') != std::string_view::npos) return std::unexpected(Errno::kInvalid);
  if (path.front() == '/') return std::unexpected(Errno::kNotPermitted);
  return {};
}

Attempt<Walked> walk(const std::shared_ptr<Node>& base, std::string_view path,
                     WalkOptions options) {
  if (auto checked = check_path(path); !checked) return std::unexpected(checked.error());
  return Walk(base, path, options).run();
}

Attempt<LastName> walk_to_last(const std::shared_ptr<Node>& base, std::string_view path) {
  if (auto checked = check_path(path); !checked) return std::unexpected(checked.error());
  LastName last;
  const std::size_t size = path.find_last_not_of('/') + 1;
  last.wants_directory = size < path.size();
  path = path.substr(0, size);
  const std::size_t slash = path.rfind('/');
  last.name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  if (last.name.size() > kNameBytesMax) return std::unexpected(Errno::kNameTooLong);
  if (slash == std::string_view::npos) {
    last.directory = base;
    return last;
  }
  // With its slash, so that it must be a directory.
  auto walked = Walk(base, path.substr(0, slash + 1), {}).run();
  if (!walked) return std::unexpected(walked.error());
  if (!walked->node) return std::unexpected(Errno::kNoEntry);
  last.directory = std::move(walked->node);
  return last;
}

}  // namespace weft::system
