#include "function/code_cache.h"

#include <cstdio>
#include <cstring>
#include <fstream>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/instance.h"
#include "engine/module_info.h"
#include "store/testing.h"

namespace weft::function {
namespace {

std::string answering(int number) {
  return engine::to_binary(fmt::format("(module (func (export \"answer\") (result i32) "
                                       "i32.const {}))",
                                       number),
                           "test.wat")
      .value();
}

// An engine and a cache in a directory of its own.
struct Cached {
  FakeClock clock;
  store::TemporaryDirectory directory;
  store::CacheDirectory entries{directory.path() / "cache", 64 << 20, clock};
  SealedCache::Key key{1, 2, 3};
  DirectCompiler compiler;
  SealedCache sealed{entries, key};
  CodeCache cache{sealed, compiler};
  std::unique_ptr<engine::Engine> engine =
      engine::Engine::create(
          {.interruption = engine::Interruption::kNone, .parallel_compilation = false})
          .value();

  int answer_of(std::shared_ptr<const engine::Code> code) const {
    const auto program = engine::HostTable(*engine).link(std::move(code)).value();
    const auto instance = engine::Instance::create(program, {}, nullptr).value();
    REQUIRE(engine::instantiate(*instance).has_value());
    return std::get<std::int32_t>(engine::call(*instance, "answer", {}).value().at(0));
  }
  int answer_of(std::string_view module) {
    return answer_of(cache.code_of(*engine, module).value());
  }
  std::string name_of(std::string_view module) const {
    return fmt::format("code {} {}", engine->fingerprint(), content_id(module));
  }
};

TEST_CASE("code is found by the module's id, so that nothing of a known module is read again") {
  Cached cached;
  constexpr std::string_view kText =
      R"((module (func (export "answer") (result i32) i32.const 7)))";
  const std::string id = content_id(kText);
  CHECK(cached.answer_of(cached.cache.code_of(*cached.engine, id, kText).value()) == 7);
  CHECK(cached.answer_of(cached.cache.code_of(*cached.engine, id, "not read").value()) == 7);
  const auto unknown = cached.cache.code_of(*cached.engine, content_id("other"), "not read");
  CHECK(unknown.error().code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("a module is compiled once and then loaded") {
  Cached cached;
  const std::string module = answering(1);
  CHECK_FALSE(cached.entries.get(cached.name_of(module)).has_value());
  CHECK(cached.answer_of(module) == 1);
  const std::string entry = cached.entries.get(cached.name_of(module)).value();
  CHECK(cached.answer_of(module) == 1);
  CHECK(cached.entries.get(cached.name_of(module)).value() == entry);
}

// An entry as only who has the key can make it.
std::string authentic(const SealedCache::Key& key, std::string_view name, std::string_view code) {
  const std::string text = fmt::format("{}:{}:{}", name.size(), name, code);
  std::string mac(32, '\0');
  unsigned int size = 0;
  REQUIRE(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
               reinterpret_cast<const unsigned char*>(text.data()), text.size(),
               reinterpret_cast<unsigned char*>(mac.data()), &size) != nullptr);
  REQUIRE(size == mac.size());
  return std::string(code) + mac;
}

TEST_CASE("a hit compiles nothing: what runs is the entry") {
  Cached cached;
  const std::string one = answering(1);
  const std::string two = answering(2);
  CHECK(cached.answer_of(one) == 1);
  const std::string code = cached.engine->compile_to_bytes(two).value();
  cached.entries.put(cached.name_of(one), authentic(cached.key, cached.name_of(one), code));
  CHECK(cached.answer_of(one) == 2);
}

TEST_CASE("an authentic entry that the engine refuses is made again") {
  Cached cached;
  const std::string module = answering(1);
  const std::string name = cached.name_of(module);
  cached.entries.put(name, authentic(cached.key, name, "no code at all"));
  CHECK(cached.answer_of(module) == 1);
}

TEST_CASE("what cannot be compiled leaves no entry") {
  Cached cached;
  CHECK_FALSE(cached.cache.code_of(*cached.engine, "not a module").has_value());
  CHECK_FALSE(cached.entries.get(cached.name_of("not a module")).has_value());
}

TEST_CASE("an entry that was changed in any place is refused and made again") {
  Cached cached;
  const std::string module = answering(1);
  CHECK(cached.answer_of(module) == 1);
  const std::string name = cached.name_of(module);
  const std::string entry = cached.entries.get(name).value();
  const auto replaced = [&](const std::string& bytes) {
    cached.entries.put(name, bytes);
    const int answer = cached.answer_of(module);
    return answer == 1 && cached.entries.get(name) == entry;
  };
  for (std::size_t at = 0; at < entry.size(); at += 1 + entry.size() / 16) {
    std::string changed = entry;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CAPTURE(at);
    CHECK(replaced(changed));
  }
  CHECK(replaced(""));
  CHECK(replaced(entry.substr(0, 31)));
  CHECK(replaced(entry.substr(0, 32)));
  CHECK(replaced(entry.substr(0, entry.size() - 1)));
  CHECK(replaced(entry + "x"));
  CHECK(replaced(std::string(100, '\0')));
}

TEST_CASE("the entry of another module does not take a module's place") {
  Cached cached;
  const std::string one = answering(1);
  const std::string two = answering(2);
  CHECK(cached.answer_of(one) == 1);
  CHECK(cached.answer_of(two) == 2);
  cached.entries.put(cached.name_of(one), cached.entries.get(cached.name_of(two)).value());
  CHECK(cached.answer_of(one) == 1);
}

// The entry, opened when nobody changed it for so long that it can be sealed, which takes two
// seconds at most.
store::MappedFile settled(Cached& cached, std::string_view name) {
  for (;;) {
    auto entry = cached.entries.map(name);
    REQUIRE(entry.has_value());
    if (entry->identity()) return *std::move(entry);
  }
}

// What the key's owner says of a file that was found to be whole.
std::string seal_of(const Cached& cached, std::string_view name, const std::string& identity) {
  return authentic(cached.key, fmt::format("seal {}", name), identity).substr(identity.size());
}

TEST_CASE("an entry that is sealed is not read as a whole again, any other is") {
  Cached cached;
  const std::string one = answering(1);
  const std::string two = answering(2);
  const std::string name = cached.name_of(one);
  const std::string of_two = cached.engine->compile_to_bytes(two).value() + std::string(32, 'x');
  cached.entries.put(name, of_two);
  const std::string seal = seal_of(cached, name, settled(cached, name).identity().value());
  cached.entries.put(fmt::format("seal {}", name), seal);
  CHECK(cached.answer_of(one) == 2);
  // Another file, of the same bytes.
  cached.entries.put(name, of_two);
  CHECK(cached.answer_of(one) == 1);
}

TEST_CASE("an entry is sealed once it was found to be whole") {
  Cached cached;
  const std::string module = answering(1);
  const std::string name = cached.name_of(module);
  CHECK(cached.answer_of(module) == 1);
  const std::string seal = seal_of(cached, name, settled(cached, name).identity().value());
  CHECK(cached.answer_of(module) == 1);
  CHECK(cached.entries.get(fmt::format("seal {}", name)) == seal);
}

TEST_CASE("an entry that was not used for long stays sealed") {
  Cached cached;
  const std::string one = answering(1);
  const std::string two = answering(2);
  const std::string name = cached.name_of(one);
  cached.entries.put(name, cached.engine->compile_to_bytes(two).value() + std::string(32, 'x'));
  const std::string before = settled(cached, name).identity().value();
  cached.entries.put(fmt::format("seal {}", name), seal_of(cached, name, before));
  // From now on, the cache marks as used what is used.
  cached.clock.advance(store::CacheDirectory::kUseGranularity);
  CHECK(cached.answer_of(one) == 2);
  const std::string marked = settled(cached, name).identity().value();
  CHECK(marked != before);
  CHECK(cached.entries.get(fmt::format("seal {}", name)) == seal_of(cached, name, marked));
  CHECK(cached.answer_of(one) == 2);
}

TEST_CASE("an entry that another key made is refused") {
  Cached cached;
  const std::string module = answering(1);
  SealedCache foreign(cached.entries, {9});
  CodeCache other(foreign, cached.compiler);
  REQUIRE(other.code_of(*cached.engine, module).has_value());
  const std::string theirs = cached.entries.get(cached.name_of(module)).value();
  CHECK(cached.answer_of(module) == 1);
  CHECK(cached.entries.get(cached.name_of(module)).value() != theirs);
}

TEST_CASE("another engine has entries of its own") {
  Cached cached;
  const std::string module = answering(1);
  CHECK(cached.answer_of(module) == 1);
  const auto other = engine::Engine::create({.interruption = engine::Interruption::kEpoch,
                                             .parallel_compilation = false})
                         .value();
  REQUIRE(cached.cache.code_of(*other, module).has_value());
  CHECK(cached.entries.get(cached.name_of(module)).has_value());
  CHECK(cached.answer_of(module) == 1);
}

TEST_CASE("code runs also when nothing can be kept") {
  FakeClock clock;
  store::TemporaryDirectory directory;
  store::CacheDirectory nowhere(directory.path() / "cache", 0, clock);
  Cached cached;
  const DirectCompiler compiler;
  SealedCache sealed(nowhere, {});
  CodeCache cache(sealed, compiler);
  for (int again = 0; again < 2; ++again)
    CHECK(cached.answer_of(cache.code_of(*cached.engine, answering(3)).value()) == 3);
}

}  // namespace
}  // namespace weft::function
