#include "system/pipe.h"

#include <doctest/doctest.h>

#include "system/testing.h"

namespace weft::system {
namespace {

using testing::bytes_of;
using testing::write_all;

std::shared_ptr<ChannelBudget> budget() {
  return std::make_shared<ChannelBudget>();
}

// What one read of at most `size` bytes gives.
Attempt<std::string> read(OpenFile& file, std::size_t size) {
  std::string text(size, '\0');
  const Buffer buffer(reinterpret_cast<std::uint8_t*>(text.data()), text.size());
  const auto count = file.read({&buffer, 1});
  if (!count) return std::unexpected(count.error());
  return text.substr(0, *count);
}

TEST_CASE("what goes into a pipe comes out of it, in its order") {
  const auto [reader, writer] = make_pipe(budget());
  write_all(*writer, "hello, ");
  write_all(*writer, "pipe");
  CHECK(reader->ready(Wait::For::kReading) == 11U);
  CHECK(read(*reader, 5).value() == "hello");
  CHECK(read(*reader, 100).value() == ", pipe");
  CHECK(reader->status().value().type == FileType::kUnknown);
  CHECK(read(*writer, 1).error() == Errno::kBadDescriptor);
  const ConstBuffer buffer = bytes_of("x");
  CHECK(reader->write({&buffer, 1}).error() == Errno::kBadDescriptor);
}

TEST_CASE("an empty pipe would wait forever, and says so, or that it would have to wait") {
  const auto [reader, writer] = make_pipe(budget());
  CHECK(read(*reader, 1).error() == Errno::kDeadlock);
  CHECK(read(*reader, 0).value().empty());
  REQUIRE(reader->set_flags({.nonblocking = true}).has_value());
  CHECK(reader->flags().nonblocking);
  CHECK(read(*reader, 1).error() == Errno::kAgain);
  CHECK_FALSE(reader->ready(Wait::For::kReading).has_value());
  CHECK_FALSE(reader->wait(Wait::For::kReading).has_value());
}

TEST_CASE("a full pipe takes no more until somebody reads") {
  const auto [reader, writer] = make_pipe(budget());
  const std::string much(kPipeBytesMax + 10, 'x');
  ConstBuffer buffer = bytes_of(much);
  CHECK(writer->write({&buffer, 1}).value() == kPipeBytesMax);
  CHECK(writer->write({&buffer, 1}).error() == Errno::kDeadlock);
  REQUIRE(writer->set_flags({.nonblocking = true}).has_value());
  CHECK(writer->write({&buffer, 1}).error() == Errno::kAgain);
  CHECK_FALSE(writer->ready(Wait::For::kWriting).has_value());
  CHECK(read(*reader, 100).value().size() == 100);
  // Few bytes are written whole or not at all.
  buffer = bytes_of(std::string_view(much).substr(0, 101));
  CHECK(writer->write({&buffer, 1}).error() == Errno::kAgain);
  buffer = buffer.first(100);
  CHECK(writer->write({&buffer, 1}).value() == 100);
  CHECK(read(*reader, kPipeBytesMax).value().size() == kPipeBytesMax);
  CHECK(writer->ready(Wait::For::kWriting) == kPipeBytesMax);
}

TEST_CASE("what is on its way in all pipes of a guest comes out of one budget, and goes back") {
  const auto shared = std::make_shared<ChannelBudget>(100'000);
  const std::string much(kPipeBytesMax, 'x');
  const ConstBuffer buffer = bytes_of(much);
  auto [reader, writer] = make_pipe(shared);
  auto [other_reader, other_writer] = make_pipe(shared);
  CHECK(shared->left() == 100'000);
  CHECK(writer->write({&buffer, 1}).value() == kPipeBytesMax);
  CHECK(shared->left() == 100'000 - kPipeBytesMax);
  CHECK(other_writer->write({&buffer, 1}).value() == 100'000 - kPipeBytesMax);
  CHECK(shared->left() == 0);
  CHECK(other_writer->write({&buffer, 1}).error() == Errno::kNoBufferSpace);
  const ConstBuffer little = buffer.first(1);
  // The bytes of a writer that was closed are still there to be read.
  writer.reset();
  CHECK(other_writer->write({&little, 1}).error() == Errno::kNoBufferSpace);
  CHECK(read(*reader, kPipeBytesMax).value().size() == kPipeBytesMax);
  CHECK(other_writer->write({&buffer, 1}).value() > 0);
  other_reader.reset();
  CHECK(shared->left() == 100'000);
  // What is taken makes room, although the budget is used up.
  const auto [last_reader, last_writer] = make_pipe(std::make_shared<ChannelBudget>(5'000));
  CHECK(last_writer->write({&buffer, 1}).value() == 5'000);
  CHECK(read(*last_reader, 4'500).value().size() == 4'500);
  CHECK(last_writer->write({&buffer, 1}).value() == 4'500);
  CHECK(read(*last_reader, 10'000).value().size() == 5'000);
}

TEST_CASE("a pipe ends where its other end is closed") {
  auto [reader, writer] = make_pipe(budget());
  write_all(*writer, "last");
  writer.reset();
  CHECK(read(*reader, 100).value() == "last");
  CHECK(read(*reader, 100).value().empty());
  CHECK(reader->ready(Wait::For::kReading) == 0U);
  auto [other_reader, other_writer] = make_pipe(budget());
  other_reader.reset();
  const ConstBuffer buffer = bytes_of("x");
  CHECK(other_writer->ready(Wait::For::kWriting) == 1U);
  CHECK(other_writer->write({&buffer, 1}).error() == Errno::kPipe);
}

TEST_CASE("a pair of ends is a pipe in each direction") {
  auto [one, other] = make_pair_of_ends(budget());
  write_all(*one, "there");
  write_all(*other, "back");
  CHECK(read(*one, 100).value() == "back");
  CHECK(read(*other, 100).value() == "there");
  CHECK(one->status().value().type == FileType::kStreamSocket);
  CHECK(one->is_of_pair());
  CHECK_FALSE(make_pipe(budget()).first->is_of_pair());
  other.reset();
  CHECK(read(*one, 100).value().empty());
}

TEST_CASE("a pair is shut down in one direction, and goes on in the other") {
  const auto [one, other] = make_pair_of_ends(budget());
  write_all(*one, "last");
  CHECK(one->shut_down(false, false).error() == Errno::kInvalid);
  REQUIRE(one->shut_down(false, true).has_value());
  CHECK(read(*other, 100).value() == "last");
  CHECK(read(*other, 100).value().empty());
  ConstBuffer buffer = bytes_of("x");
  CHECK(one->write({&buffer, 1}).error() == Errno::kPipe);
  CHECK(one->ready(Wait::For::kWriting) == 1U);
  write_all(*other, "back");
  CHECK(read(*one, 100).value() == "back");
  REQUIRE(one->shut_down(true, false).has_value());
  CHECK(read(*one, 100).value().empty());
  CHECK(one->ready(Wait::For::kReading) == 0U);
  CHECK(other->write({&buffer, 1}).error() == Errno::kPipe);
  CHECK(make_pipe(budget()).first->shut_down(true, true).error() == Errno::kNotSocket);
}

}  // namespace
}  // namespace weft::system
