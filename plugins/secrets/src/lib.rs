//! Redacts credentials: what opens a door when it is copied.
//!
//! A token is known by the shape its issuer gave it, or by its length and a name that says whose
//! it is; a signed token by a header that decodes; a private key by its armour; a password by the
//! name it is assigned to or its place in a URL or command. Random-looking text without any of these is left alone: commits,
//! digests and identifiers look the same.

mod assigned;
mod base64;
mod calm;
mod command;
mod index;
mod issuers;
mod key_block;
mod known;
mod lexicon;
mod look;
mod made;
mod named;
mod parts;
mod services;
mod shape;
mod signed;
mod token;
mod url;
mod words;

use std::cell::Cell;

use calm::blank;
use sdk::window::{Cut, Follow, Hit, Rules, Stream, WINDOW, check};
use sdk::{Description, Guardrail, Lifecycle, Subject, Verdict};

/// The guest.
pub struct Secrets;

sdk::export!(Secrets);

impl Lifecycle for Secrets {
    fn describe() -> Description {
        let mut labels: Vec<&str> = token::labels().chain(services::labels()).collect();
        labels.extend([
            key_block::LABEL,
            signed::LABEL,
            url::LABEL,
            assigned::PASSWORD,
            assigned::SECRET,
            command::KUBERNETES_SECRET,
            command::SERVICE_ACCOUNT,
        ]);
        labels.sort_unstable();
        labels.dedup();
        Description {
            name: "secrets".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: labels.into_iter().map(str::to_owned).collect(),
        }
    }
}

impl Guardrail for Secrets {
    type Session = Stream<Credentials>;

    fn check(subject: Subject) -> Verdict {
        if calm::clean(&subject.view) {
            return Verdict::Pass;
        }
        check::<Credentials>(&subject)
    }
}

/// Everything this guard looks for.
#[derive(Default)]
pub struct Credentials {
    memory: command::Memory,
    /// Whether the segment that was cut last is a word that is not ordinary.
    odd: Cell<bool>,
}

impl Rules for Credentials {
    /// Where a calm stretch ends, or a word; the first lines of a key's armour are one.
    fn segment(&self, rest: &str) -> Cut {
        if !self.memory.awaits() {
            let calm = calm::stretch(rest, false, false);
            if calm > 0 {
                self.odd.set(false);
                return Cut::At(calm);
            }
        }
        let bytes = rest.as_bytes();
        let end = bytes
            .iter()
            .position(|byte| blank(*byte) != blank(bytes[0]));
        self.odd.set(end.is_some());
        match end {
            _ if blank(bytes[0]) => Cut::At(end.unwrap_or(bytes.len())),
            Some(end) => key_block::armour(rest, end),
            None => Cut::More,
        }
    }

    fn scan(&self, text: &str, from: usize, hits: &mut Vec<Hit>) {
        let word = &text[from..];
        let known = self.odd.replace(false) || self.memory.awaits();
        if known || calm::stretch(word, true, false) < word.len() {
            look(&self.memory, text, from, hits);
        }
    }
}

/// Looks at a segment with every rule.
fn look(memory: &command::Memory, text: &str, from: usize, hits: &mut Vec<Hit>) {
    let word = &text[from..];
    if word.bytes().next().is_some_and(blank) {
        return memory.blank(text, from);
    }
    memory.word(text, from, hits);
    if word.len() < 3 {
        return;
    }
    let seen = word
        .bytes()
        .fold(0, |seen, byte| seen | SIGNS[usize::from(byte)]);
    let has = |signs: &[u8]| {
        signs
            .iter()
            .all(|sign| seen & SIGNS[usize::from(*sign)] != 0)
    };
    if has(b"-") {
        key_block::find(text, from, hits);
    }
    let runs = shape::Runs::of(text);
    let range = from..text.len().min(from + own(word));
    if word.len() >= token::SHORTEST {
        token::find(text, range.clone(), &runs, hits);
        if has(b".J") {
            signed::find(text, range.clone(), hits);
        }
        if has(b"@:") {
            url::find(text, range.clone(), hits);
        }
        if has(b":") {
            url::find_fields(text, from, range.clone(), hits);
        }
        if has(b"ZX") {
            signed::find_encoded(text, range.clone(), &runs, hits);
        }
        if has(b"L") {
            signed::find_key(text, range.clone(), &runs, hits);
        }
    }
    assigned::find(text, range, &runs, hits);
}

/// A bit for each sign that some rule cannot do without.
static SIGNS: [u8; 256] = {
    let (mut table, mut at) = ([0; 256], 0);
    let signs = *b"-.@:JZXL";
    while at < signs.len() {
        table[signs[at] as usize] = 1 << at;
        at += 1;
    }
    table
};

/// How much of a segment its hits can begin in: what begins in the second half of a window is
/// found in the next one, too.
fn own(word: &str) -> usize {
    if word.len() == WINDOW {
        WINDOW / 2
    } else {
        word.len()
    }
}

/// A hit; if it ends with the text that was seen, more of it may follow.
fn hit(text: &str, span: std::ops::Range<usize>, label: &'static str, score: f32) -> Hit {
    let tail = (span.end == text.len()).then_some(rest_of_token as sdk::window::Tail);
    Hit {
        span,
        label,
        score,
        tail,
    }
}

/// Longer than one window: what follows without a break belongs to it.
fn rest_of_token(rest: &str, _done: bool) -> Follow {
    let part =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '/' | '=' | '~');
    match rest.find(|c| !part(c)) {
        Some(end) => Follow::End(end),
        None => Follow::Past(rest.len()),
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod unseen;
