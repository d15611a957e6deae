//! Lets an answer go while it is made: holds back what is not judged yet, enforces bound, order
//! and edits, and stops the stream when a guardrail says so or fails.

use crate::domain::verdict::{Edit, Effect, Finding, Reason, Side};

use super::draft::Draft;
use super::stage::{
    GuardSession, Misjudged, StageError, Step, Subject, check_edits, check_notes, check_reason,
    finding_of_reason,
};
use super::view::View;
use super::{Pipeline, Shared};

/// Text judged in one go, at most, so that one long push costs no more than many short ones.
const SLICE_BYTES: usize = 4096;

/// Held text may be this many times as long as what a guard sees of it.
const HIDDEN: usize = 8;

/// The label of a finding for text that a guardrail did not release at the end of a stream.
const HELD_BACK: &str = "HELD_BACK";

/// One answer on its way out. Push what the model says, send what comes back.
///
/// Giving up a call half-way (dropping its future) ends the stream: the next call fails, and
/// nothing more goes out.
pub struct Release {
    pipeline: Pipeline,
    /// Away while a call runs.
    stream: Option<Stream>,
}

/// What may go out now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Released {
    /// To be sent on. It may be empty: more is needed to tell.
    pub text: String,
    /// How far it goes: bytes of the answer as the model made it, from its beginning.
    pub upto: u32,
    /// What was replaced in it; offsets are bytes of the answer as the model made it.
    pub edits: Vec<Edit>,
    /// What was found, with the same offsets. A finding that may go on in what comes next is
    /// told when it has ended.
    pub findings: Vec<Finding>,
    /// Set when a guardrail ended the stream: nothing comes after `text`.
    pub stopped: Option<Stopped>,
}

/// Who ended a stream, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Stopped {
    pub guard: String,
    /// Offsets are bytes of the answer as the model made it.
    pub reason: Reason,
}

impl Release {
    pub(super) fn new(pipeline: Pipeline) -> Self {
        Self {
            pipeline,
            stream: Some(Stream::default()),
        }
    }

    /// Takes the next piece of the answer and returns what may go out.
    pub async fn push(&mut self, text: &str) -> Result<Released, StageError> {
        let text = text.to_owned();
        self.step(move |stream, shared| stream.push(shared, &text))
            .await
    }

    /// The answer is complete: returns the last of it.
    pub async fn finish(&mut self) -> Result<Released, StageError> {
        self.step(Stream::finish).await
    }

    async fn step(
        &mut self,
        work: impl FnOnce(&mut Stream, &Shared) -> Result<Released, StageError> + Send + 'static,
    ) -> Result<Released, StageError> {
        let mut stream = self.stream.take().ok_or(StageError::Stopped)?;
        let (stream, released) = self
            .pipeline
            .run_stream(move |shared| {
                let released = work(&mut stream, shared);
                (stream, released)
            })
            .await?;
        // A stream that failed stays away: nothing more of it may go out.
        if released.is_ok() {
            self.stream = Some(stream);
        }
        released
    }
}

/// What becomes of an answer that comes in `pieces`, from its beginning to its end.
pub(super) fn whole(shared: &Shared, pieces: &[&str]) -> Result<Released, StageError> {
    let (mut stream, mut all) = (Stream::default(), Released::default());
    for piece in pieces {
        all.add(stream.push(shared, piece)?);
    }
    all.add(stream.finish(shared)?);
    Ok(all)
}

impl Released {
    /// Puts what came next at the end.
    fn add(&mut self, next: Self) {
        self.text.push_str(&next.text);
        self.upto = next.upto;
        self.edits.extend(next.edits);
        self.findings.extend(next.findings);
        self.stopped = self.stopped.take().or(next.stopped);
    }
}

/// The guards' sessions and what each of them has not released yet.
#[derive(Default)]
struct Stream {
    /// Opened by the first push, on the blocking pool.
    gates: Option<Vec<Gate>>,
    /// Bytes the model has made so far.
    made: u32,
    /// How many of them went out, as they are or replaced.
    passed: u32,
    stopped: Option<Stopped>,
}

