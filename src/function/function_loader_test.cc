#include "function/function_loader.h"

#include <future>
#include <memory>

#include <doctest/doctest.h>

#include "function/testing.h"

namespace weft::function {
namespace {

// Loads by `load` what `check` found, and waits until somebody has the answer.
FunctionLoader::Loaded loaded(FunctionLoader::Check check, FunctionLoader::Load load) {
  auto executor = std::make_shared<QueueExecutor>();
  FunctionLoader loader(std::move(check), std::move(load));
  std::optional<FunctionLoader::Loaded> answer;
  loader.load("f", executor, [&answer](const FunctionLoader::Loaded& loaded) { answer = loaded; });
  executor->run_one();
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

TEST_CASE("the loader keeps the executor of a call that nobody waits for any more") {
  auto executor = std::make_shared<QueueExecutor>();
  const std::weak_ptr<QueueExecutor> watched = executor;
  std::promise<void> may_load;
  {
    FunctionLoader loader([](const std::string&) -> Result<std::int64_t> { return 1; },
                          [&may_load](const std::string&, std::int64_t) -> FunctionLoader::Loaded {
                            may_load.get_future().wait();
                            return std::shared_ptr<LoadedFunction>();
                          });
    loader.load("f", std::move(executor), [](const FunctionLoader::Loaded&) {});
    CHECK_FALSE(watched.expired());
    may_load.set_value();
  }
  CHECK(watched.expired());
}

}  // namespace
}  // namespace weft::function
