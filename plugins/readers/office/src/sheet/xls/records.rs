//! The records of a stream.

use crate::bytes::{slice, u16_at};

pub(super) struct Record<'a> {
    pub(super) kind: u16,
    pub(super) body: &'a [u8],
}

pub(super) struct Records<'a> {
    stream: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(stream: &'a [u8], at: usize) -> Records<'a> {
        Records { stream, at }
    }

    /// The record after this one, if it is of this kind.
    pub(super) fn next_if(&mut self, kind: u16) -> Option<Record<'a>> {
        (u16_at(self.stream, self.at)? == kind)
            .then(|| self.next())
            .flatten()
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let kind = u16_at(self.stream, self.at)?;
        let length = usize::from(u16_at(self.stream, self.at + 2)?);
        let body = slice(self.stream, self.at + 4, length)?;
        self.at += 4 + length;
        Some(Record { kind, body })
    }
}
