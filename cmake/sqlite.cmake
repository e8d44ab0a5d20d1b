# SQLite from the amalgamation that the crate libsqlite3-sys carries (pinned by Cargo.lock): Debian's has the WAL-reset
# bug (docs/adr/0004).
execute_process(
  COMMAND ${CARGO} metadata --locked --format-version 1 --manifest-path ${CMAKE_SOURCE_DIR}/src/store/sqlite/Cargo.toml
  OUTPUT_VARIABLE metadata COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCH "\"manifest_path\":\"([^\"]*libsqlite3-sys-[^\"]*)/Cargo.toml\"" found "${metadata}")
if(NOT found)
  message(FATAL_ERROR "cargo metadata does not name libsqlite3-sys")
endif()
set(sqlite_dir ${CMAKE_MATCH_1}/sqlite3)

add_library(weft_sqlite STATIC ${sqlite_dir}/sqlite3.c)
target_include_directories(weft_sqlite SYSTEM PUBLIC ${sqlite_dir})
target_compile_options(weft_sqlite PRIVATE -w)
target_compile_definitions(weft_sqlite PRIVATE SQLITE_DQS=0 SQLITE_THREADSAFE=2 SQLITE_DEFAULT_MEMSTATUS=0
  SQLITE_DEFAULT_WAL_SYNCHRONOUS=2 SQLITE_LIKE_DOESNT_MATCH_BLOBS SQLITE_MAX_EXPR_DEPTH=0 SQLITE_OMIT_DEPRECATED
  SQLITE_OMIT_SHARED_CACHE SQLITE_OMIT_LOAD_EXTENSION SQLITE_USE_ALLOCA SQLITE_TEMP_STORE=2)
target_link_libraries(weft_sqlite PUBLIC pthread m)
