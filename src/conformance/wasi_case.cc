#include "conformance/wasi_case.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "base/log.h"
#include "json/parse.h"
#include "json/value.h"

namespace weft::conformance {
namespace {

using json::Kind;
using json::Value;

Error wrong(const Value& at, std::string_view what) {
  return Error(ErrorCode::kInvalidArgument, std::string(what)).with_position(at.position());
}

// The member of that name, which must be of that kind; null when it is absent or null.
Result<const Value*> member(const Value& object, std::string_view name, Kind kind) {
  const Value* const found = object.find(name);
  if (found == nullptr || found->is_null()) return nullptr;
  if (found->kind() != kind)
    return fail(wrong(*found, fmt::format("{} must be a {}.", name, json::name(kind))));
  return found;
}

Result<std::optional<std::string>> text_member(const Value& object, std::string_view name) {
  const Value* const found = TRY(member(object, name, Kind::kString));
  if (found == nullptr) return std::nullopt;
  return std::optional<std::string>(found->as_string());
}

Result<std::vector<std::string>> texts_member(const Value& object, std::string_view name) {
  std::vector<std::string> result;
  const Value* const found = TRY(member(object, name, Kind::kArray));
  if (found == nullptr) return result;
  for (const Value& item : found->as_array()) {
    if (!item.is_string()) return fail(wrong(item, fmt::format("{} must hold strings.", name)));
    result.emplace_back(item.as_string());
  }
  return result;
}

Result<int> exit_code_of(const Value& object) {
  const Value* const found = TRY(member(object, "exit_code", Kind::kNumber));
  if (found == nullptr) return 0;
  const auto code = found->as_number().to_int64();
  if (!code || *code < 0 || *code > 255)
    return fail(wrong(*found, "exit_code must be a whole number from 0 to 255."));
  return static_cast<int>(*code);
}

// The runner copies it: it may not be another place of the machine.
Result<> check_directory(const Value& at, std::string_view name) {
  const std::filesystem::path path(name);
  if (name.empty() || path.is_absolute() || std::ranges::find(path, "..") != path.end()) {
    return fail(wrong(
        at, fmt::format("The directory \"{}\" does not lie beside the test.", printable(name))));
  }
  return {};
}

Result<RunStep> run_of(const Value& object) {
  RunStep run;
  run.arguments = TRY(texts_member(object, "args"));
  if (const Value* const variables = TRY(member(object, "env", Kind::kObject))) {
    for (const auto& [name, value] : variables->as_object()) {
      if (!value.is_string()) return fail(wrong(value, "env must hold strings."));
      run.environment.emplace_back(name, value.as_string());
    }
  }
  run.directories = TRY(texts_member(object, "dirs"));
  run.root = TRY(text_member(object, "root"));
  for (const std::string& name : run.directories)
    TRY(check_directory(object, name));
  if (run.root) TRY(check_directory(object, *run.root));
  return run;
}

Result<std::string> id_of(const Value& object, std::string_view otherwise) {
  const auto id = TRY(text_member(object, "id"));
  if (!id && otherwise.empty()) return fail(wrong(object, "id is missing."));
  return id.value_or(std::string(otherwise));
}

Result<WasiStep> stream_step(const Value& object, bool is_read) {
  std::string payload = TRY(text_member(object, "payload")).value_or("");
  const std::string id = TRY(id_of(object, is_read ? "stdout" : "stdin"));
  if (!is_read) {
    if (id != "stdin") return fail(wrong(object, "Only stdin can be written to."));
    return WriteStep{.payload = std::move(payload)};
  }
  if (id != "stdout" && id != "stderr")
    return fail(wrong(object, "Only stdout and stderr can be read."));
  return ReadStep{.from_errors = id == "stderr", .payload = std::move(payload)};
}

Result<WasiStep> connect_of(const Value& object) {
  const std::string protocol = TRY(text_member(object, "protocol_type")).value_or("tcp");
  if (protocol != "tcp") {
    return fail(wrong(
        object, fmt::format("The protocol \"{}\" is not supported; tcp is.", printable(protocol))));
  }
  return ConnectStep{.id = TRY(id_of(object, "server"))};
}

Result<WasiStep> step_of(const Value& object) {
  const std::string type = TRY(text_member(object, "type")).value_or("");
  if (type == "run") return TRY(run_of(object));
  if (type == "wait") return WaitStep{.exit_code = TRY(exit_code_of(object))};
  if (type == "read" || type == "write") return stream_step(object, type == "read");
  if (type == "connect") return connect_of(object);
  if (type == "send" || type == "recv") {
    std::string id = TRY(id_of(object, ""));
    std::string payload = TRY(text_member(object, "payload")).value_or("");
    if (type == "send") return SendStep{.id = std::move(id), .payload = std::move(payload)};
    return ReceiveStep{.id = std::move(id), .payload = std::move(payload)};
  }
  return fail(wrong(object, fmt::format("There is no operation \"{}\"; there are run, wait, read, "
                                        "write, connect, send and recv.",
                                        printable(type))));
}

Result<WasiCase> case_of_operations(const Value& operations) {
  WasiCase result{.steps = {}};
  bool runs = false;
  for (const Value& item : operations.as_array()) {
    if (!item.is_object()) return fail(wrong(item, "An operation must be an object."));
    result.steps.push_back(TRY(step_of(item)));
    const bool starts = std::holds_alternative<RunStep>(result.steps.back());
    if (starts == runs)
      return fail(wrong(item, runs ? "The program runs already." : "The program does not run."));
    runs = !std::holds_alternative<WaitStep>(result.steps.back());
  }
  if (runs || result.steps.empty())
    return fail(wrong(operations, "The last operation must wait for the program."));
  return result;
}

}  // namespace

Result<WasiCase> wasi_case_of(std::string_view json) {
  const Value document = TRY(json::parse(json));
  if (!document.is_object()) return fail(wrong(document, "A test must be an object."));
  if (const Value* const operations = TRY(member(document, "operations", Kind::kArray)))
    return case_of_operations(*operations);
  WaitStep wait{.exit_code = TRY(exit_code_of(document)),
                .output = TRY(text_member(document, "stdout")),
                .errors = TRY(text_member(document, "stderr"))};
  return WasiCase{.steps = {TRY(run_of(document)), std::move(wait)}};
}

}  // namespace weft::conformance
