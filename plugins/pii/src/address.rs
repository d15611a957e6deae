//! Streets with their houses, and boxes of the post: a kind of street, the ending of a street's
//! name, or a number before and behind a name; then what follows of town and postal code.

mod tail;
mod words;

use sdk::window::Hit;

use crate::context::Topics;
use crate::person::{Lower, Name as Known};
use crate::segment::month;
use crate::{hit, lexicon};
use words::{Streets, house_number, one_word, street, sure, unit};
pub use words::{TYPES, UNITS};

pub const LABEL: &str = "ADDRESS";

/// Words of a street's name at most.
const NAME: usize = 5;

/// What a word may be in an address.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Number,
    /// Street, Rue, ul.
    Street,
    /// Hauptstraße
    OneWord,
    Unit,
    /// A capitalised word, or a small one inside names of streets.
    Name,
    Other,
}

#[derive(Clone, Copy)]
struct Word {
    start: usize,
    end: usize,
    kind: Kind,
    /// A comma or another sign ends the part of the address here.
    ends: bool,
}

/// Words behind one that rules look at.
const AHEAD: usize = 12;

/// The addresses in `text[from..]`, one after the other: what follows one is looked at again when
/// it is known how far it goes.
pub struct Addresses<'a> {
    topics: &'a Topics<'a>,
    /// None is looked for from here on.
    until: usize,
    /// Where the word behind the last of `words` begins.
    next: usize,
    words: Vec<Word>,
    at: usize,
}

impl<'a> Addresses<'a> {
    /// Those that begin within `begin`.
    pub fn of(topics: &'a Topics<'a>, begin: std::ops::Range<usize>) -> Addresses<'a> {
        Addresses {
            topics,
            until: begin.end,
            next: begin.start,
            words: Vec::with_capacity(AHEAD * 2),
            at: 0,
        }
    }

    /// Reads words until there are `count` or no more.
    fn read(&mut self, count: usize) {
        let text = self.topics.text;
        while self.words.len() < count && self.next <= text.len() {
            let rest = &text[self.next..];
            let len = rest
                .bytes()
                .position(|byte| matches!(byte, b' ' | b'\n'))
                .unwrap_or(rest.len());
            self.words.extend(word(self.next, &rest[..len]));
            self.next += len + 1;
        }
    }
}

impl Iterator for Addresses<'_> {
    type Item = Hit;

    fn next(&mut self) -> Option<Hit> {
        let text = self.topics.text;
        loop {
            self.read(self.at + AHEAD);
            let (words, at) = (&self.words, self.at);
            if words.get(at).is_none_or(|word| word.start >= self.until) {
                return None;
            }
            let found = match words[at].kind {
                Kind::Other => None,
                Kind::Number => numbered(self.topics, words, at),
                kind => {
                    let found = match kind {
                        Kind::Unit => military(text, words, at).or_else(|| room(text, words, at)),
                        _ => military(text, words, at).or_else(|| boxed(text, words, at)),
                    };
                    found.or_else(|| named(self.topics, words, at))
                }
            };
            self.at += 1;
            if let Some((last, score)) = found {
                let span = words[at].start..words[last].end;
                self.at = last + 1;
                return Some(Hit {
                    tail: Some(tail::follow),
                    ..hit(span, LABEL, score)
                });
            }
        }
    }
}

/// Whether a segment without digits holds a word of streets or of the forces' mail.
pub fn may_be(segment: &str) -> bool {
    segment.split(' ').any(|word| {
        let bare = word.trim_end_matches([',', ';', '.', '\n', '!', '?', ')']);
        bare.starts_with(char::is_uppercase)
            && (street(bare) || sure(bare) || matches!(bare, "USNS" | "USS" | "USNV" | "USCGC"))
    })
}

/// The word that begins at `start`, if it is more than signs.
fn word(start: usize, written: &str) -> Option<Word> {
    let bytes = written.as_bytes();
    let (mut first, mut len) = (0, bytes.len());
    while first < len && sign(bytes[first]) {
        first += 1;
    }
    while first < len && sign(bytes[len - 1]) {
        len -= 1;
    }
    let (begin, bare) = (start + first, &written[first..len]);
    if bare.is_empty() {
        return None;
    }
    let kind = kind(bare);
    let last = bytes[bytes.len() - 1];
    let ends = matches!(last, b',' | b';' | b':' | b')' | b'!' | b'?')
        || last == b'.' && (bare.len() > 5 || kind == Kind::Number);
    // The dot of a sentence is no part of a street.
    let dot = bare.as_bytes()[bare.len() - 1] == b'.' && (bare.len() > 5 || ends);
    Some(Word {
        start: begin,
        end: begin + bare.len() - usize::from(dot),
        kind,
        ends,
    })
}

