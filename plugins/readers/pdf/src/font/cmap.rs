//! CMaps (9.7.5 and 9.10.3): codes to letters, and codes to the glyphs of a font.

use std::collections::BTreeMap;

use super::Letters;
use crate::syntax::{Item, Object, Parser};

/// Entries of one map.
const ENTRIES: usize = 70_000;

/// Codes of one length from one to another.
struct Space {
    bytes: usize,
    first: u32,
    last: u32,
}

/// A map from codes.
#[derive(Default)]
pub(super) struct CMap {
    spaces: Vec<Space>,
    letters: BTreeMap<u32, Letters>,
    /// From the first code: the last one, and the letters of the first as UTF-16.
    letter_ranges: BTreeMap<u32, (u32, Vec<u16>)>,
    glyph_ranges: BTreeMap<u32, (u32, u32)>,
}

impl CMap {
    pub(super) fn read(bytes: &[u8]) -> CMap {
        let mut map = CMap::default();
        let mut parser = Parser::of_content(bytes);
        let mut operands: Vec<Object> = Vec::new();
        while let Some(item) = parser.item() {
            match item {
                Item::Operand(object) if operands.len() < ENTRIES => operands.push(object),
                Item::Operand(_) => {}
                Item::Operator(word) => {
                    map.apply(word, &operands);
                    operands.clear();
                }
            }
        }
        map
    }

    fn apply(&mut self, word: &[u8], operands: &[Object]) {
        match word {
            b"endcodespacerange" => operands.chunks_exact(2).for_each(|pair| self.space(pair)),
            b"endbfchar" => operands.chunks_exact(2).for_each(|pair| self.one(pair)),
            b"endbfrange" => operands.chunks_exact(3).for_each(|range| self.range(range)),
            b"endcidchar" => operands.chunks_exact(2).for_each(|pair| {
                if let [code, glyph] = pair {
                    self.glyphs(code, code, glyph);
                }
            }),
            b"endcidrange" => operands.chunks_exact(3).for_each(|range| {
                if let [first, last, glyph] = range {
                    self.glyphs(first, last, glyph);
                }
            }),
            _ => {}
        }
    }

    /// How many entries it has.
    pub(super) fn codes(&self) -> usize {
        self.letters.len() + self.letter_ranges.len() + self.glyph_ranges.len()
    }

    fn is_full(&self) -> bool {
        self.codes() >= ENTRIES
    }

    fn space(&mut self, pair: &[Object]) {
        if let [first, last] = pair
            && let (Some(low), Some(high)) = (code(first), code(last))
            && self.spaces.len() < 64
        {
            let bytes = first.text().map_or(0, <[u8]>::len);
            self.spaces.push(Space {
                bytes,
                first: low,
                last: high,
            });
        }
    }

    fn one(&mut self, pair: &[Object]) {
        if let [from, to] = pair
            && let (Some(code), Some(units)) = (code(from), units(to))
            && let Some(letters) = letters(&units)
            && !self.is_full()
        {
            self.letters.insert(code, letters);
        }
    }

    fn range(&mut self, range: &[Object]) {
        let [first, last, to] = range else { return };
        let (Some(first), Some(last)) = (code(first), code(last)) else {
            return;
        };
        if let Some(items) = to.array() {
            for (code, item) in (first..=last).zip(items) {
                if let Some(letters) = units(item).and_then(|units| letters(&units))
                    && !self.is_full()
                {
                    self.letters.insert(code, letters);
                }
            }
        } else if let Some(units) = units(to)
            && !self.is_full()
        {
            self.letter_ranges.insert(first, (last, units));
        }
    }

    fn glyphs(&mut self, first: &Object, last: &Object, glyph: &Object) {
        if let (Some(first), Some(last), Some(glyph)) = (code(first), code(last), glyph.int())
            && let Ok(glyph) = u32::try_from(glyph)
            && !self.is_full()
        {
            self.glyph_ranges.insert(first, (last, glyph));
        }
    }

    /// How many bytes the first code of a string has; `None` if the map does not say.
    pub(super) fn length(&self, string: &[u8]) -> Option<usize> {
        let fits = |space: &&Space| {
            let start = string.get(..space.bytes).map(value);
            start.is_some_and(|code| (space.first..=space.last).contains(&code))
        };
        self.spaces
            .iter()
            .filter(fits)
            .map(|space| space.bytes)
            .min()
    }

    /// Bytes of the codes, if all have the same.
    pub(super) fn even_length(&self) -> Option<usize> {
        let first = self.spaces.first()?.bytes;
        self.spaces
            .iter()
            .all(|space| space.bytes == first)
            .then_some(first)
    }

    pub(super) fn letters(&self, code: u32) -> Option<Letters> {
        if let Some(letters) = self.letters.get(&code) {
            return Some(letters.clone());
        }
        let (first, (last, units)) = self.letter_ranges.range(..=code).next_back()?;
        if code > *last {
            return None;
        }
        let mut units = units.clone();
        let unit = units.last_mut()?;
        *unit = unit.checked_add(u16::try_from(code - first).ok()?)?;
        letters(&units)
    }

    pub(super) fn glyph(&self, code: u32) -> Option<u32> {
        let (first, (last, glyph)) = self.glyph_ranges.range(..=code).next_back()?;
        (code <= *last).then(|| glyph.saturating_add(code - first))
    }

    pub(super) fn has_letters(&self) -> bool {
        !self.letters.is_empty() || !self.letter_ranges.is_empty()
    }
}

/// The value of a code.
pub(super) fn value(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |value, byte| value << 8 | u32::from(*byte))
}

fn code(object: &Object) -> Option<u32> {
    match object {
        Object::Text(bytes) if bytes.len() <= 4 => Some(value(bytes)),
        _ => None,
    }
}

fn units(object: &Object) -> Option<Vec<u16>> {
    let bytes = object.text()?;
    // Some programs write one byte where UTF-16 has two.
    if let [byte] = bytes {
        return Some(vec![u16::from(*byte)]);
    }
    let unit = |pair: &[u8; 2]| u16::from_be_bytes(*pair);
    Some(bytes.as_chunks::<2>().0.iter().take(32).map(unit).collect())
}

fn letters(units: &[u16]) -> Option<Letters> {
    let text: String = char::decode_utf16(units.iter().copied())
        .filter_map(Result::ok)
        .collect();
    Letters::of(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_ranges_become_letters() {
        let map = CMap::read(
            b"1 begincodespacerange <0000> <FFFF> endcodespacerange \
              2 beginbfchar <0003> <0020> <0041> <00660069> endbfchar \
              2 beginbfrange <0010> <0012> <0061> <0020> <0021> [<D83DDE00> <0062>] endbfrange",
        );
        let text = |code| {
            let mut text = String::new();
            if let Some(letters) = map.letters(code) {
                letters.push_to(&mut text);
            }
            text
        };
        let codes = [0x03, 0x41, 0x10, 0x12, 0x13, 0x20, 0x21, 0x22];
        assert_eq!(codes.map(text), [" ", "fi", "a", "c", "", "😀", "b", ""]);
        assert_eq!(map.length(&[0, 3, 0]), Some(2));
    }
}
