//! Where the objects are, found by looking at the whole file: for files that were cut, edited by
//! hand or sent as text, whose own table points to nothing.

use super::document::{Document, object_at};
use super::xref::{OBJECTS, Place, Xref};
use crate::syntax::{Dict, Object, Parser, is_regular, is_space};

impl Xref {
    /// What `7 0 obj` and `trailer` say, the last one of each number; then what is packed.
    pub(super) fn rebuild(document: &Document) -> Xref {
        let data = document.data();
        let mut xref = Xref::default();
        if !document.budget().parse(data.len()) {
            return xref;
        }
        let (mut at, mut trailers) = (0, Vec::new());
        while let Some(rest) = data.get(at..) {
            let Some(found) = rest.iter().position(|b| matches!(b, b'o' | b't')) else {
                break;
            };
            at += found;
            let here = data.get(at..).unwrap_or_default();
            if here.starts_with(b"obj") {
                if let Some((number, start)) = head_before(data, at) {
                    xref.places.insert(number, Place::At(start));
                }
            } else if here.starts_with(b"trailer") {
                trailers.push(at + 7);
            }
            at += 1;
        }
        for at in trailers.into_iter().rev().take(16) {
            let mut parser = Parser::new(data, at);
            let trailer = parser.object();
            if !document.budget().parse(parser.at().saturating_sub(at)) {
                break;
            }
            if let Some(Object::Dict(trailer)) = trailer
                && trailer.has("Root")
                && !xref.trailer.has("Root")
            {
                xref.trailer = (*trailer).clone();
            }
        }
        xref.look_inside(document);
        xref
    }

    /// Objects that hold others, and what stands for a trailer that is lost.
    fn look_inside(&mut self, document: &Document) {
        let places: Vec<(u32, Place)> = self.places.iter().map(|(n, p)| (*n, *p)).collect();
        let mut catalog = None;
        for (number, place) in places {
            let Place::At(at) = place else { continue };
            let Some((_, object)) = object_at(document, at) else {
                continue;
            };
            let Some(dict) = object.dict() else { continue };
            if dict.is("Type", "Catalog") {
                catalog = Some(number);
            } else if dict.is("Type", "XRef") && dict.has("Root") && !self.trailer.has("Root") {
                self.trailer = dict.clone();
            } else if dict.is("Type", "ObjStm") {
                let count = dict
                    .get("N")
                    .int()
                    .unwrap_or(0)
                    .clamp(0, i64::from(OBJECTS));
                for (index, held) in document.numbers_in(number, &object, count).enumerate() {
                    self.places.entry(held).or_insert(Place::In(number, index));
                }
            }
        }
        if let (Some(catalog), false) = (catalog, self.trailer.has("Root")) {
            let root = (b"Root".as_slice().into(), Object::Ref(catalog));
            self.trailer = Dict::new(vec![root]);
        }
    }
}

/// The number and the beginning of `7 0 obj`, whose `obj` is at `at`.
fn head_before(data: &[u8], at: usize) -> Option<(u32, usize)> {
    let back = |mut at: usize, wanted: fn(u8) -> bool| {
        let from = at;
        // Numbers have ten digits at most: what is longer is no head of an object.
        while at > 0 && from - at < 12 && data.get(at - 1).copied().is_some_and(wanted) {
            at -= 1;
        }
        (at < from).then_some(at)
    };
    let digit: fn(u8) -> bool = |b| b.is_ascii_digit();
    let generation = back(back(at, is_space)?, digit)?;
    let end = back(generation, is_space)?;
    let start = back(end, digit)?;
    if start > 0 && data.get(start - 1).copied().is_some_and(is_regular) {
        return None;
    }
    let digits = std::str::from_utf8(data.get(start..end)?).ok()?;
    let number = digits.parse().ok()?;
    (number < OBJECTS).then_some((number, start))
}
