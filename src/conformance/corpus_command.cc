#include "conformance/corpus_command.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "conformance/asl_cases.h"
#include "conformance/corpus.h"
#include "conformance/jsonata_cases.h"
#include "conformance/jsonpath_cases.h"
#include "conformance/verdict.h"

namespace weft::conformance {
namespace {

struct Suite {
  std::string_view name;
  RunCase run_case;
};

}  // namespace

void print(std::string_view text, std::FILE* to) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

std::optional<int> run_corpus_command(std::span<const std::string_view> words,
                                      const workflow::ServiceModels* models) {
  const std::array suites = {
      Suite{"asl", [models](const json::Value& test) { return run_asl_case(test, models); }},
      Suite{"jsonata", run_jsonata_case},
      Suite{"jsonpath", run_jsonpath_case},
  };
  const auto suite = std::ranges::find(suites, words.empty() ? "" : words.front(), &Suite::name);
  if (suite == suites.end()) return std::nullopt;
  CorpusOptions options{.print = [](std::string_view text) { print(text); }};
  std::vector<std::filesystem::path> files;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "--diff" && i + 1 < words.size()) {
      options.diff = words[++i];
    } else if (words[i].starts_with("--")) {
      return std::nullopt;
    } else {
      files.emplace_back(words[i]);
    }
  }
  if (files.empty()) return std::nullopt;
  const auto tally = run_corpora(files, suite->run_case, options);
  if (!tally) {
    print(tally.error().message() + "\n", stderr);
    return kUsageExitCode;
  }
  return tally->is_all_exact() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace weft::conformance
