//! The pages of one model: who uses which, and what unused ones still hold.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::prefix::PageName;

/// Numbers of pages, given out and taken back. Pages that nobody uses keep what they hold, under
/// its name, until the room is needed; the one that has lain longest goes first.
#[derive(Debug)]
pub(crate) struct Pool {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    pages: Vec<Page>,
    free: Vec<u32>,
    named: HashMap<PageName, u32>,
    /// Named pages that nobody uses, by when they were let go.
    idle: BTreeMap<u64, u32>,
    time: u64,
    /// Pages that caches may come to need, at most.
    promised: usize,
    /// How often everything was lost.
    losses: u32,
}

#[derive(Debug, Default)]
struct Page {
    users: u32,
    name: Option<PageName>,
    /// Its key in [`State::idle`].
    idle_since: u64,
}

impl Pool {
    /// A pool of at most `capacity` pages.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            state: Mutex::default(),
        }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// The state. Every change is complete before anything can panic, so a poisoned lock is sound.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `pages` more can be promised.
    pub(crate) fn has_room(&self, pages: usize) -> bool {
        self.state().promised.saturating_add(pages) <= self.capacity
    }

    /// Promises pages to a cache. Shared ones count for each that shares them.
    pub(super) fn promise(&self, pages: usize) {
        self.state().promised += pages;
    }

    /// Takes a promise back.
    pub(super) fn unpromise(&self, pages: usize) {
        self.state().promised -= pages;
    }

    /// A page of one's own; none if all are in use.
    pub(super) fn take(&self) -> Option<u32> {
        let mut state = self.state();
        if let Some(page) = state.free.pop() {
            state.page(page).users = 1;
            return Some(page);
        }
        if state.pages.len() < self.capacity {
            let page = u32::try_from(state.pages.len()).ok()?;
            state.pages.push(Page {
                users: 1,
                ..Page::default()
            });
            return Some(page);
        }
        let (_, page) = state.idle.pop_first()?;
        state.forget(page);
        state.page(page).users = 1;
        Some(page)
    }

    /// The page that holds what `name` says, to be read and not written.
    pub(super) fn share(&self, name: PageName) -> Option<u32> {
        let mut state = self.state();
        let page = *state.named.get(&name)?;
        if state.page(page).users == 0 {
            let since = state.page(page).idle_since;
            state.idle.remove(&since);
        }
        state.page(page).users += 1;
        Some(page)
    }

    /// Lets others find a page by what it holds. It must not be written any more.
    pub(super) fn publish(&self, page: u32, name: PageName) {
        let mut state = self.state();
        let known = *state.named.entry(name).or_insert(page);
        if known == page {
            state.page(page).name = Some(name);
        }
    }

    /// Takes back what [`Pool::publish`] said: the page is about to be written.
    pub(super) fn withdraw(&self, page: u32) {
        self.state().forget(page);
    }

    /// Lets go of a page.
    pub(super) fn release(&self, page: u32) {
        let mut state = self.state();
        state.time += 1;
        let now = state.time;
        let place = state.page(page);
        place.users -= 1;
        if place.users > 0 {
            return;
        }
        place.idle_since = now;
        match place.name {
            Some(_) => drop(state.idle.insert(now, page)),
            None => state.free.push(page),
        }
    }

    /// How often everything that pages held was lost.
    pub(super) fn losses(&self) -> u32 {
        self.state().losses
    }

    /// Forgets what pages hold: their memory is gone.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        state.losses += 1;
        while let Some((_, page)) = state.idle.pop_first() {
            state.forget(page);
            state.free.push(page);
        }
        let named: Vec<u32> = state.named.values().copied().collect();
        named.into_iter().for_each(|page| state.forget(page));
    }

    /// Pages in use, and unused ones that still hold something.
    #[cfg(test)]
    pub(crate) fn load(&self) -> (usize, usize) {
        let state = self.state();
        let used = state.pages.iter().filter(|page| page.users > 0).count();
        (used, state.idle.len())
    }
}

impl State {
    fn page(&mut self, page: u32) -> &mut Page {
        &mut self.pages[page as usize]
    }

    fn forget(&mut self, page: u32) {
        if let Some(name) = self.page(page).name.take() {
            self.named.remove(&name);
        }
    }
}
