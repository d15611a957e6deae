//! Names: people, organisations and places, known by the words in and around them.

use super::fold::{bare, fold};
use super::tables::{
    BEFORE_PLACES, COMMON, FORMS, HOUSES, LEADING, LETTERS, ORGANISATIONS, PLAIN, SHORT_FORMS,
    WATERS_AND_WAYS, has, place,
};
use super::text::{Shape, Token};
use crate::domain::graph::EntityKind;

/// Words of a name, at most.
pub(super) const LONGEST: usize = 8;

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
    pub(super) fn folded(&self, at: usize) -> &str {
        self.folded.get(at).map_or("", String::as_str)
    }

    pub(super) fn is(&self, at: usize, sign: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(sign))
    }

    /// A word that could be a part of a name that goes on from the word before.
    pub(super) fn goes_on(&self, at: usize) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| token.is_capital() && token.spaced && !token.first)
            && !has(PLAIN, self.folded(at))
    }

    /// A word of a name stands right before, so that this is the middle of one.
    pub(super) fn is_inside(&self, at: usize) -> bool {
        at > 0
            && self.goes_on(at)
            && self.tokens[at - 1].is_capital()
            && !has(PLAIN, self.folded(at - 1))
    }

    pub(super) fn found(&self, kind: EntityKind, from: usize, to: usize) -> Option<Found> {
        self.found_as(kind, from, to, to)
    }

    /// A name that is compared by the words up to `upto`.
    fn found_as(&self, kind: EntityKind, from: usize, upto: usize, to: usize) -> Option<Found> {
        let words: Vec<&str> = self.tokens[from..upto]
            .iter()
            .map(|token| bare(token.text))
            .collect();
        let name = fold(&words.join(" "));
        (!name.is_empty()).then_some(Found {
            kind,
            from,
            to,
            name,
        })
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
        let fits = |form: &&str| {
            let mut words = form.split(' ');
            rest.len() >= words.clone().count()
                && rest
                    .iter()
                    .zip(&mut words)
                    .all(|(token, word)| like(token, word))
        };
        let form = FORMS.lines().find(fits)?;
        let short = has(SHORT_FORMS, form);
        let shouted =
            self.tokens[at - 1].shape == Shape::Upper && self.tokens[at - 1].text.len() > 5;
        (!(short && shouted)).then(|| form.split(' ').count())
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
                best = self
                    .named_after(end + 1, has(LEADING, word) || own)
                    .or(best);
            }
            own |= !(has(COMMON, word) || head || has(LEADING, word));
            end += 1 + usize::from(self.is(end + 1, "&") && self.goes_on(end + 2));
        }
        // What goes on in capitals behind it is something else that has it in its name.
        let to = best.filter(|to| !self.goes_on(*to) || self.tokens[*to].shape == Shape::Upper)?;
        self.found(EntityKind::Organisation, at, to)
    }

    /// Where `of X` ends that begins here.
    fn named_after(&self, at: usize, leads: bool) -> Option<usize> {
        let of = self.tokens.get(at)?.text;
        if !leads
            || !matches!(
                of,
                "of" | "for" | "de" | "der" | "des" | "du" | "für" | "della" | "del" | "di"
            )
        {
            return None;
        }
        let head = self.folded(at - 1);
        if of == "for"
            && matches!(
                head,
                "church" | "college" | "school" | "university" | "bank" | "house" | "court"
            )
        {
            return None;
        }
        let mut at = at + 1;
        at += usize::from(matches!(
            self.tokens.get(at)?.text,
            "the" | "la" | "las" | "los" | "les" | "den"
        ));
        if !self.goes_on(at) {
            return None;
        }
        let limit = at + 4;
        while at < limit && self.goes_on(at) {
            at += 1;
            if bare(self.tokens[at - 1].text) != self.tokens[at - 1].text {
                break;
            }
            let and = self
                .tokens
                .get(at)
                .is_some_and(|token| matches!(token.text, "and" | "und" | "y" | "et"));
            at += usize::from(
                and && self.goes_on(at + 1)
                    && at < limit
                    && !has(ORGANISATIONS, self.folded(at + 1)),
            );
        }
        // Of the year, or an act that has the name in its own.
        let other = [
            "year", "jahres", "ano", "annee", "month", "day", "act", "treaty", "prize", "award",
        ];
        (!other.contains(&self.folded(at - 1))).then_some(at)
    }

    /// Organisations and places that are known by name.
    fn known(&self, at: usize) -> Option<Found> {
        if self.is_inside(at) {
            return None;
        }
        let text = bare(self.tokens[at].text);
        let quiet = |at: usize| {
            self.tokens
                .get(at)
                .is_none_or(|token| token.shape != Shape::Upper)
        };
        let letters = has(LETTERS, text) && quiet(at + 1) && (at == 0 || quiet(at - 1));
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
                && (folded.len() > 3
                    || token.shape == Shape::Upper
                    || token.text.contains('.')
                    || folded == "rio")
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
        Some(Found {
            kind: EntityKind::Place,
            from: at,
            to,
            name,
        })
    }

    /// `Lake Constance`, `Baker Street`, `Hauptstraße 12`.
    fn spot(&self, at: usize) -> Option<Found> {
        let first = self.folded(at);
        if self.is_inside(at) || has(PLAIN, first) {
            return None;
        }
        if ["strasse", "gasse", "allee"]
            .iter()
            .any(|end| first.ends_with(end) && first.len() > end.len() + 2)
        {
            let number = self
                .tokens
                .get(at + 1)
                .is_some_and(|token| token.shape == Shape::Number);
            return number.then(|| self.found(EntityKind::Place, at, at + 2))?;
        }
        if has(BEFORE_PLACES, first) {
            let mut to = at + 1 + usize::from(self.is(at + 1, "."));
            let of = self
                .tokens
                .get(to)
                .is_some_and(|token| matches!(token.text, "of" | "de" | "del"));
            let needs = matches!(
                first,
                "kingdom"
                    | "republic"
                    | "gulf"
                    | "isle"
                    | "bay"
                    | "province"
                    | "state"
                    | "city"
                    | "county"
                    | "place"
                    | "strait"
            );
            if needs && !of || first == "place" && !self.is(to, "de") {
                return None;
            }
            to += usize::from(of);
            to += usize::from(of && matches!(self.tokens.get(to)?.text, "la" | "los" | "las"));
            let from = to;
            while to < from + 3 && self.goes_on(to) {
                to += 1;
            }
            let real = to > from
                && to < from + 3
                && !has(ORGANISATIONS, self.folded(to - 1))
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
}
