#include "engine/module_info.h"

#include <doctest/doctest.h>

namespace weft::engine {
namespace {

// Why the module of a text is refused.
Error wrong_module(std::string_view text) {
  const auto info = inspect(to_binary(text, "test.wat").value());
  REQUIRE_FALSE(info.has_value());
  return in_text(info.error(), text);
}

ModuleInfo info_of(std::string_view wat) {
  return inspect(to_binary(wat, "test.wat").value()).value();
}

TEST_CASE("imports, exports, memories and names of parameters are read without compiling") {
  const ModuleInfo info = info_of(R"((module
    (import "env" "log" (func (param i32 i32)))
    (import "env" "table" (table 1 funcref))
    (memory (export "memory") 1 4)
    (global (export "counter") (mut i64) (i64.const 0))
    (func (export "add") (param $a i32) (param i64) (result f64 v128) unreachable)))");
  REQUIRE(info.imports.size() == 2);
  CHECK(info.imports[0].module == "env");
  CHECK(info.imports[0].name == "log");
  CHECK(info.imports[0].type == "(i32, i32) -> ()");
  CHECK(info.imports[1].kind == ItemKind::kTable);
  const ExportInfo* add = info.find_export("add");
  REQUIRE(add != nullptr);
  CHECK(to_string(add->function) == "(i32, i64) -> (f64, v128)");
  CHECK(add->type == "(i32, i64) -> (f64, v128)");
  CHECK(add->param_names == std::vector<std::string>{"a", ""});
  CHECK(info.find_export("memory")->kind == ItemKind::kMemory);
  CHECK(info.memories == std::vector<MemoryInfo>{{.min_pages = 1, .max_pages = 4}});
  CHECK(info.has_mutable_state);
  CHECK(info.has_debug_info);
  CHECK(info.find_export("nothing") == nullptr);
}

TEST_CASE("what all tables hold at the start is counted, also beyond 64 bits") {
  const ModuleInfo info =
      info_of("(module (table 7 funcref) (table (export \"t\") 5 9 externref))");
  CHECK(info.table_elements == 12);
  CHECK(info_of("(module)").table_elements == 0);
  CHECK(
      info_of("(module (table i64 0xffffffffffffffff funcref) (table 2 funcref))").table_elements ==
      UINT64_MAX);
}

TEST_CASE("state that could outlive a call is found") {
  CHECK_FALSE(
      info_of("(module (func (export \"f\")) (global i32 (i32.const 1)))").has_mutable_state);
  CHECK(info_of("(module (memory 0))").has_mutable_state);
  CHECK(info_of("(module (table 0 funcref))").has_mutable_state);
  CHECK(info_of("(module (global (mut i32) (i32.const 0)))").has_mutable_state);
  CHECK(info_of("(module (data \"x\"))").has_mutable_state);
  CHECK(info_of("(module (type $s (struct (field (mut i32)))) (global (ref $s) (struct.new $s "
                "(i32.const 0))))")
            .has_mutable_state);
}

TEST_CASE("wrong text is refused with line and column") {
  const auto error = to_binary("(module\n  (func (result i33)))", "test.wat").error();
  CHECK(error.code() == ErrorCode::kInvalidArgument);
  CHECK(error.position()->line == 2);
  CHECK(error.position()->column == 17);
  CHECK(error.message().starts_with("line 2, column 17: "));
}

TEST_CASE("text whose module is not valid is refused with line and column") {
  struct Case {
    std::string_view what;
    std::string_view text;
    std::uint64_t line;
    std::uint64_t column;
    std::string_view message;
  };
  for (const auto& [what, text, line, column, message] : {
           Case{"an instruction", "(module\n  (func $f (result i32)\n    i64.const 1))", 2, 4,
                "type mismatch"},
           Case{"a folded instruction",
                "(module (func $g)\n (func (param i64)\n  (drop\n    (i32.add (i32.const 1)\n      "
                "(local.get 0)))))",
                4, 6, "type mismatch"},
           Case{"behind comments and blocks",
                "(module ;; é\n(func (param f32)\n(block (nop))\n\t(if (local.get 0) (then))))", 4,
                3, "type mismatch"},
           Case{"fields without the word module", "(func)\n(func drop)", 2, 7, "type mismatch"},
           Case{"the second of two exports",
                "(module (func $f)\n(export \"a\" (func $f))\n(export \"a\" (func $f)))", 3, 2,
                "duplicate export name"},
           Case{"an inline export", "(module (func (export \"a\"))\n(memory (export \"a\") 1))", 2,
                2, "duplicate export name"},
           Case{"a memory", "(module (memory 1)\n  (memory 5 2))", 2, 4, "size minimum"},
           Case{"a table", "(module (table 1 funcref)\n(table 9 1 funcref))", 2, 2, ""},
           Case{"a global", "(module\n(global i32 (i32.const 1))\n(global i32 (i64.const 1)))", 3,
                2, "type mismatch"},
           Case{"a start function", "(module (func $f (param i32))\n  (start $f))", 2, 10,
                "start function"},
           Case{"a segment",
                "(module (memory 1)\n(data (i32.const 0) \"a\")\n(data (i64.const 0) "
                "\"b\"))",
                3, 2, "type mismatch"},
           Case{"elements", "(module (table 1 funcref)\n (elem (i64.const 0) func))", 2, 3,
                "type mismatch"},
           Case{"a type", "(module (type (func))\n(type (sub 0 (func))))", 2, 2, ""},
       }) {
    CAPTURE(what);
    const Error error = wrong_module(text);
    CAPTURE(error.message());
    CHECK(error.code() == ErrorCode::kInvalidArgument);
    CHECK(error.position()->line == line);
    CHECK(error.position()->column == column);
    CHECK(error.message().find(message) != std::string::npos);
    CHECK(error.message().find("offset") == std::string::npos);
  }
}

TEST_CASE("a proposal that a text needs is named with line and column") {
  const auto error = wrong_module("(module\n  (memory 1 2 shared))");
  CHECK(error.code() == ErrorCode::kUnsupported);
  CHECK(
      error.message().starts_with("line 2, column 4: the module needs the WebAssembly proposal "));
}

TEST_CASE("bytes that are no module are refused in words") {
  CHECK(to_binary("", "x").error().message().starts_with("the module is empty"));
  CHECK(to_binary("\x7f"
                  "ELF",
                  "x")
            .error()
            .message()
            .starts_with("neither a WebAssembly module"));
  CHECK(to_binary("(module \xff)", "x").error().code() == ErrorCode::kInvalidArgument);
  CHECK(inspect("").error().code() == ErrorCode::kInvalidArgument);
  CHECK(inspect("hello").error().code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("a module cut off anywhere is refused with an offset, never accepted as another") {
  const std::string whole =
      to_binary("(module (func (export \"f\") (result i32) i32.const 7))", "x").value();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto result = inspect(std::string_view(whole).substr(0, size));
    if (result) continue;  // Cut between two sections it can be a module of its own.
    CHECK(result.error().code() == ErrorCode::kInvalidArgument);
    CHECK(result.error().position()->offset.value_or(999) <= size);
  }
}

TEST_CASE("an invalid module is refused with an offset") {
  std::string module = to_binary("(module (func (result i32) i32.const 1))", "x").value();
  module.replace(module.find("\x41\x01"), 1, "\x42");  // i64.const
  const auto error = inspect(module).error();
  CHECK(error.code() == ErrorCode::kInvalidArgument);
  CHECK(error.message().find("type mismatch") != std::string::npos);
  CHECK(error.position()->offset.value_or(0) > 8);
}

TEST_CASE("an export can be called when it is a function and all its values are numbers") {
  const auto info = inspect(to_binary(R"((module
    (func (export "no_values"))
    (func (export "numbers") (param i32 i64 f32 f64 v128) (result v128 i32) unreachable)
    (func (export "takes") (param i32 externref))
    (func (export "gives") (result i32 funcref) unreachable)
    (memory (export "memory") 1)))",
                                      "test.wat")
                                .value())
                        .value();
  std::vector<bool> callable;
  for (const ExportInfo& item : info.exports)
    callable.push_back(is_callable(item));
  CHECK(callable == std::vector<bool>{true, true, false, false, false});
}

