//! One loaded guest: its warm instances, its faults, and how it is asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::time::Stopwatch;
use crate::pipeline::StageError;

use super::exports::{About, Exports};
use super::sandbox::{Cell, GuestFault, Sandbox};
use super::state::State;
use super::stats::Stats;
use super::terms::Terms;
use super::warm::Shelf;
use super::{PluginError, convert};

/// A warm instance is replaced after so many calls, so long a life or so much memory: what it
/// may have kept of the texts it judged goes with it.
const CALLS: u32 = 1000;
const AGE: Duration = Duration::from_secs(600);
const MEMORY_BYTES: usize = 4 << 20;

/// Time is given for each started stretch of a text.
const STRETCH_BYTES: usize = 64 << 10;

/// Faults are counted over this time.
const WINDOW: Duration = Duration::from_secs(60);
const FAULTS_KEPT: usize = 100;

/// So many within it make a failing guest; so many in a row, with no call that went well between,
/// one that is asked again after a rest only.
pub(super) const FAILING: u32 = 5;
const REST: Duration = Duration::from_secs(2);

/// One plugin of the world `X`, ready to be asked.
pub(super) struct Guest<X: Exports> {
    pub(super) terms: Arc<Terms>,
    sandbox: Arc<Sandbox>,
    prepared: Arc<X::Pre>,
    warm: Arc<Shelf<X>>,
    warm_limit: usize,
    pub(super) stats: Arc<Stats>,
    started: Stopwatch,
    /// When it failed, since `started`; the newest at the end.
    faults: Mutex<VecDeque<Duration>>,
    /// Texts that were judged in shadow, and those it objected to.
    shadowed: (AtomicU64, AtomicU64),
    /// Faults since the last call that went well.
    in_a_row: AtomicU32,
    /// When a failing guest was asked last, since `started`.
    tried: Mutex<Duration>,
}

impl<X: Exports> Guest<X> {
    pub(super) fn new(terms: Terms, sandbox: &Arc<Sandbox>, prepared: Arc<X::Pre>) -> Self {
        let stats = match terms.trial {
            true => Arc::default(),
            false => sandbox.stats.of(&terms.name),
        };
        Self {
            stats,
            terms: Arc::new(terms),
            sandbox: sandbox.clone(),
            prepared,
            warm: sandbox.warm.shelf(),
            warm_limit: std::thread::available_parallelism().map_or(1, usize::from),
            started: Stopwatch::start(),
            faults: Mutex::default(),
            shadowed: Default::default(),
            in_a_row: AtomicU32::new(0),
            tried: Mutex::default(),
        }
    }

    /// The same guest under other settings: what `own` does not name is as it was. It shares the
    /// compiled code and nothing else.
    pub(super) fn with_settings(&self, own: &BTreeMap<String, String>) -> Self {
        let mut terms = Terms::clone(&self.terms);
        terms.settings.extend(own.clone());
        Self::new(terms, &self.sandbox, self.prepared.clone())
    }

    /// Asks the guest who it is.
    pub(super) fn describe(&self) -> Result<About, PluginError> {
        let load = |why: String| PluginError::Load {
            plugin: self.terms.name.to_string(),
            why,
        };
        let mut cell = self.cell().map_err(|error| load(error.to_string()))?;
        let described = cell.call(self.terms.check_ms, |store, guest| guest.describe(store));
        let said = described.map_err(|fault| load(fault.to_string()))?;
        convert::description(&self.terms.name, &said)?;
        self.put_back(cell);
        Ok(said)
    }

    /// Faults within the last minute.
    pub(super) fn faults(&self) -> u32 {
        let since = self.started.elapsed().saturating_sub(WINDOW);
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = faults.iter().rev().take_while(|at| **at >= since).count();
        u32::try_from(recent).unwrap_or(u32::MAX)
    }

    /// How many texts it judged in shadow, and how many of them it objected to.
    pub(super) fn shadowed(&self) -> (u64, u64) {
        let (judged, objections) = &self.shadowed;
        (
            judged.load(Ordering::Relaxed),
            objections.load(Ordering::Relaxed),
        )
    }

    /// Asks something once; `check` looks at the answer before anything acts on it. `bytes` is how
    /// much there is to read.
    pub(super) fn ask<T, U>(
        &self,
        bytes: usize,
        call: impl FnOnce(&mut wasmtime::Store<State>, &X) -> wasmtime::Result<T>,
        check: impl FnOnce(T) -> Result<U, GuestFault>,
    ) -> Result<U, StageError> {
        let mut cell = self.cell()?;
        let answer = cell.call(self.millis(bytes), call).and_then(check);
        let answer = answer.map_err(|fault| self.fault(fault))?;
        self.put_back(cell);
        Ok(answer)
    }

    /// Counts what it said in shadow.
    pub(super) fn count_shadow(&self, objects: bool) {
        let (judged, objections) = &self.shadowed;
        judged.fetch_add(1, Ordering::Relaxed);
        objections.fetch_add(u64::from(objects), Ordering::Relaxed);
    }

    /// Time to read so many bytes.
    pub(super) fn millis(&self, bytes: usize) -> u32 {
        let stretches = u32::try_from(bytes / STRETCH_BYTES).unwrap_or(u32::MAX);
        self.terms
            .check_ms
            .saturating_mul(stretches.saturating_add(1))
            .min(self.terms.most_ms)
    }

    /// A warm instance, or a new one.
    pub(super) fn cell(&self) -> Result<Cell<X>, StageError> {
        self.rested()?;
        if let Some(cell) = self.warm.take().filter(is_fresh) {
            return Ok(cell);
        }
        let make = || {
            self.sandbox
                .cell::<X>(&self.prepared, &self.terms, &self.stats)
        };
        if let Some(cell) = make().map_err(|fault| self.fault(fault))? {
            return Ok(cell);
        }
        self.sandbox.warm.empty();
        make()
            .map_err(|fault| self.fault(fault))?
            .ok_or(StageError::Busy)
    }

    /// Keeps an instance that did its work for the next call.
    pub(super) fn put_back(&self, cell: Cell<X>) {
        self.in_a_row.store(0, Ordering::Relaxed);
        if !self.terms.fresh && is_fresh(&cell) {
            self.warm.keep(cell, self.warm_limit);
        }
    }

    /// A plugin that fails whatever it is asked is left alone for a while: each call may cost its
    /// whole time, and what it judges does not go on either way. One that some texts make fail goes
    /// on judging the others.
    fn rested(&self) -> Result<(), StageError> {
        let asked = self.terms.trial || self.terms.steady;
        if asked || self.in_a_row.load(Ordering::Relaxed) < FAILING {
            return Ok(());
        }
        let now = self.started.elapsed();
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(*tried) < REST {
            let why = "it failed several times and is left alone for a while";
            return Err(StageError::failed(&self.terms.name, why));
        }
        *tried = now;
        Ok(())
    }

    /// Records a fault and says it in the pipeline's words.
    pub(super) fn fault(&self, fault: GuestFault) -> StageError {
        tracing::warn!(plugin = &*self.terms.name, %fault, "a guest failed");
        self.stats.fault();
        self.in_a_row.fetch_add(1, Ordering::Relaxed);
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if faults.len() == FAULTS_KEPT {
            faults.pop_front();
        }
        faults.push_back(self.started.elapsed());
        StageError::failed(&self.terms.name, fault)
    }
}

fn is_fresh<X: Exports>(cell: &Cell<X>) -> bool {
    cell.calls() < CALLS && cell.memory_bytes() <= MEMORY_BYTES && cell.age() < AGE
}
