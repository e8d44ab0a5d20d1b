#include "net/curl_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace weft::net {
namespace {

// The interface's version, which is the same since 2006.
constexpr const char* kName = "libcurl.so.4";

Error missing() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the C library keeps a message for each thread.
  const char* const why = dlerror();
  return Error(
      ErrorCode::kUnsupported,
      fmt::format("Asking a server needs libcurl: {}. On Debian: apt-get install libcurl4.",
                  why == nullptr ? "it is not there" : why));
}

template <class Function>
bool find(void* library, const char* name, Function& found) {
  found = reinterpret_cast<Function>(dlsym(library, name));
  return found != nullptr;
}

}  // namespace

Result<CurlLibrary> CurlLibrary::load() {
  // Never closed: the libraries behind it leave handlers for the process's end.
  void* const library = dlopen(kName, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return fail(missing());
  CurlLibrary curl;
  const bool is_complete = find(library, "curl_global_init", curl.global_init) &&
                           find(library, "curl_global_cleanup", curl.global_cleanup) &&
                           find(library, "curl_easy_init", curl.easy_init) &&
                           find(library, "curl_easy_cleanup", curl.easy_cleanup) &&
                           find(library, "curl_easy_reset", curl.easy_reset) &&
                           find(library, "curl_easy_setopt", curl.easy_setopt) &&
                           find(library, "curl_easy_getinfo", curl.easy_getinfo) &&
                           find(library, "curl_easy_perform", curl.easy_perform) &&
                           find(library, "curl_easy_strerror", curl.easy_strerror) &&
                           find(library, "curl_slist_append", curl.slist_append) &&
                           find(library, "curl_slist_free_all", curl.slist_free_all);
  if (!is_complete) return fail(missing());
  return curl;
}

}  // namespace weft::net
