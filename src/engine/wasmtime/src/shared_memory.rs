//! What the C API lacks for memories that threads share.
use wasmtime::SharedMemory;

/// Every place where a guest can wait is an address that four divides.
const PLACE_BYTES: usize = 4;

#[unsafe(no_mangle)]
pub extern "C" fn weft_shared_memory_wake(memory: &SharedMemory) {
    for address in (0..memory.data_size()).step_by(PLACE_BYTES) {
        // It fails only behind the end, which never moves down.
        let _ = memory.atomic_notify(address as u64, u32::MAX);
    }
}
