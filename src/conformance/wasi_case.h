// What a test of a WASI suite asks for: the JSON file beside its module.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace weft::conformance {

// Starts the program.
struct RunStep {
  std::vector<std::string> arguments = {};
  std::vector<std::pair<std::string, std::string>> environment = {};
  // Names of directories beside the JSON file; the program knows them by these names.
  std::vector<std::string> directories = {};
  // One that the program knows as "/".
  std::optional<std::string> root = std::nullopt;

  bool operator==(const RunStep&) const = default;
};

// The next bytes of standard output or error.
struct ReadStep {
  bool from_errors = false;
  std::string payload = {};

  bool operator==(const ReadStep&) const = default;
};

// Bytes for standard input.
struct WriteStep {
  std::string payload = {};

  bool operator==(const WriteStep&) const = default;
};

// The program's end.
struct WaitStep {
  int exit_code = 0;
  // All that it wrote, where the test says so.
  std::optional<std::string> output = std::nullopt;
  std::optional<std::string> errors = std::nullopt;

  bool operator==(const WaitStep&) const = default;
};

// A TCP connection, known as `id`, to the address that the program prints as a line "HOST:PORT".
struct ConnectStep {
  std::string id = {};

  bool operator==(const ConnectStep&) const = default;
};

struct SendStep {
  std::string id = {};
  std::string payload = {};

  bool operator==(const SendStep&) const = default;
};

struct ReceiveStep {
  std::string id = {};
  std::string payload = {};

  bool operator==(const ReceiveStep&) const = default;
};

using WasiStep =
    std::variant<RunStep, ReadStep, WriteStep, WaitStep, ConnectStep, SendStep, ReceiveStep>;

// Each RunStep has its WaitStep, and everything else stands between the two.
struct WasiCase {
  std::vector<WasiStep> steps = {RunStep{}, WaitStep{}};
};

// From the text of a JSON file in either form of github.com/WebAssembly/wasi-testsuite
// (doc/specification.md and test-runner/): one object with args, env, dirs, root, exit_code, stdout
// and stderr, or a list of `operations`. kInvalidArgument for anything else, with its position.
Result<WasiCase> wasi_case_of(std::string_view json);

}  // namespace weft::conformance
