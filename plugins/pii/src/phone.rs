//! Telephone numbers: international ones, national ones of a form that nothing else has, usual
//! forms where the words or the place speak of a number to call, and any digits that the words
//! right before them call so.

mod chain;
mod countries;
mod plan;
#[cfg(test)]
mod tests;

use std::ops::Range;

use sdk::window::Hit;

use crate::context::{Around, Topics, after, before, glued, stands_alone};
use crate::signs::Places;
use crate::words::set_of_digits;
use crate::{hit, lexicon};
use chain::{Chain, GROUPS, Group};
use plan::Form;

pub const LABEL: &str = "PHONE";

/// Digits of a number at most.
const MOST: usize = 15;
/// Digits at least of one that words call so.
const LEAST: usize = 6;

/// Adds the numbers that begin within `begin`, where `places` begin.
pub fn find(topics: &Topics<'_>, begin: Range<usize>, places: &Places, hits: &mut Vec<Hit>) {
    let bytes = topics.text.as_bytes();
    let (mut chain, mut free) = (Chain::default(), begin.start);
    while let Some(digit) = places.next_digit(free - begin.start) {
        let start = start(bytes, free, begin.start + digit);
        if start >= begin.end {
            break;
        }
        chain.read(bytes, start);
        free = chain.end;
        let mut first = 0;
        while first < chain.groups().len() && chain.groups()[first].outer() < begin.end {
            first += match (Numbers {
                topics,
                chain: &chain,
                first,
            })
            .number()
            {
                Some((taken, found)) => {
                    hits.push(found);
                    taken
                }
                None => 1,
            };
        }
    }
}

/// Where the chain begins whose first digit is at `digit`: at a bracket or plus before it, but not
/// before `free`.
fn start(bytes: &[u8], free: usize, digit: usize) -> usize {
    let bracket = usize::from(bytes[free..digit].ends_with(b"("));
    match &bytes[free..digit - bracket] {
        [.., b'+', b' '] => digit - bracket - 2,
        [.., b'+'] if bracket == 0 => digit - 1,
        _ => digit - bracket,
    }
}

/// The numbers that may begin with one group of a chain.
struct Numbers<'a> {
    topics: &'a Topics<'a>,
    chain: &'a Chain,
    first: usize,
}

