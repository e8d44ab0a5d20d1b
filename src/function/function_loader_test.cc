#include "function/function_loader.h"

#include <doctest/doctest.h>

#include "function/testing.h"

namespace weft::function {
namespace {

// Loads by `load` what `check` found, and waits until somebody has the answer.
FunctionLoader::Loaded loaded(FunctionLoader::Check check, FunctionLoader::Load load) {
  QueueExecutor executor;  // The loader's threads may still be posting when the answer is here.
  FunctionLoader loader(std::move(check), std::move(load));
  std::optional<FunctionLoader::Loaded> answer;
  loader.load("f", executor, [&answer](const FunctionLoader::Loaded& loaded) { answer = loaded; });
  executor.run_one();
  return answer.value();
}

TEST_CASE("what the check found need not be looked for again by the load") {
  std::int64_t version = 0;
  const auto answer =
      loaded([](const std::string&) -> Result<std::int64_t> { return 42; },
             [&version](const std::string& name, std::int64_t current) -> FunctionLoader::Loaded {
               CHECK(name == "f");
               version = current;
               return std::shared_ptr<LoadedFunction>();
             });
  CHECK(answer.has_value());
  CHECK(version == 42);
}

TEST_CASE("nothing is loaded of a function that is not there") {
  bool has_loaded = false;
  const auto answer = loaded(
      [](const std::string&) -> Result<std::int64_t> { return fail(ErrorCode::kNotFound, "none"); },
      [&has_loaded](const std::string&, std::int64_t) -> FunctionLoader::Loaded {
        has_loaded = true;
        return std::shared_ptr<LoadedFunction>();
      });
  CHECK(answer.error().code() == ErrorCode::kNotFound);
  CHECK_FALSE(has_loaded);
}

}  // namespace
}  // namespace weft::function
