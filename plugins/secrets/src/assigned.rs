//! Values that a name calls secret: `password = …`, `"api_key": "…"`, `Bearer …`.

use std::ops::Range;

use sdk::window::{Follow, Hit};

use crate::look::{ends_with, mixed, placeholder, starts_with};
use crate::named::{Kind, Name, Tie};
use crate::parts::quote;
use crate::shape::Runs;
use crate::words::like_words;
use crate::{hit, made, services, token};

pub const PASSWORD: &str = "PASSWORD";
pub const SECRET: &str = "SECRET";

/// How sure a value is that has the shape of a token and the name of its service.
pub const SERVICE: f32 = 0.9;

/// The longest value that is looked at.
const LONGEST: usize = 250;

/// Finds values that begin in a range.
pub fn find(text: &str, range: Range<usize>, runs: &Runs<'_>, hits: &mut Vec<Hit>) {
    let mut offers = Offers {
        text,
        runs,
        ends: (0, 0),
        names: 0,
        passwords: 0,
        before: hits.len(),
    };
    offers.take(range.start, hits);
    let bytes = &text.as_bytes()[..range.end];
    for (at, byte) in bytes.iter().enumerate().skip(range.start) {
        let called = *byte == b'(' && bytes.get(at + 1).is_some_and(|b| quote(char::from(*b)));
        if called || matches!(byte, b'=' | b':' | b'>' | b',') {
            offers.take(at + 1, hits);
        }
    }
}

/// Names that are read of one segment at most. A segment's windows begin every 256 bytes, and a
/// name with its value is eight bytes long or more: nothing is left out.
const NAMES: u32 = 32;

/// The values of one segment.
struct Offers<'a> {
    text: &'a str,
    runs: &'a Runs<'a>,
    /// A stretch without an end of a value within, and where it ends.
    ends: (usize, usize),
    names: u32,
    /// Values that were judged as passwords and end where [`Offers::ends`] does.
    passwords: u32,
    /// How many hits were there before.
    before: usize,
}

/// Values with one end that are judged as passwords.
const PASSWORDS: u32 = 4;

impl Offers<'_> {
    /// Takes the value that begins at `at`, behind quotes, if it has a name that says so.
    fn take(&mut self, at: usize, hits: &mut Vec<Hit>) {
        let (text, bytes) = (self.text, self.text.as_bytes());
        let mut start = at;
        while start < bytes.len().min(at + 4) && quote(char::from(bytes[start])) {
            start += 1;
        }
        if !(self.ends.0..=self.ends.1).contains(&start) {
            self.ends = (start, end(bytes, start));
            self.passwords = 0;
        }
        let end = self.ends.1;
        if end < start + 4 || end - start > LONGEST || self.names >= NAMES {
            return;
        }
        let quoted = quoted(text, at, start, end);
        let value = text[start..end].trim_end_matches(['.', ')', '*', '\\', '}', ']', ':']);
        if value.len() < 4 || (!quoted && plain(value.as_bytes())) {
            return;
        }
        // A surer hit wins over what is found here.
        let surer = |hit: &Hit| hit.score > SERVICE && hit.span.contains(&start);
        if hits[..self.before].iter().any(surer) {
            return;
        }
        self.names += 1;
        let Some(name) = Name::before(text, at) else {
            return;
        };
        hits.extend(self.judge(start, value, &name, quoted));
    }

    fn judge(&mut self, start: usize, value: &str, name: &Name<'_>, quoted: bool) -> Option<Hit> {
        let (text, runs) = (self.text, self.runs);
        let span = start..start + value.len();
        let sets = quoted && name.sets();
        if name.tie == Tie::Place && value.len() < token::SHORTEST && !sets {
            return None;
        }
        if let Some(hit) = services::find(text, span.clone(), name, runs) {
            return Some(hit);
        }
        if let Some(label) = made::beside(text, span.clone(), name, runs) {
            return Some(hit(text, span, label, SERVICE));
        }
        let kind = name.kind()?;
        let behind = text.as_bytes().get(span.end);
        if behind == Some(&b')') && value.contains('(') {
            return None;
        }
        if kind == Kind::Password {
            // Values within a value: each is as long as the rest of it.
            self.passwords += 1;
            let spent = self.passwords > PASSWORDS;
            let compared = !quoted && text[..start].ends_with("==");
            let other = compared || (name.weak() && !(quoted && mixed(value)));
            let tie = if sets { Tie::Word } else { name.tie };
            if spent || other || !password(value, tie, quoted) || name.digest() {
                return None;
            }
            self.passwords = PASSWORDS;
            return Some(phrase(text, start, value.len()));
        }
        let found = made::secret(text, span, (name, kind), quoted, runs)?;
        if name.tie == Tie::Place && found.len() < token::SHORTEST {
            return None;
        }
        (!name.digest()).then(|| hit(text, found, SECRET, 0.85))
    }
}

/// Whether quotes are around a value that offers itself at `at`. A backquote has to close; what
/// makes words bold is none.
fn quoted(text: &str, at: usize, start: usize, end: usize) -> bool {
    let before = text[..start].trim_end_matches(['*', '\\']);
    before.len() >= at.saturating_sub(1)
        && match before.as_bytes().last() {
            Some(b'"' | b'\'') => true,
            Some(b'`') => text.as_bytes().get(end) == Some(&b'`'),
            _ => false,
        }
}

/// Whether a value without quotes is a word that no rule takes.
fn plain(value: &[u8]) -> bool {
    // From twelve letters on it may be a pair in base64.
    value.len() < 12 && value.iter().all(u8::is_ascii_lowercase)
}

