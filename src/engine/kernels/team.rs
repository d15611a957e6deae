//! A team of threads that work on one job at a time.
//!
//! Jobs of an engine last some microseconds and follow each other closely, so idle threads spin a
//! moment before they park. Work is handed out in pieces as threads come for it: one that the
//! system has put aside does not hold up the others for long.

use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::domain::time::Stopwatch;

/// How long a thread without work spins before it parks.
const PATIENCE: Duration = Duration::from_micros(50);
/// Rounds of spinning between two looks at the watch.
const ROUNDS: u32 = 16;

/// What a job is to the threads: called at most once by each, until one of them says that it is
/// all done.
type Job<'a> = &'a (dyn Fn() + Sync);

/// Threads that wait for jobs; the one that brings a job works along.
pub(crate) struct Team {
    shared: Arc<Shared>,
    others: Vec<JoinHandle<()>>,
    /// Held while a job runs: one at a time.
    turn: Mutex<()>,
}

struct Shared {
    /// The number of the job in the upper half, then a bit that says whether threads may still
    /// join it, then how many have joined and not left. A thread that comes too late (the system
    /// had put it aside) keeps nobody waiting.
    state: AtomicU64,
    /// The job of this number.
    job: Mutex<Option<Job<'static>>>,
    panicked: AtomicBool,
    quit: AtomicBool,
    /// Whether each thread is parked, or about to be.
    parked: Box<[AtomicBool]>,
}

/// In [`Shared::state`]: threads may join.
const OPEN: u64 = 1 << 31;
/// In [`Shared::state`]: the threads that have joined.
const JOINED: u64 = OPEN - 1;
/// In [`Shared::state`]: one step of the job's number.
const NEXT: u64 = 1 << 32;

impl fmt::Debug for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Team({})", self.size())
    }
}

impl Team {
    /// A team of `threads` threads in all; 0: one for each core.
    pub(crate) fn sized(threads: usize) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        Self::new(if threads == 0 { cores() } else { threads })
    }

    /// `size` threads in all, at least the caller's own; fewer if the system gives no more.
    pub(crate) fn new(size: usize) -> Self {
        let others = size.clamp(1, 256) - 1;
        let shared = Arc::new(Shared {
            state: AtomicU64::new(0),
            job: Mutex::new(None),
            panicked: AtomicBool::new(false),
            quit: AtomicBool::new(false),
            parked: (0..others).map(|_| AtomicBool::new(false)).collect(),
        });
        let start = |number: usize| {
            let shared = Arc::clone(&shared);
            let named = std::thread::Builder::new().name(format!("engine-{number}"));
            named
                .spawn(move || shared.serve(&shared.parked[number]))
                .ok()
        };
        let others = (0..others).map_while(start).collect();
        Self {
            shared,
            others,
            turn: Mutex::new(()),
        }
    }

    /// How many threads work on a job.
    pub(crate) fn size(&self) -> usize {
        self.others.len() + 1
    }

    /// Calls `work` on pieces of `0..items` until all are done; pieces are of `grain` items, the
    /// last may be shorter. A panic in one of the threads goes on in the caller.
    pub(crate) fn split(&self, items: usize, grain: usize, work: impl Fn(Range<usize>) + Sync) {
        let grain = grain.max(1);
        if items <= grain || self.others.is_empty() {
            return if items > 0 {
                work(0..items)
            };
        }
        let next = AtomicUsize::new(0);
        self.run(&|| {
            loop {
                let start = next.fetch_add(grain, Ordering::Relaxed);
                if start >= items {
                    return;
                }
                work(start..items.min(start + grain));
            }
        });
    }

    /// Calls `job` here and on every thread that comes before it has returned here; returns when
    /// it has returned everywhere.
    fn run(&self, job: Job<'_>) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: only the lifetime changes. Threads use `job` only between joining and leaving;
        // `Finish` lets no more join and waits for those that did, on every way out of this
        // function, a panic included.
        #[allow(
            unsafe_code,
            reason = "lends the caller's closure to threads that outlive it"
        )]
        let lent = unsafe { std::mem::transmute::<Job<'_>, Job<'static>>(job) };
        *self
            .shared
            .job
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(lent);
        let number = self.shared.state.load(Ordering::Relaxed) & !(NEXT - 1);
        self.shared
            .state
            .store(number.wrapping_add(NEXT) | OPEN, Ordering::SeqCst);
        self.wake();
        let finish = Finish(&self.shared);
        job();
        drop(finish);
        if self.shared.panicked.swap(false, Ordering::Relaxed) {
            resume_unwind(Box::new("a thread of the engine panicked"));
        }
    }

    /// Wakes the threads that have parked.
    fn wake(&self) {
        for (thread, parked) in self.others.iter().zip(&self.shared.parked) {
            if parked.load(Ordering::SeqCst) {
                thread.thread().unpark();
            }
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.quit.store(true, Ordering::SeqCst);
        self.shared.state.fetch_add(NEXT, Ordering::SeqCst);
        self.wake();
        for thread in self.others.drain(..) {
            // A thread ends without a panic: those of jobs are caught.
            let _ = thread.join();
        }
    }
}

