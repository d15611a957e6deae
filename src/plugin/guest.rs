//! One loaded guest: its warm instances, its faults, and how it judges as a stage.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wasmtime::component::ResourceAny;

use crate::domain::time::Stopwatch;
use crate::domain::verdict::{Side, Verdict};
use crate::pipeline::{GuardSession, Guardrail, StageError, Step, Subject};

use super::bindings::exports::privatestack::plugin::lifecycle::Description;
use super::sandbox::{Cell, GuestFault, Prepared, Sandbox};
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

/// One plugin, ready to judge.
pub(super) struct Guest {
    terms: Arc<Terms>,
    sandbox: Arc<Sandbox>,
    prepared: Prepared,
    warm: Arc<Shelf>,
    warm_limit: usize,
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

impl Guest {
    pub(super) fn new(terms: Terms, sandbox: &Arc<Sandbox>, prepared: Prepared) -> Self {
        Self {
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

    /// What it reads of a setting.
    pub(super) fn setting(&self, key: &str) -> Option<&str> {
        self.terms.settings.get(key).map(String::as_str)
    }

    /// Asks the guest who it is.
    pub(super) fn describe(&self) -> Result<Description, PluginError> {
        let load = |why: String| PluginError::Load {
            plugin: self.terms.name.to_string(),
            why,
        };
        let mut cell = self.cell().map_err(|error| load(error.to_string()))?;
        let described = cell.call(self.terms.check_ms, |store, guest| {
            guest.privatestack_plugin_lifecycle().call_describe(store)
        });
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

    /// Time to judge a text.
    fn millis(&self, subject: &Subject) -> u32 {
        let stretches = u32::try_from(subject.text.len() / STRETCH_BYTES).unwrap_or(u32::MAX);
        self.terms
            .check_ms
            .saturating_mul(stretches.saturating_add(1))
    }

    /// A warm instance, or a new one.
    fn cell(&self) -> Result<Cell, StageError> {
        self.rested()?;
        if let Some(cell) = self.warm.take().filter(is_fresh) {
            return Ok(cell);
        }
        let make = || self.sandbox.cell(&self.prepared, &self.terms);
        if let Some(cell) = make().map_err(|fault| self.fault(fault))? {
            return Ok(cell);
        }
        self.sandbox.warm.empty();
        make()
            .map_err(|fault| self.fault(fault))?
            .ok_or(StageError::Busy)
    }

    /// Keeps an instance that did its work for the next call.
    fn put_back(&self, cell: Cell) {
        self.in_a_row.store(0, Ordering::Relaxed);
        if !self.terms.fresh && is_fresh(&cell) {
            self.warm.keep(cell, self.warm_limit);
        }
    }

    /// A plugin that fails whatever it is asked is left alone for a while: each call may cost its
    /// whole time, and what it judges does not go on either way. One that some texts make fail goes
    /// on judging the others.
    fn rested(&self) -> Result<(), StageError> {
        if self.in_a_row.load(Ordering::Relaxed) < FAILING {
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
    fn fault(&self, fault: GuestFault) -> StageError {
        tracing::warn!(plugin = &*self.terms.name, %fault, "a guest failed");
        self.in_a_row.fetch_add(1, Ordering::Relaxed);
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if faults.len() == FAULTS_KEPT {
            faults.pop_front();
        }
        faults.push_back(self.started.elapsed());
        StageError::failed(&self.terms.name, fault)
    }
}

fn is_fresh(cell: &Cell) -> bool {
    cell.calls() < CALLS && cell.memory_bytes() <= MEMORY_BYTES && cell.age() < AGE
}

/// A guest as a stage of the pipeline.
#[derive(Clone)]
pub(super) struct Guard(pub(super) Arc<Guest>);

impl Guard {
    /// Counts what it said in shadow.
    pub(super) fn count_shadow(&self, verdict: Option<&Verdict>) {
        let (judged, objections) = &self.0.shadowed;
        judged.fetch_add(1, Ordering::Relaxed);
        if verdict.is_some_and(|verdict| *verdict != Verdict::Pass) {
            objections.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn together(&self, subjects: &[&Subject]) -> Result<Vec<Verdict>, StageError> {
        let guest = &self.0;
        let mut cell = guest.cell()?;
        let lists: Vec<_> = subjects.iter().map(|one| convert::Lists::of(one)).collect();
        let millis = subjects.iter().map(|one| guest.millis(one));
        let millis = millis.fold(0, u32::saturating_add);
        let verdicts = cell
            .call(millis, |store, instance| {
                let pairs = lists.iter().zip(subjects);
                let subjects: Vec<_> = pairs.map(|(lists, one)| lists.subject(one)).collect();
                instance
                    .privatestack_plugin_guardrail()
                    .call_check_all(store, &subjects)
            })
            .and_then(|answers| Ok(convert::verdicts(answers, subjects)?))
            .map_err(|fault| guest.fault(fault))?;
        guest.put_back(cell);
        Ok(verdicts)
    }
}

impl Guardrail for Guard {
    fn name(&self) -> &str {
        &self.0.terms.name
    }

    fn check(&self, subject: &Subject) -> Result<Verdict, StageError> {
        let guest = &self.0;
        let mut cell = guest.cell()?;
        let lists = convert::Lists::of(subject);
        let answer = cell
            .call(guest.millis(subject), |store, instance| {
                let subject = lists.subject(subject);
                instance
                    .privatestack_plugin_guardrail()
                    .call_check(store, subject)
            })
            .and_then(|answer| Ok(convert::verdict(answer, subject)?))
            .map_err(|fault| guest.fault(fault))?;
        guest.put_back(cell);
        Ok(answer)
    }

    /// One call for all. If it fails, each is asked about by itself, so that a passage that makes
    /// the guest fail takes no other with it.
    fn check_all(&self, subjects: &[&Subject]) -> Vec<Result<Verdict, StageError>> {
        if subjects.len() > 1
            && let Ok(verdicts) = self.together(subjects)
        {
            return verdicts.into_iter().map(Ok).collect();
        }
        subjects.iter().map(|subject| self.check(subject)).collect()
    }

    fn session(&self, side: Side) -> Result<Box<dyn GuardSession>, StageError> {
        let guest = self.0.clone();
        let mut cell = guest.cell()?;
        let session = cell
            .call(guest.terms.push_ms, |store, instance| {
                let sessions = instance.privatestack_plugin_guardrail().session();
                sessions.call_constructor(store, convert::side(side))
            })
            .map_err(|fault| guest.fault(fault))?;
        Ok(Box::new(Session {
            guest,
            open: Some((cell, session)),
        }))
    }
}

/// One stream, in an instance of its own.
struct Session {
    guest: Arc<Guest>,
    /// Gone after a fault and after the end.
    open: Option<(Cell, ResourceAny)>,
}

#[derive(Clone, Copy)]
enum Call {
    Push,
    Finish,
}

impl Session {
    fn step(&mut self, held: &Subject, call: Call) -> Result<Step, StageError> {
        let guest = &self.guest;
        let Some((mut cell, session)) = self.open.take() else {
            return Err(StageError::failed(
                &guest.terms.name,
                "its stream has ended",
            ));
        };
        let lists = convert::Lists::of(held);
        let step = cell
            .call(guest.terms.push_ms, |store, instance| {
                let subject = lists.subject(held);
                let sessions = instance.privatestack_plugin_guardrail().session();
                match call {
                    Call::Push => sessions.call_push(store, session, subject),
                    Call::Finish => sessions.call_finish(store, session, subject),
                }
            })
            .and_then(|answer| Ok(convert::step(answer, held)?))
            .map_err(|fault| guest.fault(fault))?;
        self.open = Some((cell, session));
        Ok(step)
    }
}

impl GuardSession for Session {
    fn push(&mut self, held: &Subject) -> Result<Step, StageError> {
        self.step(held, Call::Push)
    }

    fn finish(&mut self, held: &Subject) -> Result<Step, StageError> {
        let step = self.step(held, Call::Finish)?;
        if let Some((mut cell, session)) = self.open.take() {
            // The answer stands; an instance that cannot let go is not used again.
            match cell.release(self.guest.terms.push_ms, session) {
                Ok(()) => self.guest.put_back(cell),
                Err(fault) => drop(self.guest.fault(fault)),
            }
        }
        Ok(step)
    }
}