/// What may stand around a word and is no part of it.
fn sign(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'"' | b'\'' | b';' | b':' | b',' | b'!' | b'?'
    )
}

fn kind(word: &str) -> Kind {
    let first = word.as_bytes()[0];
    if !first.is_ascii_alphabetic() && house_number(word) {
        return Kind::Number;
    }
    let capital = word.starts_with(char::is_uppercase);
    if capital && unit(word) || matches!(word, "apt." | "suite") {
        return Kind::Unit;
    }
    let street = Streets::of(word);
    let small = !capital && street.inside();
    if (capital || small) && street.kind() {
        return Kind::Street;
    }
    if capital && one_word(word) {
        return Kind::OneWord;
    }
    let ordinal = || {
        first.is_ascii_digit()
            && (word.ends_with("th") || word.ends_with("st") || word.ends_with("nd"))
    };
    if capital || small || ordinal() {
        return Kind::Name;
    }
    Kind::Other
}

/// `12 Main Street`, `62 Rue Gafsa`, `9721 Dalmatinova 43`.
fn numbered(topics: &Topics<'_>, words: &[Word], at: usize) -> Option<(usize, f32)> {
    let text = topics.text;
    if words[at].kind != Kind::Number || words[at].ends {
        return None;
    }
    let second = words
        .get(at + 1)
        .is_some_and(|word| word.kind == Kind::Number);
    let first = at + 1 + usize::from(second);
    let Name { last, .. } = name_from(words, first)?;
    let word = |at: usize| &text[words[at].start..words[at].end];
    if words[first].kind == Kind::Name
        && !word(first).starts_with(|c: char| c.is_alphabetic() && !c.is_lowercase())
        || last == first && month(word(first))
    {
        return None;
    }
    let streets = |kind: Kind| matches!(kind, Kind::Street | Kind::OneWord);
    let street = (first..=last).rev().find(|at| streets(words[*at].kind));
    let number = (!words[last].ends)
        .then_some(last + 1)
        .filter(|at| words.get(*at).is_some_and(|word| word.kind == Kind::Number));
    if let Some(street) = street {
        // Behind "Rue" and the like the name goes on.
        let last = if street == first { last } else { street };
        let last = number.filter(|at| *at == last + 1).unwrap_or(last);
        return Some((last, 0.88));
    }
    if let Some(number) = number
        && free_end(text, words, number)
        && !crate::person::common(word(first))
        && word(first).chars().any(char::is_lowercase)
    {
        return Some((number, 0.8));
    }
    let unit = words
        .get(last + 1)
        .is_some_and(|word| word.kind == Kind::Unit);
    (unit || introduced(topics, words[at].start)).then_some((last, 0.8))
}

/// `Hauptstraße 5`, `Via Roma 131`, `Lindenstraße`, `Baker Street`, behind "lives at" any name
/// with a number.
fn named(topics: &Topics<'_>, words: &[Word], at: usize) -> Option<(usize, f32)> {
    let text = topics.text;
    if matches!(words[at].kind, Kind::Number | Kind::Other | Kind::Unit) {
        return None;
    }
    let word = |at: usize| &text[words[at].start..words[at].end];
    let Name { last, street, one } = name_from(words, at)?;
    let number = (!words[last].ends)
        .then_some(last + 1)
        .filter(|at| words.get(*at).is_some_and(|word| word.kind == Kind::Number));
    if number.is_none() && street.is_none() && one.is_none() {
        return None;
    }
    let capital = word(at).starts_with(char::is_uppercase);
    let told = || introduced(topics, words[at].start) || behind_street(text, words[at].start);
    // "Anche Via Garibaldi 7": the street begins with its kind.
    if street.is_some_and(|street| street > at && street < last) {
        return None;
    }
    if let (Some(number), true) = (number, street.is_some() || one.is_some()) {
        return Some((number, 0.88));
    }
    if one.is_some_and(|at| sure(word(at))) {
        return Some((last, 0.75));
    }
    if let Some(street) = street
        && street > at
        && capital
        && placed(topics, words[at].start)
        && !crate::person::common(word(at))
    {
        return Some((street, 0.75));
    }
    (number.is_some() && capital && !month(word(at)) && told())
        .then(|| (number.unwrap_or(last), 0.75))
}

