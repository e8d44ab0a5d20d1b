// A zip archive of files as they are, without compression.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::system {

// Names are those of a path from the archive's top, in UTF-8, each once, of at most 65,535 bytes.
// Both are borrowed.
struct ZipFile {
  std::string_view name;
  std::string_view content;
};

// What stored_zip can have.
inline constexpr std::size_t kZipFilesMax = 65'000;
inline constexpr std::uint64_t kZipBytesMax = (1ULL << 32U) - (1ULL << 20U);

// The same bytes for the same files, in whatever order they come: sorted by name, and all of
// 1980-01-01. The files with their names have at most kZipBytesMax bytes.
std::string stored_zip(std::vector<ZipFile> files);

}  // namespace weft::system
