//! People: known by a title, a label, a given name or initials.

use super::names::{Found, LONGEST, Line};
use super::tables::{
    ALSO_WORDS, COMMON, COURTESIES, CROWNS, GIVEN, LABELS, LETTERS, NO_SURNAMES, ORGANISATIONS,
    PARTICLES, PLAIN, RANKS, WATERS_AND_WAYS, has, place,
};
use super::text::Shape;
use crate::domain::graph::EntityKind;

impl Line<'_, '_> {
    /// `From: Anna Weber`.
    pub(super) fn labelled(&self, at: usize) -> Option<Found> {
        if !self.is(at + 1, ":")
            || !self.tokens[at].text.is_ascii() && self.tokens[at].text.len() > 40
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
            !has(ORGANISATIONS, word)
                && !has(COMMON, word)
                && !has(NO_SURNAMES, word)
                && place(word).is_none()
        })
    }

    /// `Prof. Dr. Anna Weber`, `President Weber`, `Queen Victoria`.
    pub(super) fn titled(&self, at: usize) -> Option<Found> {
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
            let short = matches!(
                word,
                "ing" | "dipl" | "mag" | "hr" | "fr" | "don" | "gen" | "lt"
            );
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
        (!doubtful && self.of_no_body(from, to))
            .then(|| self.found(EntityKind::Person, from, to))?
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
            if token.shape == Shape::Title
                && folded.chars().nth(1).is_none()
                && self.is(at + 1, ".")
            {
                at += 2;
                continue;
            }
            if at > from
                && let Some(length) = self.particles(at)
            {
                at += length;
                continue;
            }
            let dotted = token.text.contains('.');
            let number = token.text.bytes().any(|byte| byte.is_ascii_digit());
            let word = token.is_capital()
                && !number
                && !has(PLAIN, folded)
                && !has(NO_SURNAMES, folded)
                && !has(ORGANISATIONS, folded)
                && !has(LETTERS, token.text);
            let shouts = token.shape == Shape::Upper
                && !dotted
                && (token.text.len() < 3
                    || self.tokens[from].shape != Shape::Upper && token.text.len() < 4);
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
            if surnames > 1 || words > 4 || token.text.ends_with("'s") || token.text.ends_with("’s")
            {
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
        let length = 1 + usize::from(matches!(
            more.text,
            "der" | "den" | "la" | "las" | "los" | "les"
        ));
        let next = self.tokens.get(at + length)?;
        (next.is_capital() && place(self.folded(at + length)).is_none()).then_some(length)
    }

    /// `Anna Weber`, `J. R. R. Tolkien`, or a given name alone inside a sentence.
    pub(super) fn person(&self, at: usize) -> Option<Found> {
        let token = &self.tokens[at];
        let folded = self.folded(at);
        let initial = self.is(at + 1, ".") && (folded.len() == 1 || token.text.contains('.'));
        let certain = has(GIVEN, folded);
        if !(certain || has(ALSO_WORDS, folded) && !token.first || initial && self.opens(at)) {
            return None;
        }
        // MARC Program: letters, and no name.
        let letters = token.shape == Shape::Upper
            && !token.text.contains('.')
            && self
                .tokens
                .get(at + 1)
                .is_none_or(|next| next.shape != Shape::Upper);
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
        let alone =
            (led || !self.is_inside(at)) && !self.goes_on(at + 1) && !token.first && !self.heading;
        (certain && alone && token.shape == Shape::Title)
            .then(|| self.found(EntityKind::Person, at, at + 1))?
    }

    /// Whether a name may begin with an initial here: `Plan B. Next` is none, nor `I. Definition`
    /// where a sentence begins, unless there is more of a name: `J. R. R. Tolkien`.
    fn opens(&self, at: usize) -> bool {
        let token = &self.tokens[at];
        let more =
            token.text.contains('.') || self.is(at + 3, ".") || is_given(self.folded(at + 2));
        let listed = at == 0 || matches!(token.text, "I" | "V" | "X");
        let Some(before) = at
            .checked_sub(1)
            .filter(|_| !listed)
            .map(|at| &self.tokens[at])
        else {
            return more;
        };
        token.first || OPENING.contains(&before.text)
    }
}

/// What may stand right before a name that begins with an initial.
const OPENING: &[&str] = &[
    ",", "(", "&", ";", "and", "by", "und", "et", "y", "von", "par", "por", "with", "|", ":",
];

pub(super) fn is_given(folded: &str) -> bool {
    has(GIVEN, folded) || has(ALSO_WORDS, folded)
}
