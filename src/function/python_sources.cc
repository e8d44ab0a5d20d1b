#include "function/python_sources.h"

#include <utility>

#include "function/stored_version.h"

namespace weft::function {

Result<PythonSource> PythonSources::source_of(const std::string& module) {
  auto in_use = archives_.with([&](auto& known) {
    const auto found = known.find(module);
    return found == known.end() ? nullptr : found->second.lock();
  });
  if (in_use) return PythonSource{.file = {}, .archive = std::move(in_use)};
  std::string bytes = TRY(stored_bytes(metadata_, blobs_, module));
  if (!is_python_archive(bytes)) return PythonSource{.file = std::move(bytes)};
  auto archive = std::make_shared<const PythonArchive>(TRY(open_python_archive(clock_, bytes)));
  archives_.with([&](auto& known) {
    std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
    known[module] = archive;
  });
  return PythonSource{.file = {}, .archive = std::move(archive)};
}

}  // namespace weft::function
