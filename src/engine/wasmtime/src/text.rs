//! Text that crosses the C boundary.
use std::ptr;

/// Borrowed bytes: valid during the call they are passed to.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct weft_text_t {
    pub data: *const u8,
    pub size: usize,
}

impl weft_text_t {
    pub const NONE: weft_text_t = weft_text_t { data: ptr::null(), size: 0 };

    pub fn of(text: &str) -> weft_text_t {
        weft_text_t { data: text.as_ptr(), size: text.len() }
    }

    pub fn of_option(text: Option<&str>) -> weft_text_t {
        text.map_or(weft_text_t::NONE, weft_text_t::of)
    }
}

/// Receives bytes whose owner is the caller of the callback.
pub type weft_sink_t = extern "C" fn(env: *mut std::ffi::c_void, data: *const u8, size: usize);
