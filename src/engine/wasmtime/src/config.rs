//! Settings of the engine that the C API does not reach.
use std::hash::{DefaultHasher, Hash, Hasher};

use wasmtime::{Config, Engine, WasmBacktraceDetails};
use wasmtime_c_api::{wasm_config_t, wasm_engine_t};

// Both are `#[repr(C)]` structs of exactly one field.
const _: () = assert!(size_of::<wasm_config_t>() == size_of::<Config>());
const _: () = assert!(size_of::<wasm_engine_t>() == size_of::<Engine>());

const IMAGE_BYTES_MAX: u64 = 256 << 20;

/// As weft_engine.h has it.
const MEMORY_GUARD_BYTES: u64 = 32 << 20;
const HEAP_GUARD_BYTES: u64 = MEMORY_GUARD_BYTES + (64 << 10);

#[unsafe(no_mangle)]
pub extern "C" fn weft_config_tune(config: &mut wasm_config_t, frames_max: usize) {
    let config = unsafe { &mut *std::ptr::from_mut(config).cast::<Config>() };
    config.wasm_backtrace_details(WasmBacktraceDetails::Enable);
    // Initial memory is mapped, not copied, however sparse it is: copying would keep the thread.
    config.memory_guaranteed_dense_image_size(IMAGE_BYTES_MAX);
    config.memory_guard_size(MEMORY_GUARD_BYTES);
    config.gc_heap_reservation(4 << 30);
    config.gc_heap_reservation_for_growth(2 << 30);
    config.gc_heap_may_move(true);
    config.gc_heap_guard_size(HEAP_GUARD_BYTES);
    config.wasm_backtrace_max_frames(std::num::NonZeroUsize::new(frames_max));
}

#[unsafe(no_mangle)]
pub extern "C" fn weft_engine_fingerprint(engine: &wasm_engine_t) -> u64 {
    let engine = unsafe { &*std::ptr::from_ref(engine).cast::<Engine>() };
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}
