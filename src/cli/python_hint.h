// What would have helped a Python script that failed, read from the last line of its traceback.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "abi/command/command.h"
#include "base/result.h"
#include "system/streams.h"

namespace weft::cli {

// Passes on what is written and remembers its last line that is not empty, or the beginning of a
// long one.
class LastLine final : public system::OutputStream {
 public:
  static constexpr std::size_t kBytesMax = 1024;

  // `stream` outlives this object.
  explicit LastLine(system::OutputStream& stream) : stream_(stream) {}

  Result<> write(std::span<const std::uint8_t> bytes) override;
  bool is_terminal() const override { return stream_.is_terminal(); }

  const std::string& text() const { return current_.empty() ? complete_ : current_; }

 private:
  void add(std::string_view part);

  system::OutputStream& stream_;
  std::string complete_;
  std::string current_;  // Not ended yet.
};

// How a script was run.
struct ScriptRun {
  std::string_view script;  // as given
  // Whether it is the only file that the program sees of its directory.
  bool is_alone = false;
  std::span<const abi::command::GivenDirectory> given;  // by --dir
  std::uint64_t memory_bytes = 0;
  // Whether a file is there on this machine.
  std::function<bool(const std::filesystem::path&)> exists;
};

// What a line says about files. Python tries many that it does not need, so that what a program was
// refused helps only when it failed because of that.
struct ScriptError {
  bool is_read_only = false;
  bool is_forbidden = false;
};
ScriptError script_error(std::string_view line);

// A sentence, or nothing when no option of `weft run` would help. The line may be made
// up: the sentence has only such names of it as are on this machine, printable.
std::optional<std::string> python_hint(std::string_view line, const ScriptRun& run);

}  // namespace weft::cli
