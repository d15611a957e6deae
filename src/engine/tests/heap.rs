//! How much memory a piece of work takes from the heap: every allocation of its thread counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static HEAP: Counting = Counting;

thread_local! {
    /// Bytes that this thread has taken and not given back, and the most of them so far.
    static HELD: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
}

fn count(taken: isize) {
    // A thread that ends frees memory after its counter is gone.
    let _ = HELD.try_with(|held| {
        let (now, most) = held.get();
        held.set((now + taken, most.max(now + taken)));
    });
}

// SAFETY: all is done by the system's allocator; counting allocates nothing.
#[allow(unsafe_code, reason = "an allocator that counts, in tests alone")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: as the caller says.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: as the caller says.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both may be there for a moment.
        count(size.cast_signed());
        count(-layout.size().cast_signed());
        // SAFETY: as the caller says.
        unsafe { System.realloc(at, layout, size) }
    }
}

/// The most bytes that `work` held at once beyond what was held before.
pub(super) fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.with(|held| {
        let (now, _) = held.get();
        held.set((now, now));
        now
    });
    let done = work();
    let most = HELD.with(|held| held.get().1);
    (done, (most - before).unsigned_abs())
}

#[test]
fn the_most_that_is_held_at_once_is_counted() {
    let (_, most) = peak(|| {
        drop(vec![1_u8; 3 << 20]);
        vec![0_u8; 2 << 20]
    });
    assert!((3 << 20..4 << 20).contains(&most), "{most}");
}
