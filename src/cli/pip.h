// pip, of the python3 that this machine has, asked for what the Python guests can use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/console.h"

namespace weft::cli {

// What wheels may be for.
enum class Wheels : std::uint8_t {
  kPure,    // any machine
  kNative,  // also one that is not the guests': with code of its own
};

// What pip said.
struct PipAnswer {
  int code = 0;
  std::string output;
  std::string errors;
};

// Whose version the guests' is, as requirements name it.
inline constexpr std::string_view kGuestPythonVersion = "3.13";

class Pip {
 public:
  // `console` outlives this object. What pip makes for itself meanwhile is in the directory
  // `temporary`.
  Pip(Console& console, std::string temporary)
      : console_(console), temporary_(std::move(temporary)) {}

  // "pip install" with these words behind it, into `target`; wheels alone, so that nothing is built
  // and no code of packages runs. Markers in requirements see the guests' platform. Where pip finds
  // packages is its own configuration. kUnsupported where there is no python3 with pip;
  // kDeadlineExceeded after kSecondsMax; kCancelled, once pip has ended, when a signal came that
  // ends this process (HeldSignals of the caller keep it until the caller has cleaned up).
  Result<PipAnswer> install(Wheels wheels, const std::string& target,
                            const std::vector<std::string>& words) const;

  static constexpr int kSecondsMax = 1'800;

 private:
  Console& console_;
  const std::string temporary_;
};

// How its problem begins where no wheel fits.
inline constexpr std::string_view kNoDistribution = "No matching distribution found for ";

// The last line of what pip wrote that says what is wrong: without "ERROR: ".
std::string pip_problem(std::string_view errors);

// Where pip found nothing because an index does not answer: which, and why. Nothing where it failed
// of something else.
std::optional<std::string> unreachable_index(const PipAnswer& answer);

}  // namespace weft::cli
