#include "store/metadata.h"

#include <atomic>
#include <limits>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/guarded.h"
#include "base/id.h"
#include "base/work_pool.h"
#include "store/testing.h"

namespace weft::store {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kNoBound = std::numeric_limits<std::uint64_t>::max();

// A migrated database with a module or two.
struct Fixture {
  TemporaryDirectory directory;
  FakeClock clock;
  std::unique_ptr<Database> database = open_migrated(directory.database_file(), clock);
  Metadata metadata{*database, clock};

  // Its id; a second later than whatever came before.
  std::string add_module(std::string_view bytes, std::string info = R"({"exports":[]})") {
    clock.advance(seconds(1));
    const std::string id = content_id(bytes);
    const auto added = metadata.put_module(
        {.id = id, .dialect = "typed", .size_bytes = bytes.size(), .info = std::move(info)});
    REQUIRE(added.has_value());
    return id;
  }
  VersionRecord deploy(std::string_view name, const std::string& module) {
    clock.advance(seconds(1));
    const auto version = metadata.deploy(name, {.module = module});
    REQUIRE_MESSAGE(version.has_value(), (version ? "" : version.error().message()));
    return *version;
  }
  std::vector<std::string> search(std::string_view text) {
    std::vector<std::string> names;
    for (const auto& found : metadata.functions(text, {}).value().items)
      names.push_back(found.name);
    return names;
  }
};

using Names = std::vector<std::string>;

TEST_CASE_FIXTURE(Fixture, "a module is recorded once and keeps its first time") {
  const ModuleRecord record{
      .id = content_id("m"), .dialect = "command", .size_bytes = 1, .info = R"({"a":"é"})"};
  CHECK(metadata.put_module(record).value());
  const WallTime first = clock.wall();
  clock.advance(seconds(5));
  CHECK_FALSE(metadata.put_module(record).value());
  auto expected = record;
  expected.created = first;
  CHECK(metadata.module(record.id).value() == expected);
}

TEST_CASE_FIXTURE(Fixture, "a module's id is a content id") {
  CHECK(code_of(metadata.put_module({.id = "add", .dialect = "typed"})) ==
        ErrorCode::kInvalidArgument);
  CHECK(code_of(metadata.module("add")) == ErrorCode::kNotFound);
  CHECK(code_of(metadata.module(content_id("unknown"))) == ErrorCode::kNotFound);
  CHECK(code_of(metadata.remove_module(content_id("unknown"))) == ErrorCode::kNotFound);
}

TEST_CASE_FIXTURE(Fixture, "each deployment is a new version and becomes the current one") {
  const std::string one = add_module("one");
  const std::string two = add_module("two");
  const VersionSpec spec{.module = one,
                         .language = "python",
                         .limits = R"({"deadline_ms":5})",
                         .grants = R"({"hosts":["a"]})",
                         .environment = R"({"A":"b"})",
                         .init = "build",
                         .state = "warm",
                         .snapshot = content_id("snapshot"),
                         .cold = "it has files open"};
  const auto first = metadata.deploy("add", spec).value();
  CHECK(first == VersionRecord{.function = "add",
                               .version = 1,
                               .spec = spec,
                               .dialect = "typed",
                               .deployed = clock.wall()});
  const WallTime created = clock.wall();
  CHECK(deploy("add", two).version == 2);
  CHECK(
      metadata.function("add").value() ==
      FunctionRecord{.name = "add", .created = created, .current_version = 2, .latest_version = 2});
  CHECK(metadata.version("add", 1).value() == first);
  CHECK(metadata.version("add", 2).value().spec.module == two);
}

TEST_CASE_FIXTURE(Fixture, "deploying needs a module that is there and a usable name") {
  CHECK(code_of(metadata.deploy("add", {.module = content_id("unknown")})) == ErrorCode::kNotFound);
  CHECK(code_of(metadata.function("add")) == ErrorCode::kNotFound);
  const std::string module = add_module("m");
  for (const std::string& name :
       {std::string(), std::string("-a"), std::string("a-"), std::string("A"), std::string("a b"),
        std::string("a_b"), std::string("../a"), std::string("a\0", 2), std::string("é"),
        std::string(64, 'a')}) {
    CAPTURE(name);
    CHECK(code_of(metadata.deploy(name, {.module = module})) == ErrorCode::kInvalidArgument);
    CHECK(code_of(metadata.function(name)) == ErrorCode::kNotFound);
    CHECK(code_of(metadata.version(name, 1)) == ErrorCode::kNotFound);
    CHECK(code_of(metadata.rollback(name, 1)) == ErrorCode::kNotFound);
    CHECK(code_of(metadata.remove_function(name)) == ErrorCode::kNotFound);
  }
  for (const std::string& name :
       {std::string("a"), std::string("0"), std::string("a-1"), std::string(63, 'a')}) {
    CHECK(metadata.deploy(name, {.module = module}).has_value());
  }
}

TEST_CASE_FIXTURE(Fixture, "a snapshot that only a removed function named is told") {
  const std::string module = add_module("m");
  const auto deploy_with = [&](std::string_view name, std::optional<std::string> snapshot) {
    return metadata.deploy(name, {.module = module, .snapshot = std::move(snapshot)}).value();
  };
  deploy_with("one", "a");
  deploy_with("one", "b");
  deploy_with("one", "b");
  deploy_with("one", std::nullopt);
  deploy_with("two", "a");
  CHECK(metadata.names_snapshot("b").value());
  CHECK(metadata.remove_function("one").value() == std::vector<std::string>{"b"});
  CHECK_FALSE(metadata.names_snapshot("b").value());
  CHECK(metadata.names_snapshot("a").value());
  CHECK(metadata.remove_function("two").value() == std::vector<std::string>{"a"});
  deploy_with("three", std::nullopt);
  CHECK(metadata.remove_function("three").value().empty());
}

TEST_CASE_FIXTURE(Fixture, "a snapshot is replaced in the very version that was read") {
  const std::string module = add_module("m");
  const auto before = metadata.deploy("one", {.module = module}).value();
  REQUIRE(metadata.replace_snapshot(before, {.id = "a"}).has_value());
  const auto after = metadata.version("one", 1).value();
  CHECK(after.spec.snapshot == "a");
  CHECK(code_of(metadata.replace_snapshot(before, {.id = "b"})) == ErrorCode::kFailedPrecondition);
  REQUIRE(metadata.replace_snapshot(after, {.id = "b", .cold = "why"}).has_value());
  CHECK(metadata.version("one", 1).value().spec.snapshot == "b");
  CHECK(metadata.version("one", 1).value().spec.cold == "why");
  REQUIRE(metadata.remove_function("one").has_value());
  clock.advance(std::chrono::seconds(1));
  REQUIRE(metadata.deploy("one", {.module = module}).has_value());
  CHECK(code_of(metadata.replace_snapshot(before, {.id = "c"})) == ErrorCode::kFailedPrecondition);
  CHECK_FALSE(metadata.version("one", 1).value().spec.snapshot.has_value());
}

TEST_CASE_FIXTURE(Fixture, "deployments at the same time get different versions") {
  const std::string module = add_module("m");
  Guarded<std::set<std::int64_t>> versions;
  {
    WorkPool pool("deployers", 4, 4);
    for (int i = 0; i < 4; ++i) {
      REQUIRE(pool.run([&] {
                    for (int n = 0; n < 10; ++n) {
                      const auto version = metadata.deploy("add", {.module = module});
                      if (version) versions.with([&](auto& set) { set.insert(version->version); });
                    }
                  })
                  .has_value());
    }
    pool.finish();
  }
  CHECK(versions.with([](auto& set) { return set.size(); }) == 40);
  CHECK(metadata.function("add").value().latest_version == 40);
}

TEST_CASE_FIXTURE(
    Fixture,
    "rolling back makes an old version current, and the next deployment goes on counting") {
  const std::string module = add_module("m");
  for (int i = 0; i < 3; ++i)
    deploy("add", module);
  const auto rolled = metadata.rollback("add", 2).value();
  CHECK(rolled.current_version == 2);
  CHECK(rolled.latest_version == 3);
  CHECK(metadata.function("add").value() == rolled);
  CHECK(code_of(metadata.rollback("add", 4)) == ErrorCode::kNotFound);
  CHECK(code_of(metadata.rollback("add", 0)) == ErrorCode::kNotFound);
  CHECK(code_of(metadata.rollback("sub", 1)) == ErrorCode::kNotFound);
  CHECK(metadata.function("add").value() == rolled);
  CHECK(deploy("add", module).version == 4);
  CHECK(metadata.function("add").value().current_version == 4);
}

TEST_CASE_FIXTURE(Fixture, "a module in use stays until the function is removed") {
  const std::string one = add_module("one");
  const std::string two = add_module("two");
  deploy("add", one);
  deploy("add", two);
  const auto refused = metadata.remove_module(one);
  CHECK(code_of(refused) == ErrorCode::kFailedPrecondition);
  CHECK(refused.error().message().contains("'add'"));
  REQUIRE(metadata.remove_function("add").has_value());
  CHECK(metadata.remove_module(one).has_value());
  CHECK(code_of(metadata.module(one)) == ErrorCode::kNotFound);
  CHECK(metadata.module(two).has_value());
}

TEST_CASE_FIXTURE(Fixture, "a removed function is gone with its versions") {
  const std::string module = add_module("m");
  deploy("add", module);
  deploy("add", module);
  CHECK(metadata.remove_function("add").has_value());
  CHECK(code_of(metadata.function("add")) == ErrorCode::kNotFound);
  CHECK(code_of(metadata.version("add", 1)) == ErrorCode::kNotFound);
  CHECK(code_of(metadata.versions("add", {})) == ErrorCode::kNotFound);
  CHECK(code_of(metadata.remove_function("add")) == ErrorCode::kNotFound);
  CHECK(deploy("add", module).version == 1);
}

TEST_CASE_FIXTURE(Fixture, "a version that is not there is not found") {
  deploy("add", add_module("m"));
  for (const std::int64_t version : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{2},
                                     std::numeric_limits<std::int64_t>::max()}) {
    CHECK(code_of(metadata.version("add", version)) == ErrorCode::kNotFound);
  }
}

