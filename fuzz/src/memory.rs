// SPDX-License-Identifier: GPL-3.0-or-later
//! A bound on what a reader may allocate for an input of some size. For one thread, which is what a fuzz target has.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What a reader may allocate however small the input is.
const GROUND: usize = 64 << 10;
/// What it may allocate for each byte of the input, counting what it frees again and every growth of a list. JSON is what
/// comes nearest: each `0,` of an array is a `Value` of 32 bytes, in a list that doubles, in a copy.
const FOR_EACH_BYTE: usize = 512;

/// Runs `work` on an input of `size` bytes and panics when it allocates out of all proportion to it.
pub fn in_proportion<T>(size: usize, work: impl FnOnce() -> T) -> T {
    let region = Region::new(ALLOCATOR);
    let result = work();
    let allocated = region.change().bytes_allocated;
    assert!(
        allocated <= GROUND + FOR_EACH_BYTE * size,
        "{allocated} bytes for an input of {size}"
    );
    result
}
