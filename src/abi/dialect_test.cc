#include "abi/dialect.h"

#include <optional>

#include <doctest/doctest.h>

#include "abi/command/command.h"

namespace weft::abi {
namespace {

engine::ModuleInfo inspected(std::string_view wat) {
  return engine::inspect(engine::to_binary(wat, "test.wat").value()).value();
}

TEST_CASE("every dialect has a name that leads back to it") {
  for (int i = 0; i < 8; ++i) {
    const auto dialect = static_cast<Dialect>(i);
    CAPTURE(name_of(dialect));
    CHECK(dialect_named(name_of(dialect)) == dialect);
  }
  CHECK(name_of(Dialect::kTyped) == "typed");
  CHECK(name_of(Dialect::kCommand) == "command");
  CHECK_FALSE(dialect_named("").has_value());
  CHECK_FALSE(dialect_named("Typed").has_value());
}

TEST_CASE("a module with a start function of the right type is a program, every other is typed") {
  struct Case {
    std::string_view wat;
    Dialect dialect;
  };
  for (const auto& [wat, dialect] : {
           Case{"(module)", Dialect::kTyped},
           Case{R"((module (func (export "add"))))", Dialect::kTyped},
           Case{R"((module (func (export "_start"))))", Dialect::kCommand},
           Case{R"((module (func (export "_start") (param i32))))", Dialect::kTyped},
           Case{R"((module (func (export "_start") (result i32) i32.const 1)))", Dialect::kTyped},
           Case{R"((module (memory (export "_start") 1)))", Dialect::kTyped},
           Case{R"((module (func (export "_start")) (func (export "add"))))", Dialect::kCommand},
           Case{R"((module (func (export "_start")) (func (export "run_e") (param i32 i32 i32))))",
                Dialect::kCommand},
       }) {
    CAPTURE(wat);
    CHECK(dialect_of(inspected(wat)) == dialect);
  }
}

TEST_CASE("what is called before an export: the initializer, if it is one and not called anyway") {
  constexpr std::string_view kReactor =
      R"((module (func (export "_initialize")) (func (export "add"))))";
  constexpr std::string_view kBoth = R"((module
    (func (export "_initialize")) (func (export "_start")) (func (export "add"))))";
  constexpr std::string_view kStartWithParameter = R"((module
    (func (export "_initialize")) (func (export "_start") (param i32))))";
  struct Case {
    std::string_view wat;
    std::string_view wanted;
    std::vector<std::string_view> before;
  };
  for (const auto& [wat, wanted, before] : {
           Case{"(module)", "add", {}},
           Case{R"((module (func (export "add"))))", "add", {}},
           Case{R"((module (func (export "_start"))))", "_start", {}},
           Case{kReactor, "add", {kInitialize}},
           Case{kReactor, "missing", {kInitialize}},
           Case{kReactor, "_start", {kInitialize}},  // There is none: the caller will be told.
           Case{kReactor, "_initialize", {}},
           Case{kBoth, "_start", {}},
           Case{kBoth, "add", {kInitialize}},
           Case{kBoth, "_initialize", {}},
           // No program starts with this one.
           Case{kStartWithParameter, "_start", {kInitialize}},
           Case{R"((module (func (export "_initialize") (param i32)) (func (export "add"))))",
                "add",
                {}},
           Case{R"((module (func (export "_initialize") (result i32) i32.const 0)))",
                "_initialize",
                {}},
           Case{R"((module (memory (export "_initialize") 1) (func (export "add"))))", "add", {}},
       }) {
    CAPTURE(wat);
    CAPTURE(wanted);
    CHECK(initializers_before(inspected(wat), wanted) == before);
  }
}

// The exports of a plugin of SE2.
constexpr std::string_view kPlugin = R"((memory (export "memory") 1)
  (func (export "allocate") (param i32) (result i32) i32.const 8)
  (func (export "deallocate") (param i32 i32)) (func (export "run_e") (param i32 i32 i32)))";

