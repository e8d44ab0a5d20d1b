// What a command sees of the process that runs it: standard streams, environment, time, randomness.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "system/streams.h"

namespace weft::cli {

// The value of an environment variable; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

// All of it outlives the Console.
struct ConsoleParts {
  system::InputStream& input;
  system::OutputStream& output;
  system::OutputStream& errors;
  Environment environment;
  std::function<std::vector<std::string>()> variables;  // all, each as "NAME=VALUE"
  const Clock& clock;
  Random& random;
  bool colours = false;      // escape sequences on `errors` and `output`
  bool is_terminal = false;  // `errors` is one: progress may be shown
};

// Confined to the main thread; its clock is thread-safe, and its streams are those of the guest
// while that runs.
class Console {
 public:
  explicit Console(const ConsoleParts& parts) : parts_(parts) {}

  // Data, to standard output. A failure is kept: see output_failure().
  void print(std::string_view text);
  // Everything else, to standard error. A failure has nobody to be told to.
  void note(std::string_view text);

  // The first failure of print(); later output is dropped. kUnavailable: nobody reads any more.
  const std::optional<Error>& output_failure() const { return output_failure_; }

  // An environment variable that is set and not empty.
  std::optional<std::string> variable(const char* name) const;
  // All of them, each as "NAME=VALUE", for a program that is started.
  std::vector<std::string> variables() const { return parts_.variables(); }

  // `text` between the escape sequences of that style where colours are shown, else as it is.
  std::string bold(std::string_view text) const { return styled("1", text); }
  std::string red(std::string_view text) const { return styled("1;31", text); }
  std::string green(std::string_view text) const { return styled("32", text); }
  std::string yellow(std::string_view text) const { return styled("33", text); }

  system::InputStream& input() const { return parts_.input; }
  system::OutputStream& output() const { return parts_.output; }
  system::OutputStream& errors() const { return parts_.errors; }
  const Clock& clock() const { return parts_.clock; }
  Random& random() const { return parts_.random; }
  bool is_terminal() const { return parts_.is_terminal; }

 private:
  std::string styled(std::string_view code, std::string_view text) const;

  ConsoleParts parts_;
  std::optional<Error> output_failure_;
};

}  // namespace weft::cli
