//! Masks made beside the forward pass.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};

use llguidance::Matcher;
use llguidance::toktrie::SimpleVob;

use crate::engine::EngineError;

/// The thread that makes masks while the model computes. A cheap handle; the thread ends with the
/// last of them.
#[derive(Clone, Debug)]
pub(crate) struct Masks {
    wanted: mpsc::Sender<Arc<Slot>>,
}

/// One mask that is wanted. Whoever needs it before the thread has come to it makes it themselves,
/// so nobody waits for the masks of others.
pub(super) struct Mask(Arc<Slot>);

struct Slot {
    state: Mutex<State>,
    made: Condvar,
}

enum State {
    Wanted(Box<Matcher>),
    Working,
    /// The matcher itself knows why there is no mask.
    Made(Box<Matcher>, Option<SimpleVob>),
    Gone,
}

impl Masks {
    /// Starts the thread; it sleeps until a mask is wanted.
    pub(crate) fn start() -> Result<Self, EngineError> {
        let (wanted, jobs) = mpsc::channel::<Arc<Slot>>();
        let thread = std::thread::Builder::new().name("engine-masks".to_owned());
        let started = thread.spawn(move || {
            for slot in jobs {
                // Held by nobody else: the answer has ended.
                if Arc::strong_count(&slot) > 1 {
                    slot.make();
                }
            }
        });
        started.map_err(|source| EngineError::Io {
            action: "start the thread for masks".to_owned(),
            source,
        })?;
        Ok(Self { wanted })
    }

    /// Begins to make the mask of `matcher`.
    pub(super) fn want(&self, matcher: Box<Matcher>) -> Mask {
        let slot = Arc::new(Slot {
            state: Mutex::new(State::Wanted(matcher)),
            made: Condvar::new(),
        });
        // Without the thread, whoever takes the mask makes it.
        let _ = self.wanted.send(slot.clone());
        Mask(slot)
    }
}

impl Mask {
    /// The mask, once it is there; `None` if making it went wrong in a way that lost the matcher.
    pub(super) fn take(self) -> Option<(Box<Matcher>, Option<SimpleVob>)> {
        self.0.make();
        let mut state = self.0.lock();
        while matches!(*state, State::Working) {
            let woken = self.0.made.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
        match std::mem::replace(&mut *state, State::Gone) {
            State::Made(matcher, mask) => Some((matcher, mask)),
            State::Wanted(_) | State::Working | State::Gone => None,
        }
    }
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mask")
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the mask, unless somebody does or has.
    fn make(&self) {
        let mut state = self.lock();
        if !matches!(*state, State::Wanted(_)) {
            return;
        }
        let State::Wanted(mut matcher) = std::mem::replace(&mut *state, State::Working) else {
            return;
        };
        drop(state);
        let work = Work(self);
        let mask = matcher.compute_mask().ok();
        work.end(State::Made(matcher, mask));
    }
}

/// A mask in the making. If that panics, who waits for it is told by the drop.
struct Work<'a>(&'a Slot);

impl Work<'_> {
    fn end(self, state: State) {
        *self.0.lock() = state;
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if matches!(*state, State::Working) {
            *state = State::Gone;
        }
        drop(state);
        self.0.made.notify_all();
    }
}