std::string plugin_with(std::string_view more, std::string_view imports = "") {
  return "(module " + std::string(imports) + std::string(kPlugin) + std::string(more) + ")";
}

TEST_CASE("a plugin of SE2 is one, also with a start function, which is called before others") {
  const std::string start = R"((func (export "_start")))";
  const std::string initialize = R"((func (export "_initialize")))";
  const std::string init = R"((func (export "init")))";
  struct Case {
    std::string more;
    std::string_view wanted;
    std::vector<std::string_view> before;
  };
  for (const auto& [more, wanted, before] : {
           Case{"", "run_e", {}},
           Case{start, "run_e", {"_start"}},
           Case{initialize, "run_e", {"_initialize"}},
           Case{init, "run_e", {"init"}},
           Case{start + initialize + init, "run_e", {"_start", "init"}},
           Case{initialize + init, "missing", {"_initialize", "init"}},
           Case{start + init, "init", {"_start"}},
           Case{start + init, "_start", {}},
           Case{R"((func (export "init") (param i32)))", "run_e", {}},
           Case{R"((func (export "_start") (param i32)))" + initialize, "run_e", {"_initialize"}},
       }) {
    CAPTURE(more);
    CAPTURE(wanted);
    const auto info = inspected(plugin_with(more));
    CHECK(dialect_of(info) == Dialect::kSe2);
    CHECK(initializers_before(info, wanted) == before);
    CHECK_FALSE(starts_program(info, "_start"));
  }
}

TEST_CASE("a plugin gets what is there of SE2, and what calls it without being one is told why") {
  const std::string result = R"((import "env" "return_result" (func (param i32 i32 i32))))";
  CHECK(check_imports(inspected(plugin_with("", result))).has_value());
  const auto error = check_imports(inspected("(module " + result + ")")).error();
  CHECK(error.code() == ErrorCode::kUnsupported);
  CHECK(error.message() ==
        "the module imports env.return_result, which only a plugin of SE2 can call, and is none: "
        "it exports no memory named memory");
}

TEST_CASE("only _start of a program starts one") {
  CHECK(starts_program(inspected(R"((module (func (export "_start"))))"), "_start"));
  CHECK_FALSE(starts_program(inspected(R"((module (func (export "_start"))))"), "add"));
  CHECK_FALSE(
      starts_program(inspected(R"((module (func (export "_start") (param i32))))"), "_start"));
  CHECK_FALSE(starts_program(inspected("(module)"), "_start"));
}

TEST_CASE("an import leads to the dialects that provide it") {
  struct Case {
    std::string_view module;
    std::string_view name;
    std::vector<Dialect> providers;
  };
  for (const auto& [module, name, providers] : {
           Case{"wasi_snapshot_preview1", "fd_write", {Dialect::kCommand}},
           Case{"wasi_unstable", "fd_write", {Dialect::kCommand}},
           Case{"wasix_32v1", "thread_spawn", {Dialect::kCommand}},
           Case{"wasi:http/types@0.2.0", "drop", {Dialect::kComponent}},
           Case{"extism:host/env", "input_length", {Dialect::kExtism}},
           Case{"host", "callback", {Dialect::kReactor}},
           Case{"host", "other", {}},
           Case{"env", "return_result", {Dialect::kSe2}},
           Case{"env", "emscripten_notify_memory_growth", {Dialect::kEmscripten}},
           Case{"a", "b", {Dialect::kEmscripten}},
           Case{"", "", {}},
           Case{"mine", "fd_write", {}},
       }) {
    CAPTURE(module);
    CAPTURE(name);
    const engine::ImportInfo import{.module = std::string(module),
                                    .name = std::string(name),
                                    .type = "() -> ()",
                                    .function = {}};
    CHECK(providers_of(import) == providers);
  }
}

