#include "function/module_document.h"

#include <string>

#include <doctest/doctest.h>

#include "json/parse.h"

namespace weft::function {
namespace {

json::Value document_of(const engine::ModuleInfo& info, std::optional<WallTime> created) {
  std::string text;
  json::Writer writer(text);
  write(writer, {.id = "sha256:x",
                 .dialect = abi::dialect_of(info),
                 .info = info,
                 .size_bytes = 5,
                 .created = created});
  return json::parse(text).value();
}

engine::ModuleInfo info_of(std::string_view wat) {
  return engine::inspect(engine::to_binary(wat, "test.wat").value()).value();
}

TEST_CASE("a module's document has its functions, imports, memories and state") {
  const auto info = info_of(R"((module
    (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
    (memory (export "memory") 1 2)
    (func (export "f") (param $a i32) (param i64) (result f64) (f64.const 1))))");
  CHECK(document_of(info, WallTime()) == json::parse(R"({
    "id":"sha256:x","dialect":"typed",
    "exports":[{"name":"f","params":["i32","i64"],"param_names":["a",null],"results":["f64"]}],
    "imports":[{"module":"wasi_snapshot_preview1","name":"fd_close","kind":"func","type":"(i32) -> i32",
                "provided_by":["command"],"problem":null}],
    "memories":[{"min_pages":1,"max_pages":2,"shared":false,"memory64":false}],
    "state":"pristine",
    "state_reason":"its instances are put back to their beginning after each call",
    "size_bytes":5,"created":"1970-01-01T00:00:00.000000Z"})")
                                             .value());
}

TEST_CASE("an import that is not provided says what is wrong with it, as a deployment does") {
  const auto info = info_of(R"((module
    (import "wasi_snapshot_preview1" "fd_wrte" (func (param i32 i32 i32 i32) (result i32)))
    (import "mine" "thing" (func))))");
  const auto document = document_of(info, {});
  const auto imports = document.find("imports")->as_array();
  const std::string_view problem = imports[0].find("problem")->as_string();
  CHECK(problem == "this interface has no function of that name; did you mean fd_write?");
  CHECK(imports[1].find("problem")->as_string() == "no dialect that weft knows provides it");
  CHECK(abi::check_imports(info).error().message().find(problem) != std::string::npos);
}

TEST_CASE("what is not known of a module is null or left out") {
  const auto document = document_of(info_of("(module (func (export \"f\") (param i32)))"), {});
  CHECK(document.find("created") == nullptr);
  CHECK(document.find("state")->as_string() == "stateless");
  CHECK(document.find("exports")->as_array()[0].find("param_names")->is_null());
}

TEST_CASE("a module whose instances cannot be put back says why") {
  const auto document = document_of(
      info_of(
          R"((module (table 1 funcref) (func (export "f") (table.set (i32.const 0) (ref.null func)))))"),
      {});
  CHECK(document.find("state")->as_string() == "fresh");
  CHECK(document.find("state_reason")->as_string() ==
        "it changes a table, so each call gets an instance of its own");
}

}  // namespace
}  // namespace weft::function
