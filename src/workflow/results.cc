#include "workflow/results.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "json/print.h"
#include "workflow/timestamp.h"

namespace weft::workflow {
namespace {

using json::Value;

// "MACHINE/LABEL" behind the machine's place: the children of each Map are a machine's of their
// own.
std::string machine_arn_of(const Identity& child) {
  const std::string& run = child.map_run_arn;
  const std::size_t slash = run.find('/');
  if (slash == std::string::npos) return child.machine_arn;
  return child.machine_arn + run.substr(slash, run.rfind(':') - slash);
}

// All that is known of a child; its members are in the order of the alphabet, as AWS has them.
Value whole_record(const ChildRecord& child) {
  const bool has_succeeded = child.status == Status::kSucceeded;
  const Value included = Value::object({{"Included", true}});
  json::Object record;
  if (child.failure.cause) record.set("Cause", *child.failure.cause);
  if (child.failure.error) record.set("Error", *child.failure.error);
  record.set("ExecutionArn", child.identity.arn);
  record.set("Input", child.input);
  record.set("InputDetails", included);
  record.set("Name", child.identity.name);
  if (has_succeeded) record.set("Output", child.output.text());
  record.set("OutputDetails", included);
  record.set("RedriveCount", child.redrives);
  record.set("RedriveStatus", has_succeeded ? "NOT_REDRIVABLE" : "REDRIVABLE_BY_MAP_RUN");
  if (has_succeeded)
    record.set("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven");
  record.set("StartDate", to_timestamp(child.start_millis));
  record.set("StateMachineArn", machine_arn_of(child.identity));
  record.set("Status", name_of(child.status));
  record.set("StopDate", to_timestamp(child.stop_millis));
  return Value(std::move(record));
}

// What the writer makes of a child: one value, or some, or none, each a line or an item.
std::vector<Value> transformed(const ChildRecord& child, std::string_view transformation) {
  if (child.status != Status::kSucceeded || transformation == "NONE") return {whole_record(child)};
  const Value& output = child.output.value();
  if (transformation == "FLATTEN" && output.is_array())
    return {output.as_array().begin(), output.as_array().end()};
  return {output};
}

// Files of results, of one status.
class ResultFiles {
 public:
  ResultFiles(std::string name, bool as_lines, std::uint64_t bytes_max)
      : name_(std::move(name)), as_lines_(as_lines), bytes_max_(bytes_max) {}

  void add(const Value& item) {
    const std::string text = json::to_string(item);
    if (!files_.empty() && files_.back().content.size() + text.size() + 2 > bytes_max_) close();
    if (files_.empty() || is_closed_) {
      files_.push_back({.key = fmt::format("{}_{}.json", name_, files_.size())});
      is_closed_ = false;
    }
    std::string& content = files_.back().content;
    if (!as_lines_) content += content.empty() ? '[' : ',';
    content += text;
    if (as_lines_) content += '\n';
  }

  std::vector<NamedObject> take() && {
    close();
    return std::move(files_);
  }

 private:
  void close() {
    if (!files_.empty() && !is_closed_ && !as_lines_) files_.back().content += ']';
    is_closed_ = true;
  }

  std::string name_;
  bool as_lines_;
  std::uint64_t bytes_max_;
  std::vector<NamedObject> files_;
  bool is_closed_ = false;
};

// Puts the files into the folder, and says where they are.
Value place_files(std::vector<NamedObject> files, std::string_view folder,
                  WrittenResults& written) {
  json::Array list;
  for (NamedObject& file : files) {
    file.key.insert(0, folder);
    list.push_back(Value::object({{"Key", file.key}, {"Size", file.content.size()}}));
    written.objects.push_back(std::move(file));
  }
  return Value(std::move(list));
}

}  // namespace

std::optional<ChildRecord> record_of(const Execution& child) {
  if (child.status == Status::kRunning) return std::nullopt;
  return ChildRecord{.identity = child.identity,
                     .input = std::string(child.input.text().as_string()),
                     .status = child.status,
                     .output = child.output.value_or(Payload()),
                     .failure = child.failure.value_or(Failure()),
                     .start_millis = child.start_millis,
                     .stop_millis = child.stop_millis.value_or(child.start_millis),
                     .redrives = child.redrives};
}

void ChildRecords::add(const Execution& child) {
  if (auto record = record_of(child))
    by_map_run_[record->identity.map_run_arn].push_back(*std::move(record));
}

std::vector<ChildRecord> ChildRecords::take(const std::string& map_run_arn) {
  auto found = by_map_run_.extract(map_run_arn);
  return found.empty() ? std::vector<ChildRecord>() : std::move(found.mapped());
}

Outcome<WrittenResults> results_of(const WriteResults& request,
                                   const std::vector<ChildRecord>& children,
                                   std::uint64_t file_bytes_max) {
  WrittenResults written;
  const std::string_view said = request.config.find_string("Transformation").value_or("");
  if (request.resource.empty()) {
    json::Array results;
    for (const ChildRecord& child : children) {
      for (Value& item : transformed(child, said.empty() ? "COMPACT" : said))
        results.push_back(std::move(item));
    }
    written.result = Value(std::move(results));
    return written;
  }
  written.bucket = request.arguments.find_string("Bucket").value_or("");
  if (written.bucket.empty())
    return ends_with("States.ResultWriterFailed", "The ResultWriter names no Bucket.");
  const bool as_lines = request.config.find_string("OutputType") == "JSONL";
  ResultFiles succeeded("SUCCEEDED", as_lines, file_bytes_max);
  ResultFiles failed("FAILED", as_lines, file_bytes_max);
  for (const ChildRecord& child : children) {
    ResultFiles& files = child.status == Status::kSucceeded ? succeeded : failed;
    for (const Value& item : transformed(child, said.empty() ? "NONE" : said))
      files.add(item);
  }
  std::string folder(request.arguments.find_string("Prefix").value_or(""));
  if (!folder.empty() && !folder.ends_with('/')) folder += '/';
  folder += fmt::format("{}/", request.map_run_arn.substr(request.map_run_arn.rfind(':') + 1));
  const Value failures = place_files(std::move(failed).take(), folder, written);
  const Value successes = place_files(std::move(succeeded).take(), folder, written);
  const Value manifest =
      Value::object({{"DestinationBucket", written.bucket},
                     {"MapRunArn", request.map_run_arn},
                     {"ResultFiles", Value::object({{"FAILED", failures},
                                                    {"PENDING", Value::array({})},
                                                    {"SUCCEEDED", successes}})}});
  const std::string key = folder + "manifest.json";
  written.objects.push_back({.key = key, .content = json::to_string(manifest)});
  written.result = Value::object(
      {{"MapRunArn", request.map_run_arn},
       {"ResultWriterDetails", Value::object({{"Bucket", written.bucket}, {"Key", key}})}});
  return written;
}

}  // namespace weft::workflow
