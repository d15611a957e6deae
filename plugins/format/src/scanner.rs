//! Walks an answer from left to right. What becomes of a place depends on what came before and on
//! at most [`LIMIT`] bytes of each part behind it, so a stream decides as a whole text does.

use crate::doubt::Doubt;
use crate::lines::{Lines, Start};
use crate::links::{self, LIMIT, note};
use crate::target::{self, Target};

pub const IMAGE: &str = "REMOTE_IMAGE";
pub const LINK: &str = "DATA_LINK";
pub const SCRIPT: &str = "SCRIPT";
pub const UNCLOSED: &str = "UNCLOSED";

/// Bytes that close something, at most: nobody means a longer fence.
const CLOSING: usize = 200;

/// Changes of one answer, at most: the host takes no more, and nobody means that many.
pub const MOST: usize = 10_000;

/// A stretch and what stands there afterwards.
pub struct Change {
    pub span: std::ops::Range<usize>,
    pub label: &'static str,
    pub text: String,
}

/// What is to be done at a place.
pub enum Unit {
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
    /// Where the next `>` stands in the text at hand, and how long that is.
    end: usize,
    seen: usize,
    /// A bar was seen within a code span of this line: in a table it would end the span.
    piped: bool,
    /// Backticks of a code span that nothing closes up to here.
    open: usize,
    /// Changes up to here.
    changes: usize,
}

impl Scanner {
    /// How much of `text` may go, and what changes in it. Something stays for the end to be
    /// written behind, as long as there is an end to come.
    pub fn advance(&mut self, text: &str, done: bool) -> (usize, Vec<Change>) {
        let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
        let stop = if done { text.len() } else { last };
        let (mut at, mut changes) = (0, Vec::new());
        (self.end, self.seen) = (0, 0);
        while at < stop && !self.excessive() {
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
                self.changes += 1;
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

    /// Whether more would have to change than [`MOST`]; the rest is not read then.
    pub fn excessive(&self) -> bool {
        self.changes > MOST
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
        if !self.begun && bytes[0].is_ascii_alphanumeric() {
            self.lines.words();
            self.begun = true;
            self.doubt.begins();
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
            match links::run(rest, done) {
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
            b'!' if second == Some(b'[') => links::picture(rest, done),
            b']' if second == Some(b'(') => {
                let unit = links::link(rest, done);
                if matches!(unit, Unit::Keep(_)) {
                    self.doubt.link();
                }
                unit
            }
            b']' if second == Some(b':') => links::definition(rest, done),
            b'<' => self.angle(text, at, done),
            b'h' | b'H' | b'w' | b'W' if !letter => {
                let unit = links::bare(rest, done);
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
    fn angle(&mut self, all: &str, at: usize, done: bool) -> Unit {
        let text = &all[at..];
        // Looked for once between two of them, or many a `<` would make it slow.
        if self.end < at || self.seen != all.len() {
            let end = text.bytes().position(|byte| byte == b'>');
            (self.end, self.seen) = (end.map_or(usize::MAX, |end| at + end), all.len());
        }
        let end = (self.end < all.len()).then(|| self.end - at);
        let tag = text.as_bytes().get(1);
        let tag = tag.is_some_and(|b| b.is_ascii_alphabetic() || *b == b'/');
        match links::angle(text, end, done) {
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
        let Some(closing) = closing
            .or(inline)
            .filter(|closing| !text.is_empty() && closing.len() < CLOSING)
        else {
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
