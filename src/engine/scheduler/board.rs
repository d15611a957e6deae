//! What the loop and everybody else share: who waits, and whether to stop.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::{EmbedJob, Limits, Waiting};
use crate::engine::EngineError;
use crate::engine::arch::Decoder;
use crate::engine::sequence::Sequence;

/// The notice board between the loop and the rest.
pub(super) struct Board {
    limits: Limits,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    texts: VecDeque<EmbedJob>,
    /// Embedding jobs that the loop has taken and not finished.
    texts_taken: usize,
    running: usize,
    last_ticket: u64,
    stopping: bool,
}

/// What the loop has room for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) sequences: usize,
    pub(super) cache_bytes: u64,
    /// There is nothing else to do: wait for something.
    pub(super) idle: bool,
}

/// What has come for the loop.
pub(super) struct Arrivals {
    pub(super) sequences: Vec<Waiting>,
    pub(super) texts: VecDeque<EmbedJob>,
}

impl Board {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// The state. Nothing in here can panic half-way through a change, so a poisoned lock is sound.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a sequence into the queue; its ticket.
    pub(super) fn queue(
        &self,
        sequence: Sequence,
        decoder: Arc<dyn Decoder>,
    ) -> Result<u64, EngineError> {
        let mut state = self.state();
        if state.stopping {
            return Err(EngineError::Stopping);
        }
        // One that can start at once does not wait, so a queue of length 0 is of use.
        let free = self.limits.running.saturating_sub(state.running);
        if state.waiting.len() >= self.limits.waiting + free {
            let queued = state.waiting.len();
            return Err(EngineError::Busy { queued });
        }
        state.last_ticket += 1;
        let ticket = state.last_ticket;
        state.waiting.push_back(Waiting {
            ticket,
            sequence,
            decoder,
        });
        self.changed.notify_one();
        Ok(ticket)
    }

    /// Puts texts into the queue.
    pub(super) fn queue_texts(&self, job: EmbedJob) -> Result<(), EngineError> {
        let mut state = self.state();
        if state.stopping {
            return Err(EngineError::Stopping);
        }
        let queued = state.texts.len() + state.texts_taken;
        if queued > self.limits.waiting {
            return Err(EngineError::Busy { queued });
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
            let something = !arrivals.sequences.is_empty() || !arrivals.texts.is_empty();
            if something || !room.idle {
                return Some(arrivals);
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// What is left in the queue once the loop stops.
    pub(super) fn take_all(&self) -> Arrivals {
        let mut state = self.state();
        Arrivals {
            sequences: state.waiting.drain(..).collect(),
            texts: std::mem::take(&mut state.texts),
        }
    }

    /// Notes what the loop has under way.
    pub(super) fn publish(&self, running: usize, texts: usize) {
        let mut state = self.state();
        (state.running, state.texts_taken) = (running, texts);
    }

    /// Takes a sequence out of the queue, if it is still there.
    pub(super) fn forget(&self, ticket: u64) {
        let mut state = self.state();
        let at = state.waiting.iter().position(|w| w.ticket == ticket);
        // Dropped after the lock is let go: a sequence is as large as its prompt.
        let gone = at.and_then(|at| state.waiting.remove(at));
        drop(state);
        drop(gone);
    }

    /// The place of a ticket in the queue, from 1; 0 if it is not there.
    pub(super) fn position(&self, ticket: u64) -> usize {
        let state = self.state();
        let at = state.waiting.iter().position(|w| w.ticket == ticket);
        at.map_or(0, |at| at + 1)
    }

    pub(super) fn load(&self) -> (usize, usize) {
        let state = self.state();
        (state.waiting.len(), state.running)
    }

    pub(super) fn stop(&self) {
        self.state().stopping = true;
        self.changed.notify_all();
    }
}

impl State {
    /// Takes from the front of the queue what fits. The first that does not fit holds the others
    /// back, or a long one would wait for ever.
    fn arrivals(&mut self, room: Room) -> Arrivals {
        let mut sequences = Vec::new();
        let mut bytes = room.cache_bytes;
        while sequences.len() < room.sequences {
            let Some(first) = self.waiting.front() else {
                break;
            };
            let needed = first.cache_bytes();
            // Alone it may run in any case: its length was bounded by the budget before.
            let alone = room.idle && sequences.is_empty();
            if needed > bytes && !alone {
                break;
            }
            bytes = bytes.saturating_sub(needed);
            sequences.extend(self.waiting.pop_front());
        }
        self.running += sequences.len();
        self.texts_taken += self.texts.len();
        Arrivals {
            sequences,
            texts: std::mem::take(&mut self.texts),
        }
    }
}

impl Waiting {
    /// Bytes of cache that it may come to need.
    pub(super) fn cache_bytes(&self) -> u64 {
        self.decoder.cache_bytes(self.sequence.most_tokens())
    }
}
