//! Cases of a workspace: texts and what must become of them, whatever its stages are changed to.

use std::collections::HashSet;

use crate::pipeline::{Pipeline, Said};
use crate::store::pipelines::{Outcome, PolicyCase};

use super::PolicyError;
use super::made::Made;

/// Cases of one workspace, and bytes of the text and of the name of one.
const CASES: usize = 100;
const TEXT_BYTES: usize = 8 << 10;
const NAME_BYTES: usize = 100;

/// Checks cases that somebody wants to keep.
pub(super) fn sound(cases: &[PolicyCase]) -> Result<(), PolicyError> {
    let mut names = HashSet::new();
    let mut good = |case: &PolicyCase| {
        let plain = !case.name.is_empty() && !case.name.chars().any(char::is_control);
        let short = case.name.len() <= NAME_BYTES && case.text.len() <= TEXT_BYTES;
        plain && short && names.insert(case.name.clone())
    };
    if cases.len() > CASES || !cases.iter().all(&mut good) {
        let (limit, bytes) = (CASES, TEXT_BYTES);
        return Err(PolicyError::Cases { limit, bytes });
    }
    Ok(())
}

/// Judges every case by these stages; the first that does not come out as it must is the error.
pub(super) async fn kept(
    pipeline: &Pipeline,
    made: &[Made],
    cases: &[PolicyCase],
) -> Result<(), PolicyError> {
    for case in cases {
        let trials = made.iter().filter_map(Made::trial).collect();
        let said = pipeline
            .try_out(trials, case.side, &case.text)
            .await?
            .said();
        if Some(case.outcome) != outcome(said) {
            return Err(PolicyError::Case {
                case: case.name.clone(),
                want: word(Some(case.outcome)).to_owned(),
                got: word(outcome(said)).to_owned(),
            });
        }
    }
    Ok(())
}

/// `None`: a stage did not do its work.
fn outcome(said: Said) -> Option<Outcome> {
    Some(match said {
        Said::Passed => Outcome::Passed,
        Said::Changed => Outcome::Changed,
        Said::Noted => Outcome::Noted,
        Said::Blocked => Outcome::Blocked,
        Said::Failed => return None,
    })
}

fn word(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Passed) => "passed",
        Some(Outcome::Changed) => "changed",
        Some(Outcome::Noted) => "noted",
        Some(Outcome::Blocked) => "blocked",
        None => "not judged",
    }
}
