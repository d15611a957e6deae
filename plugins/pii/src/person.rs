//! Names of people: capitalised words of which one is a known given name, or whose shape or
//! neighbours say so: an initial between, the ending of a family name, a title, a greeting,
//! "my name is", a trade or a kinship before it, a verb of people behind it.

mod cues;
mod names;
mod word;

use sdk::window::Hit;

use crate::hit;
pub use cues::{Lower, acts, unit};
use names::Ending;
pub use names::Name;
pub use word::Word;
use word::{Form, Words};

pub const LABEL: &str = "PERSON";

/// Whether a capitalised word begins sentences or headings, or names a place.
pub fn common(word: &str) -> bool {
    Name::of(word).common()
}

/// Words of a name at most.
const LONGEST: usize = 5;

/// Adds the names that begin within `begin`; `room` is for the words, whatever is in it.
pub fn find(text: &str, begin: std::ops::Range<usize>, room: &mut Vec<Word>, hits: &mut Vec<Hit>) {
    let mut words = Words::of(text, begin.start, std::mem::take(room));
    let mut at = 0;
    while let Some(word) = words.get(at)
        && word.start < begin.end
    {
        if !matches!(word.form, Form::Capital | Form::Capitals | Form::Initial) {
            at += 1;
            continue;
        }
        let len = run(&mut words, at);
        // And the word behind.
        words.get(at + len);
        match Run::of(text, words.read(), at, len).person() {
            Some((first, last, score)) => {
                let (first, last) = (words.read()[at + first], words.read()[at + last]);
                hits.push(hit(first.start..last.end, LABEL, score));
            }
            None => comma(text, &mut words, at, hits),
        }
        at += len;
    }
    *room = words.leave();
}

/// `Smith, Anna`: a family name, a comma, a given name.
fn comma(text: &str, words: &mut Words<'_>, at: usize, hits: &mut Vec<Hit>) {
    if let (Some(family), Some(given)) = (words.get(at), words.get(at + 1))
        && family.name.maybe_family()
        && !family.name.common()
        && given.name.given()
        && given.form == Form::Capital
        && &text[family.end..given.start] == ", "
        && !thing_behind(text, words, at + 1)
    {
        hits.push(hit(family.start..given.end, LABEL, 0.7));
    }
}

fn thing_behind(text: &str, words: &mut Words<'_>, at: usize) -> bool {
    words
        .get(at + 1)
        .is_some_and(|next| next.follows && cues::thing(&text[next.start..next.end]))
}

/// How many words from one on may be one name.
fn run(words: &mut Words<'_>, first: usize) -> usize {
    let mut len = 1;
    while len < LONGEST + 2
        && let Some(word) = words.get(first + len)
        && word.follows
    {
        match word.form {
            Form::Capital | Form::Capitals | Form::Initial => len += 1,
            Form::Particle => {
                let mut behind = (1..3).filter_map(|at| Some((at, words.get(first + len + at)?)));
                match behind.find(|(_, word)| word.form != Form::Particle) {
                    Some((at, word)) if word.form == Form::Capital && word.follows => len += at + 1,
                    _ => break,
                }
            }
            Form::Other => break,
        }
    }
    len
}

/// A run of words that may hold a name.
struct Run<'a> {
    text: &'a str,
    words: &'a [Word],
    /// All words of the segment behind the run.
    behind: &'a [Word],
}

