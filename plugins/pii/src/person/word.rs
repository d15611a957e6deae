//! The words of a segment as parts of names: how each is written and what is known of it.

use super::names::{Ending, Name, ending};
use crate::context::{after, alphanumeric, before, solid};
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
    /// Stands one space behind the word before, without a sign between.
    pub follows: bool,
    /// A dot stands behind it.
    pub dot: bool,
}

/// The words of a text from a place on, read as far as asked for.
pub struct Words<'a> {
    text: &'a str,
    /// Behind the last word.
    next: usize,
    read: Vec<Word>,
}

impl<'a> Words<'a> {
    /// Those from `from` on; `room` is what [`Words::leave`] left, so that it is made once.
    pub fn of(text: &'a str, from: usize, mut room: Vec<Word>) -> Words<'a> {
        room.clear();
        Words {
            text,
            next: from,
            read: room,
        }
    }

    /// The room of the words, for others.
    pub fn leave(self) -> Vec<Word> {
        self.read
    }

    /// The word of that number.
    pub fn get(&mut self, number: usize) -> Option<Word> {
        while self.read.len() <= number {
            let word = self.word()?;
            self.read.push(word);
        }
        Some(self.read[number])
    }

    /// All that were read.
    pub fn read(&self) -> &[Word] {
        &self.read
    }

    /// Reads the next one.
    fn word(&mut self) -> Option<Word> {
        let (text, bytes) = (self.text, self.text.as_bytes());
        let mut start = self.next;
        let mut end = loop {
            let byte = *bytes.get(start)?;
            if byte.is_ascii() {
                start += 1;
                if byte.is_ascii_alphanumeric() || byte == b'_' {
                    start -= 1;
                    break start + 1;
                }
                continue;
            }
            let c = after(text, start)?;
            if alphanumeric(c) {
                break start + c.len_utf8();
            }
            start += c.len_utf8();
        };
        while let Some(byte) = bytes.get(end) {
            if byte.is_ascii_alphanumeric() || *byte == b'_' {
                end += 1;
                continue;
            }
            let Some(c) = after(text, end) else { break };
            let behind = end + c.len_utf8();
            let inner = match c {
                '\'' | '’' | '-' => after(text, behind).is_some_and(char::is_alphabetic),
                _ => !c.is_ascii() && alphanumeric(c) && solid(c),
            };
            if !inner {
                break;
            }
            end = behind;
        }
        self.next = end;
        let joint =
            start > 0 && matches!(bytes[start - 1], b'/' | b'@' | b'#' | b'\\' | b'.' | b'=');
        let glued = joint && before(text, start - 1).is_some_and(alphanumeric);
        let follows = self
            .read
            .last()
            .is_some_and(|last| match &bytes[last.end..start] {
                b" " | b"  " => true,
                b". " => last.dot && dotted(last),
                _ => false,
            });
        Some(word(text, start, end, follows, glued))
    }
}

/// A word whose dot does not end a sentence: an initial or a title.
fn dotted(word: &Word) -> bool {
    word.form == Form::Initial || word.end - word.start <= 3 && word.form == Form::Capital
}

fn word(text: &str, start: usize, end: usize, follows: bool, glued: bool) -> Word {
    let mut end = end;
    let mut written = &text[start..end];
    // "Anna's" is Anna's.
    if written.ends_with('s') {
        for own in ["'s", "’s"] {
            if let Some(owner) = written.strip_suffix(own) {
                written = owner;
                end = start + owner.len();
            }
        }
    }
    let form = if glued { Form::Other } else { form(written) };
    let name = match form {
        Form::Capital | Form::Capitals => name(written),
        _ => Name::default(),
    };
    Word {
        start,
        end,
        form,
        name,
        follows,
        dot: text[end..].starts_with('.'),
    }
}

impl Word {
    /// What its end says.
    pub fn ending(&self, text: &str) -> Ending {
        match self.form {
            Form::Capital | Form::Capitals => ending(&text[self.start..self.end]),
            _ => Ending::None,
        }
    }
}

/// The name a word is, or its first part.
fn name(written: &str) -> Name {
    let whole = Name::of(written);
    let parted = || written.bytes().position(|byte| byte == b'-');
    match whole == Name::default() {
        true => parted().map_or(whole, |len| Name::of(&written[..len])),
        false => whole,
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
