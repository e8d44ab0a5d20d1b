//! A store's limits, which remember that the last growth was refused: a guest sees that as -1 and often gives up, and the
//! host must be able to say why.
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::{Error, ResourceLimiter, Result, Store};
use wasmtime_c_api::{wasmtime_store_t, WasmtimeStoreData};

const _: () = assert!(size_of::<wasmtime_store_t>() == size_of::<Store<WasmtimeStoreData>>());

/// Of the C side.
#[repr(C)]
pub struct weft_limiter_t {
    memory_bytes_max: u64,
    table_elements_max: u64,
    own_bytes: u64,
    memory_bytes: u64,
    table_elements: u64,
    /// What all stores of the engine use together; may be null.
    shared_memory_bytes: *const AtomicU64,
    shared_memory_bytes_max: u64,
    /// How much of that is this store's.
    taken_bytes: u64,
    memory_refused: bool,
    table_refused: bool,
    shared_memory_refused: bool,
    /// Of memory_bytes: what was granted last.
    last_growth: u64,
}

unsafe impl Send for weft_limiter_t {}

// How many objects one instantiation may create; each is small, so these only stop nonsense.
const INSTANCES_MAX: usize = 1;
const TABLES_MAX: usize = 1_000;
// Each reserves 4 GiB of addresses and several of the process's mappings.
const MEMORIES_MAX: usize = 4;

// As slot_pool.cc says.
const NO_ROOM: &str = "no room for another memory";

// As WEFT_TABLE_ELEMENT_BYTES and WEFT_FREE_BYTES_BESIDE_MEMORY.
const TABLE_ELEMENT_BYTES: u64 = 8;
const FREE_BYTES_BESIDE_MEMORY: u64 = 1 << 20;

impl weft_limiter_t {
    /// Only the last growth counts: a guest that gets less after a refusal, or stays within its own maximum, goes on.
    fn forget_refusals(&mut self) {
        self.memory_refused = false;
        self.table_refused = false;
        self.shared_memory_refused = false;
        self.last_growth = 0;
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

    /// Whether the store may have that much; nothing changes otherwise.
    fn use_memory(&mut self, memory_bytes: u64, table_elements: u64) -> bool {
        let beside = self.own_bytes.saturating_add(table_elements.saturating_mul(TABLE_ELEMENT_BYTES));
        let counted = memory_bytes.saturating_add(beside.saturating_sub(FREE_BYTES_BESIDE_MEMORY));
        if counted > self.memory_bytes_max {
            self.memory_refused = true;
            return false;
        }
        let all = memory_bytes.saturating_add(beside);
        if !self.take_shared(all.saturating_sub(self.taken_bytes)) {
            self.shared_memory_refused = true;
            return false;
        }
        self.taken_bytes = self.taken_bytes.max(all);
        self.memory_bytes = memory_bytes;
        self.table_elements = table_elements;
        true
    }
}

fn sum_of(used: u64, current: usize, desired: usize) -> u64 {
    used.saturating_add((desired - current) as u64)
}

impl ResourceLimiter for weft_limiter_t {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        self.forget_refusals();
        if maximum.is_some_and(|max| desired > max) {
            return Ok(false);
        }
        let before = self.memory_bytes;
        let granted = self.use_memory(sum_of(before, current, desired), self.table_elements);
        self.last_growth = self.memory_bytes - before;
        Ok(granted)
    }

    /// Called where nothing was asked for, too; what was granted has failed only where the host had no room.
    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        if format!("{error:?}").contains(NO_ROOM) {
            self.memory_bytes -= std::mem::take(&mut self.last_growth);
        }
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        self.forget_refusals();
        if maximum.is_some_and(|max| desired > max) {
            return Ok(false);
        }
        let elements = sum_of(self.table_elements, current, desired);
        if elements > self.table_elements_max {
            self.table_refused = true;
            return Ok(false);
        }
        Ok(self.use_memory(self.memory_bytes, elements))
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

/// Returns what the store took of the shared memory; after the store's end, or while nothing of it is used.
#[unsafe(no_mangle)]
pub extern "C" fn weft_limiter_release(limiter: &mut weft_limiter_t) {
    if let Some(used) = limiter.shared() {
        used.fetch_sub(limiter.taken_bytes, Ordering::Relaxed);
    }
    limiter.taken_bytes = 0;
    limiter.memory_bytes = 0;
}

/// Takes what the store has beside its memories, and that many bytes of memory; false when a limit does not allow it.
#[unsafe(no_mangle)]
pub extern "C" fn weft_limiter_take(limiter: &mut weft_limiter_t, memory_bytes: u64) -> bool {
    limiter.use_memory(memory_bytes, limiter.table_elements)
}

#[unsafe(no_mangle)]
pub extern "C" fn weft_store_limiter(store: &mut wasmtime_store_t, limiter: *mut weft_limiter_t) {
    let store = unsafe { &mut *std::ptr::from_mut(store).cast::<Store<WasmtimeStoreData>>() };
    let mut pointer = LimiterPointer(limiter);
    store.limiter(move |_data| pointer.get());
}
