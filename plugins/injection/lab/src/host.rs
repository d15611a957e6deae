//! Subjects as the host makes them.

use sdk::{Decoded, Disguise, Run, Side, Span, Subject};

use crate::pipeline::{decode, hidden, view::View};

/// A text as a guard is shown it.
pub fn subject(side: Side, text: &str) -> Subject {
    let view = View::of(text);
    let decoded = match side {
        Side::Output => Vec::new(),
        Side::Input | Side::Retrieved => hidden(text, &view).into_iter().map(shown).collect(),
    };
    Subject {
        side,
        text: text.to_owned(),
        view: view.text().to_owned(),
        runs: view.runs().iter().map(run).collect(),
        decoded,
    }
}

fn run(run: &crate::pipeline::view::Run) -> Run {
    Run {
        view: run.view,
        text: run.text,
        verbatim: run.verbatim,
    }
}

fn shown(found: decode::Decoded) -> Decoded {
    Decoded {
        how: match found.how {
            decode::Disguise::Base64 => Disguise::Base64,
            decode::Disguise::Hexadecimal => Disguise::Hexadecimal,
            decode::Disguise::Percent => Disguise::Percent,
            decode::Disguise::Rot13 => Disguise::Rot13,
            decode::Disguise::Leet => Disguise::Leet,
            decode::Disguise::Spaced => Disguise::Spaced,
            decode::Disguise::Reversed => Disguise::Reversed,
            decode::Disguise::Tags => Disguise::Tags,
            decode::Disguise::Base32 => Disguise::Base32,
            decode::Disguise::Morse => Disguise::Morse,
            decode::Disguise::Escapes => Disguise::Escapes,
            decode::Disguise::Entities => Disguise::Entities,
        },
        span: Span {
            start: found.start,
            end: found.end,
        },
        view: found.view,
    }
}
