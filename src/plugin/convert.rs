//! WIT records to domain types and back. What a guest answers is checked here, before anything
//! acts on it.

use crate::domain::verdict::{self, Edit, Note, Reason, Side, Verdict};
use crate::pipeline::{
    self, Disguise, Misjudged, Step, Subject, check_edits, check_notes, check_reason,
};

use super::PluginError;
use super::bindings::guardrail::exports::privatestack::plugin::guardrail as guest;
use super::bindings::guardrail::privatestack::plugin::types;
use super::exports::About;

/// Bytes of what a plugin says of itself.
const NAME_BYTES: usize = 64;
const SUMMARY_BYTES: usize = 300;
const LABELS: usize = 256;

pub(super) fn side(side: verdict::Side) -> types::Side {
    match side {
        verdict::Side::Input => types::Side::Input,
        verdict::Side::Retrieved => types::Side::Retrieved,
        verdict::Side::Output => types::Side::Output,
    }
}

/// The lists of a subject in the guest's types; the texts stay where they are.
pub(super) struct Lists<'a> {
    runs: Vec<types::Run>,
    decoded: Vec<types::Decoded<'a>>,
}

impl<'a> Lists<'a> {
    pub(super) fn of(subject: &'a Subject) -> Self {
        let run = |run: &pipeline::Run| types::Run {
            view: run.view,
            text: run.text,
            verbatim: run.verbatim,
        };
        let read = |it: &'a pipeline::Decoded| types::Decoded {
            how: disguise(it.how),
            span: types::Span {
                start: it.start,
                end: it.end,
            },
            view: &it.view,
        };
        Self {
            runs: subject.view.runs().iter().map(run).collect(),
            decoded: subject.decoded.iter().map(read).collect(),
        }
    }

    /// Borrows the texts: they are copied once, into the guest.
    pub(super) fn subject<'b>(&'b self, subject: &'b Subject) -> types::Subject<'b> {
        types::Subject {
            side: side(subject.side),
            text: &subject.text,
            view: subject.view.text(),
            runs: &self.runs,
            decoded: &self.decoded,
        }
    }
}

fn disguise(how: Disguise) -> types::Disguise {
    match how {
        Disguise::Base64 => types::Disguise::Base64,
        Disguise::Hexadecimal => types::Disguise::Hexadecimal,
        Disguise::Percent => types::Disguise::Percent,
        Disguise::Rot13 => types::Disguise::Rot13,
        Disguise::Leet => types::Disguise::Leet,
        Disguise::Spaced => types::Disguise::Spaced,
        Disguise::Reversed => types::Disguise::Reversed,
        Disguise::Tags => types::Disguise::Tags,
        Disguise::Base32 => types::Disguise::Base32,
        Disguise::Morse => types::Disguise::Morse,
        Disguise::Escapes => types::Disguise::Escapes,
        Disguise::Entities => types::Disguise::Entities,
    }
}

pub(super) fn verdict(answer: types::Verdict, subject: &Subject) -> Result<Verdict, Misjudged> {
    match answer {
        types::Verdict::Pass => Ok(Verdict::Pass),
        // Nobody is shown what an answer was flagged for, streamed or not.
        types::Verdict::Flag(_) if subject.side == Side::Output => Ok(Verdict::Pass),
        types::Verdict::Flag(list) => {
            let notes = list.into_iter().map(note).collect::<Vec<_>>();
            check_notes(&subject.text, &notes)?;
            let edits = Vec::new();
            Ok(Verdict::Mark { edits, notes })
        }
        types::Verdict::Redact(list) if list.is_empty() => Ok(Verdict::Pass),
        types::Verdict::Redact(list) => {
            let (edits, notes) = marks(list, &subject.text)?;
            Ok(Verdict::Mark { edits, notes })
        }
        types::Verdict::Block(said) => reason(said, &subject.text).map(Verdict::Block),
    }
}

/// As many verdicts as subjects, in order.
pub(super) fn verdicts(
    answers: Vec<types::Verdict>,
    subjects: &[&Subject],
) -> Result<Vec<Verdict>, Misjudged> {
    if answers.len() != subjects.len() {
        return Err(Misjudged::Count);
    }
    let pairs = answers.into_iter().zip(subjects);
    pairs.map(|(answer, one)| verdict(answer, one)).collect()
}

pub(super) fn step(answer: guest::Step, held: &Subject) -> Result<Step, Misjudged> {
    match answer {
        guest::Step::Hold => Ok(Step::Hold),
        guest::Step::Emit(emission) => {
            let upto = emission.upto;
            let going = held.text.get(..upto as usize).ok_or(Misjudged::Emission)?;
            let (edits, notes) = marks(emission.edits, going)?;
            Ok(Step::Emit { upto, edits, notes })
        }
        guest::Step::Stop(said) => reason(said, &held.text).map(Step::Stop),
    }
}

fn note(finding: types::Finding) -> Note {
    Note {
        label: finding.label,
        score: finding.score,
        start: finding.span.start,
        end: finding.span.end,
    }
}

/// Edits, and those that change nothing as notes.
fn marks(list: Vec<types::Edit>, text: &str) -> Result<(Vec<Edit>, Vec<Note>), Misjudged> {
    let (mut edits, mut notes) = (Vec::new(), Vec::new());
    for edit in list {
        let (start, end) = (edit.finding.span.start, edit.finding.span.end);
        if text.get(start as usize..end as usize) == Some(edit.replacement.as_str()) {
            notes.push(note(edit.finding));
            continue;
        }
        edits.push(Edit {
            start,
            end,
            replacement: edit.replacement,
            label: edit.finding.label,
            score: edit.finding.score,
        });
    }
    check_edits(text, &edits)?;
    check_notes(text, &notes)?;
    Ok((edits, notes))
}

fn reason(said: types::Reason, text: &str) -> Result<Reason, Misjudged> {
    let reason = Reason {
        label: said.finding.label,
        message: said.message,
        score: said.finding.score,
        start: said.finding.span.start,
        end: said.finding.span.end,
    };
    check_reason(text, &reason)?;
    Ok(reason)
}

/// Checks what a plugin says of itself; `name` is what it was installed as.
pub(super) fn description(name: &str, said: &About) -> Result<(), PluginError> {
    let plain = |text: &str, limit| {
        !text.is_empty() && text.len() <= limit && !text.chars().any(char::is_control)
    };
    let wrong = if said.name != name {
        "it calls itself by another name than its file"
    } else if !plain(&said.version, NAME_BYTES) {
        "its version is empty, too long or holds control characters"
    } else if !plain(&said.summary, SUMMARY_BYTES) {
        "its summary is empty, too long or holds control characters"
    } else if said.labels.len() > LABELS || !said.labels.iter().all(|it| plain(it, NAME_BYTES)) {
        "its labels are too many, empty or too long"
    } else {
        return Ok(());
    };
    Err(PluginError::Load {
        plugin: name.to_owned(),
        why: wrong.to_owned(),
    })
}
