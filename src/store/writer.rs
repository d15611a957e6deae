//! Writer: one thread that commits many writes together.
//!
//! A commit costs a few milliseconds whatever is in it, so what arrives while one runs shares the
//! next. A write that fails, or panics, is taken back alone; a disk that fails makes the store
//! read-only, since what redb holds in memory can no longer be trusted to be on disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use redb::Database;

use crate::config::StoreConfig;
use crate::domain::time::Stopwatch;

use super::StoreError;
use super::sweep::Sweep;
use super::transaction::WriteTx;

/// One queued write. Boxed with its caller's channel inside.
pub(super) type Op = Box<dyn FnOnce(&mut WriteTx) -> Settled + Send>;

/// A write that has run and waits for the commit.
pub(super) struct Settled {
    kept: bool,
    reply: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

/// Packs a write with the way back to its caller.
pub(super) fn op<T: Send + 'static, E: From<StoreError> + Send + 'static>(
    f: impl FnOnce(&mut WriteTx) -> Result<T, E> + Send + 'static,
    reply: impl FnOnce(Result<T, E>) + Send + 'static,
) -> Op {
    Box::new(move |tx| {
        let result = f(tx);
        let kept = result.is_ok();
        let reply = Box::new(move |committed: Result<(), StoreError>| {
            reply(result.and_then(|value| committed.map(|()| value).map_err(E::from)));
        });
        Settled { kept, reply }
    })
}

enum Message {
    Write(Op),
    Close,
}

/// The handle of the thread. Dropping it drains the queue and waits for the thread.
pub(super) struct Writer {
    queue: SyncSender<Message>,
    state: Arc<State>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    depth: AtomicUsize,
    /// Why nothing is written any more.
    refusal: Mutex<Option<Refusal>>,
}

#[derive(Clone)]
enum Refusal {
    Closed,
    Failed(String),
}

impl Refusal {
    fn error(&self) -> StoreError {
        match self {
            Self::Closed => StoreError::Closed,
            Self::Failed(reason) => StoreError::ReadOnly {
                reason: reason.clone(),
            },
        }
    }
}

impl State {
    fn refusal(&self) -> Option<Refusal> {
        self.refusal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The first reason stays.
    fn refuse(&self, refusal: Refusal) {
        self.refusal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(refusal);
    }
}

impl Writer {
    pub(super) fn start(
        database: Arc<Database>,
        sweep: Sweep,
        config: &StoreConfig,
    ) -> Result<Self, StoreError> {
        let (queue, inbox) = sync_channel(config.queue_writes.max(1) as usize);
        let state = Arc::new(State::default());
        let thread = Thread {
            database,
            sweep,
            inbox,
            state: Arc::clone(&state),
            batch: config.batch_writes.max(1) as usize,
            linger: Duration::from_millis(config.batch_wait_ms.into()),
            crowded: false,
            repaired: Stopwatch::start(),
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || thread.run())
            .map_err(|source| StoreError::folder("store-writer".as_ref(), source))?;
        Ok(Self {
            queue,
            state,
            thread: Mutex::new(Some(thread)),
        })
    }

    pub(super) fn queue(&self, op: Op) -> Result<(), StoreError> {
        if let Some(refusal) = self.state.refusal() {
            return Err(refusal.error());
        }
        self.state.depth.fetch_add(1, Ordering::Relaxed);
        self.queue.try_send(Message::Write(op)).map_err(|error| {
            self.state.depth.fetch_sub(1, Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => StoreError::Busy,
                TrySendError::Disconnected(_) => StoreError::Closed,
            }
        })
    }

    pub(super) fn depth(&self) -> usize {
        self.state.depth.load(Ordering::Relaxed)
    }

    pub(super) fn is_writable(&self) -> bool {
        self.state.refusal().is_none()
    }

