#include "system/stream_files.h"

#include <array>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

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

}  // namespace
}  // namespace weft::system
