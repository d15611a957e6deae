//! A guardrail whose verdicts are only counted: how people see what it would do before it does.

use crate::domain::verdict::{Side, Verdict};
use crate::pipeline::{GuardSession, Guardrail, StageError, Step, Subject};

use super::guard::Guard;

/// Judges like the guard inside and lets everything pass.
pub(super) struct Shadow(pub(super) Guard);

impl Guardrail for Shadow {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn judges(&self, side: Side) -> bool {
        self.0.judges(side)
    }

    fn check(&self, subject: &Subject) -> Result<Verdict, StageError> {
        self.0.count_shadow(self.0.check(subject).as_ref().ok());
        Ok(Verdict::Pass)
    }

    fn check_all(&self, subjects: &[&Subject]) -> Vec<Result<Verdict, StageError>> {
        let verdicts = self.0.check_all(subjects);
        let pass = |verdict: Result<Verdict, StageError>| {
            self.0.count_shadow(verdict.as_ref().ok());
            Ok(Verdict::Pass)
        };
        verdicts.into_iter().map(pass).collect()
    }

    /// Nothing is held back for a guard that has no say, so an answer is not shown to it in
    /// pieces: it is judged as a whole when it ends.
    fn session(&self, side: Side) -> Result<Box<dyn GuardSession>, StageError> {
        Ok(Box::new(Whole {
            guard: self.0.clone(),
            side,
            text: String::new(),
        }))
    }
}

/// Text that is kept to be judged, in bytes: an answer is rarely longer.
const KEPT_BYTES: usize = 256 << 10;

struct Whole {
    guard: Guard,
    side: Side,
    text: String,
}

impl Whole {
    fn keep(&mut self, held: &Subject) -> Step {
        if self.text.len() + held.text.len() <= KEPT_BYTES {
            self.text.push_str(&held.text);
        }
        Step::Emit {
            upto: u32::try_from(held.text.len()).unwrap_or(u32::MAX),
            edits: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl GuardSession for Whole {
    fn push(&mut self, held: &Subject) -> Result<Step, StageError> {
        Ok(self.keep(held))
    }

    fn finish(&mut self, held: &Subject) -> Result<Step, StageError> {
        let step = self.keep(held);
        let subject = Subject::new(self.side, std::mem::take(&mut self.text));
        self.guard
            .count_shadow(self.guard.check(&subject).as_ref().ok());
        Ok(step)
    }
}
