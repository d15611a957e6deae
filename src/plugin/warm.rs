//! Instances that wait for the next call, each on the shelf of its guest. They take places that
//! other guests may need: whoever finds none empties all shelves and tries again.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::sandbox::Cell;

/// The warm instances of one guest.
#[derive(Default)]
pub(super) struct Shelf(Mutex<Vec<Cell>>);

/// The shelves of all guests of a sandbox.
#[derive(Default)]
pub(super) struct Shelves(Mutex<Vec<Weak<Shelf>>>);

impl Shelf {
    /// Takes an instance off it.
    pub(super) fn take(&self) -> Option<Cell> {
        self.cells().pop()
    }

    /// Keeps an instance, unless `most` are kept.
    pub(super) fn keep(&self, cell: Cell, most: usize) {
        let mut cells = self.cells();
        if cells.len() < most {
            cells.push(cell);
        }
    }

    fn cells(&self) -> std::sync::MutexGuard<'_, Vec<Cell>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelves {
    /// A shelf for one more guest.
    pub(super) fn shelf(&self) -> Arc<Shelf> {
        let (shelf, mut all) = (Arc::new(Shelf::default()), self.all());
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(&shelf));
        shelf
    }

    /// Gives up all instances that wait.
    pub(super) fn empty(&self) {
        let shelves: Vec<_> = self.all().iter().filter_map(Weak::upgrade).collect();
        for shelf in shelves {
            // Dropped outside of the lock: that takes a moment.
            drop(std::mem::take(&mut *shelf.cells()));
        }
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Shelf>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
