//! Backtraces with demangled names and source lines.
use std::ffi::c_void;
use std::fmt::{self, Write};

use wasmtime::{Error, FrameInfo, WasmBacktrace};
use wasmtime_c_api::{wasm_trap_t, wasmtime_error_t};

use crate::text::weft_text_t;

const _: () = assert!(size_of::<wasm_trap_t>() == size_of::<Error>());
const _: () = assert!(size_of::<wasmtime_error_t>() == size_of::<Error>());

#[repr(C)]
pub struct weft_frame_t {
    function: weft_text_t,
    file: weft_text_t,
    module_offset: u64,
    function_index: u32,
    line: u32,
    column: u32,
}

/// A mangled name can stand for one that is exponentially longer.
const NAME_BYTES_MAX: usize = 512;
const MANGLED_BYTES_MAX: usize = 4096;

/// Takes text up to a limit; beyond it, whoever writes is told to stop.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.len() > NAME_BYTES_MAX - self.0.len() {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// Both demanglers also take what stands for a mere type, as `i` for `int`: names that people give.
fn is_mangled(name: &str) -> bool {
    ["_Z", "__Z", "_R"].iter().any(|prefix| name.starts_with(prefix))
}

/// The name as its language writes it, or as it is when it has no such form or a too long one.
fn demangled(name: &str) -> String {
    let mut out = Bounded(String::new());
    if name.len() <= MANGLED_BYTES_MAX && is_mangled(name) {
        let written = if let Ok(symbol) = rustc_demangle::try_demangle(name) {
            write!(out, "{symbol}").is_ok()
        } else if let Ok(symbol) = cpp_demangle::Symbol::new(name) {
            symbol.structured_demangle(&mut out, &cpp_demangle::DemangleOptions::default()).is_ok()
        } else {
            false
        };
        if written {
            return out.0;
        }
    }
    let end = (0..=name.len().min(NAME_BYTES_MAX)).rev().find(|&i| name.is_char_boundary(i));
    name[..end.unwrap_or(0)].to_string()
}

type Visit = extern "C" fn(env: *mut c_void, frame: &weft_frame_t);

fn visit_frame(frame: &FrameInfo, env: *mut c_void, visit: Visit) {
    let symbols = frame.symbols();
    // Inlined functions come first; the last symbol is the function itself.
    let inlined = symbols.len().max(1);
    // What debug information made from text says of a function without a name.
    let placeholder = format!("wasm-function[{}]", frame.func_index());
    for at in 0..inlined {
        let symbol = symbols.get(at);
        let symbol_name = symbol.and_then(|s| s.name()).filter(|name| *name != placeholder);
        let raw_name = symbol_name.or_else(|| frame.func_name());
        let name = raw_name.map(demangled);
        visit(
            env,
            &weft_frame_t {
                function: weft_text_t::of_option(name.as_deref()),
                file: weft_text_t::of_option(symbol.and_then(|s| s.file())),
                module_offset: frame.module_offset().unwrap_or(0) as u64,
                function_index: frame.func_index(),
                line: symbol.and_then(|s| s.line()).unwrap_or(0),
                column: symbol.and_then(|s| s.column()).unwrap_or(0),
            },
        );
    }
}

fn visit_error(error: &Error, env: *mut c_void, visit: Visit) {
    if let Some(trace) = error.downcast_ref::<WasmBacktrace>() {
        for frame in trace.frames() {
            visit_frame(frame, env, visit);
        }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn weft_trap_frames(trap: &wasm_trap_t, env: *mut c_void, visit: Visit) {
    visit_error(unsafe { &*std::ptr::from_ref(trap).cast::<Error>() }, env, visit);
}

#[unsafe(no_mangle)]
pub extern "C" fn weft_error_frames(error: &wasmtime_error_t, env: *mut c_void, visit: Visit) {
    visit_error(unsafe { &*std::ptr::from_ref(error).cast::<Error>() }, env, visit);
}

#[unsafe(no_mangle)]
pub extern "C" fn weft_trap_root_cause(
    trap: &wasm_trap_t,
    env: *mut c_void,
    sink: crate::text::weft_sink_t,
) {
    let error = unsafe { &*std::ptr::from_ref(trap).cast::<Error>() };
    let text = error.root_cause().to_string();
    sink(env, text.as_ptr(), text.len());
}

/// The message of the error's innermost cause, without context and backtrace.
#[unsafe(no_mangle)]
pub extern "C" fn weft_error_root_cause(
    error: &wasmtime_error_t,
    env: *mut c_void,
    sink: crate::text::weft_sink_t,
) {
    let error = unsafe { &*std::ptr::from_ref(error).cast::<Error>() };
    let text = error.root_cause().to_string();
    sink(env, text.as_ptr(), text.len());
}
