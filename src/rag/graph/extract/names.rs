//! Names: people, organisations and places, known by the words in and around them.

use super::fold::{bare, fold};
use super::given::{ALSO_WORDS, GIVEN};
use super::places::place;
use super::tables::{
    BEFORE_PLACES, COMMON, COURTESIES, CROWNS, FORMS, HOUSES, LABELS, LEADING, LETTERS,
    NO_SURNAMES, ORGANISATIONS, PARTICLES, PLAIN, RANKS, SHORT_FORMS, WATERS_AND_WAYS, has,
};
use super::text::{Shape, Token};
use crate::domain::graph::EntityKind;

/// Words of a name, at most.
const LONGEST: usize = 8;

/// A name that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: EntityKind,
    /// The tokens of the name, counted as those of the block.
    pub(super) from: usize,
    pub(super) to: usize,
    /// As it is compared.
    pub(super) name: String,
}

/// The tokens of a block as names are looked for in them.
#[derive(Clone, Copy)]
pub(super) struct Line<'a, 't> {
    pub(super) tokens: &'a [Token<'t>],
    /// Each token folded, without the ending that says whose something is.
    pub(super) folded: &'a [String],
    pub(super) heading: bool,
}

/// The name at token `at`, or behind a title that stands there.
pub(super) fn name(line: Line<'_, '_>, at: usize) -> Option<Found> {
    let token = line.tokens.get(at)?;
    if !token.is_capital() {
        return line.labelled(at);
    }
    line.company(at)
        .or_else(|| line.labelled(at))
        .or_else(|| line.titled(at))
        .or_else(|| line.body(at))
        .or_else(|| line.known(at))
        .or_else(|| line.spot(at))
        .or_else(|| line.person(at))
}

impl Line<'_, '_> {
    fn folded(&self, at: usize) -> &str {
        self.folded.get(at).map_or("", String::as_str)
    }