/// `P.O. Box 12`
fn boxed(text: &str, words: &[Word], at: usize) -> Option<(usize, f32)> {
    let word = &text[words[at].start..words[at].end];
    let kind = |at: usize| words.get(at).map(|word| word.kind);
    let found = matches!(word, "PO" | "P.O." | "P.O" | "POB" | "Po")
        && kind(at + 1) == Some(Kind::Unit)
        && kind(at + 2) == Some(Kind::Number);
    found.then_some((at + 2, 0.9))
}

/// `Suite 5`
fn room(text: &str, words: &[Word], at: usize) -> Option<(usize, f32)> {
    let number = words
        .get(at + 1)
        .is_some_and(|word| word.kind == Kind::Number);
    if words[at].ends || !number {
        return None;
    }
    let word = text[words[at].start..words[at].end].trim_end_matches('.');
    let telling = matches!(
        Lower::of(word).text(),
        "apt"
            | "suite"
            | "postbox"
            | "postfach"
            | "postbus"
            | "postboks"
            | "apartado"
            | "ste"
            | "apartment"
    );
    telling.then_some((at + 1, 0.8))
}

/// Mail of the forces: `PSC 12, Box 34`, `Unit 12 Box 34`, `USNS Name`, `APO AE 12345`.
fn military(text: &str, words: &[Word], at: usize) -> Option<(usize, f32)> {
    let word = |at: usize| words.get(at).map_or("", |word| &text[word.start..word.end]);
    let digits = |at: usize| words.get(at).is_some_and(|word| word.kind == Kind::Number);
    match word(at) {
        "PSC" | "CMR" if digits(at + 1) => {
            let boxed = word(at + 2) == "Box" && digits(at + 3);
            Some((if boxed { at + 3 } else { at + 1 }, 0.9))
        }
        "Unit" if digits(at + 1) && word(at + 2) == "Box" && digits(at + 3) => Some((at + 3, 0.9)),
        "USNS" | "USS" | "USNV" | "USCGC"
            if words
                .get(at + 1)
                .is_some_and(|word| word.kind == Kind::Name) =>
        {
            Some((at + 1, 0.75))
        }
        "APO" | "FPO" | "DPO" if matches!(word(at + 1), "AE" | "AA" | "AP") && digits(at + 2) => {
            Some((at + 2, 0.9))
        }
        _ => None,
    }
}

/// The words from one on that may be a street's name.
struct Name {
    last: usize,
    /// The first of them that is a kind of street.
    street: Option<usize>,
    /// The first that is a street in one word.
    one: Option<usize>,
}

fn name_from(words: &[Word], first: usize) -> Option<Name> {
    let (mut last, mut street, mut one) = (None, None, None);
    for (at, word) in words.iter().enumerate().skip(first).take(NAME) {
        match word.kind {
            Kind::Street => street = street.or(Some(at)),
            Kind::OneWord => one = one.or(Some(at)),
            Kind::Name => {}
            _ => break,
        }
        last = Some(at);
        if word.ends {
            break;
        }
    }
    Some(Name {
        last: last?,
        street,
        one,
    })
}

/// Whether a line, a sentence or a clause ends behind the word, or a part of an address follows.
fn free_end(text: &str, words: &[Word], at: usize) -> bool {
    let rest = &text[words[at].end..];
    let mut chars = rest.trim_start_matches([')', '"']).chars();
    match (chars.next(), words.get(at + 1)) {
        (None | Some('\n' | ','), _) => true,
        (Some('.'), next) => next.is_none(),
        (Some(' '), Some(next)) => matches!(next.kind, Kind::Unit | Kind::Name | Kind::Street),
        _ => false,
    }
}

/// Whether the words before say that someone lives or works there.
fn introduced(topics: &Topics<'_>, at: usize) -> bool {
    topics.around(at).near & lexicon::ADDRESS != 0
}

/// Whether "rue de la" or the like stands right before, in small letters.
fn behind_street(text: &str, at: usize) -> bool {
    let mut lead = text[..at].trim_end_matches(' ');
    for _ in 0..3 {
        let start = lead.rfind([' ', '\n']).map_or(0, |at| at + 1);
        let word = Known::of(&lead[start..]);
        if word.street() {
            return true;
        }
        if !word.particle() {
            return false;
        }
        lead = lead[..start].trim_end_matches(' ');
    }
    false
}

/// Whether a word of place stands right before.
fn placed(topics: &Topics<'_>, at: usize) -> bool {
    let lead = topics.text[..at].trim_end_matches(' ');
    [" on", " at", " in", " of", "On", "At", " the", " and", ":"]
        .iter()
        .any(|word| lead.ends_with(word))
        || introduced(topics, at)
}
