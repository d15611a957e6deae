//! Pictures, links, definitions, tags and addresses, each as it begins at a place.

use std::borrow::Cow;

use crate::scanner::{IMAGE, LINK, SCRIPT, Unit};
use crate::tag::{self, Tag};
use crate::target::{self, Target};

/// Bytes of a target, of a picture's words, of a line's beginning that are looked at.
pub const LIMIT: usize = 256;
/// Bytes of a picture's words.
const WORDS: usize = 128;
/// Brackets within brackets in a picture's words.
const DEPTH: usize = 8;

/// Where a target in brackets lies.
enum Place {
    More,
    None,
    Long,
    At(std::ops::Range<usize>),
}

/// The target at the beginning of `text`, behind blanks.
fn place(text: &str, from: usize, done: bool) -> Place {
    let bytes = text.as_bytes();
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let start = from
        + bytes[from..]
            .iter()
            .take(LIMIT)
            .take_while(|byte| blank(byte))
            .count();
    let angled = bytes.get(start) == Some(&b'<');
    let start = start + usize::from(angled);
    let (mut depth, mut at) = (0usize, start);
    while at < bytes.len() && at - from < LIMIT {
        match bytes[at] {
            b'\\' if bytes.get(at + 1).is_some_and(u8::is_ascii_punctuation) => at += 1,
            b'>' if angled => return Place::At(start..at),
            b'\n' | b'\r' if angled => return Place::None,
            _ if angled => {}
            b'(' => depth += 1,
            b')' if depth == 0 => return Place::At(start..at),
            b')' => depth -= 1,
            byte if byte <= b' ' => return Place::At(start..at),
            _ => {}
        }
        at += 1;
    }
    match () {
        () if at - from >= LIMIT => Place::Long,
        () if done && angled => Place::None,
        () if done => Place::At(start..bytes.len()),
        () => Place::More,
    }
}

/// Where the brackets that hold a target end, a title included: at the first `)` of the line.
fn ending(text: &str, at: usize, done: bool) -> Option<usize> {
    let rest = &text.as_bytes()[at..];
    let stop = rest
        .iter()
        .take(LIMIT)
        .position(|byte| matches!(byte, b')' | b'\n' | b'\r'));
    match stop {
        Some(length) if rest[length] == b')' => Some(at + length + 1),
        None if rest.len() < LIMIT && !done => None,
        _ => Some(at),
    }
}

/// Words for a reader: what stood here and where it led. Nothing before or behind them makes a
/// link, a picture or a title of what stands in such brackets.
pub fn note(what: &str, host: &str) -> String {
    if host.is_empty() {
        format!("‹{what} removed›")
    } else {
        format!("‹{what} removed: {host}›")
    }
}

/// `![words](target)`, `![words][name]`, `![name]`.
pub fn picture(text: &str, done: bool) -> Unit {
    let unmade = || Unit::Change(2, IMAGE, "[".to_owned());
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0usize, 2);
    let close = loop {
        match bytes.get(at) {
            _ if at >= WORDS || depth > DEPTH => return unmade(),
            None if done => return Unit::Keep(2),
            None => return Unit::More,
            Some(b'\\') => at += 1,
            Some(b'[') => depth += 1,
            Some(b']') if depth == 0 => break at,
            Some(b']') => depth -= 1,
            Some(_) => {}
        }
        at += 1;
    };
    let words = &text[2..close];
    let plain = !words.contains(['[', ']', '<', '`', '!', '\\', '\n']) && !words.contains("http");
    let kept = |note: String| {
        if words.is_empty() {
            note
        } else {
            format!("{words} {note}")
        }
    };
    match bytes.get(close + 1) {
        None if !done => Unit::More,
        _ if !plain => unmade(),
        Some(b'(') => match place(text, close + 2, done) {
            Place::More => Unit::More,
            Place::None | Place::Long => unmade(),
            // What it holds is looked at as what a link holds.
            Place::At(span) if !target::remote(&text[span.clone()]) => Unit::Keep(2),
            Place::At(span) => match ending(text, span.end, done) {
                None => Unit::More,
                Some(end) => {
                    Unit::Change(end, IMAGE, kept(note("image", &target::host(&text[span]))))
                }
            },
        },
        _ => unmade(),
    }
}

/// `](target)`: what stands before is words.
pub fn link(text: &str, done: bool) -> Unit {
    match place(text, 2, done) {
        Place::More => Unit::More,
        Place::None => Unit::Keep(2),
        Place::Long => {
            let mut end = LIMIT;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            Unit::Change(
                end,
                LINK,
                format!("] {}", note("link", &target::host(&text[2..end]))),
            )
        }
        Place::At(span) => match target::judge(&text[span.clone()]) {
            Target::Plain => Unit::Keep(2),
            Target::Carries(host) => match ending(text, span.end, done) {
                None => Unit::More,
                Some(end) => Unit::Change(end, LINK, format!("] {}", note("link", &host))),
            },
        },
    }
}

