//! Composite fonts (9.7): codes of several bytes.

use std::collections::BTreeMap;

use super::cmap::{CMap, value};
use super::{Letters, Sign, is_bold};
use crate::file::Document;
use crate::syntax::{Dict, Object};

/// A font of type 0.
pub(crate) struct Composite {
    to_unicode: Option<CMap>,
    /// From codes to glyphs, where the file brings the map itself; else they are the same.
    encoding: Option<CMap>,
    /// Codes are UTF-16, as the names of some maps for Chinese, Japanese and Korean say.
    unicode_codes: bool,
    widths: Widths,
    pub(super) bold: bool,
}

impl Composite {
    pub(super) fn read(document: &Document, dict: &Dict) -> Composite {
        let map = |name| {
            let object = document.get(dict, name);
            let bytes = object.stream().and_then(|stream| document.unpack(stream));
            bytes.map(|bytes| CMap::read(&bytes))
        };
        let encoding = document.get(dict, "Encoding");
        let name = encoding.name().unwrap_or_default();
        let has = |part: &[u8]| name.windows(part.len()).any(|window| window == part);
        let descendants = document.get(dict, "DescendantFonts");
        let descendant = descendants.array().and_then(|fonts| fonts.first());
        let descendant = descendant.map(|font| document.resolve(font));
        let descendant = descendant.as_ref().and_then(Object::dict);
        Composite {
            to_unicode: map("ToUnicode").filter(CMap::has_letters),
            encoding: map("Encoding"),
            unicode_codes: has(b"UCS2") || has(b"UTF16"),
            widths: descendant
                .map(|font| Widths::read(document, font))
                .unwrap_or_default(),
            bold: is_bold(document.get(dict, "BaseFont").name().unwrap_or_default()),
        }
    }

    pub(super) fn codes(&self) -> usize {
        let maps = self.to_unicode.iter().chain(&self.encoding);
        let widths = self.widths.single.len() + self.widths.ranges.len();
        16 + widths + maps.map(CMap::codes).sum::<usize>()
    }

    pub(super) fn signs(&self, mut string: &[u8], each: &mut dyn FnMut(Sign)) {
        while !string.is_empty() {
            let length = match &self.encoding {
                Some(encoding) => encoding.length(string).or(encoding.even_length()),
                None => None,
            };
            let length = length.unwrap_or(2).clamp(1, string.len());
            let (bytes, rest) = string.split_at(length);
            each(self.sign(value(bytes), length));
            string = rest;
        }
    }

    fn sign(&self, code: u32, length: usize) -> Sign {
        let glyph = match &self.encoding {
            Some(encoding) => encoding.glyph(code).unwrap_or(code),
            None => code,
        };
        let mapped = self.to_unicode.as_ref().and_then(|map| map.letters(code));
        let as_unicode = || {
            let sign = char::from_u32(code).filter(|_| self.unicode_codes)?;
            Letters::of(sign.encode_utf8(&mut [0; 4]))
        };
        Sign {
            letters: mapped.or_else(as_unicode),
            width: self.widths.of(glyph),
            is_space: length == 1 && code == 32,
        }
    }
}

/// Widths of glyphs (9.7.4.3).
struct Widths {
    single: BTreeMap<u32, f32>,
    ranges: BTreeMap<u32, (u32, f32)>,
    otherwise: f32,
}

impl Default for Widths {
    fn default() -> Widths {
        Widths {
            single: BTreeMap::new(),
            ranges: BTreeMap::new(),
            otherwise: 1.0,
        }
    }
}

impl Widths {
    fn read(document: &Document, font: &Dict) -> Widths {
        let mut widths = Widths::default();
        if let Some(otherwise) = document.get(font, "DW").number() {
            widths.otherwise = (otherwise / 1000.0) as f32;
        }
        let list = document.get(font, "W");
        let mut items = list.array().unwrap_or_default().iter();
        while let (Some(first), Some(second)) = (items.next(), items.next()) {
            let first = document
                .resolve(first)
                .int()
                .and_then(|code| u32::try_from(code).ok());
            let second = document.resolve(second);
            let Some(first) = first else { break };
            if let Some(list) = second.array() {
                for (code, width) in (first..).zip(list) {
                    let width = document.resolve(width).number().unwrap_or(0.0);
                    widths.single.insert(code, (width / 1000.0) as f32);
                }
            } else if let Some(last) = second.int()
                && let Some(width) = items
                    .next()
                    .and_then(|width| document.resolve(width).number())
            {
                let last = u32::try_from(last).unwrap_or(first);
                widths.ranges.insert(first, (last, (width / 1000.0) as f32));
            }
        }
        widths
    }

    fn of(&self, glyph: u32) -> f32 {
        if let Some(width) = self.single.get(&glyph) {
            return *width;
        }
        match self.ranges.range(..=glyph).next_back() {
            Some((_, (last, width))) if glyph <= *last => *width,
            _ => self.otherwise,
        }
    }
}
