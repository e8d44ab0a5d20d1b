# cmake -D UI=… -D FALLBACK=… -D OPENAPI=… -D OUT=… -P embed.cmake: writes OUT.S, which carries the bytes of files, and
# OUT.cc, which names them (src/server/assets.h). UI is the built web pages' folder; without an index.html there,
# FALLBACK stands for it.
cmake_minimum_required(VERSION 3.25)

set(types ".html=text/html;.js=text/javascript;.css=text/css;.svg=image/svg+xml;.json=application/json;.txt=text/plain"
    ".wat=text/plain;.map=application/json;.webmanifest=application/manifest+json;.wasm=application/wasm;.png=image/png"
    ".ico=image/x-icon;.woff2=font/woff2")

function(media_type file result)
  set(type application/octet-stream)
  cmake_path(GET file EXTENSION LAST_ONLY extension)
  foreach(pair IN LISTS types)
    if(pair MATCHES "^([^=]+)=(.*)$" AND CMAKE_MATCH_1 STREQUAL extension)
      set(type ${CMAKE_MATCH_2})
    endif()
  endforeach()
  if(type MATCHES "^text/|javascript$")
    string(APPEND type "; charset=utf-8")
  endif()
  set(${result} "${type}" PARENT_SCOPE)
endfunction()

set(assembly ".section .rodata.weft_embedded,\"a\",@progbits\n")
set(declarations "")
set(count 0)

# Appends the file's bytes to the assembly; the result is C++ text for a view of them ("{}" when there is no such file).
function(embed file result)
  if(NOT EXISTS ${file})
    set(${result} "{}" PARENT_SCOPE)
    return()
  endif()
  file(SIZE ${file} size)
  file(SHA256 ${file} hash)
  # The hash makes the assembly change with the file, so that it is assembled again.
  string(APPEND assembly "// ${hash}\n.balign 16\n.global weft_embedded_${count}\nweft_embedded_${count}:\n"
         ".incbin \"${file}\"\n")
  string(APPEND declarations "extern const char weft_embedded_${count}[];\n")
  set(${result} "{weft_embedded_${count}, ${size}}" PARENT_SCOPE)
  math(EXPR count "${count} + 1")
  foreach(variable IN ITEMS assembly declarations count)
    set(${variable} "${${variable}}" PARENT_SCOPE)
  endforeach()
endfunction()

# The result is C++ text for an Asset.
function(asset path file result)
  media_type(${file} type)
  file(SHA256 ${file} hash)
  string(SUBSTRING ${hash} 0 32 etag)
  embed(${file} identity)
  embed(${file}.br br)
  embed(${file}.gz gzip)
  set(${result} "Asset{\"${path}\", \"${type}\", \"\\\"${etag}\\\"\", ${identity}, ${br}, ${gzip}}" PARENT_SCOPE)
  foreach(variable IN ITEMS assembly declarations count)
    set(${variable} "${${variable}}" PARENT_SCOPE)
  endforeach()
endfunction()

set(table "")
if(EXISTS ${UI}/index.html)
  file(GLOB_RECURSE files RELATIVE ${UI} ${UI}/*)
  list(FILTER files EXCLUDE REGEX "\\.(br|gz)$")
  list(SORT files)
  foreach(file IN LISTS files)
    asset(/${file} ${UI}/${file} text)
    string(APPEND table "    ${text},\n")
  endforeach()
else()
  asset(/index.html ${FALLBACK} text)
  string(APPEND table "    ${text},\n")
endif()
asset(/v1/openapi.json ${OPENAPI} openapi)

file(CONFIGURE OUTPUT ${OUT}.S CONTENT "${assembly}.section .note.GNU-stack,\"\",@progbits\n" @ONLY)
file(CONFIGURE OUTPUT ${OUT}.cc @ONLY CONTENT "// Written by cmake/embed.cmake.
#include \"server/assets.h\"

extern \"C\" {
${declarations}}

namespace weft::server {
namespace {

constexpr Asset kAssets[] = {
${table}};
constexpr Asset kOpenApi = ${openapi};

}  // namespace

std::span<const Asset> embedded_assets() {
  return kAssets;
}

const Asset& embedded_openapi() {
  return kOpenApi;
}

}  // namespace weft::server
")
