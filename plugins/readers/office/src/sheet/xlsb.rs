//! XLSB: the binary form of XLSX ([MS-XLSB]).

use super::biff::{error, rk, truth};
use super::grid::Grid;
use super::{Formats, Named, SHEETS, Strings};
use crate::bytes::{f64_at, slice, u8_at, u16_at, u32_at, utf16};
use crate::output::{Document, Output};
use crate::package::{Package, broken};
use crate::problem::{Budget, Problem, at_most};
use crate::relations::Relations;

pub(crate) fn read(package: &Package, main: &str, budget: &Budget) -> Result<Document, Problem> {
    let relations = Relations::of(package, main)?;
    let part = |kind: &str| match relations.one(kind) {
        Some(part) => package.bytes(part).map(Option::unwrap_or_default),
        None => Ok(Vec::new()),
    };
    let mut formats = formats(&part("styles")?);
    let main = package.bytes(main)?.ok_or_else(broken)?;
    let (sheets, since_1904) = workbook(&main);
    formats.since_1904 = since_1904;
    let strings = strings(&part("sharedStrings")?)?;
    let mut out = Output::new(budget.text_bytes);
    at_most(SHEETS, sheets.len(), "sheets")?;
    for (name, id) in sheets {
        let Some(part) = relations.part(&id) else {
            continue;
        };
        let Some(source) = package.bytes(part)? else {
            continue;
        };
        let mut grid = Grid::new(budget.text_bytes);
        sheet(&source, &strings, &formats, &mut grid)?;
        grid.write(&name, &mut out)?;
    }
    out.finish()
}

/// The records of a part: a number, and its bytes. Ends where they make no sense.
struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Records<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.number(2)?;
        let length = self.number(4)? as usize;
        let body = slice(self.bytes, self.at, length)?;
        self.at += length;
        Some((kind, body))
    }
}

impl Records<'_> {
    /// Seven bits a byte, the highest bit says that more come.
    fn number(&mut self, most: u32) -> Option<u32> {
        let mut number = 0;
        for index in 0..most {
            let byte = u8_at(self.bytes, self.at)?;
            self.at += 1;
            number |= u32::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                break;
            }
        }
        Some(number)
    }
}

fn records(bytes: &[u8]) -> Records<'_> {
    Records { bytes, at: 0 }
}

/// A counted text, and where it ends.
fn wide(body: &[u8], at: usize) -> Option<(String, usize)> {
    let length = (u32_at(body, at)? as usize).checked_mul(2)?;
    Some((utf16(slice(body, at + 4, length)?), at + 4 + length))
}

fn workbook(bytes: &[u8]) -> (Vec<Named>, bool) {
    let (mut sheets, mut since_1904) = (Vec::new(), false);
    for (kind, body) in records(bytes) {
        match kind {
            153 => since_1904 = u8_at(body, 0).is_some_and(|flags| flags & 1 != 0),
            156 => sheets.extend(named(body)),
            _ => {}
        }
    }
    (sheets, since_1904)
}

fn named(body: &[u8]) -> Option<Named> {
    let (id, end) = wide(body, 8)?;
    let (name, _) = wide(body, end)?;
    Some((name, id))
}

fn formats(bytes: &[u8]) -> Formats {
    let (mut formats, mut cells) = (Formats::default(), false);
    for (kind, body) in records(bytes) {
        match kind {
            44 => {
                if let (Some(id), Some((code, _))) = (u16_at(body, 0), wide(body, 2)) {
                    formats.define(u32::from(id), &code);
                }
            }
            617 => cells = true,
            618 => cells = false,
            47 if cells => formats.styles.push(u16_at(body, 2).map_or(0, u32::from)),
            _ => {}
        }
    }
    formats
}

fn strings(bytes: &[u8]) -> Result<Strings, Problem> {
    let mut strings = Strings::default();
    for (kind, body) in records(bytes) {
        if kind == 19 {
            strings.push(&wide(body, 1).unwrap_or_default().0)?;
        }
    }
    Ok(strings)
}

fn sheet(
    bytes: &[u8],
    strings: &Strings,
    formats: &Formats,
    grid: &mut Grid,
) -> Result<(), Problem> {
    let mut row = 0;
    for (kind, body) in records(bytes) {
        if kind == 0 {
            row = u32_at(body, 0).unwrap_or(row);
            continue;
        }
        let (Some(column), Some(style)) = (u32_at(body, 0), u32_at(body, 4)) else {
            continue;
        };
        let shown = |value: f64| formats.shown(value, (style & 0x00ff_ffff) as usize);
        let text = match kind {
            2 => u32_at(body, 8).map(|packed| (shown(rk(packed)), false)),
            3 | 11 => u8_at(body, 8).map(|code| (error(code).to_owned(), true)),
            4 | 10 => u8_at(body, 8).map(|byte| (truth(byte).to_owned(), true)),
            5 | 9 => f64_at(body, 8).map(|value| (shown(value), false)),
            6 | 8 => wide(body, 8).map(|(text, _)| (text, true)),
            7 => u32_at(body, 8)
                .and_then(|index| strings.get(index as usize))
                .map(|text| (text.to_owned(), true)),
            62 => wide(body, 9).map(|(text, _)| (text, true)),
            _ => None,
        };
        if let Some((text, words)) = text {
            grid.put(row, column, &text, words)?;
        }
    }
    Ok(())
}
