// Archives for tests, made by hand so that they can be as wrong as need be.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace weft::system::testing {

struct TarEntry {
  std::string name;
  std::string content = {};
  char type = '0';  // '0' file, '1' hard link, '2' symbolic link, '3' device, '5' directory
  std::string target = {};
  std::uint64_t modified = 0;  // seconds
};

// A header of POSIX.1-1988 (ustar) with the content behind it. Names longer than 100 bytes are cut.
inline std::string tar_entry(const TarEntry& entry) {
  constexpr std::size_t kBlock = 512;
  std::string header(kBlock, '\0');
  const auto put = [&](std::size_t offset, std::string_view text, std::size_t bytes_max) {
    header.replace(offset, std::min(text.size(), bytes_max), text.substr(0, bytes_max));
  };
  put(0, entry.name, 100);
  put(100, "0000644", 8);
  put(108, "0000000", 8);
  put(116, "0000000", 8);
  put(124, fmt::format("{:011o}", entry.content.size()), 12);
  put(136, fmt::format("{:011o}", entry.modified), 12);
  put(148, "        ", 8);
  header[156] = entry.type;
  put(157, entry.target, 100);
  put(257, std::string_view("ustar\00000", 8), 8);
  unsigned sum = 0;
  for (const char byte : header)
    sum += static_cast<std::uint8_t>(byte);
  put(148, fmt::format("{:06o}", sum) + '\0', 7);
  const std::size_t padding = (kBlock - entry.content.size() % kBlock) % kBlock;
  return header + entry.content + std::string(padding, '\0');
}

inline std::string tar(const std::vector<TarEntry>& entries) {
  std::string bytes;
  for (const TarEntry& entry : entries)
    bytes += tar_entry(entry);
  return bytes + std::string(1024, '\0');
}

inline std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

inline std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i)
    text += static_cast<char>((value >> (8 * i)) & 0xffU);
  return text;
}

struct ZipEntry {
  std::string name;
  std::string content = {};
  std::uint16_t flags = 0;         // bit 0: encrypted; bit 11: the name is UTF-8
  std::uint32_t unix_mode = 0;     // 0: not made by Unix
  std::uint32_t wrong_crc_by = 0;  // what the checksum is off by
};

// Entries that are stored as they are, and the directory of them.
inline std::string zip(const std::vector<ZipEntry>& entries) {
  std::string bytes;
  std::string directory;
  for (const ZipEntry& entry : entries) {
    const std::string common = little_endian(entry.flags, 2) + std::string(6, '\0') +
                               little_endian(crc32(entry.content) ^ entry.wrong_crc_by, 4) +
                               little_endian(entry.content.size(), 4) +
                               little_endian(entry.content.size(), 4) +
                               little_endian(entry.name.size(), 2) + little_endian(0, 2);
    const std::size_t offset = bytes.size();
    bytes += "PK\3\4" + little_endian(20, 2) + common + entry.name + entry.content;
    directory += "PK\1\2" + little_endian(entry.unix_mode == 0 ? 20 : 0x0314, 2) +
                 little_endian(20, 2) + common + std::string(6, '\0') +
                 little_endian(std::uint64_t{entry.unix_mode} << 16U, 4) +
                 little_endian(offset, 4) + entry.name;
  }
  const std::size_t offset = bytes.size();
  return bytes + directory + "PK\5\6" + std::string(4, '\0') + little_endian(entries.size(), 2) +
         little_endian(entries.size(), 2) + little_endian(directory.size(), 4) +
         little_endian(offset, 4) + std::string(2, '\0');
}

// In one block that is stored as it is: at most 65,535 bytes.
inline std::string gzip(std::string_view bytes) {
  return std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff\x01", 11) + little_endian(bytes.size(), 2) +
         little_endian(~bytes.size(), 2) + std::string(bytes) + little_endian(crc32(bytes), 4) +
         little_endian(bytes.size(), 4);
}

}  // namespace weft::system::testing
