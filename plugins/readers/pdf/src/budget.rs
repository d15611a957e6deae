//! What reading one file may cost. A file that wants more is refused, whatever its headers promise.

use std::cell::Cell;

const MIB: u64 = 1 << 20;
/// Objects that are held at once.
const OBJECTS: u64 = 1_500_000;

/// Limits that the caller sets.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes that all streams together may unpack to.
    pub unpacked_bytes: u64,
    /// Bytes of text that may come out.
    pub text_bytes: usize,
}

impl Limits {
    /// The limits for a file of this many bytes: 200 times its size and 1 MiB more, 64 MiB at most.
    pub fn of(file_bytes: usize) -> Limits {
        let unpacked_bytes = (file_bytes as u64)
            .saturating_mul(200)
            .saturating_add(MIB)
            .min(64 * MIB);
        Limits {
            unpacked_bytes,
            text_bytes: 16 << 20,
        }
    }
}

/// What is left to spend. Whoever takes more than there is gets less, and the file is refused.
pub(crate) struct Budget {
    unpacked: Cell<u64>,
    content: Cell<u64>,
    parsed: Cell<u64>,
    objects: Cell<u64>,
    spent: Cell<Option<&'static str>>,
}

impl Budget {
    pub(crate) fn new(limits: Limits, file_bytes: usize) -> Budget {
        Budget {
            unpacked: Cell::new(limits.unpacked_bytes),
            // A form may be drawn on every page: it is unpacked once and walked often.
            content: Cell::new(limits.unpacked_bytes.saturating_mul(4).min(160 * MIB)),
            parsed: Cell::new((file_bytes as u64).saturating_mul(6) + 64 * MIB),
            objects: Cell::new(OBJECTS),
            spent: Cell::new(None),
        }
    }

    /// Bytes that may still be unpacked.
    pub(crate) fn unpacked_left(&self) -> u64 {
        self.unpacked.get()
    }

    /// Counts unpacked bytes.
    pub(crate) fn unpack(&self, bytes: usize) -> bool {
        self.take(
            &self.unpacked,
            bytes,
            "It unpacks to far more than its size allows.",
        )
    }

    /// Counts bytes of page descriptions that are walked.
    pub(crate) fn walk(&self, bytes: usize) -> bool {
        self.take(
            &self.content,
            bytes,
            "Its pages draw the same parts too often.",
        )
    }

    /// Counts bytes that are searched or parsed for objects.
    pub(crate) fn parse(&self, bytes: usize) -> bool {
        self.take(
            &self.parsed,
            bytes,
            "Its objects overlap, so that it has no end.",
        )
    }

    /// Counts objects that are held in memory.
    pub(crate) fn hold(&self, objects: usize) -> bool {
        self.take(&self.objects, objects, "It has too many objects.")
    }

    /// Objects that were held are held no more.
    pub(crate) fn let_go(&self) {
        self.objects.set(OBJECTS);
    }

    /// What was spent up, in words; `None` while there is some of all.
    pub(crate) fn spent(&self) -> Option<&'static str> {
        self.spent.get()
    }

    /// Says that the file wants too much.
    pub(crate) fn refuse(&self, why: &'static str) {
        self.spent.set(Some(why));
    }

    fn take(&self, of: &Cell<u64>, amount: usize, why: &'static str) -> bool {
        match of.get().checked_sub(amount as u64) {
            Some(left) => {
                of.set(left);
                true
            }
            None => {
                of.set(0);
                self.refuse(why);
                false
            }
        }
    }
}