    fn is(&self, at: usize, sign: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(sign))
    }

    /// A word that could be a part of a name that goes on from the word before.
    fn goes_on(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_capital() && token.spaced && !token.first)
            && !has(PLAIN, self.folded(at))
    }

    /// A word of a name stands right before, so that this is the middle of one.
    fn is_inside(&self, at: usize) -> bool {
        at > 0 && self.goes_on(at) && self.tokens[at - 1].is_capital()
            && !has(PLAIN, self.folded(at - 1))
    }

    fn found(&self, kind: EntityKind, from: usize, to: usize) -> Option<Found> {
        self.found_as(kind, from, to, to)
    }

    /// A name that is compared by the words up to `upto`.
    fn found_as(&self, kind: EntityKind, from: usize, upto: usize, to: usize) -> Option<Found> {
        let words: Vec<&str> = self.tokens[from..upto].iter().map(|token| bare(token.text)).collect();
        let name = fold(&words.join(" "));
        (!name.is_empty()).then_some(Found { kind, from, to, name })
    }

    /// `Acme Robotics GmbH & Co. KG`, compared without the form of the company.
    fn company(&self, at: usize) -> Option<Found> {
        if has(PLAIN, self.folded(at)) {
            return None;
        }
        for end in at + 1..(at + LONGEST).min(self.tokens.len()) {
            let comma = usize::from(self.is(end, ",") && !self.is(end + 1, "SE"));
            if let Some(length) = self.form(end + comma) {
                let upto = end - usize::from(self.is(end - 1, "&"));
                return self.found_as(EntityKind::Organisation, at, upto, end + comma + length);
            }
            let token = &self.tokens[end];
            let joins = matches!(token.text, "&" | "and" | "und" | "et" | "y" | "+")
                || (token.is(".") && self.tokens[end - 1].text.len() == 1);
            if !(joins || self.goes_on(end)) {
                return None;
            }
        }
        None
    }

    /// The tokens of the form of a company that begins here.
    fn form(&self, at: usize) -> Option<usize> {
        let rest = self.tokens.get(at..)?;
        let first = rest.first()?;
        if !first.text.contains(char::is_uppercase) && !first.text.starts_with("e.") {
            return None;
        }
        let like = |token: &Token<'_>, word: &str| {
            token.text.len() == word.len() && bare(token.text).eq_ignore_ascii_case(word)
        };
        let form = FORMS.iter().find(|form| {
            rest.len() >= form.len() && rest.iter().zip(**form).all(|(token, word)| like(token, word))
        })?;
        let short = SHORT_FORMS.contains(&form[0]) && form.len() == 1;
        let shouted = self.tokens[at - 1].shape == Shape::Upper && self.tokens[at - 1].text.len() > 5;
        (!(short && shouted)).then_some(form.len())
    }

    /// `From: Anna Weber`.
    fn labelled(&self, at: usize) -> Option<Found> {
        if !self.is(at + 1, ":") || !self.tokens[at].text.is_ascii() && self.tokens[at].text.len() > 40
            || !has(LABELS, self.folded(at))
        {
            return None;
        }
        let from = at + 2;
        let (to, words) = self.parts(from, true)?;
        let known = words >= 2 || self.is(to, "<");
        let begins = self.tokens[from].shape == Shape::Title && self.of_no_body(from, to);
        (known && begins).then(|| self.found(EntityKind::Person, from, to))?
    }

    fn of_no_body(&self, from: usize, to: usize) -> bool {
        (from..to).all(|at| {
            let word = self.folded(at);
            !has(ORGANISATIONS, word) && !has(COMMON, word) && !has(NO_SURNAMES, word)
                && place(word).is_none()
        })
    }

    /// `Prof. Dr. Anna Weber`, `President Weber`, `Queen Victoria`.
    fn titled(&self, at: usize) -> Option<Found> {
        let title = self.folded(at);
        if has(CROWNS, title) {
            let given = self.goes_on(at + 1) && is_given(self.folded(at + 1));
            let numeral = usize::from(self.tokens.get(at + 2).is_some_and(|token| {
                token.text.len() <= 4 && token.text.bytes().all(|byte| b"IVX".contains(&byte))
            }));
            return given.then(|| self.found(EntityKind::Person, at, at + 2 + numeral))?;
        }
        let mut from = at;
        while from < at + LONGEST {
            let word = self.folded(from);
            if !has(COURTESIES, word) && !has(RANKS, word) {
                break;
            }
            from += 1;
            let short = matches!(word, "ing" | "dipl" | "mag" | "hr" | "fr" | "don" | "gen" | "lt");
            let pointed = self.is(from, ".");
            if short && !pointed && word != "don" {
                return None;
            }
            from += usize::from(pointed);
            // Dr.-Ing.
            from += usize::from(self.is(from, "-"));
        }
        if from == at || !self.tokens.get(from)?.is_capital() || !self.tokens[from].spaced {
            return None;
        }
        let (to, _) = self.parts(from, true)?;
        let lone = to == from + 1;
        let doubtful = lone && (has(PLAIN, title) || (has(RANKS, title) && self.goes_on(to)));
        (!doubtful && self.of_no_body(from, to)).then(|| self.found(EntityKind::Person, from, to))?
    }

    /// The words of a person's name from here on: where they end, and how many there are without
    /// initials and particles. `lax`: it is known to be a person, so any word may be a part.
    fn parts(&self, from: usize, lax: bool) -> Option<(usize, usize)> {
        let (mut at, mut words, mut surnames) = (from, 0, 0);
        let mut end = None;
        while at < (from + LONGEST).min(self.tokens.len()) {
            let token = &self.tokens[at];
            if at > from && (!token.spaced || token.first) {
                break;
            }
            let folded = self.folded(at);
            if token.shape == Shape::Title && folded.chars().nth(1).is_none() && self.is(at + 1, ".") {
                at += 2;
                continue;
            }
            if at > from && let Some(length) = self.particles(at) {
                at += length;
                continue;
            }
            let dotted = token.text.contains('.');
            let number = token.text.bytes().any(|byte| byte.is_ascii_digit());
            let word = token.is_capital() && !number && !has(PLAIN, folded) && !has(NO_SURNAMES, folded)
                && !has(ORGANISATIONS, folded) && !LETTERS.contains(&token.text);
            let shouts = token.shape == Shape::Upper && !dotted
                && (token.text.len() < 3 || self.tokens[from].shape != Shape::Upper && token.text.len() < 4);
            if dotted && token.is_capital() && self.is(at + 1, ".") {
                at += 2;
                continue;
            }
            if !word || shouts || token.text.len() < 2 {
                break;
            }
            let given = is_given(folded);
            surnames += usize::from(!given && (words > 0 || !lax));
            // A third word is a second surname only where the name ends with it.
            if surnames > 1 && (self.heading || self.goes_on(at + 1)) {
                break;
            }
            words += 1;
            at += 1;
            end = Some(at);
            if surnames > 1 || words > 4 || token.text.ends_with("'s") || token.text.ends_with("’s") {
                break;
            }
        }
        end.map(|end| (end, words))
    }

    /// Small words before a surname: `von der`, `de la`.
    fn particles(&self, at: usize) -> Option<usize> {
        if !has(PARTICLES, self.folded(at)) {
            return None;
        }
        let more = self.tokens.get(at + 1)?;
        let length = 1 + usize::from(matches!(more.text, "der" | "den" | "la" | "las" | "los" | "les"));
        let next = self.tokens.get(at + length)?;
        (next.is_capital() && place(self.folded(at + length)).is_none()).then_some(length)
    }

    /// `University of Applied Sciences`, `Bundesamt für Justiz`, `Deutsche Bank`.
    fn body(&self, at: usize) -> Option<Found> {
        if has(PLAIN, self.folded(at)) || self.tokens[at].text.len() < 2 {
            return None;
        }
        let mut own = false;
        let mut best = None;
        let mut end = at;
        while end < (at + LONGEST).min(self.tokens.len()) && (end == at || self.goes_on(end)) {
            let word = self.folded(end);
            let head = has(ORGANISATIONS, word);
            if head && own && end > at {
                best = Some(end + 1);
            }
            if head || has(LEADING, word) {
                best = self.named_after(end + 1, has(LEADING, word) || own).or(best);
            }
            own |= !has(COMMON, word) && !(head || has(LEADING, word));
            end += 1 + usize::from(self.is(end + 1, "&") && self.goes_on(end + 2));
        }
        // What goes on in capitals behind it is something else that has it in its name.
        let to = best.filter(|to| !self.goes_on(*to) || self.tokens[*to].shape == Shape::Upper)?;
        self.found(EntityKind::Organisation, at, to)
    }

    /// Where `of X` ends that begins here.
    fn named_after(&self, at: usize, leads: bool) -> Option<usize> {
        let of = self.tokens.get(at)?.text;
        if !leads || !matches!(of, "of" | "for" | "de" | "der" | "des" | "du" | "für" | "della" | "del" | "di") {
            return None;
        }
        let head = self.folded(at - 1);
        if of == "for" && matches!(head, "church" | "college" | "school" | "university" | "bank" | "house" | "court") {
            return None;
        }
        let mut at = at + 1;
        at += usize::from(matches!(self.tokens.get(at)?.text, "the" | "la" | "las" | "los" | "les" | "den"));
        if !self.goes_on(at) {
            return None;
        }
        let limit = at + 4;
        while at < limit && self.goes_on(at) {
            at += 1;
            if bare(self.tokens[at - 1].text) != self.tokens[at - 1].text {
                break;
            }
            let and = self.tokens.get(at).is_some_and(|token| matches!(token.text, "and" | "und" | "y" | "et"));
            at += usize::from(and && self.goes_on(at + 1) && at < limit && !has(ORGANISATIONS, self.folded(at + 1)));
        }
        // Of the year, or an act that has the name in its own.
        let other = ["year", "jahres", "ano", "annee", "month", "day", "act", "treaty", "prize", "award"];
        (!other.contains(&self.folded(at - 1))).then_some(at)
    }

    /// Organisations and places that are known by name.
    fn known(&self, at: usize) -> Option<Found> {
        if self.is_inside(at) {
            return None;
        }
        let text = bare(self.tokens[at].text);
        let quiet = |at: usize| self.tokens.get(at).is_none_or(|token| token.shape != Shape::Upper);
        let letters = LETTERS.contains(&text) && quiet(at + 1) && (at == 0 || quiet(at - 1));
        if letters || has(HOUSES, self.folded(at)) && !self.goes_on(at + 1) {
            return self.found(EntityKind::Organisation, at, at + 1);
        }
        let mut length = 0;
        let mut folded = String::new();
        let mut known = None;
        while length < 4 && at + length < self.tokens.len() {
            let token = &self.tokens[at + length];
            let small = length > 0 && matches!(token.text, "and" | "of" | "the");
            if length > 0 && !(token.spaced && (small || token.is_capital())) {
                break;
            }
            if length > 0 {
                folded.push(' ');
            }
            folded.push_str(&fold(bare(token.text)));
            length += 1;
            // Short ones are words too, unless they are written in capitals.
            if let Some(place) = place(&folded)
                && (folded.len() > 3 || token.shape == Shape::Upper || token.text.contains('.') || folded == "rio")
            {
                known = Some((length, place));
            }
        }
        let (length, place) = known?;
        let to = at + length;
        let shouted = self.tokens[at].shape == Shape::Upper && folded.len() <= 3 && !quiet(to);
        if self.goes_on(to) || shouted {
            return None;
        }
        let name = place.to_owned();
        let to = to + usize::from(self.tokens[to - 1].text.contains('.') && self.is(to, "."));
        Some(Found { kind: EntityKind::Place, from: at, to, name })
    }

    /// `Lake Constance`, `Baker Street`, `Hauptstraße 12`.
    fn spot(&self, at: usize) -> Option<Found> {
        let first = self.folded(at);
        if self.is_inside(at) || has(PLAIN, first) {
            return None;
        }
        if ["strasse", "gasse", "allee"].iter().any(|end| first.ends_with(end) && first.len() > end.len() + 2) {
            let number = self.tokens.get(at + 1).is_some_and(|token| token.shape == Shape::Number);
            return number.then(|| self.found(EntityKind::Place, at, at + 2))?;
        }
        if has(BEFORE_PLACES, first) {
            let mut to = at + 1 + usize::from(self.is(at + 1, "."));
            let of = self.tokens.get(to).is_some_and(|token| matches!(token.text, "of" | "de" | "del"));
            let needs = matches!(first, "kingdom" | "republic" | "gulf" | "isle" | "bay" | "province"
                | "state" | "city" | "county" | "place" | "strait");
            if needs && !of || first == "place" && !self.is(to, "de") {
                return None;
            }
            to += usize::from(of);
            to += usize::from(of && matches!(self.tokens.get(to)?.text, "la" | "los" | "las"));
            let from = to;
            while to < from + 3 && self.goes_on(to) {
                to += 1;
            }
            let real = to > from && to < from + 3 && !has(ORGANISATIONS, self.folded(to - 1))
                && self.tokens[to - 1].text.len() > 2;
            return real.then(|| self.found(EntityKind::Place, at, to))?;
        }
        let mut own = false;
        let mut end = at;
        while end < at + 4 && (end == at || self.goes_on(end)) {
            let word = self.folded(end);
            if end > at && own && has(WATERS_AND_WAYS, word) && !self.goes_on(end + 1) {
                return self.found(EntityKind::Place, at, end + 1);
            }
            own |= !has(COMMON, word);
            end += 1;
        }
        None
    }

    /// `Anna Weber`, `J. R. R. Tolkien`, or a given name alone inside a sentence.
    fn person(&self, at: usize) -> Option<Found> {
        let token = &self.tokens[at];
        let folded = self.folded(at);
        let initial = self.is(at + 1, ".")
            && (folded.len() == 1 || token.text.contains('.'));
        let certain = has(GIVEN, folded);
        if !(certain || has(ALSO_WORDS, folded) && !token.first || initial && self.opens(at)) {
            return None;
        }
        // MARC Program: letters, and no name.
        let letters = token.shape == Shape::Upper && !token.text.contains('.')
            && self.tokens.get(at + 1).is_none_or(|next| next.shape != Shape::Upper);
        if letters {
            return None;
        }
        if let Some((to, words)) = self.parts(at, false) {
            let surname = match (initial, certain) {
                (true, _) => words >= 1,
                (false, true) => words >= 2,
                (false, false) => words >= 2 && place(self.folded(to - 1)).is_none(),
            };
            let last = self.folded(to - 1);
            let followed = self.goes_on(to)
                && (has(ORGANISATIONS, self.folded(to)) || has(WATERS_AND_WAYS, self.folded(to)));
            if surname && last.len() > 1 && !followed {
                return self.found(EntityKind::Person, at, to);
            }
        }
        // What begins a sentence is a capital for that alone: `Ask Ines`.
        let led = at > 0 && self.tokens[at - 1].first;
        let alone = (led || !self.is_inside(at)) && !self.goes_on(at + 1) && !token.first && !self.heading;
        (certain && alone && token.shape == Shape::Title)
            .then(|| self.found(EntityKind::Person, at, at + 1))?
    }

    /// Whether a name may begin with an initial here: `Plan B. Next` is none.
    fn opens(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1).map(|at| &self.tokens[at]) else {
            // `I. Definition`, unless there is more of a name: `J. R. R. Tolkien`.
            return self.tokens[at].text.contains('.') || self.is(at + 3, ".") || is_given(self.folded(at + 2));
        };
        self.tokens[at].first
            || matches!(before.text, "," | "(" | "&" | ";" | "and" | "by" | "und" | "et" | "y" | "von" | "par" | "por" | "with" | "|" | ":")
    }
}

pub(super) fn is_given(folded: &str) -> bool {
    has(GIVEN, folded) || has(ALSO_WORDS, folded)
}
