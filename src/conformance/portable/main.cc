// weft-conformance as a WebAssembly module: the suites that need no programs and no threads.
#include <string_view>
#include <vector>

#include "conformance/corpus_command.h"
#include "workflow/service_models.h"

// The models of AWS's services are not in the module: mocked results are compared with none.
const weft::workflow::ServiceModels& weft::workflow::ServiceModels::embedded() {
  static const ServiceModels none("");
  return none;
}

int main(int argc, char** argv) {
  using namespace weft::conformance;
  const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (const auto exit_code = run_corpus_command(words)) return *exit_code;
  print(kCorpusHelp, stderr);
  return kUsageExitCode;
}
