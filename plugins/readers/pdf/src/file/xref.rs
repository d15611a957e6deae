//! Where the objects are (7.5.4 and 7.5.8), as the file says it.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Document, stream_at};
use crate::syntax::{Dict, Object, Parser};

/// Sections of a file that was saved again and again.
const SECTIONS: usize = 512;
/// Objects of one file.
pub(super) const OBJECTS: u32 = 2_000_000;

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    /// From this byte of the file on.
    At(usize),
    /// Packed with others into the stream of this number, the how-manieth of it.
    In(u32, usize),
}

/// Where all objects are.
#[derive(Debug, Default)]
pub(super) struct Xref {
    pub(super) places: BTreeMap<u32, Place>,
    pub(super) trailer: Dict,
}

impl Xref {
    /// The table that the end of the file points to; `None` if it is damaged.
    pub(super) fn read(document: &Document) -> Option<Xref> {
        let data = document.data();
        let tail = data.len().saturating_sub(2048);
        let found = data
            .get(tail..)?
            .windows(9)
            .rposition(|w| w == b"startxref")?;
        let start = Parser::new(data, tail + found + 9).object()?.int()?;
        let mut xref = Xref::default();
        let (mut seen, mut next) = (BTreeSet::new(), vec![usize::try_from(start).ok()?]);
        while let Some(at) = next.pop() {
            if !seen.insert(at) || seen.len() > SECTIONS {
                continue;
            }
            let trailer = xref.section(document, at)?;
            for older in ["Prev", "XRefStm"] {
                let at = trailer.get(older).int();
                next.extend(at.and_then(|at| usize::try_from(at).ok()));
            }
            if !xref.trailer.has("Root") {
                xref.trailer = trailer;
            }
        }
        xref.trailer.has("Root").then_some(xref)
    }

    /// What newer sections said stays.
    fn put(&mut self, number: u64, place: Option<Place>) {
        if let (Ok(number), Some(place)) = (u32::try_from(number), place)
            && number < OBJECTS
        {
            self.places.entry(number).or_insert(place);
        }
    }

    fn section(&mut self, document: &Document, at: usize) -> Option<Dict> {
        let mut parser = Parser::new(document.data(), at);
        if parser.word() == Some(b"xref") {
            return self.table(document, parser);
        }
        let object = stream_at(document, at)?;
        let stream = object.stream()?;
        if !stream.dict.is("Type", "XRef") {
            return None;
        }
        let bytes = document.unpack(stream)?;
        self.packed(&stream.dict, &bytes);
        Some(stream.dict.clone())
    }

    fn table(&mut self, document: &Document, mut parser: Parser) -> Option<Dict> {
        loop {
            let start = parser.at();
            if let Some(word) = parser.word() {
                let trailer = (word == b"trailer").then(|| parser.object())??;
                let paid = document.budget().parse(parser.at().saturating_sub(start));
                return trailer.dict().filter(|_| paid).cloned();
            }
            let first = u64::try_from(parser.object()?.int()?).ok()?;
            let count = u64::try_from(parser.object()?.int()?).ok()?;
            for number in first..first.saturating_add(count) {
                let before = parser.at();
                let offset = parser.object()?.int()?;
                parser.object()?.int()?;
                let kind = parser.word()?;
                if !document.budget().parse(parser.at().saturating_sub(before)) {
                    return None;
                }
                if kind == b"n" {
                    self.put(number, usize::try_from(offset).ok().map(Place::At));
                }
            }
        }
    }

    fn packed(&mut self, dict: &Dict, bytes: &[u8]) {
        let width = |at| {
            let widths = dict.get("W").array().unwrap_or_default();
            let width = widths.get(at).and_then(Object::int).unwrap_or(0);
            usize::try_from(width).unwrap_or(0).min(8)
        };
        let widths = [width(0), width(1), width(2)];
        let row = widths.iter().sum::<usize>().max(1);
        let size = dict.get("Size").int().unwrap_or(0);
        let whole = [Object::Int(0), Object::Int(size)];
        let ranges = dict.get("Index").array().unwrap_or(&whole);
        let mut rows = bytes.chunks_exact(row);
        for range in ranges.chunks_exact(2) {
            let [first, count] = [0, 1].map(|at| range.get(at).and_then(Object::int).unwrap_or(0));
            for number in first..first.saturating_add(count) {
                let Some(row) = rows.next() else { return };
                let number = u64::try_from(number).unwrap_or(u64::MAX);
                self.put(number, place(row, widths));
            }
        }
    }
}

fn place(row: &[u8], widths: [usize; 3]) -> Option<Place> {
    let (kind, rest) = row.split_at_checked(widths[0])?;
    let (second, third) = rest.split_at_checked(widths[1])?;
    let value = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0u64, |value, b| value << 8 | u64::from(*b))
    };
    let second = value(second);
    match if kind.is_empty() { 1 } else { value(kind) } {
        1 => usize::try_from(second).ok().map(Place::At),
        2 => Some(Place::In(
            u32::try_from(second).ok()?,
            usize::try_from(value(third)).ok()?,
        )),
        _ => None,
    }
}
