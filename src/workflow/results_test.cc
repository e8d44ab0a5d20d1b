#include "workflow/results.h"

#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "json/parse.h"
#include "json/print.h"

namespace weft::workflow {
namespace {

ChildRecord succeeded(const std::string& name, std::string_view output) {
  return {.identity = {.arn = "arn:aws:states:r:1:execution:m/L:" + name,
                       .name = name,
                       .role_arn = "",
                       .machine_arn = "arn:aws:states:r:1:stateMachine:m",
                       .machine_name = "m",
                       .map_run_arn = "arn:aws:states:r:1:mapRun:m/L:run"},
          .input = R"({"i": 1})",
          .output = Payload::verbatim(json::parse(output).value()),
          .start_millis = 1'738'633'790'099,
          .stop_millis = 1'738'633'790'163};
}

ChildRecord failed(const std::string& name) {
  ChildRecord child = succeeded(name, "null");
  child.status = Status::kFailed;
  child.failure = {.error = "E", .cause = "why"};
  return child;
}

WriteResults request(std::string_view config, bool has_place = true) {
  return {
      .resource = has_place ? "arn:aws:states:::s3:putObject" : "",
      .config = json::parse(config).value(),
      .arguments =
          has_place ? json::Value::object({{"Bucket", "b"}, {"Prefix", "jobs"}}) : json::Value(),
      .map_run_arn = "arn:aws:states:r:1:mapRun:m/L:run",
  };
}

// "KEY CONTENT\n…", without the manifest.
std::string files_of(const WriteResults& request, const std::vector<ChildRecord>& children,
                     std::uint64_t file_bytes_max = kResultFileBytesMax) {
  const auto written = results_of(request, children, file_bytes_max);
  if (!written) return written.error().error + ": " + written.error().cause;
  std::string files;
  for (const NamedObject& object : written->objects) {
    if (!object.key.ends_with("manifest.json"))
      files += fmt::format("{} {}\n", object.key, object.content);
  }
  return files;
}

TEST_CASE("results are written by status, with all that is known of each execution") {
  const auto written = results_of(request("{}"), {succeeded("c0", "[1, 2]"), failed("c1")});
  REQUIRE(written.has_value());
  CHECK(written->bucket == "b");
  REQUIRE(written->objects.size() == 3);
  CHECK(written->objects[0].key == "jobs/run/FAILED_0.json");
  CHECK(
      written->objects[0].content ==
      R"([{"Cause":"why","Error":"E","ExecutionArn":"arn:aws:states:r:1:execution:m/L:c1","Input":"{\"i\": 1}",)"
      R"("InputDetails":{"Included":true},"Name":"c1","OutputDetails":{"Included":true},"RedriveCount":0,)"
      R"("RedriveStatus":"REDRIVABLE_BY_MAP_RUN","StartDate":"2025-02-04T01:49:50.099Z",)"
      R"("StateMachineArn":"arn:aws:states:r:1:stateMachine:m/L","Status":"FAILED","StopDate":"2025-02-04T01:49:50.163Z"}])");
  CHECK(written->objects[1].key == "jobs/run/SUCCEEDED_0.json");
  CHECK(
      written->objects[1].content ==
      R"([{"ExecutionArn":"arn:aws:states:r:1:execution:m/L:c0","Input":"{\"i\": 1}","InputDetails":{"Included":true},)"
      R"("Name":"c0","Output":"[1, 2]","OutputDetails":{"Included":true},"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE",)"
      R"("RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","StartDate":"2025-02-04T01:49:50.099Z",)"
      R"("StateMachineArn":"arn:aws:states:r:1:stateMachine:m/L","Status":"SUCCEEDED","StopDate":"2025-02-04T01:49:50.163Z"}])");
  CHECK(written->objects[2].key == "jobs/run/manifest.json");
  CHECK(
      written->objects[2].content ==
      fmt::format(
          R"({{"DestinationBucket":"b","MapRunArn":"arn:aws:states:r:1:mapRun:m/L:run","ResultFiles":{{)"
          R"("FAILED":[{{"Key":"jobs/run/FAILED_0.json","Size":{}}}],"PENDING":[],)"
          R"("SUCCEEDED":[{{"Key":"jobs/run/SUCCEEDED_0.json","Size":{}}}]}}}})",
          written->objects[0].content.size(), written->objects[1].content.size()));
  CHECK(
      json::to_string(written->result) ==
      R"({"MapRunArn":"arn:aws:states:r:1:mapRun:m/L:run","ResultWriterDetails":{"Bucket":"b","Key":"jobs/run/manifest.json"}})");
}

TEST_CASE("WriterConfig says what results look like") {
  const std::vector children = {succeeded("a", "[1, 2]"), succeeded("b", R"({"x": 1})")};
  const auto as = [&](std::string_view transformation, std::string_view type) {
    return files_of(request(fmt::format(R"({{"Transformation":"{}","OutputType":"{}"}})",
                                        transformation, type)),
                    children);
  };
  CHECK(as("COMPACT", "JSON") == "jobs/run/SUCCEEDED_0.json [[1,2],{\"x\":1}]\n");
  CHECK(as("FLATTEN", "JSON") == "jobs/run/SUCCEEDED_0.json [1,2,{\"x\":1}]\n");
  CHECK(as("COMPACT", "JSONL") == "jobs/run/SUCCEEDED_0.json [1,2]\n{\"x\":1}\n\n");
  CHECK(as("FLATTEN", "JSONL") == "jobs/run/SUCCEEDED_0.json 1\n2\n{\"x\":1}\n\n");
  CHECK(as("NONE", "JSONL").starts_with("jobs/run/SUCCEEDED_0.json {\"ExecutionArn\""));
}

TEST_CASE("a file of results that would be too large is followed by another one") {
  const auto compact = request(R"({"Transformation":"COMPACT","OutputType":"JSON"})");
  const std::vector children = {succeeded("a", "1"), succeeded("b", "2"),
                                succeeded("c", "33333333"), succeeded("d", "4")};
  CHECK(files_of(compact, children, 5) ==
        "jobs/run/SUCCEEDED_0.json [1,2]\njobs/run/SUCCEEDED_1.json [33333333]\n"
        "jobs/run/SUCCEEDED_2.json [4]\n");
}

TEST_CASE("results that are written nowhere are the state's result") {
  const std::vector children = {succeeded("a", "[1, 2]"), failed("b"), succeeded("c", "3")};
  const auto result = [&](std::string_view config) {
    const auto written = results_of(request(config, false), children).value();
    CHECK(written.objects.empty());
    return json::to_string(written.result);
  };
  CHECK(result(R"({"Transformation":"FLATTEN","OutputType":"JSON"})")
            .starts_with(R"([1,2,{"Cause")"));
  CHECK(result(R"({"Transformation":"COMPACT","OutputType":"JSON"})").ends_with("},3]"));
}

TEST_CASE("a writer without a bucket fails") {
  WriteResults nowhere = request("{}");
  nowhere.arguments = json::Value::object({{"Prefix", "p"}});
  CHECK(files_of(nowhere, {}) == "States.ResultWriterFailed: The ResultWriter names no Bucket.");
}

}  // namespace
}  // namespace weft::workflow
