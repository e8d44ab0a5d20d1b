//! Compiles without making a module: what is written can be kept, and loaded by another process.
use std::ffi::c_void;

use wasmtime::Engine;
use wasmtime_c_api::{wasm_engine_t, wasmtime_error_t};

use crate::text::{weft_sink_t, weft_text_t};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn weft_compile(
    engine: &wasm_engine_t,
    module: weft_text_t,
    env: *mut c_void,
    sink: weft_sink_t,
) -> Option<Box<wasmtime_error_t>> {
    let engine = unsafe { &*std::ptr::from_ref(engine).cast::<Engine>() };
    let module = unsafe { std::slice::from_raw_parts(module.data, module.size) };
    match engine.precompile_module(module) {
        Ok(code) => {
            sink(env, code.as_ptr(), code.len());
            None
        }
        Err(error) => Some(Box::new(error.into())),
    }
}
