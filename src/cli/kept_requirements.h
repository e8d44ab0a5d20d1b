// Packages that were resolved once, kept in the user's cache.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "cli/console.h"
#include "cli/requirements.h"

namespace weft::cli {

// What all kept packages may take together; those that were not used for longest leave first, but
// never what was resolved last.
inline constexpr std::uint64_t kKeptPackagesBytesMax = 2ULL << 30U;

// As install_requirements, in the user's cache, where what was resolved before is taken as it is;
// in a place of this process, which `temporary` is made to hold, where there is no cache, and for
// files that mean something else in another place or environment. The directory that has the
// packages.
Result<std::filesystem::path> kept_requirements(const Requirements& requirements,
                                                TemporaryPlace& temporary, Console& console);

// Removes from a directory of kept packages until they have at most so many bytes, all but `last`;
// and what processes left that ended a day ago. What cannot be removed stays.
void trim_kept_packages(const std::filesystem::path& directory, std::uint64_t bytes_max,
                        const std::filesystem::path& last, const Clock& clock);

}  // namespace weft::cli
