//! What the loop and everybody else share: who waits, and whether to stop.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::pace::Pace;
use super::queue::Queue;
use super::{EmbedJob, Limits, Place, Waiting};
use crate::domain::time::Stopwatch;
use crate::engine::arch::Decoder;
use crate::engine::kv_cache::KvCache;
use crate::engine::sequence::Sequence;
use crate::engine::{Asker, EngineError};

/// The notice board between the loop and the rest.
pub(super) struct Board {
    limits: Limits,
    state: Mutex<State>,
    changed: Condvar,
    /// Tells those who wait that somebody has come, gone or been let in.
    moved: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    queue: Queue,
    texts: VecDeque<EmbedJob>,
    /// Embedding jobs that the loop has taken and not finished.
    texts_taken: usize,
    /// Whose sequences the loop has taken and not finished, oldest first.
    running: Vec<Asker>,
    pace: Pace,
    last_ticket: u64,
    stopping: bool,
}

/// What the loop has room for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) sequences: usize,
    /// There is nothing else to do: wait for something.
    pub(super) idle: bool,
}

/// What has come for the loop.
pub(super) struct Arrivals {
    pub(super) sequences: Vec<(Waiting, KvCache)>,
    pub(super) texts: VecDeque<EmbedJob>,
}

impl Board {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: Mutex::default(),
            changed: Condvar::new(),
            moved: watch::channel(()).0,
        }
    }

    /// The state. Nothing in here can panic half-way through a change, so a poisoned lock is sound.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a sequence into the queue; its ticket, and where its wait is noted once it is over.
    pub(super) fn queue(
        &self,
        sequence: Sequence,
        decoder: Arc<dyn Decoder>,
    ) -> Result<(u64, Arc<OnceLock<Duration>>), EngineError> {
        let mut state = self.state();
        self.admits(&state, sequence.asker())?;
        state.last_ticket += 1;
        let (ticket, waited) = (state.last_ticket, Arc::default());
        state.queue.push(Waiting {
            ticket,
            sequence,
            decoder,
            since: Stopwatch::start(),
            waited: Arc::clone(&waited),
        });
        drop(state);
        self.changed.notify_one();
        self.moved.send_replace(());
        Ok((ticket, waited))
    }

    /// Whether there is room in the queue for one more of this asker.
    pub(super) fn has_room(&self, asker: Asker) -> Result<(), EngineError> {
        self.admits(&self.state(), asker)
    }

    fn admits(&self, state: &State, asker: Asker) -> Result<(), EngineError> {
        if state.stopping {
            return Err(EngineError::Stopping);
        }
        // One that can start at once does not wait, so a queue of length 0 is of use.
        let running = state.running.len();
        let free = self.limits.running.saturating_sub(running);
        let queued = state.queue.len();
        if queued >= self.limits.waiting.saturating_add(free) {
            let retry = state.pace.until_free(1, running);
            return Err(EngineError::Busy { queued, retry });
        }
        let queued = state.queue.count_of(asker);
        if asker != Asker::default() && queued >= self.limits.waiting_each.saturating_add(free) {
            let ahead = state
                .queue
                .ahead_of_first(asker, &state.running, self.limits.running);
            let retry = state.pace.until_free(ahead + 1, running);
            return Err(EngineError::ShareTaken { queued, retry });
        }
        Ok(())
    }

    /// Puts texts into the queue.
    pub(super) fn queue_texts(&self, job: EmbedJob) -> Result<(), EngineError> {
        let mut state = self.state();
        if state.stopping {
            return Err(EngineError::Stopping);
        }
        let queued = state.texts.len() + state.texts_taken;
        if queued > self.limits.waiting {
            return Err(EngineError::Busy {
                queued,
                retry: None,
            });
        }
        state.texts.push_back(job);
        self.changed.notify_one();
        Ok(())
    }

    /// Takes what there is room for, and waits for something if the loop is idle. `None` means
    /// stop.
    pub(super) fn take(&self, room: Room) -> Option<Arrivals> {
        let mut state = self.state();
        loop {
            if state.stopping {
                return None;
            }
            let arrivals = state.arrivals(room);
            let moved = !arrivals.sequences.is_empty();
            if moved {
                self.moved.send_replace(());
            }
            if moved || !arrivals.texts.is_empty() || !room.idle {
                return Some(arrivals);
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// What is left in the queue once the loop stops.
    pub(super) fn take_all(&self) -> (Vec<Waiting>, VecDeque<EmbedJob>) {
        let mut state = self.state();
        self.moved.send_replace(());
        (state.queue.drain(), std::mem::take(&mut state.texts))
    }

    /// Notes what the loop has under way, and how long those that ended have held their places.
    pub(super) fn publish(&self, running: Vec<Asker>, texts: usize, held: &[Duration]) {
        let mut state = self.state();
        let moved = state.running != running;
        (state.running, state.texts_taken) = (running, texts);
        held.iter().for_each(|held| state.pace.note(*held));
        drop(state);
        if moved {
            self.moved.send_replace(());
        }
    }

    /// Takes a sequence out of the queue, if it is still there.
    pub(super) fn forget(&self, ticket: u64) {
        // Dropped after the lock is let go: a sequence is as large as its prompt.
        let gone = self.state().queue.remove(ticket);
        if gone.is_some() {
            self.moved.send_replace(());
        }
    }

    /// The place of a ticket in the queue; none if it is not there.
    pub(super) fn place(&self, ticket: u64) -> Option<Place> {
        let state = self.state();
        let ahead = state
            .queue
            .ahead(ticket, &state.running, self.limits.running)?;
        Some(Place {
            ahead,
            eta: state.pace.until_free(ahead + 1, state.running.len()),
        })
    }

    /// Tells of every move in the queue.
    pub(super) fn moves(&self) -> watch::Receiver<()> {
        self.moved.subscribe()
    }

    pub(super) fn load(&self) -> (usize, usize) {
        let state = self.state();
        (state.queue.len(), state.running.len())
    }

    pub(super) fn stop(&self) {
        self.state().stopping = true;
        self.changed.notify_all();
    }
}

impl State {
    /// Takes from the front of the queue what its model has memory for. The first that does not
    /// fit holds the others of its model back, or a long one would wait for ever; alone on its
    /// model it fits, for its length was bounded by that. Those of other models go on.
    fn arrivals(&mut self, room: Room) -> Arrivals {
        let mut sequences = Vec::new();
        let mut full: Vec<Arc<dyn Decoder>> = Vec::new();
        while sequences.len() < room.sequences {
            let has_room = |w: &Waiting| !full.iter().any(|model| Arc::ptr_eq(model, &w.decoder));
            let Some(first) = self.queue.next(&self.running, has_room) else {
                break;
            };
            let (ticket, most) = (first.ticket, first.sequence.most_tokens());
            if !first.decoder.has_room(most) {
                full.push(first.decoder.clone());
                continue;
            }
            let Some(first) = self.queue.let_in(ticket) else {
                break;
            };
            let cache = first.decoder.new_cache(most, first.sequence.scope());
            self.running.push(first.asker());
            sequences.push((first, cache));
        }
        self.texts_taken += self.texts.len();
        Arrivals {
            sequences,
            texts: std::mem::take(&mut self.texts),
        }
    }
}
