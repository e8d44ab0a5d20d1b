// What weft's Python guest and its host pass to each other (docs/formats/python-guest.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace weft::abi::python {

// How the bytes of a payload or of a result are meant. Stored: never renumber.
enum class Kind : std::uint32_t {
  kNothing = 0,
  kJson = 1,
  kBytes = 2,
  kText = 3,
  kHttp = 4,
  kError = 5,
};

struct Answer {
  Kind kind = Kind::kNothing;
  std::string bytes;
};

// What an application is asked for over HTTP.
struct HttpRequest {
  std::string method;
  std::string path;      // decoded, below where the function is mounted: begins with a slash
  std::string raw_path;  // as the client wrote it
  std::string query;     // behind the question mark, as the client wrote it
  std::string root_path;
  std::string scheme;
  std::vector<std::pair<std::string, std::string>> headers = {};  // names in lower case
};

// The bytes of a payload of Kind::kHttp.
std::string to_payload(const HttpRequest& request, std::string_view body);
// What a handler finds in its context: method, path, query and headers, as a JSON object.
std::string to_json(const HttpRequest& request);

struct HttpAnswer {
  int status = 200;  // 200 to 599
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body;
};

// kGuestError for bytes that are no answer: a status out of range, names and values that HTTP
// forbids.
Result<HttpAnswer> http_answer_of(std::string bytes);

// What a file that was loaded wants to be called with.
enum class Takes : std::uint8_t {
  kEvent,  // a payload, whatever its kind
  kHttp,   // an application: requests
};

// What the guest says about a file that it has loaded.
struct Loaded {
  std::string handler;  // its name; "<lambda>" where it has none
  Takes takes = Takes::kEvent;
};
// Of the result of weft_load. kGuestError for anything that the guest as it was built does not say.
Result<Loaded> loaded_of(const Answer& answer);

// The typed error that an error's JSON stands for; its frames are the backtrace, innermost first.
// kInvalidArgument: the file that loads is no Python, imports what is not there or has no handler,
// with the position in the file; or the payload is not what it should be. kGuestError for what the
// user's code raised or answered; kGuestLimit when its memory ended, whose limit is for the caller
// to name. kFailedPrecondition when the guest cannot become an image.
struct GuestFailure {
  Error error;
  std::string text;  // as Python prints it: for the log
};
// What the guest was doing: a handler that has loaded raises errors of syntax and imports as
// others.
enum class Doing : std::uint8_t { kLoading, kCalling };
GuestFailure failure_of(std::string_view json, Doing doing);

// The error without frames of the guest's own code, which tell nothing of the user's: for an
// operation that did not end by itself.
Error without_engine_frames(Error error);

}  // namespace weft::abi::python
