//! The static library under `src/engine`: Wasmtime's C API, and the few functions that it lacks. Their C declarations,
//! with the contracts, stand in `src/engine/wasmtime/weft_engine.h`.
#![allow(non_camel_case_types, reason = "the C side's names")]

pub use wasmtime_c_api::*;

mod compile;
mod config;
mod debug_info;
mod encode;
mod limiter;
mod names;
mod scan;
mod shared_memory;
mod size;
mod split;
mod text;
mod trace;
mod wat;
mod wat_place;
