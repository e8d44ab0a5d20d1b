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
