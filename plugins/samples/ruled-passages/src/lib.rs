//! Cuts a text at its ruled lines: one passage for each ticket, minute or answer between two rules.
//! A text with fewer than two rules is left to the box.

use world_chunker::{Chunker, Description, Lengths, Lifecycle, Markup, Passage, Span};

/// Signs that make a rule, and how many at least.
const RULES: [char; 4] = ['-', '=', '*', '_'];
const LEAST: usize = 3;

/// Bytes of a token, about; what is longer than the box takes is left to it.
const TOKEN_BYTES: usize = 4;

/// The plugin.
pub struct Ruled;

world_chunker::export!(Ruled);

impl Lifecycle for Ruled {
    fn describe() -> Description {
        Description {
            name: "ruled-passages".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: Vec::new(),
        }
    }
}

impl Chunker for Ruled {
    fn cut(text: String, _: Markup, lengths: Lengths) -> Vec<Passage> {
        let (mut passages, mut start, mut at, mut rules) = (Vec::new(), 0, 0, 0);
        for line in text.split_inclusive('\n') {
            if is_rule(line) {
                passages.extend(passage(&text, start, at));
                start = at + line.len();
                rules += 1;
            }
            at += line.len();
        }
        passages.extend(passage(&text, start, at));
        let most = lengths.most as usize * TOKEN_BYTES;
        let fit = |one: &Passage| (one.span.end - one.span.start) as usize <= most;
        if rules < 2 || !passages.iter().all(fit) {
            return Vec::new();
        }
        passages
    }
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    RULES
        .iter()
        .any(|sign| line.chars().count() >= LEAST && line.chars().all(|c| c == *sign))
}

/// The part without blanks at its ends, under its first line as a heading if it is a short one.
fn passage(text: &str, start: usize, end: usize) -> Option<Passage> {
    let part = &text[start..end];
    let start = start + part.len() - part.trim_start().len();
    let part = part.trim();
    let offset = |at: usize| u32::try_from(at).ok();
    Some(Passage {
        span: Span {
            start: offset(start)?,
            end: offset(start + part.len())?,
        },
        headings: Vec::new(),
    })
    .filter(|_| !part.is_empty())
}
