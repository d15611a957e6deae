//! Output that several threads fill, each its own part.

use std::marker::PhantomData;
use std::ops::Range;

use super::team::Team;

/// A mutable slice, lent out in parts that do not overlap.
pub(super) struct Parts<'a, T> {
    start: *mut T,
    length: usize,
    lent: PhantomData<&'a mut [T]>,
}

// SAFETY: through `&Parts` one can only get at disjoint parts, by the contract of `part`, and each
// of them is then used like the `&mut [T]` that it is.
#[allow(unsafe_code, reason = "shared output of the kernels")]
unsafe impl<T: Send> Sync for Parts<'_, T> {}

impl<'a, T> Parts<'a, T> {
    pub(super) fn new(whole: &'a mut [T]) -> Self {
        Self {
            start: whole.as_mut_ptr(),
            length: whole.len(),
            lent: PhantomData,
        }
    }

    /// The part `range`. Panics if it does not lie within the whole.
    ///
    /// # Safety
    /// While the part lives, no other part may be asked for that overlaps with it.
    #[allow(unsafe_code, reason = "shared output of the kernels")]
    #[allow(clippy::mut_from_ref, reason = "parts are disjoint by contract")]
    pub(super) unsafe fn part(&self, range: Range<usize>) -> &mut [T] {
        assert!(
            range.start <= range.end && range.end <= self.length,
            "a part of the whole"
        );
        // SAFETY: the range lies within the slice that `new` borrowed mutably for `'a`, and the
        // caller keeps other parts away from it.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }
    }
}

/// Calls `work` once for each row of `out`, shared out among the team by `grain` rows at a time.
pub(super) fn by_rows<T: Send>(
    team: &Team,
    out: &mut [T],
    width: usize,
    grain: usize,
    work: impl Fn(usize, &mut [T]) + Sync,
) {
    assert!(width > 0 && out.len().is_multiple_of(width), "whole rows");
    let rows = out.len() / width;
    let parts = Parts::new(out);
    team.split(rows, grain, |piece| {
        for row in piece {
            // SAFETY: `split` hands out each row once.
            #[allow(unsafe_code, reason = "shared output of the kernels")]
            let part = unsafe { parts.part(row * width..(row + 1) * width) };
            work(row, part);
        }
    });
}
