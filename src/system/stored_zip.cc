#include "system/stored_zip.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/assert.h"

namespace weft::system {
namespace {

// APPNOTE 4.4: what versions of zip's own are needed for what is here; a name in UTF-8; the day.
constexpr std::uint16_t kVersion = 20;
constexpr std::uint16_t kUtf8 = 1U << 11U;
constexpr std::uint16_t kFirstDay = (1U << 5U) | 1U;  // 1980-01-01
constexpr std::size_t kHeaderBytes = 128;             // of a file, both of its headers, at most

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
    table.at(byte) = crc;
  }
  return table;
}

std::uint32_t crc32(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = make_crc_table();
  std::uint32_t crc = ~0U;
  for (const char byte : bytes)
    crc = (crc >> 8U) ^ kTable.at((crc ^ static_cast<std::uint8_t>(byte)) & 0xffU);
  return ~crc;
}

template <class Number>
void put(std::string& bytes, Number number) {
  for (std::size_t i = 0; i < sizeof(number); ++i)
    bytes += static_cast<char>((number >> (8 * i)) & 0xffU);
}

// What both headers of a file have.
void put_common(std::string& bytes, const ZipFile& file, std::uint32_t crc) {
  put(bytes, kVersion);
  put(bytes, kUtf8);
  put(bytes, std::uint16_t{0});  // stored
  put(bytes, std::uint16_t{0});  // midnight
  put(bytes, kFirstDay);
  put(bytes, crc);
  put(bytes, static_cast<std::uint32_t>(file.content.size()));
  put(bytes, static_cast<std::uint32_t>(file.content.size()));
  put(bytes, static_cast<std::uint16_t>(file.name.size()));
  put(bytes, std::uint16_t{0});  // nothing extra
}

}  // namespace

std::string stored_zip(std::vector<ZipFile> files) {
  WEFT_ASSERT(files.size() <= kZipFilesMax);
  std::ranges::sort(files, {}, &ZipFile::name);
  std::uint64_t total = 0;
  for (const ZipFile& file : files)
    total += file.content.size() + 2 * file.name.size() + kHeaderBytes;
  WEFT_ASSERT(total <= kZipBytesMax + kZipFilesMax * kHeaderBytes);
  std::string bytes;
  bytes.reserve(total);
  std::string directory;
  for (const ZipFile& file : files) {
    const auto offset = static_cast<std::uint32_t>(bytes.size());
    const std::uint32_t crc = crc32(file.content);
    bytes += "PK\3\4";
    put_common(bytes, file, crc);
    bytes.append(file.name).append(file.content);
    directory += "PK\1\2";
    put(directory, kVersion);
    put_common(directory, file, crc);
    directory.append(10, '\0');  // no comment, the first disk, no attributes
    put(directory, offset);
    directory.append(file.name);
  }
  const auto begin = static_cast<std::uint32_t>(bytes.size());
  bytes += directory;
  bytes += "PK\5\6";
  put(bytes, std::uint32_t{0});  // disks
  put(bytes, static_cast<std::uint16_t>(files.size()));
  put(bytes, static_cast<std::uint16_t>(files.size()));
  put(bytes, static_cast<std::uint32_t>(directory.size()));
  put(bytes, begin);
  put(bytes, std::uint16_t{0});  // no comment
  return bytes;
}

}  // namespace weft::system