/// Where a value ends.
fn end(bytes: &[u8], start: usize) -> usize {
    let stops = |at: usize| match bytes[at] {
        b'"' | b'\'' | b'`' | b';' | b'<' | b'>' | b',' => true,
        b'\\' => matches!(bytes.get(at + 1), Some(b'n' | b'r' | b't' | b'"')),
        byte => byte.is_ascii_whitespace(),
    };
    (start..bytes.len())
        .find(|at| stops(*at))
        .unwrap_or(bytes.len())
}

/// A password; a passphrase in quotes goes on to the quote that closes it.
fn phrase(text: &str, start: usize, length: usize) -> Hit {
    let mut found = hit(text, start..start + length, PASSWORD, 0.85);
    let blank_behind = text[start + length..].starts_with([' ', '\t']);
    if blank_behind || found.span.end == text.len() {
        match text[..start].chars().next_back() {
            Some('"') => found.tail = Some(rest_of_double_quotes),
            Some('\'') => found.tail = Some(rest_of_single_quotes),
            _ => {}
        }
    }
    found
}

/// Bytes of a passphrase that are looked at for the quote that closes it.
const PHRASE: usize = 128;

fn rest_of_double_quotes(rest: &str, done: bool) -> Follow {
    rest_of_phrase(rest, done, '"')
}

fn rest_of_single_quotes(rest: &str, done: bool) -> Follow {
    rest_of_phrase(rest, done, '\'')
}

fn rest_of_phrase(rest: &str, done: bool, quote: char) -> Follow {
    match rest
        .char_indices()
        .find(|(at, c)| *c == quote || *c == '\n' || *at >= PHRASE)
    {
        Some((at, c)) if c == quote => Follow::End(at),
        Some(_) => Follow::End(0),
        None if done => Follow::End(0),
        None => Follow::More,
    }
}

/// Whether a value can be a password that a person or a machine chose, and is no word of a
/// sentence, reference or type.
fn password(value: &str, tie: Tie, quoted: bool) -> bool {
    const KINDS: [&str; 20] = [
        "string",
        "none",
        "null",
        "true",
        "false",
        "undefined",
        "required",
        "optional",
        "nil",
        "bool",
        "str",
        "text",
        "password",
        "pass",
        "passwd",
        "pwd",
        "secret",
        "hidden",
        "any",
        "varchar",
    ];
    let bytes = value.as_bytes();
    // "password=" is the next name.
    let bare = value.trim_end_matches('=');
    let digit = bytes.iter().any(u8::is_ascii_digit);
    let odd = |c: char| c.is_uppercase() || c.is_ascii_punctuation();
    let symbol = |c: char| c.is_ascii_punctuation();
    let strong = || {
        value.len() >= 6 && (digit || value.starts_with(symbol) || value.chars().skip(1).any(odd))
    };
    let fits = match tie {
        Tie::Word => digit && value.len() >= 6,
        // A list of names goes on.
        Tie::List | Tie::Place => false,
        Tie::Sign => value.len() >= 4 && (quoted || strong()),
    };
    if !fits || KINDS.iter().any(|kind| bare.eq_ignore_ascii_case(kind)) {
        return false;
    }
    let sign = !quoted && matches!(bytes[0], b':' | b'=' | b'>');
    let number = value.len() <= 12 && (value.starts_with("0x") || value.starts_with("0X"));
    let path = bytes[0] == b'/' && bytes[1..].contains(&b'/');
    // "Forgotten?" is a word of a sentence, and "!vault" a tag of YAML.
    let stop = bytes.len() - usize::from(matches!(bytes.last(), Some(b'!' | b'?')));
    let small = bytes[1..stop].iter().all(u8::is_ascii_lowercase);
    let word = !quoted && bytes[0].is_ascii_alphabetic() && small;
    let tag = !quoted && bytes[0] == b'!' && bytes[1..].iter().all(u8::is_ascii_lowercase);
    if sign || word || tag || number || path || code(bytes) {
        return false;
    }
    if !quoted && (reference(value) || made::constant(value)) {
        return false;
    }
    // A label repeats the name.
    let names = ["password", "passwords", "passwort", "passwd", "pwd"];
    let names = if quoted { &names[..3] } else { &names };
    let repeats = names
        .iter()
        .any(|name| ends_with(bare.as_bytes(), name.as_bytes()));
    !repeats && !placeholder(value)
}

/// Whether a value calls, names a path or an address, formats, or reads the environment.
fn code(value: &[u8]) -> bool {
    value.iter().enumerate().any(|(at, byte)| match byte {
        b'(' => true,
        b':' => value[at..].starts_with(b"::") || value[at..].starts_with(b"://"),
        b'%' => matches!(value.get(at + 1), Some(b's' | b'd')),
        b'e' | b'E' => starts_with(&value[at..], b"environ"),
        _ => false,
    })
}

/// `var.db_password`, `self.password`, `config['pw'`, `getPassword`, `--flag`, `&str`, `/a/path`.
fn reference(value: &str) -> bool {
    let name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let mut parts = value.split('.');
    let dotted = value.contains('.') && parts.all(name);
    // A selector: "changePassword:toPassword:error".
    let mut parts = value.split(':');
    let words = |part: &str| name(part) && part.bytes().all(|b| b.is_ascii_alphabetic());
    let selector = value.contains(':') && parts.all(words);
    let identifier = name(value) && !value.bytes().any(|b| b.is_ascii_digit()) && like_words(value);
    dotted
        || selector
        || identifier
        || value.contains('[')
        || value.starts_with(['&', '-', '/', '|', '\\'])
}
