//! A formatter: an answer gets its form before guardrails see it. It has its place among them and
//! no say: nobody is told of its changes, and where it fails the answer goes on as it is.

use std::sync::Arc;

use wasmtime::component::ResourceAny;

use crate::domain::verdict::{Edit, Side, Verdict};
use crate::pipeline::{GuardSession, Guardrail, Misjudged, StageError, Step, Subject, check_edits};

use super::super::bindings::formatter::FormatterPlugin;
use super::super::bindings::formatter::exports::privatestack::plugin::formatter as guest;
use super::super::guest::Guest;
use super::super::sandbox::{Cell, GuestFault};

/// Bytes of an answer that it may hold back; then it is left out of the rest.
const HELD_BYTES: usize = 4 << 10;

/// What its edits are called; nobody sees it.
const LABEL: &str = "FORM";

/// One formatter.
pub(in crate::plugin) struct Form(pub(in crate::plugin) Arc<Guest<FormatterPlugin>>);

impl Guardrail for Form {
    fn name(&self) -> &str {
        &self.0.terms.name
    }

    fn is_quiet(&self) -> bool {
        true
    }

    fn check(&self, subject: &Subject) -> Result<Verdict, StageError> {
        if subject.side != Side::Output {
            return Ok(Verdict::Pass);
        }
        let formed = self.0.ask(
            subject.text.len(),
            |store, instance| {
                instance
                    .privatestack_plugin_formatter()
                    .call_format(store, &subject.text)
            },
            |changes| Ok(edits(changes, &subject.text)?),
        );
        Ok(match formed {
            Ok(edits) if !edits.is_empty() => Verdict::Mark {
                edits,
                notes: Vec::new(),
            },
            // The guest has said in the log what went wrong.
            _ => Verdict::Pass,
        })
    }

    fn session(&self, _: Side) -> Result<Box<dyn GuardSession>, StageError> {
        let guest = self.0.clone();
        let open = guest.cell().ok().and_then(|mut cell| {
            let made = cell.call(guest.terms.push_ms, |store, instance| {
                let sessions = instance.privatestack_plugin_formatter().session();
                sessions.call_constructor(store)
            });
            match made {
                Ok(session) => Some((cell, session)),
                Err(fault) => {
                    drop(guest.fault(fault));
                    None
                }
            }
        });
        Ok(Box::new(Session { guest, open }))
    }
}

struct Session {
    guest: Arc<Guest<FormatterPlugin>>,
    /// Gone after a fault: from then on the answer goes on as it is.
    open: Option<(Cell<FormatterPlugin>, ResourceAny)>,
}

impl Session {
    /// One call; `None` after a fault, now or before.
    fn ask(&mut self, held: &Subject, last: bool) -> Option<Step> {
        let (mut cell, session) = self.open.take()?;
        let text = held.text.as_str();
        let said = cell.call(self.guest.terms.push_ms, |store, instance| {
            let sessions = instance.privatestack_plugin_formatter().session();
            match last {
                false => sessions.call_push(store, session, text),
                true => sessions.call_finish(store, session, text).map(Some),
            }
        });
        let said = said.and_then(|said| Ok(step(said, text)?));
        match said.and_then(|step| bounded(step, text)) {
            Ok(step) => {
                self.open = Some((cell, session));
                Some(step)
            }
            Err(fault) => {
                drop(self.guest.fault(fault));
                None
            }
        }
    }
}

impl GuardSession for Session {
    fn push(&mut self, held: &Subject) -> Result<Step, StageError> {
        Ok(self.ask(held, false).unwrap_or_else(|| as_it_is(held)))
    }

    fn finish(&mut self, held: &Subject) -> Result<Step, StageError> {
        let step = self.ask(held, true);
        if let Some((mut cell, session)) = self.open.take() {
            match cell.release(self.guest.terms.push_ms, session) {
                Ok(()) => self.guest.put_back(cell),
                Err(fault) => drop(self.guest.fault(fault)),
            }
        }
        Ok(match step {
            Some(Step::Emit { edits, notes, .. }) => Step::Emit {
                upto: length(&held.text),
                edits,
                notes,
            },
            _ => as_it_is(held),
        })
    }
}

fn as_it_is(held: &Subject) -> Step {
    Step::Emit {
        upto: length(&held.text),
        edits: Vec::new(),
        notes: Vec::new(),
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// A formatter that waits for more and more would stop the answer.
fn bounded(step: Step, held: &str) -> Result<Step, GuestFault> {
    match step {
        Step::Hold if held.len() > HELD_BYTES => Err(Misjudged::Hold.into()),
        step => Ok(step),
    }
}

fn step(said: Option<guest::Emission>, held: &str) -> Result<Step, Misjudged> {
    let Some(emission) = said else {
        return Ok(Step::Hold);
    };
    let going = held.get(..emission.upto as usize);
    let edits = edits(emission.changes, going.ok_or(Misjudged::Emission)?)?;
    Ok(Step::Emit {
        upto: emission.upto,
        edits,
        notes: Vec::new(),
    })
}

fn edits(changes: Vec<guest::Change>, text: &str) -> Result<Vec<Edit>, Misjudged> {
    let edit = |change: guest::Change| Edit {
        start: change.span.start,
        end: change.span.end,
        replacement: change.replacement,
        label: LABEL.to_owned(),
        score: 1.0,
    };
    let edits: Vec<Edit> = changes.into_iter().map(edit).collect();
    check_edits(text, &edits)?;
    Ok(edits)
}