impl Numbers<'_> {
    /// How many groups are a number from the first one on, and the hit.
    fn number(&self) -> Option<(usize, Hit)> {
        let groups = &self.chain.groups()[self.first..];
        // Behind another sign it would be the middle of something.
        if self.first > 0 && groups[0].sign != b' ' {
            return None;
        }
        let all = groups.iter().take(GROUPS).map(Group::len).sum::<usize>();
        if all < LEAST {
            return None;
        }
        let begin = match self.chain.plus {
            Some(start) if self.first == 0 => start,
            _ => groups[0].outer(),
        };
        let Around { near, far } = self.topics.around(begin);
        let named = near & lexicon::PHONE != 0 && near & lexicon::GOODS == 0;
        // In the middle of a chain only a word or the chain's end makes a number.
        let last = groups.len();
        let quiet = self.first > 1 && far & lexicon::PHONE == 0;
        if quiet && last > GROUPS {
            return None;
        }
        let mut digits = [0; MOST];
        let (mut count, mut ends) = (0, [0; GROUPS]);
        let mut taken = 0;
        for group in groups.iter().take(GROUPS) {
            if count + group.len() > MOST {
                break;
            }
            let text = &self.topics.text.as_bytes()[group.start..group.end];
            digits[count..count + text.len()].copy_from_slice(text);
            count += text.len();
            ends[taken] = count;
            taken += 1;
        }
        if count < LEAST {
            return None;
        }
        let lengths = (1..=taken)
            .rev()
            .filter(|len| ends[len - 1] >= LEAST && !(quiet && *len < last));
        let plus = self.chain.plus.filter(|_| self.first == 0);
        for len in lengths.clone() {
            let (groups, digits) = (&groups[..len], &digits[..ends[len - 1]]);
            let found = match plus {
                Some(start) => self.international(start, groups, digits, 0),
                None if digits.starts_with(b"00") && groups[0].len() > 1 => {
                    self.international(groups[0].start, groups, digits, 2)
                }
                None => self.national(groups, digits),
            };
            if found.is_some() {
                return found.map(|found| (len, found));
            }
        }
        let begins = self.first == 0 && self.topics.text[..begin].trim().is_empty();
        lengths.clone().find_map(|len| {
            if !named && !begins && !self.word_behind(groups[len - 1].close()) {
                return None;
            }
            let found = self.called(&groups[..len], &digits[..ends[len - 1]]);
            found.map(|found| (len, found))
        })
    }

    /// `+49 (0)30 1234-567`, `0049 30 1234567`; `zeros` are before the country.
    fn international(
        &self,
        start: usize,
        groups: &[Group],
        digits: &[u8],
        zeros: usize,
    ) -> Option<Hit> {
        let digits = &digits[zeros..];
        if !countries::number(digits, zeros == 0 || groups.len() > 1) {
            return None;
        }
        let end = groups[groups.len() - 1].close();
        let text = self.topics.text;
        let glued = |c: char| c.is_alphanumeric() || c == '+';
        let free = !before(text, start).is_some_and(glued)
            // Two zeros inside a number in groups are a group of it.
            && (zeros == 0 || self.first == 0);
        let end = end + extension(&text[end..]);
        let ends = !after(text, end).is_some_and(char::is_alphanumeric);
        let score = if zeros == 0 { 0.95 } else { 0.8 };
        (free && ends).then(|| hit(start..end, LABEL, score))
    }

    fn national(&self, groups: &[Group], digits: &[u8]) -> Option<Hit> {
        if !(7..=12).contains(&digits.len()) {
            return None;
        }
        let form = plan::national(groups, digits)?;
        let span = self.span(groups)?;
        let around = self.topics.around(span.start);
        let goods = around.near & lexicon::GOODS != 0;
        if goods && around.near & lexicon::PHONE == 0 {
            return None;
        }
        let spaced = digits[0] != b'0' && groups[1..].iter().all(|group| group.sign == b' ');
        let whole = groups.len() == self.chain.groups().len();
        let told = match form {
            Form::Telling(_) => (whole || !spaced) && self.apart(),
            // A word behind would say what was counted.
            Form::Closing => whole && self.apart() && self.closes(&span),
            Form::Usual => false,
        };
        if told {
            let score = match form {
                Form::Telling(score) => score,
                _ => 0.55,
            };
            return Some(hit(span, LABEL, score));
        }
        let named = around.far & lexicon::PHONE != 0 && !goods
            || self.line_behind(&span)
            || groups.len() > 1 && self.own_line(&span)
            || whole && self.reached(&span, groups);
        (named && !linked(self.topics.text, span.start)).then(|| hit(span, LABEL, 0.75))
    }

    /// Whether a clause ends behind a number, and it is no sum of money.
    fn closes(&self, span: &Range<usize>) -> bool {
        let text = self.topics.text;
        let money = |c: char| matches!(c, '$' | '€' | '£' | '¥' | '₹' | '₽' | '%' | '°' | '=');
        let behind = after(text, span.end);
        !before(text, span.start).is_some_and(money) && behind.is_none_or(|c| c != ' ' && !money(c))
    }

    /// Whether a number stands where only a place or a person to reach can: right behind someone's
    /// name, or behind "at" and its like.
    fn reached(&self, span: &Range<usize>, groups: &[Group]) -> bool {
        let text = self.topics.text;
        let lead = text[..span.start].trim_end_matches([' ', '(', ':', ',']);
        let start = lead
            .rfind(|c: char| !c.is_alphabetic())
            .map_or(0, |at| crate::context::border(lead, at + 1));
        let word = &lead[start..];
        // "300-1200" is a range, "1998" behind it a year.
        let last = &text[groups[groups.len() - 1].start..span.end];
        let range = groups.len() == 2 && groups[1].sign == b'-' && !self.closes(span)
            || last.ends_with("00")
            || groups.len() == 2
                && matches!(last.as_bytes(), [b'1', b'9', _, _] | [b'2', b'0', _, _]);
        !range && (places(word) && lead.len() + 1 == span.start || named(word))
    }

    /// Whether no longer number goes on here: at most one group stands before, glued to nothing.
    fn apart(&self) -> bool {
        let start = self.chain.groups()[0].outer();
        self.first == 0 || self.first == 1 && !before(self.topics.text, start).is_some_and(glued)
    }

    /// Any digits that the words right before or behind them call a number to call.
    fn called(&self, groups: &[Group], digits: &[u8]) -> Option<Hit> {
        let span = match self.chain.plus {
            Some(start) if self.first == 0 => start..self.span(groups)?.end,
            _ => self.span(groups)?,
        };
        if linked(self.topics.text, span.start) {
            return None;
        }
        let near = self.topics.around(span.start).near;
        let named = near & lexicon::PHONE != 0 && near & lexicon::GOODS == 0;
        if (named || self.line_behind(&span)) && !plan::ordinary(groups, digits) {
            return Some(hit(span, LABEL, 0.75));
        }
        alone(self.topics.text, &span, digits).then(|| hit(span, LABEL, 0.3))
    }

    /// Whether a word may stand behind a number that ends at `end`, or its extension.
    fn word_behind(&self, end: usize) -> bool {
        let behind = &self.topics.text.as_bytes()[end..];
        match behind {
            [b'x' | b'X' | b'#', ..] => true,
            [b' ' | b'(', next, ..] => !next.is_ascii_digit(),
            _ => false,
        }
    }

    /// The span of groups that stand alone, with what is dialled behind them.
    fn span(&self, groups: &[Group]) -> Option<Range<usize>> {
        let text = self.topics.text;
        let end = groups[groups.len() - 1].close();
        let span = groups[0].outer()..end + extension(&text[end..]);
        stands_alone(text, span.start, span.end).then_some(span)
    }

    /// Whether the word behind a number says what line it is.
    fn line_behind(&self, span: &Range<usize>) -> bool {
        let Some(rest) = self.topics.text[span.end..].strip_prefix([' ', '(']) else {
            return false;
        };
        let len = rest
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(rest.len());
        set_of_digits(&rest[..len])
    }

    /// Whether a number is a line of its own below a line of words, as in a letterhead.
    fn own_line(&self, span: &Range<usize>) -> bool {
        let text = self.topics.text;
        let rest = &text[span.end..];
        let Some(above) = text[..span.start].strip_suffix('\n') else {
            return false;
        };
        let above = &above[above.rfind('\n').map_or(0, |at| at + 1)..];
        (rest.is_empty() || rest.starts_with('\n'))
            && above.starts_with(char::is_alphanumeric)
            && above.chars().any(char::is_uppercase)
            && above.ends_with(char::is_alphanumeric)
    }
}

