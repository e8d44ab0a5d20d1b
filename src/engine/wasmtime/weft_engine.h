/* C declarations of the functions that src/engine/wasmtime adds to Wasmtime's C API. Only engine/
 * .cc files include it. Nothing here may be called with a null pointer unless said so; texts are
 * borrowed for the time of the call. */
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <wasmtime.h>

// NOLINTBEGIN(readability-identifier-naming): the names of a C interface, as the Rust side has
// them.
extern "C" {

/* `data` is never null when `size` is not 0. */
struct weft_text_t {
  const std::uint8_t* data;
  std::size_t size;
};

using weft_sink_t = void (*)(void* env, const std::uint8_t* data, std::size_t size);

/* Linear memories have this much inaccessible behind them, and the collector's heaps have more: so
 * whoever makes memories tells them apart. */
constexpr std::size_t WEFT_MEMORY_GUARD_BYTES = 32UZ * 1024 * 1024;

/* Keeps line tables of modules and at most `frames_max` (≥ 1) frames in the backtrace of a trap;
 * where Wasmtime makes memories, maps their initial content instead of copying it. */
void weft_config_tune(wasm_config_t* config, std::size_t frames_max);

/* Compiles a binary module; `sink` gets what wasmtime_module_deserialize takes. Null, or the error,
 * which is the caller's. */
wasmtime_error_t* weft_compile(const wasm_engine_t* engine, weft_text_t module, void* env,
                               weft_sink_t sink);

/* Changes whenever compiled code of this engine would not fit another: version, settings, CPU
 * features. */
std::uint64_t weft_engine_fingerprint(const wasm_engine_t* engine);

/* How much of the system's memory an instance of a valid module takes beside its linear memories
 * and the elements of its tables, about: what Wasmtime and the host keep for each, its globals, the
 * functions that something refers to. */
std::uint64_t weft_instance_bytes(weft_text_t module);

/* What an element of a table counts as. */
constexpr std::uint64_t WEFT_TABLE_ELEMENT_BYTES = 8;
/* What a store may have beside its memories before it counts against memory_bytes_max. */
constexpr std::uint64_t WEFT_FREE_BYTES_BESIDE_MEMORY = 1ULL << 20U;

/* What a store may use, what it uses, and why its last growth was refused, if it was. Outlives the
 * store that it is set on; read and changed only between calls. */
struct weft_limiter_t {
  std::uint64_t memory_bytes_max; /* memory_bytes, and of the rest what is not free */
  std::uint64_t table_elements_max;
  std::uint64_t own_bytes; /* weft_instance_bytes */
  std::uint64_t memory_bytes;
  std::uint64_t table_elements;
  /* What all stores of one engine use together, tables and own_bytes too; null when nobody counts.
   */
  std::atomic<std::uint64_t>* shared_memory_bytes;
  std::uint64_t shared_memory_bytes_max;
  std::uint64_t taken_bytes; /* of shared_memory_bytes */
  bool memory_refused;
  bool table_refused;
  bool shared_memory_refused;
  std::uint64_t last_growth; /* of memory_bytes: what was granted last */
};
void weft_store_limiter(wasmtime_store_t* store, weft_limiter_t* limiter);
/* Gives back what the store took of the shared memory: when the store is gone, or while nothing of
 * it is used. */
void weft_limiter_release(weft_limiter_t* limiter);
/* Takes memory for a store that took nothing, or gave it back: `memory_bytes`, own_bytes, and the
 * tables that it has. False, with the reason, when that exceeds what it or all stores may use;
 * nothing else has changed then. */
bool weft_limiter_take(weft_limiter_t* limiter, std::uint64_t memory_bytes);

/* Whether Wasmtime can read the debug information of a valid module without harm: at most
 * `bytes_max` bytes, and not nested deeper than compilers nest it. */
bool weft_debug_info_is_safe(weft_text_t module, std::size_t bytes_max);
/* Makes the debug information unknown to all readers. Changes no size and no offset. */
void weft_hide_debug_info(std::uint8_t* module, std::size_t size);

/* A frame of a backtrace, innermost first. `function` and `file` may be empty; line and column
 * count from 1, 0 is unknown. */
struct weft_frame_t {
  weft_text_t function;
  weft_text_t file;
  std::uint64_t module_offset;
  std::uint32_t function_index;
  std::uint32_t line;
  std::uint32_t column;
};
using weft_visit_frame_t = void (*)(void* env, const weft_frame_t* frame);
void weft_trap_frames(const wasm_trap_t* trap, void* env, weft_visit_frame_t visit);
void weft_error_frames(const wasmtime_error_t* error, void* env, weft_visit_frame_t visit);
void weft_trap_root_cause(const wasm_trap_t* trap, void* env, weft_sink_t sink);
void weft_error_root_cause(const wasmtime_error_t* error, void* env, weft_sink_t sink);

/* Text format to binary. True: `sink` got the module. False: `sink` got a message, `error` the
 * place. */
struct weft_wat_error_t {
  std::uint64_t line;
  std::uint64_t column;
};
bool weft_wat_to_wasm(weft_text_t text, weft_text_t file, void* env, weft_sink_t sink,
                      weft_wat_error_t* error);

/* Where in a text that is a module stands what is at `offset` of the binary module made from it.
 * False: unknown, or the text holds the module as bytes. */
bool weft_wat_locate(weft_text_t text, std::uint64_t offset, weft_wat_error_t* place);

/* What, behind a valid module, names exported functions that the module does not name otherwise:
 * passes a custom section to `sink`, or nothing when there are none. */
void weft_export_names(weft_text_t module, void* env, weft_sink_t sink);

/* Splits a valid module into code and the state that it begins with; false when that is not
 * possible (weft_scan tells why). `code` gets a module without active data and without start
 * function, which exports weft.g0, weft.g1, … (the globals that change, if it can be put back),
 * weft.m (the memory, if there is one) and weft.s (the start function, if there is one). `plan`
 * gets, all numbers little-endian:
 *   u8 can_be_put_back, u8 has_memory, u64 memory_bytes, u8 has_start, i64 shift, u64 globals,
 *   u64 segments, and for each: u64 offset, u64 size, the bytes.
 * `shift` is what an offset into the code of `code` lacks to be one into `module`. */
bool weft_split(weft_text_t module, void* env, weft_sink_t code, weft_sink_t plan);

enum : std::uint8_t {
  WEFT_SCAN_OK = 0,
  WEFT_SCAN_INVALID = 1,
  WEFT_SCAN_UNSUPPORTED =
      2, /* valid with a proposal that the engine does not accept; the message is its name */
  WEFT_SCAN_COMPONENT = 3,
  WEFT_SCAN_TOO_LARGE = 4, /* names and types take more than 4 MiB */
};
enum : std::uint8_t {
  WEFT_FUNC = 0,
  WEFT_TABLE = 1,
  WEFT_MEMORY = 2,
  WEFT_GLOBAL = 3,
  WEFT_TAG = 4
};

/* An import, export or memory. Types of values: 0 i32, 1 i64, 2 f32, 3 f64, 4 v128, 5 funcref, 6
 * externref, 7 another reference. A global's type stands in `results`. `param_names` is null or has
 * `params_count` entries, empty where a parameter has no name. `maximum` is UINT64_MAX when there
 * is none. */
struct weft_item_t {
  bool imported;
  std::uint8_t kind;
  weft_text_t module;
  weft_text_t name;
  weft_text_t type_text;
  const std::uint8_t* params;
  std::size_t params_count;
  const std::uint8_t* results;
  std::size_t results_count;
  const weft_text_t* param_names;
  std::uint64_t minimum;
  std::uint64_t maximum;
  bool shared;
  bool memory64;
};

struct weft_scan_t {
  std::uint8_t status;
  std::uint64_t error_offset;
  bool has_start;
  bool has_debug_info;
  bool has_mutable_state;
  std::uint32_t functions;
  std::uint64_t table_elements; /* of all tables at the start */
  std::uint64_t instance_bytes; /* weft_instance_bytes */
};

struct weft_scan_visitor_t {
  void* env;
  void (*item)(void* env, const weft_item_t* item);
  void (*memory)(void* env, const weft_item_t* item);
  void (*error)(void* env, weft_text_t message);
  /* At most once: why instances of the module cannot be put back to their beginning. */
  void (*obstacle)(void* env, weft_text_t message);
};

/* Validates a binary module and passes its imports, then exports, then memories to the visitor.
 * `threads`: whether the engine accepts that proposal. */
void weft_scan(weft_text_t module, bool threads, const weft_scan_visitor_t* visitor,
               weft_scan_t* out);

/* Ends every memory.atomic.wait that is under way, as a notify does. Looks at each address where
 * one can be: some 5 ms for each MiB. */
void weft_shared_memory_wake(const wasmtime_sharedmemory_t* memory);

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
