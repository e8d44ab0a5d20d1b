// weft-conformance as a WebAssembly module: the suites that need no programs and no threads.
#include <string_view>
#include <vector>

#include "conformance/corpus_command.h"

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  // The models of AWS's services are not in the module: mocked results are compared with none.
  if (const auto exit_code = weft::conformance::run_corpus_command(words, nullptr))
    return *exit_code;
  weft::conformance::print(weft::conformance::kCorpusHelp, stderr);
  return weft::conformance::kUsageExitCode;
}
