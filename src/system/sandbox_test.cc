#include "system/sandbox.h"

#include <doctest/doctest.h>

namespace weft::system {
namespace {

class NamedFile final : public OpenFile {
 public:
  explicit NamedFile(int name) : name(name) {}
  Attempt<FileStatus> status() override { return FileStatus{}; }
  const int name;
};

Descriptor named(int name) {
  return {.file = std::make_shared<NamedFile>(name)};
}

int name_at(Sandbox& sandbox, unsigned number) {
  Descriptor* const found = sandbox.find(FileNumber{number});
  return found == nullptr ? -1 : dynamic_cast<NamedFile&>(*found->file).name;
}

TEST_CASE("a descriptor gets the lowest free number") {
  Sandbox sandbox;
  for (int i = 0; i < 5; ++i)
    CHECK(sandbox.add(named(i)).value() == FileNumber(i));
  REQUIRE(sandbox.close(FileNumber{3}).has_value());
  REQUIRE(sandbox.close(FileNumber{1}).has_value());
  CHECK(sandbox.add(named(10)).value() == FileNumber{1});
  CHECK(sandbox.add(named(11)).value() == FileNumber{3});
  CHECK(sandbox.add(named(12)).value() == FileNumber{5});
  CHECK(name_at(sandbox, 1) == 10);
  CHECK(name_at(sandbox, 2) == 2);
}

TEST_CASE("a number that is not open is refused, however large") {
  Sandbox sandbox;
  REQUIRE(sandbox.add(named(0)).has_value());
  for (const unsigned number : {1U, 2U, 0x7fffffffU, 0xffffffffU}) {
    CHECK(sandbox.find(FileNumber{number}) == nullptr);
    CHECK(sandbox.close(FileNumber{number}).error() == Errno::kBadDescriptor);
    CHECK(sandbox.renumber(FileNumber{0}, FileNumber{number}).error() == Errno::kBadDescriptor);
    CHECK(sandbox.renumber(FileNumber{number}, FileNumber{0}).error() == Errno::kBadDescriptor);
  }
  CHECK(name_at(sandbox, 0) == 0);
}

TEST_CASE("a closed descriptor is closed for good, and its file ends") {
  Sandbox sandbox;
  auto descriptor = named(0);
  const std::weak_ptr<OpenFile> file = descriptor.file;
  REQUIRE(sandbox.add(std::move(descriptor)).has_value());
  CHECK(sandbox.close(FileNumber{0}).has_value());
  CHECK(file.expired());
  CHECK(sandbox.close(FileNumber{0}).error() == Errno::kBadDescriptor);
}

TEST_CASE("renumbering moves a descriptor onto another, whose file ends") {
  Sandbox sandbox;
  auto replaced = named(1);
  const std::weak_ptr<OpenFile> file = replaced.file;
  REQUIRE(sandbox.add(named(0)).has_value());
  REQUIRE(sandbox.add(std::move(replaced)).has_value());
  CHECK(sandbox.renumber(FileNumber{0}, FileNumber{1}).has_value());
  CHECK(file.expired());
  CHECK(name_at(sandbox, 0) == -1);
  CHECK(name_at(sandbox, 1) == 0);
  CHECK(sandbox.open_count() == 1);
  CHECK(sandbox.renumber(FileNumber{1}, FileNumber{1}).has_value());
  CHECK(name_at(sandbox, 1) == 0);
  CHECK(sandbox.add(named(2)).value() == FileNumber{0});
}

TEST_CASE("a descriptor gets the lowest free number from a given one on") {
  Sandbox sandbox(10);
  REQUIRE(sandbox.add(named(0)).has_value());
  CHECK(sandbox.add_from(FileNumber{5}, named(1)).value() == FileNumber{5});
  CHECK(sandbox.add_from(FileNumber{5}, named(2)).value() == FileNumber{6});
  CHECK(sandbox.add_from(FileNumber{0}, named(3)).value() == FileNumber{1});
  CHECK(sandbox.add_from(FileNumber{9}, named(4)).value() == FileNumber{9});
  CHECK(sandbox.add_from(FileNumber{9}, named(5)).error() == Errno::kTooManyDescriptors);
  for (const unsigned number : {10U, 0xffffffffU})
    CHECK(sandbox.add_from(FileNumber{number}, named(6)).error() == Errno::kInvalid);
  CHECK(sandbox.add(named(7)).value() == FileNumber{2});
  CHECK(sandbox.open_count() == 6);
  CHECK(sandbox.end() == FileNumber{10});
}

TEST_CASE("a descriptor is put under a number, in place of what was there") {
  Sandbox sandbox(10);
  auto replaced = named(0);
  const std::weak_ptr<OpenFile> file = replaced.file;
  REQUIRE(sandbox.add(std::move(replaced)).has_value());
  CHECK(sandbox.put(FileNumber{0}, named(1)).has_value());
  CHECK(file.expired());
  CHECK(name_at(sandbox, 0) == 1);
  CHECK(sandbox.open_count() == 1);
  CHECK(sandbox.put(FileNumber{7}, named(2)).has_value());
  CHECK(name_at(sandbox, 7) == 2);
  CHECK(sandbox.open_count() == 2);
  for (const unsigned number : {10U, 0xffffffffU})
    CHECK(sandbox.put(FileNumber{number}, named(3)).error() == Errno::kBadDescriptor);
  CHECK(sandbox.add(named(4)).value() == FileNumber{1});
}

TEST_CASE("a full table refuses, and has room again after a close") {
  Sandbox sandbox(3);
  for (int i = 0; i < 3; ++i)
    REQUIRE(sandbox.add(named(i)).has_value());
  for (int i = 0; i < 1'000'000; ++i) {
    if (sandbox.add(named(i)).has_value()) FAIL("more descriptors than allowed");
  }
  CHECK(sandbox.add(named(3)).error() == Errno::kTooManyDescriptors);
  REQUIRE(sandbox.close(FileNumber{2}).has_value());
  CHECK(sandbox.add(named(3)).value() == FileNumber{2});
}

}  // namespace
}  // namespace weft::system
