//! The table of shared texts. It goes on over as many records as it needs, and a text that is cut
//! there says anew how wide its letters are.

use super::records::Records;
use crate::problem::Problem;
use crate::sheet::Strings;

/// The record that goes on with the one before.
const CONTINUE: u16 = 0x003c;

pub(super) fn read(first: &[u8], records: &mut Records) -> Result<Strings, Problem> {
    let mut parts = vec![first];
    while let Some(part) = records.next_if(CONTINUE) {
        parts.push(part.body);
    }
    let mut cursor = Cursor {
        parts,
        part: 0,
        at: 0,
    };
    let mut strings = Strings::default();
    let count = cursor.skip(4).and_then(|()| cursor.number(4)).unwrap_or(0);
    for _ in 0..count {
        match cursor.text() {
            Some(text) => strings.push(&text)?,
            None => break,
        }
    }
    Ok(strings)
}

struct Cursor<'a> {
    parts: Vec<&'a [u8]>,
    part: usize,
    at: usize,
}

impl Cursor<'_> {
    fn byte(&mut self) -> Option<u8> {
        while self.at >= self.parts.get(self.part)?.len() {
            self.part += 1;
            self.at = 0;
        }
        let byte = *self.parts.get(self.part)?.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn number(&mut self, bytes: u32) -> Option<usize> {
        let mut number = 0;
        for index in 0..bytes {
            number |= usize::from(self.byte()?) << (8 * index);
        }
        Some(number)
    }

    fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > 0 {
            let left = self.parts.get(self.part)?.len().saturating_sub(self.at);
            if left > count {
                self.at += count;
                return Some(());
            }
            count -= left;
            self.part += 1;
            self.at = 0;
        }
        Some(())
    }

    fn text(&mut self) -> Option<String> {
        let mut left = self.number(2)?;
        let flags = self.byte()?;
        let runs = if flags & 8 != 0 {
            self.number(2)? * 4
        } else {
            0
        };
        let extra = if flags & 4 != 0 { self.number(4)? } else { 0 };
        let mut wide = flags & 1 != 0;
        let mut units = Vec::new();
        while left > 0 {
            if self.at >= self.parts.get(self.part)?.len() {
                wide = self.byte()? & 1 != 0;
            }
            units.push(self.number(if wide { 2 } else { 1 })? as u16);
            left -= 1;
        }
        self.skip(runs.checked_add(extra)?)?;
        let letters = char::decode_utf16(units);
        Some(
            letters
                .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect(),
        )
    }
}