TEST_CASE_FIXTURE(Fixture, "functions are found by any part of their name, and only so") {
  const std::string module = add_module("m");
  for (const auto* name : {"add", "add-all", "greet", "gr3et"})
    deploy(name, module);
  CHECK(search("") == Names{"gr3et", "greet", "add-all", "add"});
  CHECK(search("add") == Names{"add-all", "add"});
  CHECK(search("ET") == Names{"gr3et", "greet"});
  CHECK(search("-") == Names{"add-all"});
  for (const std::string& text :
       {std::string("%"), std::string("gr_et"), std::string("a%"), std::string("\\"),
        std::string("'"), std::string("\0", 1), std::string("add\0", 4), std::string("\xff"),
        std::string(10'000, 'a'), std::string("addx")}) {
    CAPTURE(text);
    CHECK(search(text).empty());
  }
}

TEST_CASE_FIXTURE(Fixture, "lists come newest first in pages that meet") {
  Names modules;
  Names functions;
  for (int i = 0; i < 7; ++i) {
    modules.insert(modules.begin(), add_module(fmt::format("m{}", i)));
    functions.insert(functions.begin(), fmt::format("f{}", i));
    deploy(functions.front(), modules.front());
  }
  for (const std::size_t limit : {std::size_t{1}, std::size_t{3}, std::size_t{7}, std::size_t{8}}) {
    Names seen_modules;
    Names seen_functions;
    Page page{.limit = limit};
    for (;;) {
      const auto list = metadata.modules(page, kNoBound).value();
      CHECK(list.items.size() <= limit);
      for (const auto& item : list.items)
        seen_modules.push_back(item.id);
      if (!list.next) break;
      page.after = *list.next;
    }
    page = {.limit = limit};
    for (;;) {
      const auto list = metadata.functions("f", page).value();
      for (const auto& item : list.items)
        seen_functions.push_back(item.name);
      if (!list.next) break;
      page.after = *list.next;
    }
    CHECK(seen_modules == modules);
    CHECK(seen_functions == functions);
  }
}

TEST_CASE_FIXTURE(Fixture, "a page of modules ends early when their descriptions are large") {
  Names modules;
  for (int i = 0; i < 5; ++i) {
    modules.insert(modules.begin(), add_module(fmt::format("m{}", i), std::string(100, 'i')));
  }
  for (const auto& [bytes_max, sizes] :
       std::vector<std::pair<std::uint64_t, std::vector<int>>>{{1, {1, 1, 1, 1, 1}},
                                                               {200, {2, 2, 1}},
                                                               {299, {2, 2, 1}},
                                                               {300, {3, 2}},
                                                               {400, {3, 2}}}) {
    CAPTURE(bytes_max);
    Names seen;
    std::vector<int> seen_sizes;
    Page page{.limit = 3};
    for (;;) {
      const auto list = metadata.modules(page, bytes_max).value();
      seen_sizes.push_back(static_cast<int>(list.items.size()));
      for (const auto& item : list.items)
        seen.push_back(item.id);
      if (!list.next) break;
      page.after = *list.next;
    }
    CHECK(seen == modules);
    CHECK(seen_sizes == sizes);
  }
}

TEST_CASE_FIXTURE(Fixture, "items of the same microsecond are in one page each") {
  const std::string module = add_module("m");
  for (const auto* name : {"a", "b", "c"})
    REQUIRE(metadata.deploy(name, {.module = module}).has_value());
  Names seen;
  Page page{.limit = 1};
  for (;;) {
    const auto list = metadata.functions("", page).value();
    for (const auto& item : list.items)
      seen.push_back(item.name);
    if (!list.next) break;
    page.after = *list.next;
  }
  CHECK(seen == Names{"c", "b", "a"});
}

TEST_CASE_FIXTURE(Fixture, "versions come newest first in pages") {
  const std::string module = add_module("m");
  for (int i = 0; i < 5; ++i)
    deploy("add", module);
  const auto first = metadata.versions("add", {.limit = 3}).value();
  REQUIRE(first.items.size() == 3);
  CHECK(first.items.front().version == 5);
  const auto second = metadata.versions("add", {.limit = 3, .after = first.next.value()}).value();
  REQUIRE(second.items.size() == 2);
  CHECK(second.items.back().version == 1);
  CHECK(second.items.back() == metadata.version("add", 1).value());
  CHECK_FALSE(second.next.has_value());
}

TEST_CASE_FIXTURE(Fixture, "cursors of other lists and other texts are refused") {
  add_module("a");
  add_module("b");
  const std::string next = metadata.modules({.limit = 1}, kNoBound).value().next.value();
  CHECK(code_of(metadata.functions("", {.after = next})) == ErrorCode::kInvalidArgument);
  CHECK(code_of(metadata.modules({.after = "x" + next}, kNoBound)) == ErrorCode::kInvalidArgument);
  CHECK(code_of(metadata.modules({.limit = 0}, kNoBound)) == ErrorCode::kInvalidArgument);
}

TEST_CASE_FIXTURE(Fixture, "the counts are those of the lists") {
  const std::string module = add_module("a");
  add_module("b");
  deploy("add", module);
  CHECK(metadata.counts().value().modules == 2);
  CHECK(metadata.counts().value().functions == 1);
}

}  // namespace
}  // namespace weft::store