impl<'a> Run<'a> {
    fn of(text: &'a str, words: &'a [Word], at: usize, len: usize) -> Run<'a> {
        Run {
            text,
            words: &words[at..at + len],
            behind: &words[at + len..],
        }
    }

    fn written(&self, at: usize) -> &'a str {
        &self.text[self.words[at].start..self.words[at].end]
    }

    /// The first and the last word of the name in it, and how sure that is.
    fn person(&self) -> Option<(usize, usize, f32)> {
        let len = self.words.len();
        let mut titled = false;
        for first in 0..len {
            let word = self.words[first];
            let leads = first + 1 < len && self.words[first + 1].follows;
            if leads && cues::leads(self.written(first)) {
                titled = true;
                continue;
            }
            if leads && matches!(self.written(first), "I'm" | "I’m") {
                titled = !adjective(self.written(first + 1));
                continue;
            }
            let known = word.name.maybe_family() || word.name.maybe_given();
            let skipped = word.form == Form::Particle || word.name.common() && !known;
            let introduced = titled || !skipped && first == 0 && self.introduced(word);
            titled = false;
            // A letter without a dot begins no name.
            if word.form == Form::Initial && !word.dot && !introduced {
                continue;
            }
            if skipped || word.name.common() && !introduced {
                continue;
            }
            if let Some((last, score)) = self.from(first, introduced) {
                return Some((first, last, score));
            }
            // A family name first: "Nagy Éva". Other words before a name are no part of it.
        }
        None
    }

    /// The last word of a name that begins with the word `first`.
    fn from(&self, first: usize, introduced: bool) -> Option<(usize, f32)> {
        let words = &self.words[first..];
        let word = words[0];
        let last = self.last(first);
        let count = last + 1 - first;
        if self.thing(last) {
            return None;
        }
        if introduced && (word.form != Form::Initial || count > 1) {
            return Some((last, 0.85));
        }
        if count == 1 {
            return self.single(first).map(|score| (last, score));
        }
        let second = self.words[self.next_name(first + 1)?];
        let score = self.together(first, last, second)?;
        let alone = second.name.common() && word.name.given();
        Some((if alone { first } else { last }, score))
    }

    /// How sure several words are a name; `second` is the first behind that is no particle.
    fn together(&self, first: usize, last: usize, second: Word) -> Option<f32> {
        let word = self.words[first];
        let behind = &self.words[first + 1..=last];
        let strong = |word: &Word| word.name.family() || word.ending(self.text) != Ending::None;
        let family = || behind.iter().any(strong);
        let maybe = || behind.iter().any(|word| word.name.maybe_family());
        let middle = &behind[..behind.len() - 1];
        let initial = middle
            .iter()
            .any(|word| word.form == Form::Initial && word.dot);
        match word.form {
            Form::Initial => return (word.dot && (maybe() || family())).then_some(0.7),
            Form::Capitals if !word.name.given() => return None,
            _ if word.name.given() => return Some(0.8),
            _ if word.name.common() => return None,
            _ => {}
        }
        let plain = second.name.common();
        let starts = self.sentence_starts(word);
        let partly = word.name.maybe_given();
        if initial && !plain || partly && (second.name.given() || family()) {
            Some(0.8)
        } else if partly && !starts && maybe()
            || second.name.given() && (word.name.maybe_family() || strong(&word))
            || !plain && !starts && family()
        {
            Some(0.65)
        } else {
            (self.acted() && !plain).then_some(0.55)
        }
    }

    /// One word that is a name by itself.
    fn single(&self, at: usize) -> Option<f32> {
        let word = self.words[at];
        if word.form != Form::Capital || self.sainted(at) {
            return None;
        }
        if word.name.given() {
            return Some(0.7);
        }
        if word.name.common() {
            return None;
        }
        let family = word.name.family() || word.ending(self.text) == Ending::Strong;
        if family && !self.firm(at) && (!self.sentence_starts(word) || self.acted()) {
            return Some(0.6);
        }
        let known = word.name.maybe_given() || word.name.maybe_family();
        (self.acted() && known || self.bodily()).then_some(0.55)
    }

    /// The last word of the name: common words end it, and so does the fifth word.
    fn last(&self, first: usize) -> usize {
        let mut last = first;
        for at in first + 1..self.words.len().min(first + LONGEST) {
            let word = self.words[at];
            if word.form == Form::Particle {
                continue;
            }
            let known = word.name.maybe_family() || word.name.maybe_given();
            if word.name.common() && !known {
                break;
            }
            last = at;
        }
        last
    }

    /// The word of the run from `at` on that is neither particle nor initial.
    fn next_name(&self, at: usize) -> Option<usize> {
        let names = |word: &Word| matches!(word.form, Form::Capital | Form::Capitals);
        self.words[at..]
            .iter()
            .position(names)
            .map(|place| at + place)
    }

    /// Whether the word behind makes it a place or a firm.
    fn thing(&self, last: usize) -> bool {
        let next = match self.words.get(last + 1) {
            Some(next) => Some(next),
            None => self.behind.first().filter(|next| next.follows),
        };
        let rest = &self.text[self.words[last].end..];
        let firm = [" &", " and Sons", " und Söhne", " et Fils"]
            .iter()
            .any(|end| rest.starts_with(end));
        let written = |word: &Word| &self.text[word.start..word.end];
        firm || next.is_some_and(|next| cues::thing(written(next)))
            || last > 0 && cues::thing(self.written(last))
    }

    /// Whether a family name is part of a firm's: "Smith, Jones and Partners", "Weber-Klein".
    fn firm(&self, at: usize) -> bool {
        let word = self.words[at];
        let (left, right) = (&self.text[..word.start], &self.text[word.end..]);
        let capital = |rest: &str| rest.starts_with(char::is_uppercase);
        let listed = [", ", " and ", " und ", " et "]
            .iter()
            .any(|joint| right.strip_prefix(joint).is_some_and(capital));
        let (near, _, far) = before(self.text, word.start);
        let behind = matches!(near, "and" | "und" | "et") && capital(far)
            || left.ends_with(", ") && capital(near);
        let ship = near.len() >= 2 && !near.chars().any(char::is_lowercase);
        listed || behind || ship || self.written(at).contains('-')
    }

    /// Whether the word behind the run is a verb of bodies.
    fn bodily(&self) -> bool {
        self.behind
            .first()
            .is_some_and(|next| next.follows && cues::bodily(&self.text[next.start..next.end]))
    }

    /// Whether the word behind the run is a verb of people.
    fn acted(&self) -> bool {
        self.behind
            .first()
            .is_some_and(|next| next.follows && cues::acts(&self.text[next.start..next.end]))
    }

    /// Whether a place is named after someone holy.
    fn sainted(&self, at: usize) -> bool {
        let before = match at.checked_sub(1) {
            Some(at) => self.written(at),
            None => before(self.text, self.words[0].start).0,
        };
        matches!(
            before,
            "San" | "Santa" | "Saint" | "St" | "Sankt" | "São" | "Port" | "Lake" | "Mount" | "Fort"
        )
    }

    /// Whether a sentence or line begins with the word.
    fn sentence_starts(&self, word: Word) -> bool {
        let rest =
            self.text[..word.start].trim_end_matches(['"', '\'', '(', '“', '„', '*', '-', ' ']);
        rest.is_empty() || rest.ends_with(['.', '!', '?', ':', '\n', '|', '•'])
    }

    /// Whether the words before introduce someone.
    fn introduced(&self, word: Word) -> bool {
        let (near, gap, _) = last_word(lead(self.text, word.start));
        if !cues::introduces(near) {
            return false;
        }
        let (_, _, far) = before(self.text, word.start);
        let (lower, far) = (cues::Lower::of(near), cues::Lower::of(far));
        let (lower, far) = (lower.text(), far.text());
        let quote = gap.contains(['"', '”', '“']);
        match lower {
            "is" | "ist" | "es" | "est" | "è" => matches!(far, "name" | "nombre" | "nom"),
            "name" | "names" | "nombre" | "nom" | "vorname" | "nachname" | "surname"
            | "apellido" => {
                let asked = gap.contains([':', '?', '=']);
                asked && (far.is_empty() || cues::whose(far))
            }
            "am" => far == "i" && !adjective(self.written_word(word)),
            "i'm" | "i’m" => !adjective(self.written_word(word)),
            "heiße" | "heisse" | "llamo" | "chiamo" | "appelle" | "m'appelle" | "chamo" => true,
            "called" | "named" => matches!(
                far,
                "was"
                    | "is"
                    | "who"
                    | "son"
                    | "daughter"
                    | "man"
                    | "woman"
                    | "person"
                    | "they"
                    | "she"
                    | "he"
            ),
            "says" | "said" | "asked" | "replied" | "wrote" => {
                let lead = self.text[..word.start].trim_end_matches(|c| !inner(c));
                let lead = lead.strip_suffix(near).unwrap_or_default().trim_end();
                quote
                    || lead.ends_with(['"', '”', '\''])
                    || gap.is_empty() && word.ending(self.text) != Ending::None
            }
            "by" => matches!(
                far,
                "directed" | "written" | "signed" | "composed" | "authored"
            ),
            near => {
                let joined = gap.is_empty()
                    || gap
                        .chars()
                        .all(|c| matches!(c, ',' | ' ' | ':' | '\n' | '.'));
                joined
                    && (cues::greeting(near) && !gap.contains('.')
                        || cues::title(near) && !gap.contains(['\n', ':', ','])
                        || cues::role(near) && gap.is_empty())
            }
        }
    }

    fn written_word(&self, word: Word) -> &'a str {
        &self.text[word.start..word.end]
    }
}

