//! Walks an answer from left to right. What becomes of a place depends on what came before and on
//! at most [`LIMIT`] bytes of each part behind it, so a stream decides as a whole text does.

use crate::doubt::Doubt;
use crate::lines::{Lines, Start};
use crate::tag::{self, Tag};
use crate::target::{self, Target};

/// Bytes of a target, of a picture's words, of a line's beginning that are looked at.
const LIMIT: usize = 256;
/// Bytes of a picture's words.
const WORDS: usize = 128;
/// Brackets within brackets in a picture's words.
const DEPTH: usize = 8;

pub const IMAGE: &str = "REMOTE_IMAGE";
pub const LINK: &str = "DATA_LINK";
pub const SCRIPT: &str = "SCRIPT";
pub const UNCLOSED: &str = "UNCLOSED";

/// A stretch and what stands there afterwards.
pub struct Change {
    pub span: std::ops::Range<usize>,
    pub label: &'static str,
    pub text: String,
}

/// What is to be done at a place.
enum Unit {
    More,
    Keep(usize),
    Change(usize, &'static str, String),
}

/// What an answer has said so far.
#[derive(Default)]
pub struct Scanner {
    lines: Lines,
    /// The beginning of the line is read.
    begun: bool,
    doubt: Doubt,
    /// A bar was seen within a code span of this line: in a table it would end the span.
    piped: bool,
    /// Backticks of a code span that nothing closes up to here.
    open: usize,
}

impl Scanner {
    /// How much of `text` may go, and what changes in it. Something stays for the end to be
    /// written behind, as long as there is an end to come.
    pub fn advance(&mut self, text: &str, done: bool) -> (usize, Vec<Change>) {
        let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
        let stop = if done { text.len() } else { last };
        let (mut at, mut changes) = (0, Vec::new());
        while at < stop {
            let words = self.words(&text.as_bytes()[at..stop]);
            if words > 0 {
                self.doubt.words(&text.as_bytes()[at..at + words]);
                at += words;
                continue;
            }
            let unit = self.unit(text, at, done);
            let length = match &unit {
                Unit::More => break,
                Unit::Keep(length) | Unit::Change(length, _, _) => *length,
            };
            if !done && at + length > last && length > 1 {
                break;
            }
            let bytes = &text.as_bytes()[at..at + length];
            if let Unit::Change(_, label, text) = unit {
                changes.push(Change {
                    span: at..at + length,
                    label,
                    text,
                });
                self.doubt.replaced(bytes);
            } else {
                self.took(bytes);
            }
            at += length;
        }
        if done {
            self.close(text, last, &mut changes);
        }
        (at, changes)
    }

    /// How many of these bytes are words and no sign of anything: most of nearly every answer.
    fn words(&self, bytes: &[u8]) -> usize {
        if !self.begun || self.doubt.address || self.lines.code() {
            return 0;
        }
        let mut before = self.doubt.before;
        let more = bytes.iter().take_while(|byte| {
            let plain = match **byte {
                b'h' | b'H' | b'w' | b'W' => before.is_ascii_alphabetic(),
                byte => byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b',' | b'.'),
            };
            before = **byte;
            plain
        });
        more.count()
    }

    /// What a stretch that goes changes here.
    fn took(&mut self, bytes: &[u8]) {
        let Some(byte) = bytes.last() else { return };
        if !matches!(byte, b'\n' | b'\r') {
            self.doubt.took(bytes);
            return;
        }
        if self.doubt.before != b'\r' || bytes != b"\n" {
            let blank = self.doubt.ends();
            self.lines.ends(blank);
            (self.begun, self.piped, self.open) = (false, false, 0);
        }
        self.doubt.before = *byte;
    }

