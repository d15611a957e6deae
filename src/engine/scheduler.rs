//! Scheduler: the one loop that owns the device. Admit, read prompts, say tokens, retire.
//!
//! Each turn of the loop is one pass over the weights, in which every answer under way says a token
//! and one chunk of one prompt is read (continuous batching, Yu et al. 2022, "Orca"); then vectors
//! are made for a while if somebody waits for them. Whoever has come first, others are held up by
//! a chunk and never by a whole prompt or a whole document. Places and chunks go round between
//! people ([`Asker`]), however many requests one of them has. Between turns cancelled sequences
//! go. With nothing to do the thread sleeps.

mod board;
mod floor;
mod pace;
mod queue;
mod recency;
mod stream;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::arch::{Decoder, Encoder};
use super::sequence::Sequence;
use super::{Asker, EngineError, Piece};
use crate::config::EngineConfig;
use crate::domain::time::Stopwatch;

use board::Board;
use floor::Floor;

pub use stream::{Place, TokenStream};

/// How much runs at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Sequences that run.
    pub(super) running: usize,
    /// Sequences that wait, and embedding jobs at any stage.
    pub(super) waiting: usize,
    /// Sequences of one person that wait.
    pub(super) waiting_each: usize,
    /// Tokens of a prompt read in one go.
    pub(super) chunk_tokens: usize,
}

impl Limits {
    pub(super) fn new(config: &EngineConfig) -> Self {
        let at_least_one = |n: u32| n.max(1) as usize;
        Self {
            running: at_least_one(config.batch_sequences),
            waiting: config.queue_sequences as usize,
            waiting_each: config.queue_per_person as usize,
            chunk_tokens: at_least_one(config.prefill_chunk_tokens),
        }
    }
}

/// A sequence that waits for its turn.
pub(super) struct Waiting {
    ticket: u64,
    sequence: Sequence,
    decoder: Arc<dyn Decoder>,
    /// Since it was asked for.
    since: Stopwatch,
    /// How long it has waited, once its first step begins.
    waited: Arc<OnceLock<Duration>>,
}

impl Waiting {
    /// Whose it is.
    fn asker(&self) -> Asker {
        self.sequence.asker()
    }
}

/// Texts that wait for their vectors.
pub(super) struct EmbedJob {
    pub(super) encoder: Arc<dyn Encoder>,
    /// Tokens of each text, special ones included.
    pub(super) texts: Vec<Vec<u32>>,
    pub(super) reply: oneshot::Sender<Result<Vec<Vec<f32>>, EngineError>>,
}

/// The loop's handle. Dropping it ends the loop, and running sequences with it.
pub(super) struct Scheduler {
    board: Arc<Board>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl Scheduler {
    /// Starts the loop on a thread of its own.
    pub(super) fn start(limits: Limits) -> Result<Self, EngineError> {
        let board = Arc::new(Board::new(limits));
        let theirs = board.clone();
        let run = move || Floor::new(limits).run(&theirs);
        let thread = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(run);
        let thread = thread.map_err(|source| EngineError::Io {
            action: "start the engine's thread".to_owned(),
            source,
        })?;
        Ok(Self {
            board,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Queues a sequence whose pieces come out of `pieces`.
    pub(super) fn submit(
        &self,
        sequence: Sequence,
        decoder: Arc<dyn Decoder>,
        pieces: mpsc::Receiver<Result<Piece, EngineError>>,
    ) -> Result<TokenStream, EngineError> {
        let (ticket, waited) = self.board.queue(sequence, decoder)?;
        let board = self.board.clone();
        Ok(TokenStream::new(pieces, board, ticket, waited))
    }

    /// Whether there is room in the queue for one more of this asker.
    pub(super) fn has_room(&self, asker: Asker) -> Result<(), EngineError> {
        self.board.has_room(asker)
    }

    /// Queues texts to be turned into vectors.
    pub(super) fn embed(&self, job: EmbedJob) -> Result<(), EngineError> {
        self.board.queue_texts(job)
    }

    /// How many sequences wait, and how many run.
    pub(super) fn load(&self) -> (usize, usize) {
        self.board.load()
    }

    /// Ends the loop after its current step and waits until it has let go of everything.
    pub(super) fn stop(&self) {
        self.board.stop();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // A panic in the loop was answered to its sequence; there is nobody else to tell.
        thread.map(std::thread::JoinHandle::join);
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.board.stop();
    }
}

#[cfg(test)]
mod tests;
