//! What each plugin did since the box was started, in numbers: for `/metrics`, and never a word of
//! what it read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::verdict::Verdict;

/// Counters of one plugin, under whatever settings it runs.
#[derive(Debug, Default)]
pub(super) struct Stats {
    calls: AtomicU64,
    nanos: AtomicU64,
    faults: AtomicU64,
    blocked: AtomicU64,
    marked: AtomicU64,
    /// The largest memory of an instance after a call, in bytes, since it was last taken.
    memory: AtomicU64,
}

/// The counters of a plugin as they are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginCount {
    pub plugin: String,
    /// Calls of the guest, each push of a stream among them.
    pub calls: u64,
    /// Time spent in them.
    pub time: Duration,
    /// Calls that came to nothing: it failed, was late, or its answer made no sense.
    pub faults: u64,
    /// Texts that it refused.
    pub blocked: u64,
    /// Texts in which it replaced or noted something.
    pub marked: u64,
}

impl Stats {
    pub(super) fn call(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// An instance has so many bytes of memory.
    pub(super) fn memory(&self, bytes: usize) {
        self.memory.fetch_max(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn fault(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn verdict(&self, verdict: &Verdict) {
        match verdict {
            Verdict::Pass => {}
            Verdict::Mark { .. } => self.mark(),
            Verdict::Block(_) => self.block(),
        }
    }

    pub(super) fn mark(&self) {
        self.marked.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn block(&self) {
        self.blocked.fetch_add(1, Ordering::Relaxed);
    }
}

/// The counters of all plugins by name. A name that comes back goes on counting.
#[derive(Default)]
pub(super) struct AllStats(Mutex<BTreeMap<String, Arc<Stats>>>);

impl AllStats {
    pub(super) fn of(&self, plugin: &str) -> Arc<Stats> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(plugin.to_owned()).or_default().clone()
    }

    /// The most bytes that an instance of this plugin had since this was last asked.
    pub(super) fn take_memory(&self, plugin: &str) -> u64 {
        self.of(plugin).memory.swap(0, Ordering::Relaxed)
    }

    pub(super) fn now(&self) -> Vec<PluginCount> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let count = |(plugin, stats): (&String, &Arc<Stats>)| PluginCount {
            plugin: plugin.clone(),
            calls: read(&stats.calls),
            time: Duration::from_nanos(read(&stats.nanos)),
            faults: read(&stats.faults),
            blocked: read(&stats.blocked),
            marked: read(&stats.marked),
        };
        all.iter().map(count).collect()
    }
}
