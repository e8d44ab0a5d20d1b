// A console without a process, for tests.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "cli/command.h"
#include "cli/console.h"
#include "system/streams.h"

namespace weft::cli {

class TestConsole {
 public:
  explicit TestConsole(std::map<std::string, std::string, std::less<>> variables = {},
                       std::string input = {})
      : variables_(std::move(variables)), text_(std::move(input)) {}

  Console& console() { return console_; }
  FakeClock& clock() { return clock_; }
  const std::string& output() const { return output_.text(); }
  const std::string& errors() const { return errors_.text(); }

  // Runs a command line and returns its exit code.
  int run(std::vector<std::string> words) { return run_command_line(words, console_); }

 private:
  static constexpr std::uint64_t kStreamBytesMax = 1 << 20;

  std::map<std::string, std::string, std::less<>> variables_;
  std::string text_;
  system::BytesInput input_{text_};
  system::CaptureStream output_{kStreamBytesMax, "output"};
  system::CaptureStream errors_{kStreamBytesMax, "errors"};
  FakeClock clock_;
  SystemRandom random_;
  Console console_{{.input = input_,
                    .output = output_,
                    .errors = errors_,
                    .environment =
                        [this](const char* name) {
                          const auto found = variables_.find(std::string_view(name));
                          return found == variables_.end()
                                     ? std::nullopt
                                     : std::optional<std::string>(found->second);
                        },
                    .variables =
                        [this] {
                          std::vector<std::string> all;
                          all.reserve(variables_.size());
                          for (const auto& [name, value] : variables_)
                            all.emplace_back(name).append("=").append(value);
                          return all;
                        },
                    .clock = clock_,
                    .random = random_}};
};

}  // namespace weft::cli