    fn unit(&mut self, text: &str, at: usize, done: bool) -> Unit {
        let bytes = &text.as_bytes()[at..];
        if self.doubt.before == b'\r' && bytes[0] == b'\n' {
            return Unit::Keep(1);
        }
        if !self.begun {
            let start = self.lines.clone().begin(bytes, done, LIMIT);
            match start {
                Start::More => return Unit::More,
                // The beginning is read once more when the line goes.
                Start::Fence { signs, length } => {
                    if !done && at + length + 1 > text.len() {
                        return Unit::More;
                    }
                    self.start(bytes, done);
                    // What says the language is text where this is no fence.
                    let closed = signs == length;
                    return Unit::Keep(if closed || self.lines.code() {
                        length
                    } else {
                        signs
                    });
                }
                Start::Endless(indent) => {
                    self.start(b"-", true);
                    let sign = char::from(bytes[indent]);
                    return Unit::Change(
                        indent + 1,
                        UNCLOSED,
                        format!("{}\\{sign}", &text[at..at + indent]),
                    );
                }
                Start::Other => self.start(bytes, done),
            }
        }
        if self.lines.code() {
            let line = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            return Unit::Keep(match line {
                Some(0) => 1,
                Some(length) => length,
                // The last character stays for the end.
                None => text[at..].chars().next().map_or(1, char::len_utf8),
            });
        }
        if bytes[0] >= 0x80 {
            return Unit::Keep(text[at..].chars().next().map_or(1, char::len_utf8));
        }
        let rest = &text[at..];
        let second = bytes.get(1).copied();
        let letter = self.doubt.before.is_ascii_alphabetic();
        if self.doubt.address && self.doubt.before >= 0x80 {
            match run(rest, done) {
                None => return Unit::More,
                Some(length) if target::judge(&rest[..length]) != Target::Plain => {
                    return Unit::Change(length, LINK, note("link", ""));
                }
                Some(_) => {}
            }
        }
        match bytes[0] {
            b'\\' if second.is_none() && !done => Unit::More,
            // In HTML and in addresses it is a sign like any other.
            b'\\' if self.lines.html() || self.doubt.address => Unit::Keep(1),
            b'\\' => Unit::Keep(1 + usize::from(second.is_some_and(|b| b.is_ascii_punctuation()))),
            b'`' => self.span(bytes, done),
            b'!' | b']' if second.is_none() && !done => Unit::More,
            b'!' if second == Some(b'[') => picture(rest, done),
            b']' if second == Some(b'(') => {
                let unit = link(rest, done);
                if matches!(unit, Unit::Keep(_)) {
                    self.doubt.link();
                }
                unit
            }
            b']' if second == Some(b':') => definition(rest, done),
            b'<' => self.angle(rest, done),
            b'h' | b'H' | b'w' | b'W' if !letter => {
                let unit = bare(rest, done);
                self.doubt.address |= matches!(unit, Unit::Keep(4));
                unit
            }
            _ => Unit::Keep(1),
        }
    }

    fn start(&mut self, line: &[u8], done: bool) {
        self.lines.begin(line, done, LIMIT);
        self.begun = true;
        self.doubt.begins();
    }

    /// What is left of a tag or an address must not go on with an address before it.
    fn angle(&mut self, text: &str, done: bool) -> Unit {
        let tag = text.as_bytes().get(1);
        let tag = tag.is_some_and(|b| b.is_ascii_alphabetic() || *b == b'/');
        match angle(text, done) {
            Unit::Change(length, label, shown) if self.doubt.address => {
                Unit::Change(length, label, format!(" {shown}"))
            }
            Unit::Keep(length) if tag => {
                let begins = self.doubt.tag();
                self.lines.tag(begins);
                Unit::Keep(length)
            }
            unit => unit,
        }
    }

