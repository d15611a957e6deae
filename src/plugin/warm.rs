//! Instances that wait for the next call, each on the shelf of its guest. They take places that
//! other guests may need: whoever finds none empties all shelves and tries again.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::exports::Exports;
use super::sandbox::Cell;

/// The warm instances of one guest.
pub(super) struct Shelf<X: Exports>(Mutex<Vec<Cell<X>>>);

/// The shelves of all guests of a sandbox.
#[derive(Default)]
pub(super) struct Shelves(Mutex<Vec<Weak<dyn Emptied>>>);

/// A shelf whose world does not matter.
trait Emptied: Send + Sync {
    fn empty(&self);
}

impl<X: Exports> Emptied for Shelf<X> {
    fn empty(&self) {
        // Dropped outside of the lock: that takes a moment.
        let cells = std::mem::take(&mut *self.cells());
        drop(cells);
    }
}

impl<X: Exports> Shelf<X> {
    /// Takes an instance off it.
    pub(super) fn take(&self) -> Option<Cell<X>> {
        self.cells().pop()
    }

    /// Keeps an instance, unless `most` are kept.
    pub(super) fn keep(&self, cell: Cell<X>, most: usize) {
        let mut cells = self.cells();
        if cells.len() < most {
            cells.push(cell);
        }
    }

    fn cells(&self) -> std::sync::MutexGuard<'_, Vec<Cell<X>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelves {
    /// A shelf for one more guest.
    pub(super) fn shelf<X: Exports>(&self) -> Arc<Shelf<X>> {
        let shelf = Arc::new(Shelf(Mutex::default()));
        let kept: Arc<dyn Emptied> = shelf.clone();
        let mut all = self.all();
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(&kept));
        shelf
    }

    /// Gives up all instances that wait.
    pub(super) fn empty(&self) {
        let shelves: Vec<_> = self.all().iter().filter_map(Weak::upgrade).collect();
        for shelf in shelves {
            shelf.empty();
        }
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<Weak<dyn Emptied>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
