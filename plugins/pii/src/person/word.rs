//! The words of a segment as parts of names: how each is written and what is known of it.

use super::names::{Ending, Name, ending};
use crate::context::{alphanumeric, solid};
use crate::words::inside_name;

/// How a word is written.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Form {
    /// `Anna`, `O'Brien`, `Jean-Luc`, `McDonald`
    Capital,
    /// `ANNA`
    Capitals,
    /// `A.` or `A`
    Initial,
    /// `van`
    Particle,
    /// Anything else.
    Other,
}

/// A word of a segment.
#[derive(Clone, Copy)]
pub struct Word {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// How it is written.
    pub form: Form,
    /// What it is as a name.
    pub name: Name,
    /// What its end says.
    pub ending: Ending,
    /// Stands one space behind the word before, without a sign between.
    pub follows: bool,
    /// A dot stands behind it.
    pub dot: bool,
}

/// The words that begin within `begin` and `ahead` more, with what is known of each.
pub fn words(text: &str, begin: std::ops::Range<usize>, ahead: usize) -> Vec<Word> {
    let from = begin.start;
    let mut more = ahead;
    let mut words: Vec<Word> = Vec::with_capacity(2 * ahead);
    let mut chars = text[from..].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !alphanumeric(c) && c != '_' {
            continue;
        }
        let start = from + at;
        if start >= begin.end {
            if more == 0 {
                break;
            }
            more -= 1;
        }
        let mut end = start + c.len_utf8();
        while let Some(&(at, c)) = chars.peek() {
            let inner = matches!(c, '\'' | '’' | '-') && {
                let rest = &text[from + at + c.len_utf8()..];
                rest.chars().next().is_some_and(char::is_alphabetic)
            };
            if !(alphanumeric(c) && solid(c) || c == '_' || inner) {
                break;
            }
            end = from + at + c.len_utf8();
            chars.next();
        }
        let glued = text[..start]
            .chars()
            .next_back()
            .is_some_and(|c| matches!(c, '/' | '@' | '#' | '\\' | '.' | '='))
            && text[..start - 1]
                .chars()
                .next_back()
                .is_some_and(alphanumeric);
        let follows = words.last().is_some_and(|last| {
            let gap = &text[last.end..start];
            gap == " " || gap == "  " || gap == ". " && last.dot && dotted(last)
        });
        words.push(word(text, start, end, follows, glued));
    }
    words
}

/// A word whose dot does not end a sentence: an initial or a title.
fn dotted(word: &Word) -> bool {
    word.form == Form::Initial || word.end - word.start <= 3 && word.form == Form::Capital
}

fn word(text: &str, start: usize, end: usize, follows: bool, glued: bool) -> Word {
    let mut end = end;
    let mut written = &text[start..end];
    // "Anna's" is Anna's.
    for own in ["'s", "’s"] {
        if let Some(owner) = written.strip_suffix(own) {
            written = owner;
            end = start + owner.len();
        }
    }
    let form = if glued { Form::Other } else { form(written) };
    let (name, ending) = match form {
        Form::Capital | Form::Capitals => (name(written), ending(written)),
        _ => (Name::default(), Ending::None),
    };
    Word {
        start,
        end,
        form,
        name,
        ending,
        follows,
        dot: text[end..].starts_with('.'),
    }
}

/// The name a word is, or its first part.
fn name(written: &str) -> Name {
    let whole = Name::of(written);
    match written.split_once('-') {
        Some((first, _)) if whole == Name::default() => Name::of(first),
        _ => whole,
    }
}

fn form(word: &str) -> Form {
    let mut chars = word.chars();
    let Some(first) = chars.next() else {
        return Form::Other;
    };
    if !first.is_uppercase() {
        return if inside_name(word) {
            Form::Particle
        } else {
            Form::Other
        };
    }
    if word.len() == first.len_utf8() {
        return Form::Initial;
    }
    if word.len() > 30 {
        return Form::Other;
    }
    let (mut upper, mut lower, mut sign) = (1, 0, false);
    let mut before = first;
    for c in chars {
        match c {
            '\'' | '’' | '-' => sign = true,
            _ if c.is_uppercase() => {
                // "McDonald", "MacLeod", "O'Brien", "DeLuca": inside other words it is code.
                upper += 1;
                let scots = matches!(before, 'c' | 'e' | 'a') && lower <= 2;
                if lower > 0 && !sign && !scots {
                    return Form::Other;
                }
            }
            _ if c.is_lowercase() => lower += 1,
            _ => return Form::Other,
        }
        before = c;
    }
    match (upper, lower) {
        (_, 0) if upper >= 3 => Form::Capitals,
        (_, 0) => Form::Other,
        _ => Form::Capital,
    }
}
