//! How fast this machine reads its memory: what decoding is measured against.

use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::MmapMut;

use super::team::Team;
use crate::domain::time::Stopwatch;

/// Bytes that are read: many times what the caches of a small server hold. What a build without
/// optimisation measures means nothing, so there it is less.
const MEMORY: usize = if cfg!(debug_assertions) {
    16 << 20
} else {
    256 << 20
};
/// Bytes that a thread reads before it asks for more.
const PIECE: usize = 1 << 20;
/// Sums that run side by side, for none to wait for the one before.
const SUMS: usize = 32;

/// Memory to read, and the threads that read it.
#[derive(Debug)]
pub struct MemoryProbe {
    team: Team,
    memory: MmapMut,
}

impl MemoryProbe {
    /// A probe of as many threads as an engine would take (0: one for each core). It holds 256 MiB
    /// until it is dropped, in large pages where the system gives them, as weights are.
    pub fn new(threads: u32) -> std::io::Result<Self> {
        let memory = MmapMut::map_anon(MEMORY)?;
        #[cfg(target_os = "linux")]
        if let Err(error) = memory.advise(memmap2::Advice::HugePage) {
            tracing::debug!(%error, "no large pages for the probe");
        }
        let mut probe = Self {
            team: Team::sized(threads as usize),
            memory,
        };
        // Pages that were never written are all the same one.
        probe.memory.fill(1);
        Ok(probe)
    }

    /// Bytes per second that all threads together read, once over all of the memory, one word
    /// after the other.
    pub fn bytes_per_second(&self) -> f64 {
        let watch = Stopwatch::start();
        std::hint::black_box(self.sum());
        MEMORY as f64 / watch.elapsed().as_secs_f64().max(1e-9)
    }

    /// The sum of all words: the least that can be done with what is read.
    fn sum(&self) -> u64 {
        let total = AtomicU64::new(0);
        self.team.split(MEMORY, PIECE, |piece| {
            let (words, _) = self.memory[piece].as_chunks::<{ size_of::<u64>() }>();
            total.fetch_add(sum_of(words), Ordering::Relaxed);
        });
        total.into_inner()
    }
}

/// Plain enough for the compiler to use vectors.
fn sum_of(words: &[[u8; size_of::<u64>()]]) -> u64 {
    let mut sums = [0_u64; SUMS];
    let (rows, _) = words.as_chunks::<SUMS>();
    for row in rows {
        for (sum, word) in sums.iter_mut().zip(row) {
            *sum = sum.wrapping_add(u64::from_ne_bytes(*word));
        }
    }
    sums.into_iter().fold(0, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_read_whatever_the_number_of_threads() {
        let word = u64::from_ne_bytes([1; 8]);
        let whole = word.wrapping_mul((MEMORY / 8) as u64);
        for threads in [1, 3] {
            let mut probe = MemoryProbe::new(threads).expect("memory");
            assert_eq!(probe.sum(), whole, "{threads} threads");
            probe.memory[MEMORY - 8..].fill(2);
            assert_eq!(
                probe.sum(),
                whole.wrapping_add(word),
                "the last word counts"
            );
            assert!(probe.bytes_per_second() > 0.0);
        }
    }
}
