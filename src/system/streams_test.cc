#include "system/streams.h"

#include <array>
#include <chrono>
#include <csignal>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/thread_group.h"

namespace weft::system {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Everything that the stream gives, read in pieces of `size` bytes.
std::string read_all(InputStream& stream, std::size_t size) {
  std::string all;
  std::vector<std::uint8_t> piece(size);
  for (;;) {
    const std::size_t got = stream.read(piece).value();
    if (got == 0) return all;
    all.append(reinterpret_cast<const char*>(piece.data()), got);
  }
}

// Both ends of a pipe, closed when the scope ends.
struct Pipe {
  std::array<int, 2> ends{};

  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(std::size_t which) {
    if (ends.at(which) >= 0) ::close(ends.at(which));
    ends.at(which) = -1;
  }
};

TEST_CASE("a capture keeps what is written, up to its limit") {
  CaptureStream stream(5, "output_bytes");
  CHECK(stream.write(bytes_of("ab")).has_value());
  CHECK(stream.write({}).has_value());
  CHECK(stream.write(bytes_of("cde")).has_value());
  const auto refused = stream.write(bytes_of("f"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code() == ErrorCode::kGuestLimit);
  CHECK(refused.error().limit()->name == "output_bytes");
  CHECK(refused.error().limit()->value == 5);
  CHECK(stream.write({}).has_value());
  CHECK(stream.text() == "abcde");
  CHECK(stream.take() == "abcde");
}

TEST_CASE("a capture takes all of a write or nothing") {
  CaptureStream stream(3, "output_bytes");
  CHECK_FALSE(stream.write(bytes_of("abcd")).has_value());
  CHECK(stream.text().empty());
  CHECK(stream.write(bytes_of("abc")).has_value());
}

TEST_CASE("a capture without room refuses everything but nothing") {
  CaptureStream stream(0, "output_bytes");
  CHECK(stream.write({}).has_value());
  CHECK(stream.write(bytes_of("a")).error().code() == ErrorCode::kGuestLimit);
}

TEST_CASE("bytes are read in pieces of any size, once") {
  for (const std::size_t size : {1U, 2U, 5U, 11U, 100U}) {
    CAPTURE(size);
    BytesInput stream("hello world");
    CHECK(read_all(stream, size) == "hello world");
    CHECK(read_all(stream, size).empty());
  }
  BytesInput nothing("");
  CHECK(read_all(nothing, 4).empty());
  BytesInput untouched("a");
  CHECK(untouched.read({}).value() == 0);
  CHECK(read_all(untouched, 4) == "a");
}

TEST_CASE("descriptors carry bytes through a pipe") {
  Pipe pipe;
  DescriptorOutput output(pipe.ends[1]);
  CHECK(output.write(bytes_of("through a pipe")).has_value());
  CHECK(output.write({}).has_value());
  pipe.close_end(1);
  DescriptorInput input(pipe.ends[0]);
  CHECK(read_all(input, 4) == "through a pipe");
}

TEST_CASE("a read waits for bytes in a pipe that does not wait") {
  Pipe pipe;
  REQUIRE(::fcntl(pipe.ends[0], F_SETFL, O_NONBLOCK) == 0);
  ThreadGroup writer("weft-test", 1, 1UZ << 20U);
  // Only after a moment in which there is nothing, mostly.
  REQUIRE(writer
              .start([&pipe] {
                ::sched_yield();
                static_cast<void>(::write(pipe.ends[1], "late", 4));
                pipe.close_end(1);
              })
              .has_value());
  DescriptorInput input(pipe.ends[0]);
  CHECK(read_all(input, 10) == "late");
  CHECK(writer.wait_for_running(0, std::chrono::minutes(1)));
}

TEST_CASE("a pipe that nobody reads any more is unavailable") {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.close_end(0);
  DescriptorOutput output(pipe.ends[1]);
  CHECK(output.write(bytes_of("x")).error().code() == ErrorCode::kUnavailable);
  static_cast<void>(std::signal(SIGPIPE, before));
}

TEST_CASE("a descriptor that is not open is an error, not a crash") {
  DescriptorOutput output(-1);
  CHECK(output.write(bytes_of("x")).error().code() == ErrorCode::kInternal);
  CHECK(output.write({}).has_value());
  DescriptorInput input(-1);
  std::array<std::uint8_t, 4> place{};
  CHECK(input.read(place).error().code() == ErrorCode::kInternal);
}

TEST_CASE("only a descriptor of a terminal says that it is one") {
  Pipe pipe;
  CHECK_FALSE(DescriptorOutput(pipe.ends[1]).is_terminal());
  CHECK_FALSE(DescriptorInput(pipe.ends[0]).is_terminal());
  CHECK_FALSE(BytesInput("").is_terminal());
  CHECK_FALSE(CaptureStream(1, "output_bytes").is_terminal());
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0) return;  // A sandbox may have none.
  CHECK(DescriptorOutput(terminal).is_terminal());
  CHECK(DescriptorInput(terminal).is_terminal());
  ::close(terminal);
}

}  // namespace
}  // namespace weft::system
