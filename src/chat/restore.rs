//! Puts back, for the person who typed it, what the model only saw as `[EMAIL_1]`.
//!
//! What is stored, cached, logged and told to a model has the placeholder; only what goes out to
//! the asker has the words. Nothing is put back inside of addresses, link targets and tags (see
//! [`place`]), nor what a document or the model itself had hidden: that was not typed by the asker.
//!
//! However an answer is cut into pieces, the words that come out are the same. Of a piece, no more
//! is held back than an unfinished placeholder.

mod place;

use std::sync::Arc;

use super::masks::{Beginning, Masks};
use place::Place;

/// Something that stands for a placeholder, in bytes of the text it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub start: u32,
    pub end: u32,
    /// What the model saw, such as `[EMAIL_1]`.
    pub placeholder: String,
}

/// An answer on its way to its asker.
#[derive(Debug)]
pub(super) struct Restorer {
    masks: Arc<Masks>,
    /// Whether the answer is JSON: then the words are escaped as its strings are.
    json: bool,
    place: Place,
    /// The end of what came, while it may be a placeholder.
    held: String,
    /// Bytes that came and are not held, and bytes that went out.
    came: usize,
    went: usize,
    /// What was put back, and by how much each place behind it moved.
    marks: Vec<Mark>,
    moved: Vec<Moved>,
}

/// Behind byte `from` of the answer as stored, places are `by` bytes further on.
#[derive(Clone, Copy, Debug)]
struct Moved {
    from: usize,
    by: isize,
}

impl Restorer {
    /// For an answer whose asker typed what these placeholders hide.
    pub(super) fn new(masks: Arc<Masks>) -> Self {
        Self {
            masks,
            json: false,
            place: Place::default(),
            held: String::new(),
            came: 0,
            went: 0,
            marks: Vec::new(),
            moved: Vec::new(),
        }
    }

    /// The same for an answer that is JSON.
    pub(super) fn within_json(self) -> Self {
        Self { json: true, ..self }
    }

    /// Takes the next piece of the answer; gives what may go out.
    pub(super) fn push(&mut self, piece: &str) -> String {
        if self.masks.is_empty() {
            return piece.to_owned();
        }
        let mut text = std::mem::take(&mut self.held);
        text.push_str(piece);
        let masks = self.masks.clone();
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find('[') {
            self.keep(&rest[..at], &mut out);
            rest = &rest[at..];
            rest = match masks.beginning(rest) {
                Beginning::Open => {
                    rest.clone_into(&mut self.held);
                    return out;
                }
                Beginning::Placeholder(bytes, original) => {
                    self.put(&rest[..bytes], original, &mut out);
                    &rest[bytes..]
                }
                Beginning::Words => {
                    self.keep("[", &mut out);
                    &rest[1..]
                }
            };
        }
        self.keep(rest, &mut out);
        out
    }

    /// What is held at the end of the answer: it did not become a placeholder.
    pub(super) fn finish(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        let mut out = String::new();
        self.keep(&held, &mut out);
        out
    }

    /// Where a place in the answer as stored is in what went out.
    pub(super) fn place(&self, at: u32) -> u32 {
        let before = self
            .moved
            .partition_point(|moved| moved.from <= at as usize);
        let by = before.checked_sub(1).map_or(0, |last| self.moved[last].by);
        offset((at as usize).saturating_add_signed(by))
    }

    /// What was put back so far, in bytes of what went out.
    pub(super) fn into_marks(self) -> Vec<Mark> {
        self.marks
    }

    fn keep(&mut self, text: &str, out: &mut String) {
        self.place.read(text);
        self.came += text.len();
        self.went += text.len();
        out.push_str(text);
    }

    fn put(&mut self, placeholder: &str, original: &str, out: &mut String) {
        if !self.place.is_open() {
            return self.keep(placeholder, out);
        }
        let words = match self.json {
            true => within_string(original),
            false => original.to_owned(),
        };
        self.place.put(&words);
        self.marks.push(Mark {
            start: offset(self.went),
            end: offset(self.went + words.len()),
            placeholder: placeholder.to_owned(),
        });
        self.came += placeholder.len();
        self.went += words.len();
        self.moved.push(Moved {
            from: self.came,
            // Both count bytes of one answer.
            by: self.went as isize - self.came as isize,
        });
        out.push_str(&words);
    }
}

/// As it stands between the quotes of a string of JSON.
fn within_string(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