    /// A code span within its line stays as it is.
    fn span(&mut self, bytes: &[u8], done: bool) -> Unit {
        let sure = self.doubt.span() && !self.piped && !self.lines.html();
        let run = bytes.iter().take_while(|byte| **byte == b'`').count();
        if run == bytes.len() && !done && run < LIMIT {
            return Unit::More;
        }
        let mut at = run;
        while at < bytes.len().min(LIMIT) && !matches!(bytes[at], b'\n' | b'\r') {
            if bytes[at] != b'`' {
                at += 1;
                continue;
            }
            let closing = bytes[at..].iter().take_while(|byte| **byte == b'`').count();
            if at + closing == bytes.len() && !done {
                break;
            }
            if closing == run {
                self.piped |= bytes[run..at].contains(&b'|');
                return Unit::Keep(if sure && !self.piped {
                    at + closing
                } else {
                    run
                });
            }
            at += closing;
        }
        let ended = at >= LIMIT
            || bytes
                .get(at)
                .is_some_and(|byte| matches!(byte, b'\n' | b'\r'));
        if !ended && !done {
            return Unit::More;
        }
        if ended {
            self.doubt.unclosed();
        } else if sure && self.open == 0 && bytes.len() > run {
            self.open = run;
        }
        Unit::Keep(run)
    }

    /// Closes what is open at the end, behind the last character.
    fn close(&self, text: &str, last: usize, changes: &mut Vec<Change>) {
        let behind = text.as_bytes().last().copied();
        let ends_line = matches!(behind, Some(b'\n' | b'\r'));
        let closing = self.lines.closing(ends_line, behind);
        let inline =
            (self.open > 0 && !self.piped && behind != Some(b'`')).then(|| "`".repeat(self.open));
        let Some(closing) = closing.or(inline).filter(|_| !text.is_empty()) else {
            return;
        };
        match changes.last_mut() {
            Some(change) if change.span.end == text.len() => change.text += &closing,
            _ => changes.push(Change {
                span: last..text.len(),
                label: UNCLOSED,
                text: format!("{}{closing}", &text[last..]),
            }),
        }
    }
}

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
fn note(what: &str, host: &str) -> String {
    if host.is_empty() {
        format!("‹{what} removed›")
    } else {
        format!("‹{what} removed: {host}›")
    }
}

/// `![words](target)`, `![words][name]`, `![name]`.
fn picture(text: &str, done: bool) -> Unit {
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
fn link(text: &str, done: bool) -> Unit {
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
fn definition(text: &str, done: bool) -> Unit {
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

/// `<scheme:…>` or a tag.
fn angle(text: &str, done: bool) -> Unit {
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
    match tag::judge(text, done, LIMIT) {
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
fn bare(text: &str, done: bool) -> Unit {
    let bytes = text.as_bytes();
    let begins = |with: &str| {
        let seen = bytes.len().min(with.len());
        (bytes[..seen].eq_ignore_ascii_case(&with.as_bytes()[..seen])).then_some(seen == with.len())
    };
    let starts: Vec<bool> = ["http://", "https://", "www."]
        .iter()
        .filter_map(|with| begins(with))
        .collect();
    if !starts.contains(&true) {
        return if starts.is_empty() || done {
            Unit::Keep(1)
        } else {
            Unit::More
        };
    }
    let Some(end) = reach(text, done) else {
        return Unit::More;
    };
    let address = text[..end].trim_end_matches(ENDS);
    let full = match begins("www.") {
        Some(true) => format!("http://{address}"),
        _ => address.to_owned(),
    };
    match target::judge(&full) {
        Target::Plain if end < LIMIT => Unit::Keep(4),
        Target::Plain => Unit::Change(end, LINK, note("link", &target::host(&full))),
        Target::Carries(host) => Unit::Change(address.len(), LINK, note("link", &host)),
    }
}

/// What ends a sentence and not an address.
const ENDS: &[char] = &[
    '?', '!', '.', ',', ':', '*', '_', '~', '"', '\'', ')', ']', ';',
];

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
fn run(text: &str, done: bool) -> Option<usize> {
    let stops = |byte: &u8| *byte <= b' ' || *byte == b'<' || *byte >= 0x80;
    match text.bytes().take(LIMIT).position(|byte| stops(&byte)) {
        None if text.len() < LIMIT && !done => None,
        length => Some(length.unwrap_or(text.len().min(LIMIT))),
    }
}
