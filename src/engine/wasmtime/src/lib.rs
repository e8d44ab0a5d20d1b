//! The static library under `src/engine`: Wasmtime's C API, and the few functions that it lacks.
pub use wasmtime_c_api::*;

pub mod scan;