/// What people say of themselves besides their name: "I'm German".
fn adjective(word: &str) -> bool {
    ["an", "ish", "ese", "ic", "ed", "ing", "ist"]
        .iter()
        .any(|end| word.ends_with(end))
}

/// A character of a word.
fn inner(c: char) -> bool {
    crate::context::alphanumeric(c) || matches!(c, '\'' | '’')
}

/// The word before `at`, what stands between the two besides spaces, and the word before that.
fn before(text: &str, at: usize) -> (&str, &str, &str) {
    let (near, gap, rest) = last_word(lead(text, at));
    let far = rest.trim_end_matches(' ');
    (near, gap, &far[word_start(far)..])
}

/// The text before `at` that is looked at.
fn lead(text: &str, at: usize) -> &str {
    &text[crate::context::border(text, at.saturating_sub(48))..at]
}

/// The last word of a text, what stands behind it besides spaces, and what is before it.
fn last_word(lead: &str) -> (&str, &str, &str) {
    let end = back(lead, |c| !inner(c));
    let (rest, gap) = lead.split_at(end);
    let start = word_start(rest);
    (&rest[start..], gap.trim_matches(' '), &rest[..start])
}

/// Where the word begins that a text ends with.
fn word_start(text: &str) -> usize {
    back(text, inner)
}

/// Where the characters of a kind begin that a text ends with.
fn back(text: &str, kind: impl Fn(char) -> bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = bytes.len();
    while at > 0 {
        let last = bytes[at - 1];
        let c = match last.is_ascii() {
            true => char::from(last),
            false => match text[..at].chars().next_back() {
                Some(c) => c,
                None => break,
            },
        };
        if !kind(c) {
            break;
        }
        at -= c.len_utf8();
    }
    at
}
