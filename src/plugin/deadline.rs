//! One thread that counts time for all guests, and only while one of them runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::Thread;
use std::time::Duration;

use wasmtime::Engine;

/// Guests look at the count at each loop and call; no deadline is finer than this.
const TICK: Duration = Duration::from_millis(10);

/// Ticks without a guest before the thread goes to sleep. Waking it costs more than a tick, and
/// an answer that is judged token by token would wake it each time.
const LINGER: u32 = 100;

/// Advances the engine's epoch every 10 ms while guests run.
pub(super) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

struct Shared {
    running: AtomicUsize,
    asleep: AtomicBool,
    stop: AtomicBool,
}

/// A guest runs as long as this lives.
pub(super) struct Running<'a>(&'a Shared);

impl Ticker {
    /// Starts the thread; it sleeps until the first guest runs.
    pub(super) fn start(engine: Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            running: AtomicUsize::new(0),
            asleep: AtomicBool::new(false),
            stop: AtomicBool::new(false),
        });
        let theirs = shared.clone();
        let handle = std::thread::Builder::new()
            .name("plugin-ticker".to_owned())
            .spawn(move || theirs.tick(&engine))?;
        Ok(Self {
            shared,
            thread: handle.thread().clone(),
        })
    }

    /// To be held while a guest runs.
    pub(super) fn running(&self) -> Running<'_> {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.shared.asleep.swap(false, Ordering::SeqCst) {
            self.thread.unpark();
        }
        Running(&self.shared)
    }

    /// How many ticks a call of `millis` may last: never less than asked, one tick more at most.
    pub(super) fn ticks(millis: u32) -> u64 {
        u64::from(millis).div_ceil(TICK.as_millis() as u64) + 1
    }
}

impl Shared {
    fn tick(&self, engine: &Engine) {
        let mut idle = 0;
        while !self.stop.load(Ordering::SeqCst) {
            std::thread::park_timeout(TICK);
            engine.increment_epoch();
            idle = if self.running.load(Ordering::SeqCst) > 0 {
                0
            } else {
                idle + 1
            };
            if idle >= LINGER {
                self.sleep();
                idle = 0;
            }
        }
    }

    /// A guest that starts now either is counted already, or sees the flag and wakes the thread.
    fn sleep(&self) {
        self.asleep.store(true, Ordering::SeqCst);
        while self.asleep.load(Ordering::SeqCst)
            && self.running.load(Ordering::SeqCst) == 0
            && !self.stop.load(Ordering::SeqCst)
        {
            std::thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Stopwatch;

    fn wait_for(what: &str, done: impl Fn() -> bool) {
        let watch = Stopwatch::start();
        while !done() {
            assert!(
                watch.elapsed() < Duration::from_secs(20),
                "{what} took too long"
            );
            std::thread::yield_now();
        }
    }

    #[test]
    fn it_sleeps_while_no_guest_runs_and_wakes_for_the_next() {
        let ticker = Ticker::start(Engine::default()).unwrap();
        for _ in 0..2 {
            wait_for("falling asleep", || {
                ticker.shared.asleep.load(Ordering::SeqCst)
            });
            let running = ticker.running();
            wait_for("waking up", || !ticker.shared.asleep.load(Ordering::SeqCst));
            drop(running);
        }
        assert_eq!(ticker.shared.running.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_deadline_is_never_shorter_than_asked() {
        assert_eq!([0, 1, 10, 11, 200].map(Ticker::ticks), [1, 2, 2, 3, 21]);
    }
}
