#include "cli/input_file.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/log.h"
#include "store/file.h"

namespace weft::cli {
namespace {

constexpr std::size_t kPieceBytes = 64UZ * 1024;

Error open_error(int number, const std::string& file) {
  const std::string shown = printable(file);
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return {ErrorCode::kNotFound, fmt::format("there is no file {}", shown)};
    case EACCES:
    case EPERM:
      return {ErrorCode::kPermissionDenied, fmt::format("{} may not be read", shown)};
    default:
      return {ErrorCode::kInvalidArgument,
              fmt::format("cannot read {}: {}", shown, std::system_category().message(number))};
  }
}

struct OpenFile {
  UniqueFd descriptor;
  std::uint64_t size_bytes = 0;
};

Result<OpenFile> open_file(const std::string& name, std::string_view wanted) {
  UniqueFd opened(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) return fail(open_error(errno, name));
  struct stat status{};
  if (::fstat(opened.get(), &status) != 0) return fail(open_error(errno, name));
  if (S_ISDIR(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is a directory: name {} in it", printable(name), wanted));
  }
  return OpenFile{.descriptor = std::move(opened),
                  .size_bytes = static_cast<std::uint64_t>(status.st_size)};
}

// `size_hint` is what the stream probably holds: one read more than that sees its end.
Result<std::string> read_all(system::InputStream& stream, std::size_t size_hint) {
  std::string text;
  std::size_t filled = 0;
  text.resize(size_hint + 1);
  for (;;) {
    if (filled == text.size()) text.resize(filled + std::max(filled, kPieceBytes));
    const std::span<std::uint8_t> room(reinterpret_cast<std::uint8_t*>(text.data()) + filled,
                                       text.size() - filled);
    const std::size_t got = TRY(stream.read(room));
    if (got == 0) break;
    filled += got;
    if (filled > kFileBytesMax) {
      return fail(Error(ErrorCode::kTooLarge, fmt::format("longer than {} bytes", kFileBytesMax))
                      .with_limit("file_bytes", kFileBytesMax));
    }
  }
  text.resize(filled);
  return text;
}

}  // namespace

Result<UniqueFd> open_input(std::string_view file, std::string_view wanted) {
  return TRY(open_file(std::string(file), wanted)).descriptor;
}

Result<std::string> read_input(std::string_view file, Console& console, std::string_view wanted) {
  if (file == "-") return read_all(console.input(), kPieceBytes);
  const OpenFile opened = TRY(open_file(std::string(file), wanted));
  system::DescriptorInput stream(opened.descriptor.get());
  auto text =
      read_all(stream, static_cast<std::size_t>(std::min(opened.size_bytes, kFileBytesMax)));
  if (!text) return fail(std::move(text).error().with_context(printable(file)));
  return text;
}

Result<std::string> read_value(std::string_view text, Console& console) {
  if (text == "-") return read_input(text, console);
  if (text.starts_with('@')) return read_input(text.substr(1), console);
  return std::string(text);
}

}  // namespace weft::cli
