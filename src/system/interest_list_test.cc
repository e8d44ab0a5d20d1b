#include "system/interest_list.h"

#include <array>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "system/pipe.h"
#include "system/socket.h"
#include "system/stream_files.h"
#include "system/testing.h"

namespace weft::system {
namespace {

using testing::write_all;

std::shared_ptr<ChannelBudget> budget() {
  return std::make_shared<ChannelBudget>();
}

InterestList::Interest reading(std::uint8_t name = 0) {
  return {.reading = true, .data = {name}};
}

// The names of the events that a look tells.
std::vector<int> told(InterestList& list, std::size_t events_max = 100) {
  std::vector<int> names;
  for (const auto& event : list.look(events_max).events)
    names.push_back(event.data[0]);
  return names;
}

void read_all(OpenFile& file, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  const Buffer buffer(bytes);
  REQUIRE(file.read({&buffer, 1}).value() == size);
}

// A file that a descriptor of this process stands behind, which is never ready.
class SilentFile final : public OpenFile {
 public:
  Condition seen;

  Condition condition() override { return seen; }
  Attempt<FileStatus> status() override { return FileStatus{}; }
  std::optional<std::uint64_t> ready(Wait::For /*what*/) override { return std::nullopt; }
  std::optional<Wait> wait(Wait::For what) override { return Wait{.descriptor = 7, .what = what}; }
};

TEST_CASE("a list tells which of its files are ready, with what the guest gave it") {
  InterestList list(budget());
  const auto [reader, writer] = make_pipe(budget());
  REQUIRE(list.add(FileNumber{3}, reader, reading(1)).has_value());
  REQUIRE(list.add(FileNumber{4}, writer, {.writing = true, .data = {2}}).has_value());
  CHECK(told(list) == std::vector{2});
  write_all(*writer, "x");
  const auto look = list.look(100);
  REQUIRE(look.events.size() == 2);
  CHECK(look.events[0].data[0] + look.events[1].data[0] == 3);
  CHECK(told(list) == told(list));
  REQUIRE(list.remove(FileNumber{4}, writer).has_value());
  CHECK(told(list) == std::vector{1});
}

TEST_CASE("a list says what to wait for when nothing is ready") {
  InterestList list(budget());
  const auto silent = std::make_shared<SilentFile>();
  REQUIRE(list.add(FileNumber{3}, silent, reading()).has_value());
  const auto look = list.look(100);
  CHECK(look.events.empty());
  REQUIRE(look.waits.size() == 1);
  CHECK(look.waits[0].descriptor == 7);
  CHECK_FALSE(look.again);
}

TEST_CASE("a list refuses what it has, what it has not, and another list") {
  InterestList list(budget());
  const auto [reader, writer] = make_pipe(budget());
  CHECK(list.change(FileNumber{3}, reader, reading()).error() == Errno::kNoEntry);
  CHECK(list.remove(FileNumber{3}, reader).error() == Errno::kNoEntry);
  REQUIRE(list.add(FileNumber{3}, reader, reading()).has_value());
  CHECK(list.add(FileNumber{3}, reader, reading()).error() == Errno::kExists);
  CHECK(list.add(FileNumber{4}, std::make_shared<InterestList>(budget()), reading()).error() ==
        Errno::kInvalid);
}

TEST_CASE("a file that was closed is forgotten, and its number free for another") {
  InterestList list(budget());
  auto [reader, writer] = make_pipe(budget());
  write_all(*writer, "x");
  REQUIRE(list.add(FileNumber{3}, reader, reading(1)).has_value());
  reader.reset();
  CHECK(told(list).empty());
  const auto [other, other_writer] = make_pipe(budget());
  write_all(*other_writer, "x");
  REQUIRE(list.add(FileNumber{3}, other, reading(2)).has_value());
  CHECK(told(list) == std::vector{2});
}

TEST_CASE("files of all lists of a guest come out of one budget, and go back to it") {
  constexpr std::size_t kEntry = InterestList::kEntryBytes;
  const auto shared = std::make_shared<ChannelBudget>(2 * kEntry);
  auto [reader, writer] = make_pipe(budget());
  auto list = std::make_unique<InterestList>(shared);
  InterestList other(shared);
  REQUIRE(list->add(FileNumber{3}, reader, reading()).has_value());
  REQUIRE(other.add(FileNumber{3}, reader, reading()).has_value());
  CHECK(list->add(FileNumber{4}, reader, reading()).error() == Errno::kNoMemory);
  REQUIRE(other.remove(FileNumber{3}, reader).has_value());
  CHECK(shared->left() == kEntry);
  REQUIRE(list->add(FileNumber{4}, writer, reading()).has_value());
  CHECK(list->change(FileNumber{4}, writer, reading()).has_value());
  // A closed one makes place for another, under its number or elsewhere.
  writer.reset();
  REQUIRE(list->add(FileNumber{4}, reader, reading()).has_value());
  REQUIRE(list->remove(FileNumber{4}, reader).has_value());
  auto [closed, end] = make_pipe(budget());
  REQUIRE(list->add(FileNumber{5}, closed, reading()).has_value());
  closed.reset();
  REQUIRE(list->add(FileNumber{6}, end, reading()).has_value());
  CHECK(other.add(FileNumber{3}, reader, reading()).error() == Errno::kNoMemory);
  end.reset();
  CHECK(list->look(100).events.size() == 1);
  CHECK(shared->left() == kEntry);
  list.reset();
  CHECK(shared->left() == 2 * kEntry);
}

TEST_CASE("an edge is told once, until the file is used or has more to read") {
  InterestList list(budget());
  const auto [reader, writer] = make_pipe(budget());
  REQUIRE(list.add(FileNumber{3}, reader, {.reading = true, .edge = true, .data = {1}}));
  write_all(*writer, "abc");
  CHECK(told(list) == std::vector{1});
  CHECK(told(list).empty());
  // While the guest waits, nobody writes.
  CHECK_FALSE(list.look(100).again);
  write_all(*writer, "d");
  CHECK(told(list) == std::vector{1});
  CHECK(told(list).empty());
  read_all(*reader, 4);
  CHECK(told(list).empty());
  // As many as were there before, and nobody has looked in between.
  write_all(*writer, "abcd");
  CHECK(told(list) == std::vector{1});
}

TEST_CASE("input that was read is an edge again when there is more of it") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const UniqueFd reading_end(ends[0]);
  const UniqueFd writing_end(ends[1]);
  DescriptorInput stream(reading_end.get());
  const auto input = std::make_shared<InputFile>(&stream);
  InterestList list(budget());
  REQUIRE(list.add(FileNumber{0}, input, {.reading = true, .edge = true, .data = {1}}));
  for (int i = 0; i < 2; ++i) {
    CHECK(told(list).empty());
    REQUIRE(::write(writing_end.get(), "abc", 3) == 3);
    CHECK(told(list) == std::vector{1});
    CHECK(told(list).empty());
    CHECK(list.look(100).again);
    read_all(*input, 3);
    // Before the list could see that nothing was left.
    REQUIRE(::write(writing_end.get(), "abc", 3) == 3);
    CHECK(told(list) == std::vector{1});
    read_all(*input, 3);
  }
}

TEST_CASE("what is told once comes again only after a change") {
  InterestList list(budget());
  const auto [reader, writer] = make_pipe(budget());
  write_all(*writer, "abc");
  REQUIRE(list.add(FileNumber{3}, reader, {.reading = true, .once = true, .data = {1}}));
  CHECK(told(list) == std::vector{1});
  CHECK(told(list).empty());
  REQUIRE(list.change(FileNumber{3}, reader, {.reading = true, .once = true, .data = {2}}));
  CHECK(told(list) == std::vector{2});
}

TEST_CASE("the end of a file is told to who asks for it") {
  InterestList list(budget());
  auto [reader, writer] = make_pipe(budget());
  REQUIRE(list.add(FileNumber{3}, reader, {.end = true}));
  CHECK(told(list).empty());
  writer.reset();
  const auto look = list.look(100);
  REQUIRE(look.events.size() == 1);
  CHECK(look.events[0].at_end);
  CHECK_FALSE(look.events[0].readable);
}

TEST_CASE("that a file hung up or failed is told to whoever has it in a list") {
  InterestList list(budget());
  const auto file = std::make_shared<SilentFile>();
  REQUIRE(list.add(FileNumber{3}, file, {.data = {1}}).has_value());
  auto look = list.look(100);
  CHECK(look.events.empty());
  CHECK(look.waits.empty());
  CHECK(look.again);
  file->seen = {.at_end = true, .hung_up = true, .failed = true};
  for (int i = 0; i < 2; ++i) {
    look = list.look(100);
    REQUIRE(look.events.size() == 1);
    CHECK(look.events[0].hung_up);
    CHECK(look.events[0].failed);
    CHECK_FALSE(look.events[0].at_end);  // which it did not ask for
  }
  REQUIRE(list.change(FileNumber{3}, file, {.end = true, .once = true, .data = {1}}).has_value());
  CHECK(list.look(100).events.at(0).at_end);
  CHECK(told(list).empty());
  REQUIRE(list.change(FileNumber{3}, file, {.edge = true, .data = {1}}).has_value());
  CHECK(told(list) == std::vector{1});
  CHECK(told(list).empty());
  file->seen.failed = false;
  CHECK(told(list) == std::vector{1});
}

TEST_CASE(
    "a list waits for what it has not told, and looks again where there is nothing to wait for") {
  InterestList list(budget());
  const auto [reader, writer] = make_pipe(budget());
  const auto edge = InterestList::Interest{.writing = true, .edge = true, .data = {1}};
  REQUIRE(list.add(FileNumber{3}, writer, edge).has_value());
  CHECK(told(list) == std::vector{1});
  CHECK_FALSE(list.look(100).again);
  REQUIRE(list.remove(FileNumber{3}, writer).has_value());

  const auto socket = Socket::open(SocketType::kDatagram, false, nullptr).value();
  REQUIRE(list.add(FileNumber{4}, socket, edge).has_value());
  CHECK(told(list) == std::vector{1});
  auto look = list.look(100);
  CHECK(look.events.empty());
  CHECK(look.waits.empty());
  CHECK(look.again);
  REQUIRE(list.change(FileNumber{4}, socket, {.writing = true, .end = true, .edge = true}));
  REQUIRE(list.look(100).events.size() == 1);
  look = list.look(100);
  REQUIRE(look.waits.size() == 1);
  CHECK(look.waits[0].what == Wait::For::kReading);
  CHECK_FALSE(look.again);
}

TEST_CASE("a pipe and a pair hang up or fail as Linux has it") {
  auto [reader, writer] = make_pipe(budget());
  CHECK(reader->condition() == Condition{});
  CHECK(writer->condition() == Condition{});
  write_all(*writer, "x");
  writer.reset();
  CHECK(reader->condition() == Condition{.hung_up = true});
  read_all(*reader, 1);
  CHECK(reader->condition() == Condition{.at_end = true, .hung_up = true});
  auto [other_reader, other_writer] = make_pipe(budget());
  other_reader.reset();
  CHECK(other_writer->condition() == Condition{.failed = true});
  auto [one, other] = make_pair_of_ends(budget());
  REQUIRE(other->shut_down(false, true).has_value());
  CHECK(one->condition() == Condition{.at_end = true});
  CHECK(other->condition() == Condition{});
  other.reset();
  CHECK(one->condition() == Condition{.at_end = true, .hung_up = true});
}

TEST_CASE("where fewer are told than are ready, all have their turn") {
  InterestList list(budget());
  std::vector<std::shared_ptr<PipeEnd>> ends;
  for (std::uint8_t i = 0; i < 3; ++i) {
    const auto [reader, writer] = make_pipe(budget());
    write_all(*writer, "x");
    REQUIRE(list.add(FileNumber{i}, reader, reading(i)).has_value());
    ends.push_back(reader);
    ends.push_back(writer);
  }
  int sum = 0;
  for (int i = 0; i < 3; ++i)
    sum += 1 << told(list, 1).at(0);
  CHECK(sum == 0b111);
}

}  // namespace
}  // namespace weft::system
