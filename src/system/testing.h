// What every kind of tree must do: one set of checks for all of them, and small words to write
// tests with.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "system/directory.h"

namespace weft::system::testing {

inline ConstBuffer bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::shared_ptr<OpenFile> open_file(Directory& directory, std::string_view path,
                                           const OpenOptions& options) {
  auto opened = directory.open(path, options);
  REQUIRE_MESSAGE(opened.has_value(), path);
  return *opened;
}

inline std::shared_ptr<OpenFile> open_directory(Directory& directory, std::string_view path) {
  return open_file(directory, path, {.read = true, .must_be_directory = true});
}

inline void write_all(OpenFile& file, std::string_view text) {
  const ConstBuffer buffer = bytes_of(text);
  REQUIRE(file.write({&buffer, 1}).value() == text.size());
}

inline void write_file(Directory& directory, std::string_view path, std::string_view text) {
  const auto file = open_file(directory, path, {.write = true, .create = true, .truncate = true});
  write_all(*file, text);
}

inline std::string read_some(OpenFile& file, std::size_t bytes_max) {
  std::string text(bytes_max, '\0');
  const Buffer buffer(reinterpret_cast<std::uint8_t*>(text.data()), text.size());
  text.resize(file.read({&buffer, 1}).value());
  return text;
}

inline std::string read_file(Directory& directory, std::string_view path) {
  return read_some(*open_file(directory, path, {.read = true}), 100'000);
}

// All of a directory but "." and "..", sorted.
std::vector<std::string> names_in(Directory& directory);

inline Errno error_of(const auto& attempt) {
  REQUIRE_FALSE(attempt.has_value());
  return attempt.error();
}

// Checks a kind of tree that can be written to. `make` gives an empty one each time; two of its
// trees are different trees.
using MakeTree = std::function<std::shared_ptr<Directory>()>;
void check_files(const MakeTree& make);
void check_paths(const MakeTree& make);
void check_links(const MakeTree& make);
void check_renames(const MakeTree& make);
void check_entries(const MakeTree& make);

}  // namespace weft::system::testing
