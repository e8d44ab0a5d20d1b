#include "system/mount_table.h"

#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/log.h"
#include "system/memory_tree.h"
#include "system/mount_node.h"
#include "system/node_directory.h"

namespace weft::system {
namespace {

constexpr std::size_t kShownBytesMax = 200;
// No file of a tree has it: those count from 1.
constexpr std::uint64_t kWayDevice = 0;
// Of the directories that no tree has.
constexpr std::size_t kWayMount = 0;

Error wrong(std::string_view path, std::string_view why) {
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("cannot mount at {}: {}", shown(path, kShownBytesMax), why));
}

Result<std::vector<std::string>> names_of(std::string_view given) {
  std::string_view path = given;
  if (!path.starts_with('/')) return fail(wrong(path, "the path must begin with /"));
  if (path.size() > kPathBytesMax || path.find('\0') != std::string_view::npos)
    return fail(wrong(path, "the path must be at most 4,095 bytes, none of them zero"));
  std::vector<std::string> names;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(name.size());
    if (name.empty()) continue;
    if (name == "." || name == ".." || name.size() > kNameBytesMax)
      return fail(wrong(given, "each name must be at most 255 bytes, and neither . nor .."));
    names.emplace_back(name);
  }
  return names;
}

struct MountState {
  explicit MountState(const Clock& clock) : way(clock, {.device = kWayDevice}) {}

  Result<> add(Mount mount, std::size_t number);
  void find_directories();

  // The directories on the way to each mount, as if no tree had them.
  MemoryTree way;
  MountPoint root;
};

Result<> MountState::add(Mount mount, std::size_t number) {
  WEFT_ASSERT(mount.tree != nullptr);
  MountPoint* point = &root;
  std::string path;
  for (const std::string& name : TRY(names_of(mount.path))) {
    path += path.empty() ? name : "/" + name;
    auto& below = point->below[name];
    if (!below) {
      below = std::make_unique<MountPoint>();
      below->parent = point;
      if (!way.root()->make_directory(path))
        return fail(wrong(mount.path, "the paths of all mounts have too many names"));
    }
    point = below.get();
  }
  if (point->is_mount) return fail(wrong(mount.path, "another tree is there already"));
  point->is_mount = true;
  point->here = std::move(mount.tree);
  point->mount = number;
  return {};
}

std::shared_ptr<Directory> directory_in(Directory& directory, std::string_view name) {
  const auto opened =
      directory.open(name, {.read = true, .must_be_directory = true, .follow = false});
  if (!opened) return nullptr;
  return {*opened, (*opened)->as_directory()};
}

// From the top: what is seen where no tree is mounted.
void MountState::find_directories() {
  struct Step {
    MountPoint* point;
    std::shared_ptr<Directory> way;
  };
  std::vector<Step> steps = {{.point = &root, .way = way.read_only_root()}};
  if (!root.here) root.here = steps.front().way;
  while (!steps.empty()) {
    const Step step = std::move(steps.back());
    steps.pop_back();
    for (const auto& [name, point] : step.point->below) {
      auto empty = directory_in(*step.way, name);
      WEFT_ASSERT(empty != nullptr);
      if (!point->is_mount) {
        point->here = directory_in(*step.point->here, name);
        point->mount = point->here ? step.point->mount : kWayMount;
        if (!point->here) point->here = empty;
      }
      steps.push_back({.point = point.get(), .way = std::move(empty)});
    }
  }
}

}  // namespace

Result<std::shared_ptr<Directory>> make_mount_table(const Clock& clock, std::vector<Mount> mounts) {
  if (mounts.size() > kMountsMax) {
    return fail(Error(ErrorCode::kInvalidArgument,
                      fmt::format("{} trees are more than the {} that can be mounted",
                                  mounts.size(), kMountsMax)));
  }
  auto state = std::make_shared<MountState>(clock);
  std::size_t number = kWayMount;
  for (Mount& mount : mounts)
    TRY(state->add(std::move(mount), ++number));
  state->find_directories();
  auto root = std::make_shared<MountedDirectory>(state->root);
  return std::make_shared<NodeDirectory>(std::move(state), std::move(root), Access::kReadWrite);
}

}  // namespace weft::system
