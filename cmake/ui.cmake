# weft_embed_ui(TARGET): the web pages that `npm run build` has made in ui/dist, and the OpenAPI document, as part of
# TARGET. Without them, a page that says how to build them.
function(weft_embed_ui target)
  set(ui ${CMAKE_SOURCE_DIR}/ui/dist)
  set(fallback ${CMAKE_SOURCE_DIR}/src/server/ui_missing.html)
  set(openapi ${CMAKE_SOURCE_DIR}/src/server/openapi.json)
  set(script ${CMAKE_SOURCE_DIR}/cmake/embed.cmake)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${ui}/*)

  add_custom_command(
    OUTPUT ${out}.S ${out}.cc
    COMMAND ${CMAKE_COMMAND} -D UI=${ui} -D FALLBACK=${fallback} -D OPENAPI=${openapi} -D OUT=${out} -P ${script}
    # Unchanged outputs keep their time; the build must still see the command as done.
    COMMAND ${CMAKE_COMMAND} -E touch ${out}.S ${out}.cc
    DEPENDS ${script} ${fallback} ${openapi} ${files}
    COMMENT "Embedding the web pages" VERBATIM)
  target_sources(${target} PRIVATE ${out}.S ${out}.cc)
endfunction()
