//! Makes an answer safe to show: a picture from elsewhere would be fetched as soon as it is seen,
//! and a link may carry in its address what a document was made to tell. Pictures become their
//! words, such links lose their target, tags that fetch or run are shown instead; what an answer
//! leaves open at its end (a fence, code within a line, the row of a table) is closed.
//!
//! Code is shown, not run, and stays as it is.

mod lines;
mod scanner;
mod tag;
mod target;

#[cfg(test)]
mod tests;

use std::cell::RefCell;

use sdk::{
    Description, Edit, Emission, Guardrail, GuestSession, Lifecycle, Side, Step, Subject, Verdict,
};

use scanner::{Change, Scanner};

/// The guest.
pub struct Format;

sdk::export!(Format);

impl Lifecycle for Format {
    fn describe() -> Description {
        let labels = [
            scanner::LINK,
            scanner::IMAGE,
            scanner::SCRIPT,
            scanner::UNCLOSED,
        ];
        Description {
            name: "format".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: labels.map(str::to_owned).to_vec(),
        }
    }
}

impl Guardrail for Format {
    type Session = Answer;

    /// Answers alone are shown; what goes to a model stays as it is.
    fn check(subject: Subject) -> Verdict {
        if subject.side != Side::Output {
            return Verdict::Pass;
        }
        let (_, changes) = Scanner::default().advance(&subject.text, true);
        if changes.is_empty() {
            Verdict::Pass
        } else {
            Verdict::Redact(edits(changes))
        }
    }
}

/// One answer as it comes.
pub struct Answer {
    shown: bool,
    scanner: RefCell<Scanner>,
}

impl GuestSession for Answer {
    fn new(side: Side) -> Self {
        sdk::hook::install();
        Answer {
            shown: side == Side::Output,
            scanner: RefCell::default(),
        }
    }

    fn push(&self, held: Subject) -> Step {
        self.step(&held, false)
    }

    fn finish(&self, held: Subject) -> Step {
        self.step(&held, true)
    }
}

impl Answer {
    fn step(&self, held: &Subject, done: bool) -> Step {
        let (upto, changes) = if self.shown {
            self.scanner.borrow_mut().advance(&held.text, done)
        } else {
            (held.text.len(), Vec::new())
        };
        if upto == 0 {
            return Step::Hold;
        }
        Step::Emit(Emission {
            upto: u32::try_from(upto).expect("a text is shorter than 4 GiB"),
            edits: edits(changes),
        })
    }
}

fn edits(changes: Vec<Change>) -> Vec<Edit> {
    changes
        .into_iter()
        .map(|change| Edit {
            finding: sdk::finding(change.span, change.label, 1.0),
            replacement: change.text,
        })
        .collect()
}