struct Gate {
    guard: String,
    quiet: bool,
    hold_bytes: usize,
    session: Box<dyn GuardSession>,
    held: Draft,
    /// The edit that ended the last emission: the next may go on with it.
    open: Option<Finding>,
}

/// What one gate did with what it was given.
enum Passed {
    On(Draft, Vec<Finding>),
    Stopped(Reason),
}

#[derive(Clone, Copy, PartialEq)]
enum Call {
    Push,
    Finish,
}

impl Stream {
    fn push(&mut self, shared: &Shared, text: &str) -> Result<Released, StageError> {
        let mut released = self.nothing_yet();
        for slice in slices(text) {
            if self.stopped.is_some() {
                break;
            }
            let bytes = u32::try_from(slice.len()).unwrap_or(u32::MAX);
            let fresh = Draft::original(slice.to_owned(), self.made);
            self.made = self.made.checked_add(bytes).ok_or(StageError::TooLong {
                bytes: u32::MAX as usize,
                limit: u32::MAX as usize,
            })?;
            self.pass(shared, fresh, Call::Push, &mut released)?;
        }
        released.stopped.clone_from(&self.stopped);
        Ok(released)
    }

    fn finish(&mut self, shared: &Shared) -> Result<Released, StageError> {
        let mut released = self.nothing_yet();
        if self.stopped.is_none() {
            self.pass(shared, Draft::default(), Call::Finish, &mut released)?;
        }
        released.stopped.clone_from(&self.stopped);
        Ok(released)
    }

    fn nothing_yet(&self) -> Released {
        Released {
            upto: self.passed,
            ..Released::default()
        }
    }

    /// Takes `fresh` through the gates; what a gate lets go is what the next one gets.
    fn pass(
        &mut self,
        shared: &Shared,
        mut fresh: Draft,
        call: Call,
        released: &mut Released,
    ) -> Result<(), StageError> {
        if self.gates.is_none() {
            self.gates = Some(open(shared)?);
        }
        for gate in self.gates.iter_mut().flatten() {
            match gate.pass(fresh, call)? {
                Passed::On(draft, findings) => {
                    fresh = draft;
                    let told = findings.into_iter().filter(|_| !gate.quiet);
                    released.findings.extend(told);
                }
                Passed::Stopped(reason) => {
                    released.findings.extend(gate.open.take());
                    let finding =
                        finding_of_reason(Side::Output, &gate.guard, &reason, Effect::Blocked);
                    released.findings.push(finding);
                    self.stopped = Some(Stopped {
                        guard: gate.guard.clone(),
                        reason,
                    });
                    return Ok(());
                }
            }
        }
        self.passed = fresh.end().unwrap_or(self.passed);
        released.upto = self.passed;
        released.edits.extend(fresh.edits());
        released.text.push_str(fresh.text());
        Ok(())
    }
}

impl Gate {
    fn pass(&mut self, fresh: Draft, call: Call) -> Result<Passed, StageError> {
        if call == Call::Push && fresh.text().is_empty() {
            return Ok(Passed::On(self.follow(fresh), Vec::new()));
        }
        self.held.append(fresh);
        let subject = Subject::new(Side::Output, self.held.text().to_owned());
        let step = match call {
            Call::Push => self.session.push(&subject)?,
            Call::Finish => self.session.finish(&subject)?,
        };
        self.take(step, call)
            .map_err(|wrong| StageError::failed(&self.guard, wrong))
    }

    /// Takes in what has no text: nothing to judge, but it must not overtake what is held.
    fn follow(&mut self, fresh: Draft) -> Draft {
        if self.held.is_empty() {
            return fresh;
        }
        self.held.append(fresh);
        Draft::default()
    }