/// `]: target`, the place that a name in brackets leads to.
pub fn definition(text: &str, done: bool) -> Unit {
    match place(text, 2, done) {
        Place::More => Unit::More,
        Place::None => Unit::Keep(2),
        Place::Long => Unit::Change(2, LINK, "] :".to_owned()),
        Place::At(span) => match (
            target::judge(&text[span.clone()]),
            defines(text, &span, done),
        ) {
            (Target::Plain, _) | (_, Some(false)) => Unit::Keep(2),
            (_, None) => Unit::More,
            (Target::Carries(host), Some(true)) => {
                Unit::Change(span.end, LINK, format!("] {}", note("link", &host)))
            }
        },
    }
}

/// Whether a target ends its line, or a title follows: only then it is the target of a definition.
fn defines(text: &str, target: &std::ops::Range<usize>, done: bool) -> Option<bool> {
    let blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'>');
    let behind = &text.as_bytes()[target.end..];
    let blanks = behind.iter().take(LIMIT).take_while(blank).count();
    match behind.get(blanks) {
        None => done.then_some(true),
        Some(b'\n' | b'\r' | b'"' | b'\'' | b'(') => Some(true),
        Some(_) => Some(blanks == LIMIT),
    }
}

/// `<scheme:…>` or a tag; `end` is where the first `>` stands.
pub fn angle(text: &str, end: Option<usize>, done: bool) -> Unit {
    let scheme = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-');
    let name = text.as_bytes()[1..]
        .iter()
        .take_while(|b| scheme(b))
        .count();
    if name + 1 == text.len() && !done && name < 40 {
        return Unit::More;
    }
    if name >= 2 && text.as_bytes().get(name + 1) == Some(&b':') {
        let end = text
            .bytes()
            .take(LIMIT)
            .position(|b| b == b'>' || b <= b' ');
        return match end {
            None if text.len() < LIMIT && !done => Unit::More,
            Some(end) if text.as_bytes()[end] == b'>' => match target::judge(&text[1..end]) {
                Target::Plain => Unit::Keep(1),
                Target::Carries(host) => Unit::Change(end + 1, LINK, note("link", &host)),
            },
            _ => Unit::Change(1, LINK, "&lt;".to_owned()),
        };
    }
    match tag::judge(text, end, done, LIMIT) {
        Tag::More => Unit::More,
        Tag::Harmless => Unit::Keep(1),
        Tag::Active => Unit::Change(1, SCRIPT, "&lt;".to_owned()),
        Tag::Picture(length) => {
            let host = text[..length]
                .split_once("//")
                .map_or(String::new(), |(_, rest)| {
                    target::host(&format!("//{rest}"))
                });
            Unit::Change(length, IMAGE, note("image", &host))
        }
    }
}

/// An address as it stands, which many a reader makes a link.
pub fn bare(text: &str, done: bool) -> Unit {
    let bytes = text.as_bytes();
    let begins = |with: &str| {
        let seen = bytes.len().min(with.len());
        (bytes[..seen].eq_ignore_ascii_case(&with.as_bytes()[..seen])).then_some(seen == with.len())
    };
    let starts = ["http://", "https://", "www."].map(begins);
    if !starts.contains(&Some(true)) {
        return match starts.contains(&Some(false)) && !done {
            true => Unit::More,
            false => Unit::Keep(1),
        };
    }
    let Some(end) = reach(text, done) else {
        return Unit::More;
    };
    let ends = |c: char| b"?!.,:*_~\"')];".contains(&(c as u8)) && c.is_ascii();
    // What ends a sentence is no part of an address.
    let address = text[..end].trim_end_matches(ends);
    let full = match starts[2] {
        Some(true) => Cow::Owned(format!("http://{address}")),
        _ => Cow::Borrowed(address),
    };
    match target::judge(&full) {
        Target::Plain if end < LIMIT => Unit::Keep(4),
        Target::Plain => Unit::Change(end, LINK, note("link", &target::host(&full))),
        Target::Carries(host) => Unit::Change(address.len(), LINK, note("link", &host)),
    }
}

/// How far readers may take an address to go: up to a blank, a tag or the end of a link's words.
/// Where other letters come, as in languages without blanks, [`run`] looks at what stands between.
fn reach(text: &str, done: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let ends = |at: usize| match bytes[at] {
        b']' => bytes
            .get(at + 1)
            .is_none_or(|b| *b <= b' ' || b"([:".contains(b)),
        byte => byte <= b' ' || byte == b'<' || byte >= 0x80,
    };
    match (0..bytes.len().min(LIMIT)).find(|at| ends(*at)) {
        Some(at) if at + 1 == bytes.len() && bytes[at] == b']' && !done => None,
        Some(at) => Some(at),
        None if bytes.len() < LIMIT && !done => None,
        None => Some(bytes.len().min(LIMIT)),
    }
}

/// A piece of an address between other letters.
pub fn run(text: &str, done: bool) -> Option<usize> {
    let stops = |byte: &u8| *byte <= b' ' || *byte == b'<' || *byte >= 0x80;
    match text.bytes().take(LIMIT).position(|byte| stops(&byte)) {
        None if text.len() < LIMIT && !done => None,
        length => Some(length.unwrap_or(text.len().min(LIMIT))),
    }
}
