#include "function/module_record.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace weft::function {
namespace {

engine::ModuleInfo inspected(std::string_view wat) {
  return engine::inspect(engine::to_binary(wat, "test.wat").value()).value();
}

void check_equal(const engine::ModuleInfo& left, const engine::ModuleInfo& right) {
  CHECK((left.imports == right.imports));
  CHECK((left.exports == right.exports));
  CHECK((left.memories == right.memories));
  CHECK(left.functions == right.functions);
  CHECK(left.table_elements == right.table_elements);
  CHECK(left.instance_bytes == right.instance_bytes);
  CHECK(left.has_start == right.has_start);
  CHECK(left.has_debug_info == right.has_debug_info);
  CHECK(left.has_mutable_state == right.has_mutable_state);
}

constexpr std::string_view kRich = R"((module
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (import "env" "memory" (memory 1 3))
  (import "env" "table" (table 1 funcref))
  (import "env" "base" (global (mut i64)))
  (import "env" "thrown" (tag (param i32)))
  (memory (export "second") 2)
  (memory i64 0 100)
  (func $main)
  (start $main)
  (func (export "all") (param $a i32) (param $b i64) (param f32 f64 v128) (result v128 f64 f32 i64 i32)
    unreachable)
  (func (export "references") (param funcref externref anyref))
  (global (export "pi") f64 (f64.const 3.14))
  (table (export "t") 1 externref)))";

TEST_CASE("a module's description survives being written and read") {
  for (const std::string_view wat :
       {std::string_view("(module)"), kRich,
        std::string_view(
            R"((module (func (export "add") (param i32 i32) (result i32) unreachable)))"),
        std::string_view(R"((module (memory 65536 65536)))")}) {
    CAPTURE(wat);
    const auto info = inspected(wat);
    const std::string text = to_record(info);
    const auto again = from_record(text);
    REQUIRE(again.has_value());
    check_equal(*again, info);
    CHECK(to_record(*again) == text);
  }
}

TEST_CASE("a description that an earlier weft wrote says nothing of tables") {
  const auto info = from_record(R"({"imports":[],"exports":[],"memories":[],"functions":2,
    "has_start":false,"has_debug_info":true,"has_mutable_state":false})");
  REQUIRE(info.has_value());
  CHECK(info->functions == 2);
  CHECK(info->table_elements == 0);
}

TEST_CASE("names may be anything that WebAssembly allows") {
  const auto info = inspected(R"((module
    (import "" "" (func))
    (func (export "\00"))
    (func (export "\"\\\n\1f\7f"))
    (func (export "größe \f0\9f\a6\80 \e2\80\ae"))
    (func (export "{\"a\":[1]}"))
    (func (export "__proto__"))))");
  const auto again = from_record(to_record(info));
  REQUIRE(again.has_value());
  check_equal(*again, info);
  CHECK(again->exports.at(0).name == std::string_view("\0", 1));
}

TEST_CASE("a description that was cut anywhere is damaged") {
  const std::string text = to_record(inspected(kRich));
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto damaged = from_record(std::string_view(text).substr(0, size));
    REQUIRE_FALSE(damaged.has_value());
    CHECK(damaged.error().code() == ErrorCode::kDataLoss);
  }
}

TEST_CASE("a description with a changed byte is damaged or still well-formed") {
  const std::string text = to_record(inspected(kRich));
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const char byte : {'\0', '"', '0', 'x', '-', '\xff'}) {
      std::string changed = text;
      changed[at] = byte;
      const auto result = from_record(changed);
      if (!result) CHECK(result.error().code() == ErrorCode::kDataLoss);
    }
  }
}

TEST_CASE("what does not have the form of a description is damaged") {
  constexpr std::string_view kForm =
      R"({{"imports":{},"exports":{},"memories":{},"functions":{},"has_start":{},"has_debug_info":false,"has_mutable_state":false}})";
  const auto text = [&](std::string_view imports, std::string_view exports,
                        std::string_view memories, std::string_view functions,
                        std::string_view start) {
    return fmt::format(fmt::runtime(kForm), imports, exports, memories, functions, start);
  };
  CHECK(from_record(text("[]", "[]", "[]", "1", "false")).has_value());
  for (
      const std::string& damaged : {
          std::string(),
          std::string("null"),
          std::string("[]"),
          std::string("{}"),
          text("{}", "[]", "[]", "1", "false"),
          text("[1]", "[]", "[]", "1", "false"),
          text("[[]]", "[]", "[]", "1", "false"),
          text("[]", "null", "[]", "1", "false"),
          text("[]", R"([{"name":"a"}])", "[]", "1", "false"),
          text("[]",
               R"([{"name":"a","kind":"fun","type":"","params":[],"results":[],"param_names":[]}])",
               "[]", "1", "false"),
          text(
              "[]",
              R"([{"name":"a","kind":"func","type":"","params":["i33"],"results":[],"param_names":[]}])",
              "[]", "1", "false"),
          text(
              "[]",
              R"([{"name":"a","kind":"func","type":"","params":[1],"results":[],"param_names":[]}])",
              "[]", "1", "false"),
          text("[]", "[]", R"([{"min_pages":-1,"max_pages":null,"shared":false,"memory64":false}])",
               "1", "false"),
          text("[]", "[]",
               R"([{"min_pages":null,"max_pages":null,"shared":false,"memory64":false}])", "1",
               "false"),
          text("[]", "[]", R"([{"min_pages":1,"max_pages":1.5,"shared":false,"memory64":false}])",
               "1", "false"),
          text("[]", "[]", "[]", "-1", "false"),
          text("[]", "[]", "[]", "4294967296", "false"),
          text("[]", "[]", "[]", "null", "false"),
          text("[]", "[]", "[]", "\"1\"", "false"),
          text("[]", "[]", "[]", "1", "0"),
          text("[]", "[]", "[]", "1", "null"),
      }) {
    CAPTURE(damaged);
    const auto result = from_record(damaged);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code() == ErrorCode::kDataLoss);
  }
}

}  // namespace
}  // namespace weft::function
