//! A program without std that parses a message. It is compiled, never run.
#![no_std]

extern crate alloc;

use core::{
    alloc::{GlobalAlloc, Layout},
    panic::PanicInfo,
};

use mime_core::Limits;

struct NoMemory;

// SAFETY: it gives no memory out, as an allocator may.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static MEMORY: NoMemory = NoMemory;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// How many parts a message has.
pub fn parts(message: &[u8]) -> usize {
    mime_core::Layout::scan(message, &Limits::DEFAULT).as_ref().part_count()
}
