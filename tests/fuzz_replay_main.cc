// The main function of every X_replay program: a fuzz target without a fuzzer. It runs the target
// on each file of the corpus and then on mutations of them, in the same order every time, so that a
// test run without libFuzzer still sees each input that was ever worth keeping and some that were
// not.
//
//   X_replay CORPUS_DIRECTORY   (may be absent: then only the seeds below are mutated)
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <sanitizer/common_interface_defs.h>
#include <sys/types.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// A failed assert is a finding like any other: its input is written down.
extern "C" const char*
__asan_default_options() {  // NOLINT(bugprone-reserved-identifier): ASan's name
  return "handle_abort=1";
}

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t kInputBytesMax = 4096;
constexpr int kMutationsMax = 20'000;
constexpr std::chrono::seconds kMutationTimeMax{2};

// Beginnings of what our parsers read, for a target that has no corpus yet.
constexpr std::array<std::string_view, 6> kSeeds = {
    std::string_view(""),
    std::string_view("{\"a\":[1,-2.5e3,true,null,\"\\u00e9\"]}"),
    std::string_view("\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f", 15),
    std::string_view("(module (func (export \"f\") (result i32) i32.const 1))"),
    std::string_view("POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"),
    std::string_view("--name value 01ARZ3NDEKTSV4RRFFQ69G5FAV sha256:00ff"),
};

constexpr std::array<std::uint8_t, 14> kTellingBytes = {0,   1,   0x7f, 0x80, 0xff, '"', '\\',
                                                        '{', '[', '\n', '\r', ' ',  '0', '-'};

// For the report of a crash, whose callback takes no argument. There is one thread.
struct Crash {
  std::string file;
  std::span<const std::uint8_t> input;
};
Crash crash;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void write_crash() {
  std::ofstream file(crash.file, std::ios::binary);
  for (const std::uint8_t byte : crash.input) {
    file.put(static_cast<char>(byte));
  }
  fmt::print(stderr, "The input ({} bytes) is in {}: keep it in tests/corpus with the fix.\n",
             crash.input.size(), crash.file);
}

void run(const Input& input) {
  crash.input = input;
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

std::vector<Input> read_corpus(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(directory)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (entry.is_regular_file()) {
        files.push_back(entry.path());
      }
    }
  }
  std::ranges::sort(files);
  std::vector<Input> inputs;
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

class Mutator {
 public:
  // A number below `limit`, which is at least 1. Not std::uniform_int_distribution, whose numbers
  // differ between libraries.
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(numbers_()) % limit; }

  Input mutate(const std::vector<Input>& seeds) {
    Input input = seeds[below(seeds.size())];
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
      change(input, seeds);
    }
    input.resize(std::min(input.size(), kInputBytesMax));
    return input;
  }

 private:
  void change(Input& input, const std::vector<Input>& seeds) {
    const auto at = static_cast<std::ptrdiff_t>(below(input.size() + 1));
    const auto end =
        at + static_cast<std::ptrdiff_t>(below(input.size() - static_cast<std::size_t>(at) + 1));
    const auto kind = below(7);
    if (kind == 0) {
      input.insert(input.begin() + at, kTellingBytes[below(kTellingBytes.size())]);
    } else if (kind == 1) {
      input.erase(input.begin() + at, input.begin() + end);
    } else if (kind == 2) {
      const Input copy(input.begin() + at, input.begin() + end);
      input.insert(input.begin() + at, copy.begin(), copy.end());
    } else if (kind == 3) {
      const Input& other = seeds[below(seeds.size())];
      const auto from = static_cast<std::ptrdiff_t>(below(other.size() + 1));
      input.insert(input.begin() + at, other.begin() + from, other.end());
    } else if (std::cmp_less(at, input.size())) {
      std::uint8_t& byte = input[static_cast<std::size_t>(at)];
      byte = kind == 4 ? static_cast<std::uint8_t>(byte ^ (1U << below(8)))
                       : kTellingBytes[below(kTellingBytes.size())];
    }
  }

  std::mt19937_64 numbers_{1};  // NOLINT(cert-msc51-cpp): the same mutations every time
};

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() != 2) {
    fmt::print(stderr, "usage: {} CORPUS_DIRECTORY\n", arguments[0]);
    return 2;
  }
  crash.file = std::string(arguments[0]) + "-crash.bin";
  __sanitizer_set_death_callback(write_crash);
  std::vector<Input> seeds = read_corpus(arguments[1]);
  const std::size_t corpus_files = seeds.size();
  for (const Input& input : seeds) {
    run(input);
  }
  for (const std::string_view seed : kSeeds) {
    run(seeds.emplace_back(seed.begin(), seed.end()));
  }
  Mutator mutator;
  int mutations = 0;
  const auto stop = std::chrono::steady_clock::now() + kMutationTimeMax;
  for (; mutations < kMutationsMax && std::chrono::steady_clock::now() < stop; ++mutations) {
    run(mutator.mutate(seeds));
  }
  fmt::print("{} files of the corpus and {} mutations: no finding\n", corpus_files, mutations);
  return 0;
}
