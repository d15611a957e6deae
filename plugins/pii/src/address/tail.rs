//! What still belongs to an address behind its street: a room, a town, a state, a postal code, a
//! country, on the same line and on a few lines below.

use sdk::window::Follow;

use super::words::{house_number, unit};
use crate::words::inside_name;

/// Bytes behind the street that are looked at.
const FAR: usize = 220;
/// Bytes of one line.
const LINE: usize = 64;
/// Lines below the street.
const LINES: usize = 5;

/// See [`sdk::window::Tail`].
pub fn follow(rest: &str, done: bool) -> Follow {
    let end = crate::context::border(rest, rest.len().min(FAR));
    let seen = &rest[..end];
    let parser = Parser {
        seen,
        done: done || rest.len() >= FAR,
    };
    match parser.address() {
        Some(len) => Follow::End(len),
        None => Follow::More,
    }
}

struct Parser<'a> {
    seen: &'a str,
    /// Nothing more will be seen.
    done: bool,
}

impl Parser<'_> {
    /// How much belongs; `None` if that cannot be said yet.
    fn address(&self) -> Option<usize> {
        let (mut taken, mut lines) = (0, 0);
        let mut first = true;
        loop {
            let line = &self.seen[taken..];
            let len = match line.find('\n') {
                Some(len) => len,
                None if self.done || line.len() > LINE => line.len(),
                None => return None,
            };
            // Of a long line only the beginning counts, however much of it is there.
            let line = match len > LINE {
                true => {
                    &line[..line[..crate::context::border(line, LINE)]
                        .rfind(' ')
                        .unwrap_or(0)]
                }
                false => &line[..len],
            };
            let whole = self.line(line, first);
            let used = whole.unwrap_or_else(|used| used);
            if first || whole.is_ok() {
                taken += used;
            }
            if whole.is_err() || lines == LINES {
                return Some(taken);
            }
            match self.gap(taken)? {
                Some(gap) => taken += gap,
                None => return Some(taken),
            }
            (first, lines) = (false, lines + 1);
            // A line is looked at before it is known to belong.
            match self.belongs(taken)? {
                true => {}
                false => return Some(self.before_gap(taken)),
            }
        }
    }

    /// The length of the line break at `at`, with an empty line in it at most; `None` for a text
    /// that ends there or a larger gap.
    fn gap(&self, at: usize) -> Option<Option<usize>> {
        let rest = &self.seen[at..];
        let len = rest
            .find(|c: char| !matches!(c, '\n' | ' ' | ','))
            .unwrap_or(rest.len());
        if len == rest.len() && !self.done {
            return None;
        }
        let breaks = rest[..len].bytes().filter(|byte| *byte == b'\n').count();
        Some((len < rest.len() && (1..=2).contains(&breaks)).then_some(len))
    }

    /// The end of what stands before the gap that ends at `at`.
    fn before_gap(&self, at: usize) -> usize {
        self.seen[..at].trim_end_matches(['\n', ' ', ',']).len()
    }

    /// Whether the line at `at` holds parts of an address and nothing else.
    fn belongs(&self, at: usize) -> Option<bool> {
        let rest = &self.seen[at..];
        let len = match rest.find('\n') {
            Some(len) => len,
            None if self.done || rest.len() > LINE => rest.len(),
            None => return None,
        };
        Some(len <= LINE && self.line(&rest[..len], false).is_ok())
    }

    /// Reads parts from the beginning of a line: `Ok` with the length if all of it is parts, else
    /// `Err` with the length of those that are.
    fn line(&self, line: &str, street: bool) -> Result<usize, usize> {
        let (mut used, mut sure, mut numbers, mut at) = (0, 0, 0, 0);
        let mut named = false;
        for word in line.split(' ') {
            let end = at + word.len();
            at = end + 1;
            let bare = word.trim_matches([',', '.', '(', ')']);
            if bare.is_empty() {
                if word.contains('.') {
                    return Err(sure);
                }
                continue;
            }
            let capital = bare.starts_with(char::is_uppercase)
                && bare.chars().all(|c| {
                    c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '.' | ',' | '/')
                });
            let number = house_number(bare) || postal(bare);
            numbers += usize::from(number);
            let small = inside_name(bare) || bare == "nan" || unit(bare);
            if !(capital || number || small) || numbers > 3 {
                // Words before a small one begin the next clause, not the town.
                return Err(if named && !word.starts_with(char::is_uppercase) {
                    sure
                } else {
                    used
                });
            }
            if !capital && !number && !unit(bare) {
                // A small word belongs with the one behind it.
                continue;
            }
            named = capital && !unit(bare);
            used = end - (word.len() - crate::words::without_dots(word).len());
            if !named {
                sure = used;
            }
            if word.ends_with(',') {
                sure = used;
            }
            // A sentence ends; abbreviations are short.
            if word.ends_with('.') && bare.chars().count() > 4 || number && word.ends_with('.') {
                return Err(used);
            }
        }
        if !street && (numbers > 2 || line.bytes().filter(u8::is_ascii_digit).count() > 9) {
            return Err(0);
        }
        Ok(used)
    }
}

/// Codes with a sign or a space inside, or letters among the digits.
fn postal(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    (1..=9).contains(&digits)
        && word.len() <= 10
        && word
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'-')
}
