//! What whoever asked holds: the pieces of one answer, and its place in the queue before.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::board::Board;
use crate::domain::time::Stopwatch;
use crate::engine::{EngineError, Piece};

/// A place in the queue is told at most this often.
const PAUSE: Duration = Duration::from_secs(1);

/// A place in the queue, as things stand. Others may still come before it: people who have less
/// under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// How many answers come before this one; the next has none.
    pub ahead: usize,
    /// How long it takes until this one's turn, by how long answers took of late; none as long as
    /// none has ended since the engine was started.
    pub eta: Option<Duration>,
}

/// The output of one sequence. Dropping it cancels the sequence within one token.
pub struct TokenStream {
    pieces: mpsc::Receiver<Result<Piece, EngineError>>,
    board: Arc<Board>,
    ticket: u64,
    waited: Arc<OnceLock<Duration>>,
    ended: bool,
}

impl TokenStream {
    pub(super) fn new(
        pieces: mpsc::Receiver<Result<Piece, EngineError>>,
        board: Arc<Board>,
        ticket: u64,
        waited: Arc<OnceLock<Duration>>,
    ) -> Self {
        Self {
            pieces,
            board,
            ticket,
            waited,
            ended: false,
        }
    }

    /// The next piece; `None` after the end or an error.
    pub async fn next(&mut self) -> Option<Result<Piece, EngineError>> {
        if self.ended {
            return None;
        }
        let piece = self
            .pieces
            .recv()
            .await
            .unwrap_or(Err(EngineError::Stopping));
        self.ended = matches!(piece, Ok(Piece::End { .. }) | Err(_));
        Some(piece)
    }

    /// The place in the queue; none once it has left the queue.
    pub fn place(&self) -> Option<Place> {
        self.board.place(self.ticket)
    }

    /// Waits until it has left the queue and calls `told` with its place, and again whenever the
    /// number of those ahead or the whole seconds to wait are others, at most once a second.
    pub async fn let_in(&self, told: impl FnMut(Place)) {
        self.let_in_telling(told, PAUSE).await;
    }

    pub(super) async fn let_in_telling(&self, mut told: impl FnMut(Place), every: Duration) {
        let mut moves = self.board.moves();
        let mut last: Option<(Place, Stopwatch)> = None;
        loop {
            moves.borrow_and_update();
            let Some(place) = self.place() else {
                return;
            };
            let news = last.is_none_or(|(told, _)| !same(told, place));
            let pause = last.map_or(Duration::ZERO, |(_, when)| {
                every.saturating_sub(when.elapsed())
            });
            if news && pause.is_zero() {
                told(place);
                last = Some((place, Stopwatch::start()));
            }
            let moved = moves.changed();
            let moved = match news && !pause.is_zero() {
                true => timeout(pause, moved).await.unwrap_or(Ok(())),
                false => moved.await,
            };
            if moved.is_err() {
                return;
            }
        }
    }

    /// How long it waited between being asked for and its first step; none before that.
    pub fn waited(&self) -> Option<Duration> {
        self.waited.get().copied()
    }
}

/// Whether two places are the same to whoever waits.
fn same(a: Place, b: Place) -> bool {
    let seconds = |place: Place| place.eta.map(|eta| eta.as_secs());
    a.ahead == b.ahead && seconds(a) == seconds(b)
}

impl Drop for TokenStream {
    fn drop(&mut self) {
        self.pieces.close();
        self.board.forget(self.ticket);
    }
}

impl std::fmt::Debug for TokenStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenStream({})", self.ticket)
    }
}