    /// Takes no more writes, commits those that wait and ends the thread. Blocks.
    pub(super) fn close(&self) {
        self.state.refuse(Refusal::Closed);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(thread) = thread else { return };
        // An error means that the thread has ended already.
        self.queue.send(Message::Close).ok();
        // The last handle can be dropped by a write, on the thread itself; it ends on its own.
        if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
            tracing::error!("the store's writer thread panicked");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

struct Thread {
    database: Arc<Database>,
    /// What is done when nobody waits.
    sweep: Sweep,
    inbox: Receiver<Message>,
    state: Arc<State>,
    batch: usize,
    linger: Duration,
    /// The last batch had company, so the next one waits a little for more.
    crowded: bool,
    repaired: Stopwatch,
}

/// How often a commit also saves what makes opening after a crash quick.
const QUICK_REPAIR_EVERY: Duration = Duration::from_secs(60);

impl Thread {
    fn run(mut self) {
        loop {
            match self.next() {
                Ok(Message::Write(first)) => {
                    if !self.commit_batch(first) {
                        break;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.sweep.step(),
                Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.finish();
    }

    /// What is to be done next; a timeout when that is sweeping.
    fn next(&self) -> Result<Message, RecvTimeoutError> {
        let sweeps = !matches!(self.state.refusal(), Some(Refusal::Failed(_)));
        match self.sweep.rest().filter(|_| sweeps) {
            Some(rest) => self.inbox.recv_timeout(rest),
            None => Ok(self.inbox.recv()?),
        }
    }

    /// Runs and commits `first` and what comes with it; false when the thread is to end.
    fn commit_batch(&mut self, first: Op) -> bool {
        let quick_repair = self.repaired.elapsed() >= QUICK_REPAIR_EVERY;
        let mut tx = match self.begin(quick_repair) {
            Ok(tx) => tx,
            Err(error) => return self.fail_one(first, &error),
        };
        let started = Stopwatch::start();
        let mut settled = Vec::new();
        let mut open = true;
        let mut next = Some(first);
        while let Some(op) = next.take() {
            self.state.depth.fetch_sub(1, Ordering::Relaxed);
            settled.extend(run_one(&mut tx, op));
            if tx.is_broken() || settled.len() >= self.batch {
                break;
            }
            (next, open) = self.more(&started);
        }
        self.crowded = settled.len() > 1;
        self.commit(tx, settled);
        if quick_repair {
            self.repaired = Stopwatch::start();
        }
        open
    }

    fn begin(&self, quick_repair: bool) -> Result<WriteTx, StoreError> {
        match self.state.refusal() {
            Some(refusal @ Refusal::Failed(_)) => Err(refusal.error()),
            _ => WriteTx::begin(&self.database, quick_repair),
        }
    }

    /// The next write of this batch, and whether the queue is still open.
    fn more(&self, started: &Stopwatch) -> (Option<Op>, bool) {
        let patience = if self.crowded {
            self.linger
        } else {
            Duration::ZERO
        };
        match self
            .inbox
            .recv_timeout(patience.saturating_sub(started.elapsed()))
        {
            Ok(Message::Write(op)) => (Some(op), true),
            Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => (None, false),
            Err(RecvTimeoutError::Timeout) => (None, true),
        }
    }

    fn commit(&mut self, tx: WriteTx, settled: Vec<Settled>) {
        if tx.asks_for_sweep() {
            self.sweep.ask();
        }
        let result = if tx.is_broken() {
            let outcome = tx.abort();
            Err(outcome.err().unwrap_or(StoreError::Lost))
        } else {
            tx.commit()
        };
        let Err(error) = result else {
            settled.into_iter().for_each(|one| (one.reply)(Ok(())));
            return;
        };
        let reason = cause(&error);
        tracing::error!(reason, "the store could not commit and is read-only now");
        self.state.refuse(Refusal::Failed(reason.clone()));
        for one in settled {
            (one.reply)(Err(StoreError::NotCommitted {
                reason: reason.clone(),
            }));
        }
    }

    /// There is no transaction to run `op` in: its caller gets the reason by the dropped channel.
    fn fail_one(&self, op: Op, error: &StoreError) -> bool {
        self.state.depth.fetch_sub(1, Ordering::Relaxed);
        let reason = cause(error);
        tracing::error!(
            reason,
            "the store cannot begin to write and is read-only now"
        );
        self.state.refuse(Refusal::Failed(reason));
        drop(op);
        true
    }

    /// Refuses what still waits and leaves the file as the next start likes it best.
    fn finish(mut self) {
        let failed = matches!(self.state.refusal(), Some(Refusal::Failed(_)));
        self.state.refuse(Refusal::Closed);
        if !failed {
            self.sweep.finish();
        }
        let last = WriteTx::begin(&self.database, true).and_then(WriteTx::commit_always);
        if let Err(error) = last {
            tracing::warn!(
                reason = cause(&error),
                "the store could not be closed tidily"
            );
        }
    }
}

/// Runs one write and keeps or takes back what it did. `None` if it panicked: its caller sees
/// the dropped channel.
fn run_one(tx: &mut WriteTx, op: Op) -> Option<Settled> {
    let settled = catch_unwind(AssertUnwindSafe(|| op(tx))).ok();
    if tx.is_broken() {
        return settled;
    }
    match &settled {
        Some(Settled { kept: true, .. }) => tx.keep(),
        _ => {
            if let Err(error) = tx.take_back() {
                tracing::error!(
                    reason = cause(&error),
                    "a failed write could not be taken back"
                );
            }
        }
    }
    settled
}

/// An error with everything behind it, for the log.
fn cause(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}
