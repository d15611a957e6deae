//! Asks guardrails about whole texts, one after the other, and fails closed.

use std::sync::Arc;

use crate::domain::verdict::{Effect, Finding, Side, Verdict};

use super::draft::Draft;
use super::stage::{Guardrail, StageError, Subject, check_edits, check_reason, finding_of_reason};
use super::{Admitted, PassageVerdict};

/// The label of a finding for a passage that a guardrail could not judge.
const UNJUDGED: &str = "UNJUDGED";

/// Each guardrail sees what the one before left.
pub(super) fn admit(
    guards: &[Arc<dyn Guardrail>],
    side: Side,
    text: String,
) -> Result<Admitted, StageError> {
    let mut findings = Vec::new();
    let mut draft = Draft::original(text.clone(), 0);
    let mut subject = Subject::new(side, text);
    for guard in guards {
        match guard.check(&subject)? {
            Verdict::Pass => {}
            Verdict::Redact(edits) => {
                check_edits(&subject.text, &edits)
                    .map_err(|wrong| StageError::failed(guard.name(), wrong))?;
                findings.extend(draft.apply(edits, side, guard.name()));
                subject = Subject::new(side, draft.text().to_owned());
            }
            Verdict::Block(mut reason) => {
                check_reason(&subject.text, &reason)
                    .map_err(|wrong| StageError::failed(guard.name(), wrong))?;
                (reason.start, reason.end) = draft.origin(reason.start, reason.end);
                return Err(StageError::Blocked {
                    side,
                    guard: guard.name().to_owned(),
                    reason,
                });
            }
        }
    }
    findings.sort_by_key(|finding| (finding.start, finding.end));
    Ok(Admitted {
        edits: draft.edits(),
        text: draft.into_text(),
        findings,
    })
}

/// Judges one passage; it is kept or dropped, whatever happens.
pub(super) fn passage(guards: &[Arc<dyn Guardrail>], text: String) -> PassageVerdict {
    let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
    match admit(guards, Side::Retrieved, text) {
        Ok(admitted) => PassageVerdict::Kept(admitted),
        Err(StageError::Blocked {
            side,
            guard,
            reason,
        }) => PassageVerdict::Dropped(vec![finding_of_reason(
            side,
            &guard,
            &reason,
            Effect::Dropped,
        )]),
        Err(error) => {
            tracing::warn!(%error, "a passage was dropped unjudged");
            let guard = match error {
                StageError::Failed { guard, .. } => guard,
                _ => "pipeline".to_owned(),
            };
            PassageVerdict::Dropped(vec![Finding {
                side: Side::Retrieved,
                guard,
                label: UNJUDGED.to_owned(),
                document: None,
                start: 0,
                end: bytes,
                score: 1.0,
                outcome: Effect::Dropped,
            }])
        }
    }
}