    fn take(&mut self, step: Step, call: Call) -> Result<Passed, Misjudged> {
        let (upto, edits, notes) = match step {
            Step::Hold => (0, Vec::new(), Vec::new()),
            Step::Emit { upto, edits, notes } => (upto, edits, notes),
            Step::Stop(mut reason) => {
                check_reason(self.held.text(), &reason)?;
                (reason.start, reason.end) = self.held.origin(reason.start, reason.end);
                return Ok(Passed::Stopped(reason));
            }
        };
        let going = self
            .held
            .text()
            .get(..upto as usize)
            .ok_or(Misjudged::Emission)?;
        check_edits(going, &edits)?;
        check_notes(going, &notes)?;
        let noted = self.held.noted(notes, Side::Output, &self.guard);
        let edited = edits.last().map_or(0, |edit| edit.end);
        let goes_on = edits
            .first()
            .is_some_and(|edit| edit.start == 0 && is_nothing(edit));
        let mut going = self.held.split_front(upto, edited);
        let found = going.apply(edits, Side::Output, &self.guard);
        let mut findings = match upto {
            0 => Vec::new(),
            _ => self.join(found, goes_on, edited == upto),
        };
        findings.extend(noted);
        if call == Call::Finish {
            findings.extend(self.open.take());
            findings.extend(self.held_back());
        }
        if holds_too_much(self.held.text(), self.hold_bytes) {
            return Err(Misjudged::Hold);
        }
        Ok(Passed::On(going, findings))
    }

    /// One finding for one thing, in however many emissions it was replaced. `goes_on`: the first
    /// goes on with the last one of before; `may_go_on`: so may the next with the last of these.
    fn join(&mut self, mut found: Vec<Finding>, goes_on: bool, may_go_on: bool) -> Vec<Finding> {
        if let (true, Some(open), Some(first)) = (goes_on, &self.open, found.first_mut())
            && open.label == first.label
        {
            first.start = open.start;
            first.score = first.score.max(open.score);
            self.open = None;
        }
        let mut findings = Vec::from_iter(self.open.take());
        if may_go_on {
            self.open = found.pop();
        }
        findings.extend(found);
        findings
    }

    /// Text that is never released does not vanish without a word.
    fn held_back(&mut self) -> Option<Finding> {
        let held = std::mem::take(&mut self.held);
        let bytes = u32::try_from(held.text().len()).unwrap_or(u32::MAX);
        let (start, end) = held.origin(0, bytes);
        (bytes > 0).then(|| Finding {
            side: Side::Output,
            guard: self.guard.clone(),
            label: HELD_BACK.to_owned(),
            document: None,
            start,
            end,
            score: 1.0,
            outcome: Effect::Dropped,
        })
    }
}

/// Guards think in views; what cannot be seen takes up room in the text alone.
fn holds_too_much(held: &str, bound: usize) -> bool {
    let bytes = held.len();
    bytes > bound && (bytes > bound * HIDDEN || View::of(held).text().len() > bound)
}

/// Replaces by nothing: so does an edit that goes on with the one before.
fn is_nothing(edit: &Edit) -> bool {
    edit.replacement.is_empty()
}

fn open(shared: &Shared) -> Result<Vec<Gate>, StageError> {
    let open = |guard: &std::sync::Arc<dyn super::Guardrail>| {
        let session = guard.session(Side::Output)?;
        Ok(Gate {
            guard: guard.name().to_owned(),
            quiet: guard.is_quiet(),
            hold_bytes: guard.hold_bytes().unwrap_or(shared.hold_bytes),
            session,
            held: Draft::default(),
            open: None,
        })
    };
    let guards = shared.guards();
    let asked = guards.iter().filter(|guard| guard.judges(Side::Output));
    asked.map(open).collect()
}

/// `text` in pieces of at most [`SLICE_BYTES`], cut on character borders.
fn slices(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (slice, after) = rest.split_at(rest.floor_char_boundary(SLICE_BYTES));
        rest = after;
        Some(slice)
    })
}
