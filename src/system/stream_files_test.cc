#include "system/stream_files.h"

#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/thread_group.h"
#include "base/unique_fd.h"

namespace weft::system {
namespace {

TEST_CASE("a read into several buffers does not wait for more than there is") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  DescriptorInput stream(reading.get());
  InputFile file(&stream);
  std::array<std::uint8_t, 4> first{};
  std::array<std::uint8_t, 4> second{};
  const std::array<Buffer, 2> buffers = {first, second};

  // It fills the first buffer: whether there is more is another question.
  REQUIRE(::write(writing.get(), "abcd", 4) == 4);
  CHECK(file.read(buffers).value() == 4);
  CHECK(first == std::array<std::uint8_t, 4>{'a', 'b', 'c', 'd'});

  REQUIRE(::write(writing.get(), "efghij", 6) == 6);
  CHECK(file.read(buffers).value() == 6);
  CHECK(second == std::array<std::uint8_t, 4>{'i', 'j', 0, 0});
}

// More than any pipe holds.
constexpr std::size_t kManyBytes = 4UZ << 20U;
constexpr StatusFlags kNonblocking{.nonblocking = true};

struct PipeOf {
  UniqueFd reading;
  UniqueFd writing;

  explicit PipeOf(int flags = 0) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC | flags) == 0);
    reading = UniqueFd(ends[0]);
    writing = UniqueFd(ends[1]);
  }
};

// A guest's standard output.
struct Output {
  MustEnd must_end;
  DescriptorOutput stream;
  OutputFile file{&stream, must_end};

  explicit Output(const UniqueFd& to) : stream(to.get()) {}
  Attempt<std::size_t> write(std::span<const std::uint8_t> bytes) {
    return file.write({&bytes, 1});
  }
};

// Reads everything on a thread of its own, until the pipe's other end is closed.
class Reader {
 public:
  explicit Reader(int descriptor) {
    REQUIRE(thread_
                .start([this, descriptor] {
                  std::vector<char> piece(10'000);
                  for (;;) {
                    const ssize_t got = ::read(descriptor, piece.data(), piece.size());
                    if (got > 0) text_.append(piece.data(), static_cast<std::size_t>(got));
                    if (got == 0) return;
                  }
                })
                .has_value());
  }
  // The other end is closed.
  const std::string& finish() {
    REQUIRE(thread_.wait_for_running(0, std::chrono::minutes(1)));
    return text_;
  }

 private:
  std::string text_;
  ThreadGroup thread_{"weft-test", 1, 1UZ << 20U};
};

TEST_CASE("a guest that waits loses nothing in a pipe that does not") {
  const std::vector<std::uint8_t> bytes(kManyBytes, 'x');
  for (const int flags : {0, O_NONBLOCK}) {
    CAPTURE(flags);
    PipeOf pipe(flags);
    Output output(pipe.writing);
    Reader reader(pipe.reading.get());
    const std::array<ConstBuffer, 3> buffers = {std::span(bytes).first(10), ConstBuffer{},
                                                std::span(bytes).subspan(10)};
    CHECK(output.file.write(buffers).value() == kManyBytes);
    REQUIRE(output.stream.write(bytes).has_value());
    pipe.writing = UniqueFd();
    CHECK(reader.finish().size() == 2 * kManyBytes);
  }
}

TEST_CASE(
    "a guest that does not wait is told that a pipe is full or empty, whatever it is for weft") {
  const std::vector<std::uint8_t> bytes(kManyBytes, 'x');
  for (const int flags : {0, O_NONBLOCK}) {
    CAPTURE(flags);
    const PipeOf pipe(flags);
    Output output(pipe.writing);
    DescriptorInput input(pipe.reading.get());
    InputFile in(&input);
    REQUIRE(output.file.set_flags(kNonblocking).has_value());
    REQUIRE(in.set_flags(kNonblocking).has_value());
    CHECK(output.file.flags() == kNonblocking);
    CHECK(in.flags() == kNonblocking);
    std::array<std::uint8_t, 4096> place{};
    const Buffer buffer = place;
    CHECK(in.read({&buffer, 1}).error() == Errno::kAgain);
    CHECK_FALSE(in.ready(Wait::For::kReading).has_value());

    CHECK(output.file.ready(Wait::For::kWriting).has_value());
    std::size_t written = 0;
    for (;;) {
      const auto more = output.write(bytes);
      if (!more) CHECK(more.error() == Errno::kAgain);
      if (!more) break;
      written += *more;
    }
    CHECK(written > 0);
    CHECK(written < kManyBytes);
    CHECK_FALSE(output.file.ready(Wait::For::kWriting).has_value());
    const auto wait = output.file.wait(Wait::For::kWriting);
    REQUIRE(wait.has_value());
    CHECK(wait->descriptor == pipe.writing.get());
    CHECK(wait->what == Wait::For::kWriting);

    std::size_t got = 0;
    while (const auto more = in.read({&buffer, 1}))
      got += *more;
    CHECK(got == written);
  }
}

TEST_CASE("a guest's output to a file is whole also when it does not wait") {
  const UniqueFd file(::memfd_create("weft-test", MFD_CLOEXEC));
  REQUIRE(static_cast<bool>(file));
  Output output(file);
  REQUIRE(output.file.set_flags(kNonblocking).has_value());
  const std::vector<std::uint8_t> bytes(kManyBytes, 'x');
  CHECK(output.write(bytes).value() == kManyBytes);
}

TEST_CASE("buffers that a guest writes together stay together") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  Output output(writing);
  const std::array<std::uint8_t, 3> letters = {'a', 'b', 'c'};
  const std::span<const std::uint8_t> all = letters;
  const std::array<ConstBuffer, 3> buffers = {all.first(1), all.subspan(1, 1), all.last(1)};
  CHECK(output.file.write(buffers).value() == 3);
  std::array<char, 10> packet{};
  CHECK(::recv(reading.get(), packet.data(), packet.size(), 0) == 3);
}

