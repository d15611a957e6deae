//! Memory for what lies between two steps of a block, kept for the next block: asking the system
//! for megabytes anew in every layer costs as much as a norm.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Buffers that are kept while nobody uses them.
const KEPT: usize = 12;

/// Buffers of one kind of number.
pub(super) struct Scratch<T>(Mutex<Vec<Vec<T>>>);

impl<T> Default for Scratch<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Copy + Default> Scratch<T> {
    /// `length` numbers of any value.
    pub(super) fn lend(&self, length: usize) -> Lent<'_, T> {
        let mut buffer = self.best_for(length).unwrap_or_default();
        if buffer.len() < length {
            buffer.resize(length, T::default());
        }
        Lent {
            buffer,
            length,
            from: self,
        }
    }

    /// The smallest buffer that is large enough, else the largest.
    fn best_for(&self, length: usize) -> Option<Vec<T>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |(_, buffer): &(usize, &Vec<T>)| buffer.len() >= length;
        let size = |(_, buffer): &(usize, &Vec<T>)| buffer.len();
        let each = || kept.iter().enumerate();
        let best = each().filter(fits).min_by_key(size);
        let (at, _) = best.or_else(|| each().max_by_key(size))?;
        Some(kept.swap_remove(at))
    }
}

/// A buffer that goes back where it came from.
pub(crate) struct Lent<'a, T> {
    /// At least `length` long.
    buffer: Vec<T>,
    length: usize,
    from: &'a Scratch<T>,
}

impl<T> Deref for Lent<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.buffer[..self.length]
    }
}

impl<T> DerefMut for Lent<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.buffer[..self.length]
    }
}

impl<T> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        let mut kept = self.from.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(std::mem::take(&mut self.buffer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_that_fits_best_is_used_again() {
        let scratch = Scratch::<f32>::default();
        let places = [scratch.lend(10), scratch.lend(1000)].map(|lent| lent.as_ptr());
        assert_eq!(scratch.lend(900).as_ptr(), places[1]);
        assert_eq!(scratch.lend(8).as_ptr(), places[0]);
        let (small, large) = (scratch.lend(8), scratch.lend(8));
        assert_ne!(small.as_ptr(), large.as_ptr());
        assert_eq!((small.len(), large.len()), (8, 8));
    }
}
