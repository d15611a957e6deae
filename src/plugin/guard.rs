//! A guest that judges, as a stage of the pipeline.

use std::sync::Arc;

use wasmtime::component::ResourceAny;

use crate::domain::verdict::{Side, Verdict};
use crate::pipeline::{GuardSession, Guardrail, StageError, Step, Subject};

use super::bindings::guardrail::GuardrailPlugin;
use super::convert;
use super::guest::Guest;
use super::sandbox::Cell;

/// A guest as a stage of the pipeline.
#[derive(Clone)]
pub(super) struct Guard(pub(super) Arc<Guest<GuardrailPlugin>>);

impl Guard {
    /// Counts what it said in shadow.
    pub(super) fn count_shadow(&self, verdict: Option<&Verdict>) {
        let objects = verdict.is_some_and(|verdict| *verdict != Verdict::Pass);
        self.0.count_shadow(objects);
    }

    fn together(&self, subjects: &[&Subject]) -> Result<Vec<Verdict>, StageError> {
        let lists: Vec<_> = subjects.iter().map(|one| convert::Lists::of(one)).collect();
        let bytes = subjects.iter().map(|one| one.text.len()).sum();
        self.0
            .ask(
                bytes,
                |store, instance| {
                    let pairs = lists.iter().zip(subjects);
                    let subjects: Vec<_> = pairs.map(|(lists, one)| lists.subject(one)).collect();
                    instance
                        .privatestack_plugin_guardrail()
                        .call_check_all(store, &subjects)
                },
                |answers| Ok(convert::verdicts(answers, subjects)?),
            )
            .inspect(|verdicts| verdicts.iter().for_each(|one| self.0.stats.verdict(one)))
    }
}

impl Guardrail for Guard {
    fn name(&self) -> &str {
        &self.0.terms.name
    }

    fn hold_bytes(&self) -> Option<usize> {
        self.0.terms.hold_bytes
    }

    fn judges(&self, side: Side) -> bool {
        self.0.terms.sides.contains(&side)
    }

    fn check(&self, subject: &Subject) -> Result<Verdict, StageError> {
        let lists = convert::Lists::of(subject);
        self.0
            .ask(
                subject.text.len(),
                |store, instance| {
                    let subject = lists.subject(subject);
                    instance
                        .privatestack_plugin_guardrail()
                        .call_check(store, subject)
                },
                |answer| Ok(convert::verdict(answer, subject)?),
            )
            .inspect(|verdict| self.0.stats.verdict(verdict))
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
    guest: Arc<Guest<GuardrailPlugin>>,
    /// Gone after a fault and after the end.
    open: Option<(Cell<GuardrailPlugin>, ResourceAny)>,
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
        match &step {
            Step::Stop(_) => guest.stats.block(),
            Step::Emit { edits, notes, .. } if !edits.is_empty() || !notes.is_empty() => {
                guest.stats.mark();
            }
            _ => {}
        }
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