TEST_CASE("what the system says of an output, the guest hears") {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  if (full) {
    Output output(full);
    const std::array<std::uint8_t, 1> byte{};
    CHECK(output.write(byte).error() == Errno::kNoSpace);
  }
  const UniqueFd unwritable(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Output output(unwritable);
  const std::array<std::uint8_t, 1> byte{};
  CHECK(output.write(byte).error() == Errno::kBadDescriptor);
}

TEST_CASE("an output without a reader fails, and tells its stream") {
  class Told final : public DescriptorOutput {
   public:
    using DescriptorOutput::DescriptorOutput;
    void reader_is_gone() override { ++times; }
    int times = 0;
  };
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  PipeOf pipe;
  pipe.reading = UniqueFd();
  Told stream(pipe.writing.get());
  MustEnd must_end;
  OutputFile file(&stream, must_end);
  const std::array<std::uint8_t, 1> byte{};
  const ConstBuffer buffer = byte;
  CHECK(file.write({&buffer, 1}).error() == Errno::kPipe);
  CHECK(stream.times == 1);
  CHECK(file.condition().failed);
  static_cast<void>(std::signal(SIGPIPE, before));
}

TEST_CASE("a pipe whose writer has gone hangs up, and its end is read") {
  PipeOf pipe;
  DescriptorInput input(pipe.reading.get());
  InputFile file(&input);
  CHECK_FALSE(file.condition().hung_up);
  REQUIRE(::write(pipe.writing.get(), "a", 1) == 1);
  pipe.writing = UniqueFd();
  CHECK(file.condition().hung_up);
  std::array<std::uint8_t, 4> place{};
  const Buffer buffer = place;
  CHECK(file.read({&buffer, 1}).value() == 1);
  CHECK(file.read({&buffer, 1}).value() == 0);
}

}  // namespace
}  // namespace weft::system
