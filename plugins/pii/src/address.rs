//! Streets with their houses, and boxes of the post: a kind of street, the ending of a street's
//! name, or a number before and behind a name; then what follows of town and postal code.

mod tail;
mod words;

use sdk::window::Hit;

use crate::context::Topics;
use crate::person::{Lower, Name};
use crate::segment::month;
use crate::words::inside_street;
use crate::{hit, lexicon};
pub use words::{TYPES, UNITS};
use words::{house_number, one_word, street, sure, unit};

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
    /// Where the word behind the last of `words` begins.
    next: usize,
    words: Vec<Word>,
    at: usize,
}

impl<'a> Addresses<'a> {
    /// Those of a segment.
    pub fn of(topics: &'a Topics<'a>, from: usize) -> Addresses<'a> {
        Addresses {
            topics,
            next: from,
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
            if self.at >= self.words.len() {
                return None;
            }
            let (words, at) = (&self.words, self.at);
            let found = military(text, words, at)
                .or_else(|| boxed(text, words, at))
                .or_else(|| numbered(self.topics, words, at))
                .or_else(|| named(self.topics, words, at));
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
    let signs = ['(', ')', '"', '\'', ';', ':', ',', '!', '?'];
    let bare = written.trim_start_matches(signs);
    let begin = start + (written.len() - bare.len());
    let bare = bare.trim_end_matches(signs);
    if bare.is_empty() {
        return None;
    }
    let kind = kind(bare);
    let ends = written.ends_with([',', ';', ':', ')', '!', '?'])
        || written.ends_with('.') && (bare.len() > 5 || kind == Kind::Number);
    // The dot of a sentence is no part of a street.
    let dot = bare.ends_with('.') && (bare.len() > 5 || ends);
    Some(Word {
        start: begin,
        end: begin + bare.len() - usize::from(dot),
        kind,
        ends,
    })
}

fn kind(word: &str) -> Kind {
    if house_number(word) {
        return Kind::Number;
    }
    let capital = word.starts_with(char::is_uppercase);
    if capital && unit(word) || matches!(word, "apt." | "suite") {
        return Kind::Unit;
    }
    if (capital || inside_street(word)) && street(word) {
        return Kind::Street;
    }
    if capital && one_word(word) {
        return Kind::OneWord;
    }
    let ordinal = word.ends_with("th") || word.ends_with("st") || word.ends_with("nd");
    if capital || inside_street(word) || ordinal && word.starts_with(|c: char| c.is_ascii_digit()) {
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
        .is_some_and(|word| word.kind == Kind::Number)
        && !words[at].ends;
    let first = at + 1 + usize::from(second);
    let last = name_from(words, first)?;
    let word = |at: usize| &text[words[at].start..words[at].end];
    if month(word(first)) && last == first
        || !word(first).starts_with(|c: char| c.is_alphabetic() && !c.is_lowercase())
            && words[first].kind == Kind::Name
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
    let last = name_from(words, at)?;
    let number = (!words[last].ends)
        .then_some(last + 1)
        .filter(|at| words.get(*at).is_some_and(|word| word.kind == Kind::Number));
    let capital = word(at).starts_with(char::is_uppercase);
    let street = (at..=last).find(|at| words[*at].kind == Kind::Street);
    let one = (at..=last).find(|at| words[*at].kind == Kind::OneWord);
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

/// `P.O. Box 12`, `Suite 5`.
fn boxed(text: &str, words: &[Word], at: usize) -> Option<(usize, f32)> {
    let word = |at: usize| &text[words[at].start..words[at].end];
    let numbered = |at: usize| words.get(at).is_some_and(|word| word.kind == Kind::Number);
    let post = matches!(word(at), "PO" | "P.O." | "P.O" | "POB" | "Po");
    if post
        && words
            .get(at + 1)
            .is_some_and(|word| word.kind == Kind::Unit)
        && numbered(at + 2)
    {
        return Some((at + 2, 0.9));
    }
    let room = words[at].kind == Kind::Unit && !words[at].ends && numbered(at + 1);
    let telling = matches!(
        Lower::of(word(at).trim_end_matches('.')).text(),
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
    (room && telling).then_some((at + 1, 0.8))
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

/// The last of the words from `first` on that may be a street's name.
fn name_from(words: &[Word], first: usize) -> Option<usize> {
    let mut last = None;
    for (at, word) in words.iter().enumerate().skip(first).take(NAME) {
        if !matches!(word.kind, Kind::Street | Kind::OneWord | Kind::Name) {
            break;
        }
        last = Some(at);
        if word.ends {
            break;
        }
    }
    last
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
        let word = Name::of(&lead[start..]);
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