TEST_CASE("a text has a limit of its own, which a binary module has not") {
  const auto padded = [](std::uint64_t size) {
    return "(module" + std::string(size - 8, ' ') + ")";
  };
  CHECK(to_binary(padded(kTextBytesMax), "x").has_value());
  const auto refused = to_binary(padded(kTextBytesMax + 1), "x");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code() == ErrorCode::kTooLarge);
  CHECK(refused.error().limit().value().name == "text_bytes");
  CHECK(refused.error().limit().value().value == 16'777'216);
  CHECK(refused.error().message().find("has 16777217 bytes, and at most 16777216") !=
        std::string::npos);
  CHECK(to_binary(std::string("\0asm", 4) + std::string(kTextBytesMax, ' '), "x").has_value());
}

TEST_CASE("a proposal that is not enabled is named") {
  constexpr std::string_view kShared =
      R"((module binary "\00asm\01\00\00\00" "\05\04\01\03\01\02"))";
  const auto error = wrong_module(kShared);
  CHECK(error.code() == ErrorCode::kUnsupported);
  CHECK(error.message().find("threads") != std::string::npos);
  CHECK(error.position().value().offset.has_value());  // Bytes in a text have no line in it.
  CHECK(inspect(to_binary("(component)", "x").value()).error().code() == ErrorCode::kUnsupported);
}

TEST_CASE("what a wrong module names itself is cut and escaped in the error") {
  const std::string name = "\x1b[2J\xe2\x80\xae" + std::string(5'000, 'n');
  const auto text = to_binary("(module (func (call $\"" + name + "\")))", "t.wat").error();
  CHECK(text.message().size() < 1'200);
  CHECK(text.message().find('\x1b') == std::string::npos);
  CHECK(text.message().find("\xe2\x80\xae") == std::string::npos);

  // Two exports of one name.
  const std::string twice = "(export \"\\1b[2J" + std::string(5'000, 'n') + "\" (func $f))";
  const auto binary = wrong_module("(module (func $f) " + twice + twice + ")");
  CHECK(binary.message().size() < 1'200);
  CHECK(binary.message().find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace weft::engine
