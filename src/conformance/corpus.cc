#include "conformance/corpus.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include <fmt/format.h>

#include "base/handle.h"
#include "base/log.h"
#include "conformance/difference.h"
#include "json/parse.h"

namespace weft::conformance {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = 256 << 20;
constexpr std::size_t kChunkBytes = 16 << 10;
constexpr std::size_t kShownBytesMax = 200;

Result<std::string> text_of(const fs::path& file) {
  // The C library's: libc++ has no files in WebAssembly.
  const Handle<std::FILE, std::fclose> stream(std::fopen(file.c_str(), "rb"));
  if (stream == nullptr) return fail(ErrorCode::kNotFound, "cannot read " + file.string());
  std::string text;
  std::array<char, kChunkBytes> chunk = {};
  while (const std::size_t size = std::fread(chunk.data(), 1, chunk.size(), stream.get())) {
    text.append(chunk.data(), size);
    if (text.size() > kFileBytesMax)
      return fail(ErrorCode::kTooLarge, file.string() + " is larger than 256 MiB");
  }
  if (std::ferror(stream.get()) != 0)
    return fail(ErrorCode::kNotFound, "cannot read " + file.string());
  return text;
}

// What a line came to.
struct Case {
  std::string id;
  Result<Comparison> comparison;
};

// Nothing for a test that is not asked for. A line that is none is always.
std::optional<Case> run_line(std::string_view line, const RunCase& run,
                             const std::optional<std::string>& wanted) {
  // Tests of languages may have texts that are none.
  const auto test = json::parse(line, {.lone_surrogates = true});
  if (!test) return Case{.id = "?", .comparison = fail(test.error())};
  const json::Value* const id = test->find("id");
  if (id == nullptr || !id->is_string()) {
    return Case{.id = "?", .comparison = fail(ErrorCode::kInvalidArgument, "it has no id")};
  }
  if (wanted && *wanted != id->as_string()) return std::nullopt;
  return Case{.id = std::string(id->as_string()), .comparison = run(*test)};
}

Verdict verdict_of(const Result<Comparison>& comparison) {
  if (!comparison) {
    return {.outcome = Outcome::kFailing,
            .why = shown(comparison.error().message(), kShownBytesMax)};
  }
  const auto difference = first_difference(comparison->expected, comparison->found);
  if (!difference) return {};
  return {.outcome = Outcome::kDiffering,
          .why = fmt::format("{} instead of {} at {}", shown(difference->found, kShownBytesMax),
                             shown(difference->expected, kShownBytesMax),
                             shown(difference->where, kShownBytesMax))};
}

// The same, uncut.
std::string in_full(const Result<Comparison>& comparison) {
  if (!comparison) return printable(comparison.error().message()) + "\n";
  const auto difference = first_difference(comparison->expected, comparison->found);
  if (!difference) return "exact\n";
  return fmt::format("differs at {}\nexpected: {}\nfound:    {}\n", printable(difference->where),
                     printable(difference->expected), printable(difference->found));
}

class CorporaRun {
 public:
  CorporaRun(const RunCase& run, const CorpusOptions& options) : run_(run), options_(options) {}

  Result<> file(const fs::path& path) {
    const std::string text = TRY(text_of(path));
    const std::string name = path.filename().string();
    Tally tally;
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      ++number;
      if (end > begin) {
        line(std::string_view(text).substr(begin, end - begin), fmt::format("{}:{}", name, number),
             tally);
      }
      begin = end + 1;
    }
    all_.add(tally);
    options_.print(name + ": " + tally.summary());
    return {};
  }

  Result<Tally> end() {
    if (options_.diff && !is_found_) {
      return fail(ErrorCode::kNotFound, "no test has the id " + printable(*options_.diff));
    }
    options_.print(all_.summary());
    return all_;
  }

 private:
  void line(std::string_view text, const std::string& place, Tally& tally) {
    const auto test = run_line(text, run_, options_.diff);
    if (!test) return;
    is_found_ = true;
    const std::string name = place + " " + shown(test->id, kShownBytesMax);
    const Verdict verdict = verdict_of(test->comparison);
    const std::string said = tally.line(name, verdict);
    if (options_.diff) {
      options_.print(name + "\n" + in_full(test->comparison));
    } else if (verdict.outcome != Outcome::kExact) {
      options_.print(said);
    }
  }

  const RunCase& run_;
  const CorpusOptions& options_;
  Tally all_;
  bool is_found_ = false;
};

}  // namespace

Result<Tally> run_corpora(std::span<const fs::path> files, const RunCase& run,
                          const CorpusOptions& options) {
  CorporaRun corpora(run, options);
  for (const fs::path& file : files)
    TRY(corpora.file(file));
  return corpora.end();
}

}  // namespace weft::conformance
