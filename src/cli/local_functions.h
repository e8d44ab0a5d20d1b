// Functions that a workflow on this machine calls, from files.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/console.h"
#include "cli/environment.h"
#include "workflow/execution.h"

namespace weft::cli {

// They run in this process as they would on a server, one at a time, and leave nothing behind. No
// signal ends the process while one exists: they end what is called. Confined to one thread.
class LocalFunctions {
 public:
  // From options like "NAME=FILE" or "ARN=FILE", where FILE is what `weft deploy` takes. All see
  // the environment. Errors
  // name the option: kInvalidArgument, also for a function that is there twice, and those of
  // deployable_file and of Functions::deploy.
  static Result<std::unique_ptr<LocalFunctions>> create(
      const std::vector<std::string_view>& options, const GuestEnvironment& environment,
      Console& console);
  LocalFunctions(const LocalFunctions&) = delete;
  LocalFunctions& operator=(const LocalFunctions&) = delete;
  ~LocalFunctions();

  // Whether a signal has come that ends the process when this does.
  bool is_interrupted() const;

  // `name`: as function_name gives it.
  bool has(std::string_view name) const { return names_.contains(name); }

  struct Answer {
    // JSON, or why there is none: the name of the exception and what Lambda reports of one.
    std::expected<std::string, workflow::Failure> result;
    std::int64_t millis = 0;    // how long it took
    bool is_cancelled = false;  // by a signal
    bool is_late = false;       // it was ended because it took longer than `time_max`
  };
  // Waits for it. The function must be there. What it prints, and the traceback of an exception, go
  // to standard error.
  Answer call(std::string_view name, std::string payload,
              std::optional<std::chrono::milliseconds> time_max = std::nullopt);

 private:
  struct Parts;

  explicit LocalFunctions(std::unique_ptr<Parts> parts);
  Result<> deploy(const std::string& name, std::string_view file,
                  const GuestEnvironment& environment, Console& console);
  // What the function is called here.
  std::string own_name(const std::string& name) const;
  void show_log(const std::string& invocation);

  std::unique_ptr<Parts> parts_;
  // What functions are called there: names of Lambda functions may be none of ours.
  std::map<std::string, std::string, std::less<>> names_;
};

}  // namespace weft::cli