/// Whether a number is part of a link that calls no one.
fn linked(text: &str, start: usize) -> bool {
    let word = text[..start].rfind(' ').map_or(0, |at| at + 1);
    text[word..start].contains("://")
}

/// Small words between someone and where to reach them.
fn places(word: &str) -> bool {
    matches!(
        word,
        "at" | "on" | "under" | "via" | "unter" | "auf" | "au" | "sur" | "al" | "på" | "em" | "pod"
    )
}

/// Whether a word is a name and nothing else.
fn named(word: &str) -> bool {
    let name = || crate::person::Name::of(word);
    word.starts_with(char::is_uppercase) && (name().given() || name().family())
}

/// The length of an extension: `x12`, `#12`, ` ext. 12`.
fn extension(rest: &str) -> usize {
    const SIGNS: [&str; 11] = [
        "x",
        "X",
        "#",
        " x",
        " ext. ",
        " ext ",
        " Ext. ",
        " Ext ",
        ", ext. ",
        " extension ",
        " ext.",
    ];
    let mut behind = SIGNS.iter().filter_map(|sign| rest.strip_prefix(sign));
    let len = |digits: &str| {
        let len = digits.bytes().take_while(u8::is_ascii_digit).count();
        (1..=5)
            .contains(&len)
            .then_some(rest.len() - digits.len() + len)
    };
    behind.find_map(len).unwrap_or(0)
}

/// Whether a text is nothing but a number of ten digits, or eleven with a zero first, that no
/// mobile network has: what remains are subscribers in North America, Turkey and their like.
fn alone(text: &str, span: &Range<usize>, digits: &[u8]) -> bool {
    let first = match digits {
        [b'0', first, ..] if digits.len() == 11 => *first,
        [first, ..] if digits.len() == 10 => *first,
        _ => return false,
    };
    matches!(first, b'2'..=b'5')
        && text[..span.start].trim().is_empty()
        && text[span.end..].is_empty()
}