/// Closes the job when dropped, and waits until no thread uses it any more.
struct Finish<'a>(&'a Shared);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.state.fetch_and(!OPEN, Ordering::Relaxed);
        let mut rounds = 0_u32;
        while self.0.state.load(Ordering::Acquire) & JOINED != 0 {
            rounds = rounds.saturating_add(1);
            if rounds < 4096 {
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
    }
}

impl Shared {
    /// The life of a thread.
    fn serve(&self, parked: &AtomicBool) {
        let mut seen = 0;
        loop {
            seen = self.next_job(seen, parked);
            if self.quit.load(Ordering::SeqCst) {
                return;
            }
            if !self.join(seen) {
                continue;
            }
            let job = *self.job.lock().unwrap_or_else(PoisonError::into_inner);
            let job = job.expect("a job opens after it was put there");
            if catch_unwind(AssertUnwindSafe(job)).is_err() {
                self.panicked.store(true, Ordering::Relaxed);
            }
            self.state.fetch_sub(1, Ordering::Release);
        }
    }

    /// Joins the job of number `number`, if it is still open.
    fn join(&self, number: u64) -> bool {
        let one_more = |state: u64| (state >> 32 == number && state & OPEN != 0).then(|| state + 1);
        self.state
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, one_more)
            .is_ok()
    }

    /// The number of the job that comes after number `seen`.
    fn next_job(&self, seen: u64, parked: &AtomicBool) -> u64 {
        let idle = Stopwatch::start();
        loop {
            let number = self.state.load(Ordering::Acquire) >> 32;
            if number != seen {
                return number;
            }
            for _ in 0..ROUNDS {
                std::hint::spin_loop();
            }
            if idle.elapsed() < PATIENCE {
                continue;
            }
            // Both sides write before they read (all SeqCst): either we see the new job, or the
            // one who brought it sees that we are parked.
            parked.store(true, Ordering::SeqCst);
            if self.state.load(Ordering::SeqCst) >> 32 == seen {
                std::thread::park();
            }
            parked.store(false, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    #[test]
    fn every_item_is_worked_on_once() {
        for size in [1, 2, 3, 8] {
            let team = Team::new(size);
            let hits: Vec<AtomicU32> = (0..1000).map(|_| AtomicU32::new(0)).collect();
            for grain in [1, 7, 64, 5000] {
                team.split(hits.len(), grain, |piece| {
                    for hit in &hits[piece] {
                        hit.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            assert!(hits.iter().all(|hit| hit.load(Ordering::Relaxed) == 4));
        }
    }

    #[test]
    fn a_panic_in_any_thread_reaches_the_caller_and_the_team_goes_on() {
        let team = Team::new(3);
        for _ in 0..20 {
            let work = |piece: Range<usize>| assert_ne!(piece.start, 70, "as the test wants it");
            let run = || team.split(100, 1, work);
            assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
            let done = AtomicU32::new(0);
            team.split(100, 1, |_| {
                done.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(done.into_inner(), 100);
        }
    }

    #[test]
    fn callers_on_several_threads_take_turns() {
        let (team, sum) = (Team::new(2), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        team.split(10, 1, |piece| {
                            sum.fetch_add(piece.start, Ordering::Relaxed);
                        });
                    }
                });
            }
        });
        assert_eq!(sum.into_inner(), 4 * 200 * 45);
    }
}
