//! Turns that run: what happened so far, who reads it, and how to end it.
//!
//! The log of a turn is bounded by the answer's limit of tokens; logs of finished turns are kept
//! for a while, so that a reader who lost the connection finds the end.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{TurnEvent, TurnEventKind};
use crate::domain::id::{TurnId, UserId};
use crate::domain::time::Stopwatch;

/// Logs of finished turns that are kept.
const FINISHED: usize = 64;

/// One turn that runs, or did until a moment ago.
pub(super) struct Running {
    pub turn: TurnId,
    pub owner: UserId,
    pub cancel: CancellationToken,
    events: Mutex<Vec<TurnEventKind>>,
    /// How many events there are, and whether they are all.
    state: watch::Sender<(u64, bool)>,
    readers: AtomicU32,
    unread_since: Mutex<Stopwatch>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while holding the lock leaves the list as it was before or after one push.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Running {
    /// Adds to the log and wakes the readers.
    pub(super) fn emit(&self, kind: TurnEventKind) {
        let last = matches!(kind, TurnEventKind::Done(_) | TurnEventKind::Error { .. });
        let mut events = locked(&self.events);
        events.push(kind);
        let count = events.len() as u64;
        drop(events);
        self.state.send_replace((count, last));
    }

    /// Waits until nobody has read for `limit`.
    pub(super) async fn abandoned(&self, limit: Duration) {
        loop {
            let unread = locked(&self.unread_since).elapsed();
            let left = match self.readers.load(Ordering::Relaxed) {
                0 => limit.saturating_sub(unread),
                _ => limit,
            };
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }

    fn is_finished(&self) -> bool {
        self.state.borrow().1
    }
}

/// What one reader reads. While it lives, the turn counts as being read.
pub struct TurnEvents {
    running: Option<Arc<Running>>,
    state: watch::Receiver<(u64, bool)>,
    next: u64,
    /// For a turn whose log is gone: the one event that says how it ended.
    ending: Option<TurnEvent>,
}

impl TurnEvents {
    fn reading(running: Arc<Running>, after: u64) -> Self {
        running.readers.fetch_add(1, Ordering::Relaxed);
        let state = running.state.subscribe();
        Self {
            running: Some(running),
            state,
            next: after,
            ending: None,
        }
    }

    /// The only thing that is left to say of a turn that ended a while ago.
    pub(super) fn ended(seq: u64, kind: TurnEventKind) -> Self {
        let (_, state) = watch::channel((0, true));
        Self {
            running: None,
            state,
            next: 0,
            ending: Some(TurnEvent { seq, kind }),
        }
    }

    /// The next event; `None` after the last one.
    pub async fn next(&mut self) -> Option<TurnEvent> {
        let Some(running) = &self.running else {
            return self.ending.take();
        };
        loop {
            let (count, last) = *self.state.borrow_and_update();
            if self.next < count {
                let index = usize::try_from(self.next).ok()?;
                let kind = locked(&running.events).get(index)?.clone();
                self.next += 1;
                return Some(TurnEvent {
                    seq: self.next,
                    kind,
                });
            }
            if last || self.state.changed().await.is_err() {
                return None;
            }
        }
    }
}

impl Drop for TurnEvents {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            *locked(&running.unread_since) = Stopwatch::start();
            running.readers.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// All turns of the box that run, and the last ones that did.
#[derive(Default)]
pub(super) struct Board {
    turns: Mutex<Turns>,
}

#[derive(Default)]
struct Turns {
    by_id: HashMap<TurnId, Arc<Running>>,
    finished: VecDeque<TurnId>,
}

impl Board {
    /// Adds a turn unless its owner has `limit` running already; the error is how many.
    pub(super) fn start(
        &self,
        turn: TurnId,
        owner: UserId,
        limit: u32,
    ) -> Result<Arc<Running>, u32> {
        let mut turns = locked(&self.turns);
        let mine = turns
            .by_id
            .values()
            .filter(|r| r.owner == owner && !r.is_finished())
            .count();
        let mine = u32::try_from(mine).unwrap_or(u32::MAX);
        if mine >= limit {
            return Err(mine);
        }
        let running = Arc::new(Running {
            turn,
            owner,
            cancel: CancellationToken::new(),
            events: Mutex::default(),
            state: watch::channel((0, false)).0,
            readers: AtomicU32::new(0),
            unread_since: Mutex::new(Stopwatch::start()),
        });
        turns.by_id.insert(turn, running.clone());
        Ok(running)
    }

    /// Marks a turn as finished; the oldest finished ones are forgotten.
    pub(super) fn finish(&self, turn: TurnId) {
        let mut turns = locked(&self.turns);
        turns.finished.push_back(turn);
        while turns.finished.len() > FINISHED {
            if let Some(old) = turns.finished.pop_front() {
                turns.by_id.remove(&old);
            }
        }
    }

    /// Forgets a turn that never ran.
    pub(super) fn forget(&self, turn: TurnId) {
        locked(&self.turns).by_id.remove(&turn);
    }

    /// The turn, if its log is still there.
    pub(super) fn get(&self, turn: TurnId) -> Option<Arc<Running>> {
        locked(&self.turns).by_id.get(&turn).cloned()
    }

    /// Events of a turn after number `after`, if its log is still there.
    pub(super) fn read(&self, turn: TurnId, after: u64) -> Option<TurnEvents> {
        self.get(turn)
            .map(|running| TurnEvents::reading(running, after))
    }

    /// All turns that still run.
    pub(super) fn running(&self) -> Vec<Arc<Running>> {
        let turns = locked(&self.turns);
        turns
            .by_id
            .values()
            .filter(|running| !running.is_finished())
            .cloned()
            .collect()
    }
}
