//! Asks guardrails about whole texts, one after the other, and fails closed.

use std::sync::Arc;

use crate::domain::verdict::{Effect, Finding, Reason, Side, Verdict};

use super::draft::Draft;
use super::stage::{
    Guardrail, StageError, Subject, check_edits, check_notes, check_reason, finding_of_reason,
};
use super::{Admitted, PassageVerdict};

/// The label of a finding for a passage that a guardrail could not judge.
const UNJUDGED: &str = "UNJUDGED";

/// The label of a text that hides more than can be read.
const UNREAD: &str = "HIDDEN_TEXT";

/// Each guardrail sees what the one before left.
pub(super) fn admit(
    guards: &[Arc<dyn Guardrail>],
    side: Side,
    text: String,
) -> Result<Admitted, StageError> {
    let mut course = Course::new(side, text);
    if !guards.is_empty() {
        course.is_read()?;
    }
    for guard in guards.iter().filter(|guard| guard.judges(side)) {
        let verdict = guard.check(&course.subject)?;
        course.take(&**guard, verdict)?;
    }
    Ok(course.admitted())
}

/// Judges passages found for one question, each by itself; each is kept or dropped, whatever
/// happens to it or to another.
pub(super) fn passages(guards: &[Arc<dyn Guardrail>], texts: Vec<String>) -> Vec<PassageVerdict> {
    let mut judged: Vec<Judged> = texts.into_iter().map(Judged::new).collect();
    if !guards.is_empty() {
        judged.iter_mut().for_each(Judged::is_read);
    }
    for guard in guards.iter().filter(|one| one.judges(Side::Retrieved)) {
        let subjects: Vec<&Subject> = judged
            .iter()
            .filter_map(|one| one.course.as_ref().ok())
            .map(|course| &course.subject)
            .collect();
        let mut verdicts = guard.check_all(&subjects).into_iter();
        for one in judged.iter_mut().filter(|one| one.course.is_ok()) {
            let missing = || Err(StageError::failed(guard.name(), "a verdict is missing"));
            one.take(&**guard, verdicts.next().unwrap_or_else(missing));
        }
    }
    judged.into_iter().map(Judged::outcome).collect()
}

/// A passage, under way or refused.
struct Judged {
    bytes: u32,
    course: Result<Course, StageError>,
}

impl Judged {
    fn new(text: String) -> Self {
        Self {
            bytes: u32::try_from(text.len()).unwrap_or(u32::MAX),
            course: Ok(Course::new(Side::Retrieved, text)),
        }
    }

    fn is_read(&mut self) {
        if let Ok(course) = &self.course
            && let Err(error) = course.is_read()
        {
            self.course = Err(error);
        }
    }

    fn take(&mut self, guard: &dyn Guardrail, verdict: Result<Verdict, StageError>) {
        let Ok(course) = &mut self.course else { return };
        if let Err(error) = verdict.and_then(|verdict| course.take(guard, verdict)) {
            self.course = Err(error);
        }
    }

    fn outcome(self) -> PassageVerdict {
        let finding = match self.course {
            Ok(course) => return PassageVerdict::Kept(course.admitted()),
            Err(StageError::Blocked {
                side,
                guard,
                reason,
            }) => finding_of_reason(side, &guard, &reason, Effect::Dropped),
            Err(error) => unjudged(&error, self.bytes),
        };
        PassageVerdict::Dropped(vec![finding])
    }
}

fn unjudged(error: &StageError, bytes: u32) -> Finding {
    tracing::warn!(%error, "a passage was dropped unjudged");
    let guard = match error {
        StageError::Failed { guard, .. } => guard,
        _ => "pipeline",
    };
    Finding {
        side: Side::Retrieved,
        guard: guard.to_owned(),
        label: UNJUDGED.to_owned(),
        document: None,
        start: 0,
        end: bytes,
        score: 1.0,
        outcome: Effect::Dropped,
    }
}

/// One text on its way through the guardrails.
#[derive(Clone)]
pub(super) struct Course {
    /// As the guardrails asked so far left it.
    subject: Subject,
    draft: Draft,
    findings: Vec<Finding>,
}

impl Course {
    pub(super) fn new(side: Side, text: String) -> Self {
        Self {
            draft: Draft::original(text.clone(), 0),
            subject: Subject::new(side, text),
            findings: Vec::new(),
        }
    }

    /// What nobody could read does not go on: an order may hide behind much that is harmless.
    pub(super) fn is_read(&self) -> Result<(), StageError> {
        if !self.subject.unread {
            return Ok(());
        }
        let end = u32::try_from(self.subject.text.len()).unwrap_or(u32::MAX);
        Err(StageError::Blocked {
            side: self.subject.side,
            guard: "pipeline".to_owned(),
            reason: Reason {
                label: UNREAD.to_owned(),
                message: "The text holds more in base64 and the like than can be judged."
                    .to_owned(),
                score: 1.0,
                start: 0,
                end,
            },
        })
    }

    /// The text as it is now.
    pub(super) fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What was found so far, in the order it was.
    pub(super) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Acts on what `guard` says of the text as it is now.
    pub(super) fn take(
        &mut self,
        guard: &dyn Guardrail,
        verdict: Verdict,
    ) -> Result<(), StageError> {
        let (side, text) = (self.subject.side, &self.subject.text);
        let (quiet, guard) = (guard.is_quiet(), guard.name());
        let wrong = |wrong| StageError::failed(guard, wrong);
        match verdict {
            Verdict::Pass => {}
            Verdict::Mark { edits, notes } => {
                check_edits(text, &edits).map_err(wrong)?;
                check_notes(text, &notes).map_err(wrong)?;
                // The notes first: their offsets are those of the text before the edits.
                self.findings.extend(self.draft.noted(notes, side, guard));
                if !edits.is_empty() {
                    let found = self.draft.apply(edits, side, guard);
                    self.findings.extend(found.into_iter().filter(|_| !quiet));
                    self.subject = Subject::new(side, self.draft.text().to_owned());
                }
            }
            Verdict::Block(mut reason) => {
                check_reason(text, &reason).map_err(wrong)?;
                (reason.start, reason.end) = self.draft.origin(reason.start, reason.end);
                return Err(StageError::Blocked {
                    side,
                    guard: guard.to_owned(),
                    reason,
                });
            }
        }
        Ok(())
    }

    pub(super) fn admitted(mut self) -> Admitted {
        self.findings
            .sort_by_key(|finding| (finding.start, finding.end));
        Admitted {
            edits: self.draft.edits(),
            text: self.draft.into_text(),
            findings: self.findings,
        }
    }
}
