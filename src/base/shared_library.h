// A library of the machine that is loaded when it is first needed. Linked the usual way, it and all
// the libraries behind it would slow the start of every program.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"

namespace weft {

// What is loaded, and the words for where it is missing. The views are of literals.
struct SharedLibraryName {
  const char* file;             // With the interface's version: "libcurl.so.4".
  std::string_view needed_for;  // Begins a sentence: "Asking a server".
  std::string_view package;     // Debian's.
};

// Confined to one thread; different objects may open the same library. What `find` found is valid
// until the process ends: a library is never closed, because those behind it leave handlers for the
// process's end.
class SharedLibrary {
 public:
  // kUnsupported where the machine does not have it.
  static Result<SharedLibrary> open(const SharedLibraryName& name);

  // Sets `found` to the library's function of that name; null where it lacks it.
  template <class Function>
  void find(const char* function, Function*& found) {
    found = reinterpret_cast<Function*>(address(function));
  }
  // kUnsupported when a function was not found; names it and what to install.
  Result<> check() const;

 private:
  SharedLibrary(const SharedLibraryName& name, void* handle) : name_(name), handle_(handle) {}
  void* address(const char* function);

  SharedLibraryName name_;
  void* handle_;
  std::optional<Error> missing_;  // The first that was not found.
};

}  // namespace weft
