// Archives come from anybody: each is refused, or is a tree within its limits whose paths all stay
// in it. The first byte says whether the rest is an archive as it is, or the entries of one, so
// that more than checksums is tried.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "system/archive_testing.h"
#include "system/archive_tree.h"

namespace {

using namespace weft::system;

constexpr ArchiveLimits kLimits{.entries = 50, .name_bytes = 8'192, .content_bytes = 100'000};
constexpr std::size_t kDepthMax = 8'192;

// Fields end with a zero byte each.
std::string_view field(std::string_view& rest) {
  const std::string_view found = rest.substr(0, rest.find('\0'));
  rest.remove_prefix(std::min(found.size() + 1, rest.size()));
  return found;
}

std::string build_tar(std::string_view rest) {
  std::vector<testing::TarEntry> entries;
  while (!rest.empty()) {
    testing::TarEntry entry{.name = std::string(field(rest))};
    entry.type = rest.empty() ? '0' : rest.front();
    entry.target = field(rest);
    entry.content = field(rest);
    entries.push_back(std::move(entry));
  }
  return testing::tar(entries);
}

std::string build_zip(std::string_view rest) {
  std::vector<testing::ZipEntry> entries;
  while (!rest.empty()) {
    testing::ZipEntry entry{.name = std::string(field(rest))};
    entry.content = field(rest);
    const std::string_view mode = field(rest);
    if (!mode.empty()) entry.unix_mode = mode.front() == 'l' ? 0120777U : 0100644U;
    if (mode.size() > 1) entry.flags = static_cast<std::uint8_t>(mode[1]);
    entries.push_back(std::move(entry));
  }
  return testing::zip(entries);
}

std::uint64_t read_all(Directory& directory, const std::string& name) {
  const auto file = directory.open(name, {.read = true, .follow = false});
  WEFT_ASSERT(file.has_value());
  std::uint64_t total = 0;
  std::vector<std::uint8_t> block(4'096);
  const Buffer buffer(block);
  for (;;) {
    const auto count = (*file)->read({&buffer, 1});
    WEFT_ASSERT(count.has_value());
    if (*count == 0) break;
    total += *count;
  }
  WEFT_ASSERT(total == (*file)->status()->size_bytes);
  return total;
}

// Everything in the tree, without following any link.
void check_tree(const std::shared_ptr<Directory>& root) {
  std::vector<std::shared_ptr<Directory>> left = {root};
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  while (!left.empty()) {
    const auto directory = std::move(left.back());
    left.pop_back();
    std::vector<std::pair<std::string, FileType>> found;
    const auto take = [&](const DirectoryEntry& entry) {
      if (entry.name != "." && entry.name != "..") found.emplace_back(entry.name, entry.type);
      return true;
    };
    WEFT_ASSERT(directory->read_entries(0, take).has_value());
    for (const auto& [name, type] : found) {
      WEFT_ASSERT(name.find('/') == std::string::npos && !name.empty());
      WEFT_ASSERT(++entries <= kLimits.entries && left.size() < kDepthMax);
      if (type == FileType::kDirectory) {
        const auto opened = directory->open(name, {.read = true, .must_be_directory = true});
        WEFT_ASSERT(opened.has_value());
        left.emplace_back(*opened, (*opened)->as_directory());
      } else if (type == FileType::kRegular) {
        // A file may have several names.
        bytes = std::max(bytes, read_all(*directory, name));
      } else {
        WEFT_ASSERT(type == FileType::kSymbolicLink);
        WEFT_ASSERT(!directory->read_link(name)->starts_with('/'));
        // Wherever it leads: it must end.
        static_cast<void>(directory->status_of(name, true));
      }
    }
  }
  WEFT_ASSERT(bytes <= kLimits.content_bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string archive(rest);
  if (*data % 3 == 1) archive = build_tar(rest);
  if (*data % 3 == 2) archive = build_zip(rest);
  const weft::FakeClock clock;
  const ConstBuffer bytes(reinterpret_cast<const std::uint8_t*>(archive.data()), archive.size());
  const auto tree = open_archive(clock, bytes, {.limits = kLimits});
  if (tree) {
    check_tree(*tree);
  } else {
    WEFT_ASSERT(tree.error().code() == weft::ErrorCode::kInvalidArgument ||
                tree.error().code() == weft::ErrorCode::kTooLarge);
  }
  return 0;
}
