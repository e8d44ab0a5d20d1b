// The C++ library: containers, streams, algorithms, strings; files, directories and times. Counts
// its arguments.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

void check(bool holds, const char* what) {
  if (holds) return;
  std::cerr << what << std::endl;
  std::exit(1);
}

// libc++ of WASI has neither <filesystem> nor <fstream>: files are those of C, owned.
struct Close {
  void operator()(FILE* file) const { check(fclose(file) == 0, "fclose"); }
};
using File = std::unique_ptr<FILE, Close>;

void write(const char* path, const char* mode, const std::string& text) {
  const File file(fopen(path, mode));
  check(file != nullptr, path);
  check(fwrite(text.data(), 1, text.size(), file.get()) == text.size(), "fwrite");
}

std::string read(FILE* file) {
  std::string text;
  char piece[10000];
  while (const size_t count = fread(piece, 1, sizeof piece, file))
    text.append(piece, count);
  return text;
}

std::vector<std::string> names_in(const char* path) {
  std::vector<std::string> names;
  DIR* const directory = opendir(path);
  check(directory != nullptr, "opendir");
  while (const dirent* const entry = readdir(directory)) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  closedir(directory);
  std::sort(names.begin(), names.end());
  return names;
}

void use_files() {
  check(mkdir("/lists", 0755) == 0, "mkdir");
  std::string large;
  for (int i = 0; large.size() < 300000; ++i)
    large += std::to_string(i) + '\n';
  write("/lists/large", "w", large);
  write("/lists/small", "w", "one");
  write("/lists/small", "a", " two");
  check(names_in("/lists") == std::vector<std::string>{"large", "small"}, "names");

  {
    const File file(fopen("/lists/large", "r"));
    check(file != nullptr && read(file.get()) == large, "a large file");
    check(fseek(file.get(), -7, SEEK_END) == 0, "fseek");
    check(read(file.get()) == large.substr(large.size() - 7), "its end");
  }
  check(read(File(fopen("/lists/small", "r")).get()) == "one two", "small");
  check(fopen("/lists/none", "r") == nullptr, "none");

  struct stat status;
  check(stat("/lists/small", &status) == 0 && status.st_size == 7, "stat");
  const auto now = std::chrono::system_clock::now();
  const auto written = std::chrono::system_clock::from_time_t(status.st_mtim.tv_sec);
  check(written <= now && now - written < std::chrono::hours(1), "a file's time");
  const auto begin = std::chrono::steady_clock::now();
  check(std::chrono::steady_clock::now() >= begin, "steady");

  check(unlink("/lists/large") == 0 && unlink("/lists/small") == 0, "unlink");
  check(rmdir("/lists") == 0, "rmdir");
}

}  // namespace

int main(int argc, char** argv) {
  use_files();
  std::stringstream text;
  for (int i = 1; i < argc; ++i)
    text << argv[i] << '\n';
  std::map<std::string, int> counts;
  for (std::string word; text >> word;)
    ++counts[word];
  std::vector<std::pair<std::string, int>> words(counts.begin(), counts.end());
  std::stable_sort(words.begin(), words.end(),
                   [](const auto& left, const auto& right) { return left.second > right.second; });
  for (const auto& [word, count] : words)
    std::cout << std::setw(6) << word << std::setw(3) << count << '\n';
  std::cerr << "counted " << words.size() << std::endl;
}
