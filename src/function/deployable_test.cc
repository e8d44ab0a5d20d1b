#include "function/deployable.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace weft::function {
namespace {

constexpr std::uint64_t kMiB = 1024ULL * 1024;

Result<> checked(std::string_view fields, const FunctionLimits& limits = {}) {
  const std::string wat = fmt::format("(module {})", fields);
  const auto info = engine::inspect(engine::to_binary(wat, "test.wat").value()).value();
  return check_deployable(info, limits, 1024 * kMiB);
}

TEST_CASE("a module in which nothing can be called is refused with what would make it a function") {
  // What only prepares other calls is none of them.
  for (const std::string_view fields :
       {"", "(func $f) (start $f)", "(memory (export \"memory\") 1)",
        R"((func (export "_initialize")))"}) {
    CAPTURE(fields);
    const auto result = checked(fields);
    REQUIRE_FALSE(result.has_value());
    const Error& error = result.error();
    CHECK(error.code() == ErrorCode::kInvalidArgument);
    CHECK(error.message().find("it exports no function") != std::string::npos);
    CHECK(error.message().find("; export") != std::string::npos);
    CHECK(error.message().find("_start") != std::string::npos);
  }
  for (const std::string_view fields :
       {R"((func (export "f") (param externref)))",
        R"((func (export "f") (result funcref) ref.null func) (func (export "_initialize")))"}) {
    CAPTURE(fields);
    const auto result = checked(fields);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code() == ErrorCode::kInvalidArgument);
    CHECK(result.error().message().find("references") != std::string::npos);
  }
}

TEST_CASE("a module with one export that can be called is taken") {
  for (const std::string_view fields : {
           R"((func (export "_start")))",
           R"((func (export "_initialize") (param i32)))",
           R"((func (export "_initialize")) (func (export "f")))",
           R"((func (export "f") (param i32 i64 f32 f64 v128)))",
           R"((func (export "f") (param externref)) (func (export "g")))",
       }) {
    CAPTURE(fields);
    CHECK(checked(fields).has_value());
  }
}

TEST_CASE("a missing import is told before anything else") {
  CHECK(checked(R"((import "env" "f" (func)))").error().code() == ErrorCode::kUnsupported);
}

TEST_CASE("a module that begins with more than it may have is refused with the limit's name") {
  struct Case {
    std::string_view fields;
    std::string_view limit;
    std::uint64_t value;
    std::string_view says;
  };
  for (const auto& [fields, limit, value, says] : {
           Case{"(memory 17)", "memory_bytes", kMiB,
                "begins with 1114112 bytes of memory, more than its limit allows (1048576): set "
                "limits.memory_bytes, or weft deploy --memory"},
           Case{"(memory 9) (memory 8)", "memory_bytes", kMiB, "begins with 1114112 bytes"},
           Case{"(memory i64 0x10001)", "memory_bytes", 4096 * kMiB,
                "a function has at most 4294967296"},
           Case{"(memory i64 0x800000000000) (memory i64 0x800000000000)", "memory_bytes",
                4096 * kMiB, "18446744073709551615 bytes"},
           Case{"(table 600000 funcref) (table 400001 externref)", "table_elements", 1'000'000,
                "begins with 1000001 table elements"},
           Case{"(memory 1) (memory 1) (memory 1) (memory 1) (memory 1)", "memories", 4,
                "5 memories"},
           Case{"(memory 1) (table 300000 funcref)", "memory_bytes", kMiB,
                "begins with 65536 bytes of memory and 24"},
           Case{"(table 300000 funcref)", "memory_bytes", kMiB,
                "bytes of tables, globals and references to functions, more than its limit allows"},
       }) {
    CAPTURE(fields.substr(0, 80));
    const std::string whole = fmt::format("{} (func (export \"f\"))", fields);
    const auto error = checked(whole, {.memory_bytes = kMiB}).error();
    CAPTURE(error.message());
    CHECK(error.code() == ErrorCode::kTooLarge);
    CHECK(error.limit().value().name == limit);
    CHECK(error.limit().value().value == value);
    CHECK(error.message().find(says) != std::string::npos);
  }
  CHECK(checked("(memory 16) (func (export \"f\"))", {.memory_bytes = kMiB}).has_value());
}

TEST_CASE("more memory than all guests have together is too much for one") {
  const auto error =
      checked("(memory 16385) (func (export \"f\"))", {.memory_bytes = 4096 * kMiB}).error();
  CHECK(error.code() == ErrorCode::kTooLarge);
  CHECK(error.limit().value().name == "guest_memory_bytes");
  CHECK(checked("(memory 16384) (func (export \"f\"))", {.memory_bytes = 4096 * kMiB})
            .error()
            .limit()
            .value()
            .name == "guest_memory_bytes");
  CHECK(checked("(memory 16383) (func (export \"f\"))", {.memory_bytes = 4096 * kMiB}).has_value());
}

}  // namespace
}  // namespace weft::function
