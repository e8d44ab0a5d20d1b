//! The WebAssembly text format, with positions in its errors and source lines in what it makes.
use std::ffi::c_void;
use std::path::Path;

use wast::core::{EncodeOptions, GenerateDwarf};
use wast::parser::{self, ParseBuffer};

use crate::text::{weft_sink_t, weft_text_t};

#[repr(C)]
pub struct weft_wat_error_t {
    pub line: u64,
    pub column: u64,
}

/// Making a line table searches the end of the line anew for each instruction: the text's size times its longest line
/// bounds the work. A text beyond this (1 MiB of lines of 1000 characters) is taken without source lines.
const LINE_TABLE_COST_MAX: usize = 1 << 30;

fn encode(text: &str, file: &str) -> Result<Vec<u8>, wast::Error> {
    let mut buffer = ParseBuffer::new(text)?;
    buffer.track_instr_spans(true);
    let mut ast = parser::parse::<wast::Wat>(&buffer)?;
    let mut options = EncodeOptions::default();
    let longest_line = text.lines().map(str::len).max().unwrap_or(0);
    if text.len().saturating_mul(longest_line) <= LINE_TABLE_COST_MAX {
        options.dwarf(Path::new(file), text, GenerateDwarf::Lines);
    }
    options.encode_wat(&mut ast)
}

/// Passes the binary module to `sink` and returns true, or the message and returns false with the position set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn weft_wat_to_wasm(
    text: weft_text_t,
    file: weft_text_t,
    env: *mut c_void,
    sink: weft_sink_t,
    error: &mut weft_wat_error_t,
) -> bool {
    let text = unsafe { std::slice::from_raw_parts(text.data, text.size) };
    let file = unsafe { std::slice::from_raw_parts(file.data, file.size) };
    let Ok(text) = std::str::from_utf8(text) else {
        let message = "the text is not valid UTF-8";
        sink(env, message.as_ptr(), message.len());
        return false;
    };
    match encode(text, &String::from_utf8_lossy(file)) {
        Ok(module) => {
            sink(env, module.as_ptr(), module.len());
            true
        }
        Err(failure) => {
            let (line, column) = failure.span().linecol_in(text);
            error.line = line as u64 + 1;
            error.column = column as u64 + 1;
            let message = failure.message();
            sink(env, message.as_ptr(), message.len());
            false
        }
    }
}
