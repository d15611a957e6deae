//! One text judged for somebody who wants to see what each stage says of it.

use std::sync::Arc;

use crate::domain::time::Stopwatch;
use crate::domain::verdict::{Edit, Effect, Finding, Side};

use super::inspect::Course;
use super::{Guardrail, Pipeline, StageError, Subject, within_limit};

/// A stage to be tried.
#[derive(Clone)]
pub struct Trial {
    pub guard: Arc<dyn Guardrail>,
    /// It is asked, and nothing comes of what it says.
    pub shadow: bool,
}

/// What became of a text that was tried.
#[derive(Debug)]
pub struct Tried {
    /// The text as it would go on; the original if it would not.
    pub text: String,
    /// Offsets of the original text.
    pub edits: Vec<Edit>,
    pub findings: Vec<Finding>,
    /// Why it would not go on.
    pub stopped: Option<StageError>,
    /// The stages that were asked. One that comes after the end is not.
    pub stages: Vec<TriedStage>,
}

/// What one stage made of the text that the one before left.
#[derive(Clone, Debug, PartialEq)]
pub struct TriedStage {
    pub guard: String,
    pub said: Said,
    /// Offsets of the original text.
    pub findings: Vec<Finding>,
    /// How long it took.
    pub micros: u64,
}

/// What a stage, or all of them, made of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Passed,
    Changed,
    /// Something is shown, and the text stays as it is.
    Noted,
    Blocked,
    /// It did not do its work, so the text would not go on.
    Failed,
}

impl Tried {
    /// What became of it in one word.
    pub fn said(&self) -> Said {
        said(self.stopped.as_ref(), &self.findings)
    }
}

impl Pipeline {
    /// Judges one whole text with other stages than these, on the blocking pool, and tells what
    /// each said. Counts nothing.
    pub async fn try_out(
        &self,
        stages: Vec<Trial>,
        side: Side,
        text: &str,
    ) -> Result<Tried, StageError> {
        let text = within_limit(text.to_owned())?;
        self.run(move |_| tried(&stages, side, text)).await
    }
}

fn tried(stages: &[Trial], side: Side, text: String) -> Tried {
    let empty = Subject::new(side, String::new());
    let (mut course, mut told) = (Course::new(side, text.clone()), Vec::new());
    if !stages.is_empty()
        && let Err(error) = course.is_read()
    {
        return refused(course, text, error, told);
    }
    for Trial { guard, shadow } in stages {
        // An instance that has just been made is slower: that is not what is asked here.
        drop(guard.check(&empty));
        let watch = Stopwatch::start();
        let verdict = guard.check(course.subject());
        let micros = u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut after = course.clone();
        let stopped = verdict
            .and_then(|verdict| after.take(&**guard, verdict))
            .err();
        let mut findings = after.findings()[course.findings().len()..].to_vec();
        findings.extend(stopped.as_ref().and_then(StageError::finding));
        told.push(TriedStage {
            guard: guard.name().to_owned(),
            said: said(stopped.as_ref(), &findings),
            findings,
            micros,
        });
        match (shadow, stopped) {
            (true, _) => {}
            (false, None) => course = after,
            (false, Some(error)) => return refused(course, text, error, told),
        }
    }
    let admitted = course.admitted();
    Tried {
        text: admitted.text,
        edits: admitted.edits,
        findings: admitted.findings,
        stopped: None,
        stages: told,
    }
}

fn refused(course: Course, text: String, error: StageError, stages: Vec<TriedStage>) -> Tried {
    let mut findings = course.admitted().findings;
    findings.extend(error.finding());
    Tried {
        text,
        edits: Vec::new(),
        findings,
        stopped: Some(error),
        stages,
    }
}

fn said(stopped: Option<&StageError>, findings: &[Finding]) -> Said {
    let redacted = |finding: &Finding| finding.outcome == Effect::Redacted;
    match stopped {
        Some(StageError::Blocked { .. }) => Said::Blocked,
        Some(_) => Said::Failed,
        None if findings.iter().any(redacted) => Said::Changed,
        None if findings.is_empty() => Said::Passed,
        None => Said::Noted,
    }
}
