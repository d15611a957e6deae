//! A start tag and its attributes.

use std::borrow::Cow;

use super::entity;

#[derive(Clone, Copy)]
pub(crate) struct Tag<'a> {
    /// Without its prefix.
    pub(crate) name: &'a str,
    /// The prefix, empty if there is none.
    pub(crate) prefix: &'a str,
    pub(super) closed: bool,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// From what stands between the angle brackets; `None` if that is no tag.
    pub(super) fn new(inner: &'a str) -> Option<Tag<'a>> {
        let (inner, closed) = match inner.strip_suffix('/') {
            Some(inner) => (inner, true),
            None => (inner, false),
        };
        let end = inner.find(char::is_whitespace).unwrap_or(inner.len());
        let (full, attributes) = inner.split_at(end);
        if !begins(full) {
            return None;
        }
        let (prefix, name) = full.split_once(':').unwrap_or(("", full));
        Some(Tag {
            name,
            prefix,
            closed,
            attributes,
        })
    }

    /// The attribute of this name, whatever its prefix is.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        self.find(|key| local(key) == name)
    }

    /// The attribute of this name that has a prefix: `r:id` beside `id`.
    pub(crate) fn linked(&self, name: &str) -> Option<Cow<'a, str>> {
        self.find(|key| key.split_once(':').is_some_and(|(_, key)| key == name))
    }

    /// The attribute of this name as a number.
    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.trim().parse().ok()
    }

    fn find(&self, fits: impl Fn(&str) -> bool) -> Option<Cow<'a, str>> {
        let mut rest = self.attributes;
        loop {
            let (key, tail) = rest.split_once('=')?;
            let tail = tail.trim_start();
            let quote = tail.chars().next()?;
            let (value, after) = match quote {
                '"' | '\'' => tail.get(1..)?.split_once(quote)?,
                _ => tail.split_once(char::is_whitespace).unwrap_or((tail, "")),
            };
            if fits(
                key.rsplit(char::is_whitespace)
                    .find(|key| !key.is_empty())?,
            ) {
                return Some(entity::decoded(value, true));
            }
            rest = after;
        }
    }
}

/// A name without its prefix.
pub(crate) fn local(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, name)| name)
}

/// Whether a name begins here.
pub(super) fn begins(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == ':')
}

/// The length of the tag that `rest` begins with: a bracket in quotes does not end it.
pub(super) fn length(rest: &str) -> usize {
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate() {
        match (byte, quote) {
            (b'"' | b'\'', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            (b'>', None) => return at + 1,
            _ => {}
        }
    }
    // A quote that stays open: the next bracket ends the tag, so that not all is lost.
    rest.find('>').map_or(rest.len(), |end| end + 1)
}
