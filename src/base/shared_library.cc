#include "base/shared_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace weft {
namespace {

Error missing(const SharedLibraryName& name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the C library keeps a message for each thread.
  const char* const why = dlerror();
  return Error(ErrorCode::kUnsupported,
               fmt::format("{} needs {}: {}. On Debian: apt-get install {}.", name.needed_for,
                           name.file, why == nullptr ? "it is not there" : why, name.package));
}

}  // namespace

Result<SharedLibrary> SharedLibrary::open(const SharedLibraryName& name) {
  void* const handle = dlopen(name.file, RTLD_LAZY | RTLD_LOCAL);
  if (handle == nullptr) return fail(missing(name));
  return SharedLibrary(name, handle);
}

void* SharedLibrary::address(const char* function) {
  void* const found = dlsym(handle_, function);
  if (found == nullptr && !missing_) missing_ = missing(name_);
  return found;
}

Result<> SharedLibrary::check() const {
  if (missing_) return fail(*missing_);
  return {};
}

}  // namespace weft
