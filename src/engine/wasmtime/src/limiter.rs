//! A store's limits, which remember that the last growth was refused: a guest sees that as -1 and often gives up, and the
//! host must be able to say why.
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::{ResourceLimiter, Result, Store};
use wasmtime_c_api::{wasmtime_store_t, WasmtimeStoreData};

const _: () = assert!(size_of::<wasmtime_store_t>() == size_of::<Store<WasmtimeStoreData>>());

#[repr(C)]
pub struct weft_limiter_t {
    memory_bytes_max: u64,
    table_elements_max: u64,
    memory_bytes: u64,
    table_elements: u64,
    /// What all stores of the engine use together; may be null.
    shared_memory_bytes: *const AtomicU64,
    shared_memory_bytes_max: u64,
    memory_refused: bool,
    table_refused: bool,
    shared_memory_refused: bool,
}

unsafe impl Send for weft_limiter_t {}

// How many objects one instantiation may create; each is small, so these only stop nonsense.
const INSTANCES_MAX: usize = 1;
const TABLES_MAX: usize = 1_000;
// Each reserves 4 GiB of addresses and several of the process's mappings.
const MEMORIES_MAX: usize = 4;

fn grow(total: &mut u64, limit: u64, current: usize, desired: usize) -> bool {
    let more = (desired - current) as u64;
    match total.checked_add(more) {
        Some(sum) if sum <= limit => {
            *total = sum;
            true
        }
        _ => false,
    }
}

impl weft_limiter_t {
    /// Only the last growth counts: a guest that gets less after a refusal, or stays within its own maximum, goes on.
    fn forget_refusals(&mut self) {
        self.memory_refused = false;
        self.table_refused = false;
        self.shared_memory_refused = false;
    }

    /// The counter belongs to the engine, which outlives its stores.
    fn shared(&self) -> Option<&AtomicU64> {
        unsafe { self.shared_memory_bytes.as_ref() }
    }

    fn take_shared(&self, more: u64) -> bool {
        let max = self.shared_memory_bytes_max;
        let sum = |used: u64| used.checked_add(more).filter(|sum| *sum <= max);
        self.shared()
            .is_none_or(|used| used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum).is_ok())
    }

    fn give_shared(&self, bytes: u64) {
        if let Some(used) = self.shared() {
            used.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

impl ResourceLimiter for weft_limiter_t {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        self.forget_refusals();
        if maximum.is_some_and(|max| desired > max) {
            return Ok(false);
        }
        let more = (desired - current) as u64;
        if !self.take_shared(more) {
            self.shared_memory_refused = true;
            return Ok(false);
        }
        let granted = grow(&mut self.memory_bytes, self.memory_bytes_max, current, desired);
        if !granted {
            self.give_shared(more);
        }
        self.memory_refused = !granted;
        Ok(granted)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        self.forget_refusals();
        if maximum.is_some_and(|max| desired > max) {
            return Ok(false);
        }
        let granted = grow(&mut self.table_elements, self.table_elements_max, current, desired);
        self.table_refused = !granted;
        Ok(granted)
    }

    fn instances(&self) -> usize {
        INSTANCES_MAX
    }

    fn tables(&self) -> usize {
        TABLES_MAX
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX
    }
}

struct LimiterPointer(*mut weft_limiter_t);
unsafe impl Send for LimiterPointer {}
unsafe impl Sync for LimiterPointer {}

impl LimiterPointer {
    /// The store's owner keeps the limiter alive longer than the store, and only one thread uses both at a time.
    fn get(&mut self) -> &'static mut weft_limiter_t {
        unsafe { &mut *self.0 }
    }
}

/// Returns what the store took of the shared memory; after the store's end.
#[unsafe(no_mangle)]
pub extern "C" fn weft_limiter_release(limiter: &mut weft_limiter_t) {
    limiter.give_shared(limiter.memory_bytes);
    limiter.memory_bytes = 0;
}

/// Takes that many bytes again; false when the limit of all stores does not allow it.
#[unsafe(no_mangle)]
pub extern "C" fn weft_limiter_take(limiter: &mut weft_limiter_t, bytes: u64) -> bool {
    let taken = limiter.take_shared(bytes);
    if taken {
        limiter.memory_bytes = bytes;
    }
    taken
}

#[unsafe(no_mangle)]
pub extern "C" fn weft_store_limiter(store: &mut wasmtime_store_t, limiter: *mut weft_limiter_t) {
    let store = unsafe { &mut *std::ptr::from_mut(store).cast::<Store<WasmtimeStoreData>>() };
    let mut pointer = LimiterPointer(limiter);
    store.limiter(move |_data| pointer.get());
}
