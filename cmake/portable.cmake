# What runs anywhere: json and workflow, with the suites of weft-conformance that need nothing else, as one module for
# wasm32-wasip1 (docs/adr/0021). No exceptions, no threads. Their libraries are the same versions as the host's: fmt
# header-only, simdjson and PCRE2 from Debian's source packages, which `script/setup test` brings.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_EXECUTABLE_SUFFIX .wasm)
set(sources ${CMAKE_SOURCE_DIR}/build/guests/sources)
set(simdjson ${sources}/simdjson/singleheader)
set(pcre2 ${sources}/pcre2/src)
if(NOT EXISTS ${simdjson}/simdjson.cpp OR NOT EXISTS ${pcre2}/pcre2_compile.c)
  message(FATAL_ERROR "The sources of simdjson and PCRE2 are missing: run script/setup test")
endif()

# Of /usr/include, which is the host's, only this.
set(include ${CMAKE_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${include})
file(CREATE_LINK /usr/include/fmt ${include}/fmt SYMBOLIC)
configure_file(${pcre2}/config.h.generic ${include}/config.h COPYONLY)
configure_file(${pcre2}/pcre2.h.generic ${include}/pcre2.h COPYONLY)
configure_file(${pcre2}/pcre2_chartables.c.dist ${CMAKE_BINARY_DIR}/pcre2_chartables.c COPYONLY)
add_compile_options(-ffunction-sections -fdata-sections $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)

set(pcre2_parts auto_possess compile config context convert dfa_match error extuni find_bracket maketables match
    match_data newline ord2utf pattern_info script_run serialize string_utils study substitute substring tables ucd
    valid_utf xclass)
list(TRANSFORM pcre2_parts REPLACE "(.+)" "${pcre2}/pcre2_\\1.c")
add_library(libraries STATIC ${simdjson}/simdjson.cpp ${pcre2_parts} ${CMAKE_BINARY_DIR}/pcre2_chartables.c)
target_include_directories(libraries SYSTEM PUBLIC ${simdjson} ${include})
target_include_directories(libraries PRIVATE ${pcre2})
target_compile_definitions(libraries PUBLIC PCRE2_CODE_UNIT_WIDTH=8 PCRE2_STATIC FMT_HEADER_ONLY PRIVATE HAVE_CONFIG_H
  SUPPORT_PCRE2_8 SUPPORT_UNICODE)
target_compile_options(libraries PRIVATE -w)

set(src ${CMAKE_SOURCE_DIR}/src)
file(GLOB_RECURSE modules CONFIGURE_DEPENDS ${src}/json/*.cc ${src}/workflow/*.cc)
list(FILTER modules EXCLUDE REGEX "(_test|_fuzz|/embedded_models)\\.cc$")
add_library(portable STATIC ${modules} ${src}/base/assert.cc ${src}/base/base64.cc ${src}/base/log.cc
  ${src}/base/nearest.cc ${src}/base/result.cc ${src}/base/utf8.cc)
target_include_directories(portable PUBLIC ${src})
target_compile_options(portable PRIVATE ${WEFT_WARNINGS})
target_link_libraries(portable PUBLIC libraries)

set(suites ${src}/conformance)
add_executable(weft-conformance ${suites}/portable/main.cc ${suites}/asl_cases.cc ${suites}/corpus.cc
  ${suites}/corpus_command.cc ${suites}/definition_cases.cc ${suites}/difference.cc ${suites}/jsonata_cases.cc
  ${suites}/jsonpath_cases.cc ${suites}/placeholders.cc ${suites}/recorded_services.cc ${suites}/test_state_cases.cc
  ${suites}/verdict.cc)
target_compile_options(weft-conformance PRIVATE ${WEFT_WARNINGS})
target_link_libraries(weft-conformance PRIVATE portable)
# The stack is twice what an evaluation of JSONata may take (json/jsonata/jsonata.h), and below all data: beyond it is a trap.
target_link_options(weft-conformance PRIVATE -Wl,--gc-sections -Wl,--strip-debug -Wl,-z,stack-size=4194304 -Wl,--stack-first)
set_target_properties(weft-conformance PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
