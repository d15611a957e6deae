//! Makes an answer safe to show: a picture from elsewhere would be fetched as soon as it is seen,
//! and a link may carry in its address what a document was made to tell. Pictures become their
//! words, such links lose their target, tags that fetch or run are shown instead; what an answer
//! leaves open at its end (a fence, code within a line, the row of a table) is closed.
//!
//! Code is shown, not run, and stays as it is.

mod decoded;
mod demand;
#[cfg(test)]
mod demand_tests;
mod doubt;
mod envelope;
mod json;
mod lines;
mod links;
#[cfg(test)]
mod renderer_tests;
mod scanner;
mod schema;
mod tag;
mod target;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::rc::Rc;

use sdk::{
    Description, Edit, Emission, Guardrail, GuestSession, Lifecycle, Reason, Side, Step, Subject,
    Verdict,
};

use demand::Demand;
use envelope::Envelope;
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
            demand::JSON,
            demand::SCHEMA,
            demand::SETTING,
            demand::FENCE,
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
        whole(&Demand::from_host(), &subject.text)
    }
}

fn whole(demand: &Demand, text: &str) -> Verdict {
    let edits = match demand {
        Demand::Markdown => markdown(&mut Scanner::default(), text, true).map(|(_, edits)| edits),
        demand => demand.judge(text, &mut Envelope::default()),
    };
    match edits {
        Ok(edits) if edits.is_empty() => Verdict::Pass,
        Ok(edits) => Verdict::Redact(edits),
        Err(reason) => Verdict::Block(reason),
    }
}

/// How much of an answer may go and what changes in it, or why none of the rest may.
fn markdown(scanner: &mut Scanner, text: &str, done: bool) -> Result<(usize, Vec<Edit>), Reason> {
    let (upto, changes) = scanner.advance(text, done);
    match changes.last() {
        Some(last) if scanner.excessive() => Err(Reason {
            finding: sdk::finding(last.span.clone(), last.label, 1.0),
            message: format!(
                "The answer has more than {} places that are not safe to show.",
                scanner::MOST
            ),
        }),
        _ => Ok((upto, edits(changes))),
    }
}

/// One answer as it comes.
pub struct Answer(RefCell<Reading>);

enum Reading {
    /// It is not for people.
    Any,
    Markdown(Box<Scanner>),
    /// Nothing of it goes before all of it is judged: half a value is none.
    Value(Rc<Demand>, Envelope),
}

impl GuestSession for Answer {
    fn new(side: Side) -> Self {
        sdk::hook::install();
        Answer(RefCell::new(match side {
            Side::Output => Reading::new(Demand::from_host()),
            _ => Reading::Any,
        }))
    }

    fn push(&self, held: Subject) -> Step {
        self.0.borrow_mut().step(&held.text, false)
    }

    fn finish(&self, held: Subject) -> Step {
        self.0.borrow_mut().step(&held.text, true)
    }
}

impl Reading {
    fn new(demand: Rc<Demand>) -> Reading {
        match *demand {
            Demand::Markdown => Reading::Markdown(Box::default()),
            _ => Reading::Value(demand, Envelope::default()),
        }
    }

    fn step(&mut self, text: &str, done: bool) -> Step {
        match self {
            Reading::Any => emit(text.len(), Vec::new()),
            Reading::Markdown(scanner) => match markdown(scanner, text, done) {
                Ok((upto, edits)) => emit(upto, edits),
                Err(reason) => Step::Stop(reason),
            },
            Reading::Value(demand, read) if done => match demand.judge(text, read) {
                Ok(edits) => emit(text.len(), edits),
                Err(reason) => Step::Stop(reason),
            },
            Reading::Value(demand, read) => match demand.begins(text, read) {
                Ok(()) => Step::Hold,
                Err(reason) => Step::Stop(reason),
            },
        }
    }
}

fn emit(upto: usize, edits: Vec<Edit>) -> Step {
    if upto == 0 {
        return Step::Hold;
    }
    Step::Emit(Emission {
        upto: u32::try_from(upto).expect("a text is shorter than 4 GiB"),
        edits,
    })
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
