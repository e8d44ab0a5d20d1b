#include <cstdlib>

#include <doctest/doctest.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "engine/instance.h"
#include "engine/module_info.h"

namespace weft::engine {
namespace {

constexpr std::string_view kModule = R"((module
  (memory 1) (data (i32.const 8) "\2a")
  (func (export "answer") (result i32) (i32.load (i32.const 8)))))";

// A file without a name.
UniqueFd file_of(std::string_view bytes) {
  std::string name = "/tmp/weft-code-file-XXXXXX";
  UniqueFd file(::mkstemp(name.data()));
  REQUIRE(static_cast<bool>(file));
  ::unlink(name.c_str());
  REQUIRE(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  return file;
}

std::unique_ptr<Engine> engine_with(EngineOptions options) {
  options.parallel_compilation = false;
  return Engine::create(options).value();
}

std::int32_t answer_of(const Engine& engine, std::shared_ptr<const Code> code) {
  const auto program = HostTable(engine).link(std::move(code)).value();
  const auto instance = Instance::create(program, {}, nullptr).value();
  REQUIRE(instantiate(*instance).has_value());
  return std::get<std::int32_t>(call(*instance, "answer", {}).value().at(0));
}

TEST_CASE("code runs from its file, whatever stands behind it there") {
  const auto engine = engine_with({.interruption = Interruption::kNone});
  const std::string bytes =
      engine->compile_to_bytes(to_binary(kModule, "test.wat").value()).value();
  const auto copied = engine->load(bytes).value();
  UniqueFd file = file_of(bytes + "something else");
  const auto code = engine->load_file(bytes, file.get()).value();
  file = UniqueFd();
  CHECK(answer_of(*engine, code) == 42);
  CHECK(code->instance_bytes() == copied->instance_bytes());
}

TEST_CASE("the code of an engine that resets instances runs from its file, too") {
  const auto engine = engine_with({.resets_instances = true});
  const std::string bytes =
      engine->compile_to_bytes(to_binary(kModule, "test.wat").value()).value();
  const UniqueFd file = file_of(bytes);
  const auto code = engine->load_file(bytes, file.get()).value();
  CHECK(code->can_reset());
  CHECK(answer_of(*engine, code) == 42);
}

TEST_CASE("a file that is no code of the engine is refused") {
  const auto engine = engine_with({.interruption = Interruption::kNone});
  const auto other = engine_with({.interruption = Interruption::kFuel});
  const std::string bytes = other->compile_to_bytes(to_binary(kModule, "test.wat").value()).value();
  for (const std::string& wrong : {bytes, std::string(100, 'x'), std::string()}) {
    const UniqueFd file = file_of(wrong);
    CHECK(engine->load_file(wrong, file.get()).error().code() == ErrorCode::kFailedPrecondition);
  }
}

}  // namespace
}  // namespace weft::engine
