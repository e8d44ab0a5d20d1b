# The engine's static library, built by cargo once for all presets.
find_program(CARGO cargo REQUIRED)
set(WEFT_CARGO_DIR ${CMAKE_SOURCE_DIR}/build/cargo)
set(WEFT_ENGINE_LIBRARY ${WEFT_CARGO_DIR}/release/libweft_engine.a)
set(WEFT_ENGINE_INCLUDE ${WEFT_CARGO_DIR}/include)
file(GLOB_RECURSE rust_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/engine/wasmtime/*.rs)

# The headers are no outputs: Ninja removes those of an interrupted build, and cargo, which made the library's anew, would not
# copy the headers again.
add_custom_command(
  OUTPUT ${WEFT_ENGINE_LIBRARY}
  COMMAND ${CMAKE_COMMAND} -E env CARGO_TARGET_DIR=${WEFT_CARGO_DIR} WEFT_ENGINE_INCLUDE=${WEFT_ENGINE_INCLUDE}
          ${CARGO} build --release --locked --package weft-engine
  # Cargo leaves an unchanged library's time alone; the build must still see the command as done.
  COMMAND ${CMAKE_COMMAND} -E touch_nocreate ${WEFT_ENGINE_LIBRARY}
  DEPENDS ${rust_sources} ${CMAKE_SOURCE_DIR}/Cargo.toml ${CMAKE_SOURCE_DIR}/Cargo.lock
          ${CMAKE_SOURCE_DIR}/src/engine/wasmtime/Cargo.toml
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
  COMMENT "Building the engine's Rust library (minutes the first time)"
  USES_TERMINAL VERBATIM)
add_custom_target(weft_engine_build DEPENDS ${WEFT_ENGINE_LIBRARY})

add_library(weft_engine_rust STATIC IMPORTED GLOBAL)
file(MAKE_DIRECTORY ${WEFT_ENGINE_INCLUDE})
set_target_properties(weft_engine_rust PROPERTIES IMPORTED_LOCATION ${WEFT_ENGINE_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${WEFT_ENGINE_INCLUDE} INTERFACE_LINK_LIBRARIES "pthread;dl;m")
add_dependencies(weft_engine_rust weft_engine_build)