TEST_CASE("what is provided has exactly our type") {
  struct Case {
    std::string_view import;
    bool provided;
  };
  for (const auto& [import, provided] : {
           Case{R"("wasi_snapshot_preview1" "sched_yield" (func (result i32)))", true},
           Case{R"("wasi_unstable" "proc_exit" (func (param i32)))", true},
           Case{R"("wasi_snapshot_preview1" "proc_exit" (func (param i64)))", false},
           Case{R"("wasi_snapshot_preview1" "proc_exit" (memory 1))", false},
           Case{R"("wasi_snapshot_preview1" "proc_quit" (func (param i32)))", false},
           Case{R"("env" "proc_exit" (func (param i32)))", false},
           Case{R"("env" "abort" (func (param i32 i32 i32 i32)))", true},
           Case{R"("env" "abort" (func))", false},
           Case{R"("env" "return_error" (func (param i32 i32 i32 i32)))", true},
           Case{R"("env" "log_msg_swift" (func (param i32 i32 i32 i32 i32 i32)))", true},
           Case{R"("env" "log_msg" (func (param i32 i32 i32 i32 i32 i32)))", false},
           Case{R"("env" "log_msg" (memory 1))", false},
       }) {
    CAPTURE(import);
    const auto info = inspected("(module (import " + std::string(import) + "))");
    CHECK(is_provided(info.imports.at(0)) == provided);
  }
}

TEST_CASE("a module whose imports are all provided may run") {
  CHECK(check_imports(inspected("(module)")).has_value());
  CHECK(check_imports(
            inspected(
                R"((module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))))"))
            .has_value());
}

TEST_CASE("a missing import is named with its type and who would provide it") {
  const auto error =
      check_imports(inspected(R"((module (import "env" "get_ffi_result" (func (param i32 i32)))))"))
          .error();
  CHECK(error.code() == ErrorCode::kUnsupported);
  CHECK(error.message() ==
        "the module imports what is not provided: env.get_ffi_result (i32, i32) -> () (this "
        "function of SE2 comes in a later version: here are return_result, return_error and "
        "log_msg)");

  const auto unknown =
      check_imports(inspected(R"((module (import "mine" "thing" (global i32))))")).error();
  CHECK(unknown.message() ==
        "the module imports what is not provided: mine.thing (global: i32) (no dialect that weft "
        "knows provides it)");
}

TEST_CASE("an import of the wrong type is told ours") {
  const auto error =
      check_imports(
          inspected(
              R"((module (import "wasi_snapshot_preview1" "sched_yield" (func (param i64)))))"))
          .error();
  CHECK(error.message() ==
        "the module imports what is not provided: wasi_snapshot_preview1.sched_yield (i64) -> () "
        "(here it has the type () -> i32)");
}

TEST_CASE("a missing import is told what is wrong with it") {
  struct Case {
    std::string_view import;
    std::string_view hint;
  };
  for (const auto& [import, hint] : {
           Case{R"("wasi_snapshot_preview1" "fd_wrte" (func))",
                "(this interface has no function of that name; did you mean fd_write?)"},
           Case{R"("wasi_unstable" "proc_exti" (func))",
                "(this interface has no function of that name; did you mean proc_exit?)"},
           Case{R"("wasi_snapshot_preview1" "open_a_window" (func))",
                "(this interface has no function of that name)"},
           Case{R"("wasi_snapshot_preview1" "fd_write" (memory 1))",
                "(here it is a function of the type (i32, i32, i32, i32) -> i32)"},
           Case{R"("wasi_snapshot_preview1" "fd_write" (func (param i64)))",
                "(here it has the type (i32, i32, i32, i32) -> i32)"},
           Case{R"("wasi_snapshot_preview2" "fd_write" (func))",
                "(no dialect that weft knows provides it; did you mean wasi_snapshot_preview1?)"},
           Case{R"("wasi" "thread-spawn" (func))", "(here it has the type (i32) -> i32)"},
           Case{R"("wasi" "thread-spawn" (memory 1))",
                "(here it is a function of the type (i32) -> i32)"},
           Case{R"("wasi" "thread-spawn" (func (param i32) (result i32)))",
                "(threads, which only weft run --threads N provides)"},
           Case{R"("wasix_64v1" "fd_dup" (func))",
                "(an extension of WASI that weft does not have)"},
           Case{R"("wasix_32v1" "fd_write" (func))",
                "(here it has the type (i32, i32, i32, i32) -> i32)"},
           Case{R"("wasix_32v1" "fd_dup3" (func))",
                "(this interface has no function of that name; did you mean fd_dup?)"},
           Case{R"("extism:host/env" "input_length" (func))",
                "(provided by the dialect extism, which this version does not have)"},
           Case{R"("env" "return_result" (func (param i32)))",
                "(here it has the type (i32, i32, i32) -> ())"},
           Case{R"("env" "fetch_url_swift" (func))",
                "(this function of SE2 comes in a later version: here are return_result, "
                "return_error and log_msg)"},
           Case{R"("mine" "fd_write" (func))", "(no dialect that weft knows provides it)"},
       }) {
    CAPTURE(import);
    const auto error =
        check_imports(inspected("(module (import " + std::string(import) + "))")).error();
    CAPTURE(error.message());
    CHECK(error.message().ends_with(hint));
  }
}

