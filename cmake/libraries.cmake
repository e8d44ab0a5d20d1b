# Debian's packages (script/setup installs them).
find_package(doctest REQUIRED)
include(/usr/lib/cmake/doctest/doctest.cmake)
find_package(fmt REQUIRED)
find_package(Boost 1.81 REQUIRED)
# Only the hash is used, and the whole shared library costs every start half a millisecond of relocations.
set(OPENSSL_USE_STATIC_LIBS ON)
# Static: loading the shared libcrypto would take a third of the time that a program needs to start.
set(OPENSSL_USE_STATIC_LIBS TRUE)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(simdjson REQUIRED)
find_package(Threads REQUIRED)
find_package(rapidcheck REQUIRED)
# Static, so that no start loads it; the module json wraps it (docs/adr/0018).
find_library(PCRE2_LIBRARY NAMES libpcre2-8.a REQUIRED)
find_path(PCRE2_INCLUDE_DIR pcre2.h REQUIRED)
add_library(pcre2 STATIC IMPORTED)
set_target_properties(pcre2 PROPERTIES IMPORTED_LOCATION ${PCRE2_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${PCRE2_INCLUDE_DIR})
