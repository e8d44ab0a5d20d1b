// Where tests find the corpora that are not part of the project.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace weft::conformance {

// The directory of the corpora: WEFT_CORPORA, or shared/corpora beside the project's root; nothing
// when there is none. For the tests of this module.
inline std::optional<std::filesystem::path> corpora() {
  // No thread of a test changes the environment.
  const char* const named =
      std::getenv("WEFT_CORPORA");  // NOLINT(concurrency-mt-unsafe): see above
  std::filesystem::path directory =
      named != nullptr ? std::filesystem::path(named)
                       : std::filesystem::path(__FILE__).parent_path() / "../../../shared/corpora";
  std::error_code ignored;
  if (!std::filesystem::is_directory(directory, ignored)) return std::nullopt;
  return directory;
}

}  // namespace weft::conformance