TEST_CASE("threads are provided where they are asked for, with the memory that they share") {
  const std::string spawn = R"((import "wasi" "thread-spawn" (func (param i32) (result i32))))";
  const std::string memory = R"((import "any" "name" (memory 1 2 shared)))";
  const std::string start = R"((func (export "wasi_thread_start") (param i32 i32)))";
  struct Case {
    std::string module;
    std::string_view problem;
  };
  const std::vector<Case> cases = {
      {spawn + memory + start, ""},
      {memory, ""},
      {"(memory 1) (func (drop (i32.atomic.load (i32.const 0))))", ""},
      {"(memory 1 2 shared)", "a shared memory of its own"},
      {spawn + start, "must have one memory"},
      {spawn + memory + "(memory 1)" + start, "must have one memory"},
      {spawn + memory, "exports no function wasi_thread_start (i32, i32) -> ()"},
      {spawn + memory + R"((func (export "wasi_thread_start") (param i32)))",
       "exports no function"},
      {spawn + memory + R"((global (export "wasi_thread_start") i32 (i32.const 1)))",
       "exports no function"},
      {spawn + memory + R"((import "wasix_32v1" "proc_id" (func (param i32) (result i32))))" +
           start,
       "imports WASIX"},
      {memory + R"((import "env" "more" (memory 1 2 shared)))", "several shared memories"},
      {R"((import "wasi" "thread-spawn" (func)))", "wasi.thread-spawn () -> ()"},
      {R"((import "wasi" "thread-join" (func)))", "wasi.thread-join"},
  };
  for (const auto& [module, problem] : cases) {
    CAPTURE(module);
    const std::string binary = engine::to_binary("(module " + module + ")", "m.wat").value();
    const auto info = engine::inspect(binary, {.threads = true}).value();
    const auto checked = check_imports(info, {.threads = true});
    CHECK(checked.has_value() == problem.empty());
    if (!checked) {
      CHECK(checked.error().code() == ErrorCode::kUnsupported);
      CHECK(checked.error().message().find(problem) != std::string::npos);
    }
    CHECK(starts_threads(info) == module.starts_with(spawn));
    CHECK((shared_memory_of(info) != nullptr) == (module.find(memory) != std::string::npos));
    // What only threads have is refused where they are not asked for.
    if (!info.imports.empty()) CHECK_FALSE(check_imports(info).has_value());
  }
}

TEST_CASE("many missing imports and hostile names give a short message without control bytes") {
  engine::ModuleInfo info;
  for (int i = 0; i < 300; ++i) {
    info.imports.push_back({.module = std::string(90'000, 'm') + "\n",
                            .name = "\x1b[2J\r\nname",
                            .type = std::string(1'000, 't'),
                            .function = {}});
  }
  const auto error = check_imports(info).error();
  CHECK(error.message().starts_with("the module has 300 imports that are not provided: mmm"));
  CHECK(error.message().size() < 4'000);
  for (const char byte : error.message())
    CHECK(static_cast<unsigned char>(byte) >= 0x20);
}

}  // namespace
}  // namespace weft::abi
