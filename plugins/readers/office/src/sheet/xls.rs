//! XLS: the workbooks of Excel 5 to 2003 ([MS-XLS]), a stream of records.

mod records;
mod shared;

use super::biff::{error, rk, truth};
use super::grid::Grid;
use super::{Formats, SHEETS, Strings};
use crate::bytes::{f64_at, slice, u8_at, u16_at, u32_at, utf16};
use crate::codepage::{windows_1251, windows_1252};
use crate::output::{Document, Output};
use crate::package::broken;
use crate::problem::{Budget, Problem, at_most};
use records::{Record, Records};

pub(crate) fn read(stream: &[u8], budget: &Budget) -> Result<Document, Problem> {
    let book = Book::read(stream)?;
    let mut out = Output::new(budget.text_bytes);
    // Sheets that claim the same bytes would be read over and over.
    let mut left = stream.len() / 4 + 1;
    at_most(SHEETS, book.sheets.len(), "sheets")?;
    for (name, start) in &book.sheets {
        let mut grid = Grid::new(budget.text_bytes);
        book.sheet(stream, *start, &mut left, &mut grid)?;
        grid.write(name, &mut out)?;
    }
    out.finish()
}

/// What all sheets share.
#[derive(Default)]
struct Book {
    formats: Formats,
    strings: Strings,
    /// Their names, and where they begin.
    sheets: Vec<(String, usize)>,
    /// Texts are Unicode from Excel 97 on.
    unicode: bool,
    cyrillic: bool,
}

impl Book {
    fn read(stream: &[u8]) -> Result<Book, Problem> {
        let mut book = Book::default();
        let mut records = Records::new(stream, 0);
        let first = records
            .next()
            .filter(|record| record.kind == 0x0809)
            .ok_or_else(broken)?;
        book.unicode = u16_at(first.body, 0) == Some(0x0600);
        while let Some(Record { kind, body }) = records.next() {
            match kind {
                0x000a => break,
                0x002f => return Err(Problem::Encrypted),
                0x0022 => book.formats.since_1904 = u16_at(body, 0) == Some(1),
                0x0042 => book.cyrillic = u16_at(body, 0) == Some(1251),
                0x0085 => {
                    if let (Some(start), Some(name)) = (u32_at(body, 0), book.short(body, 6)) {
                        book.sheets.push((name, start as usize));
                    }
                }
                0x041e => {
                    let code = if book.unicode {
                        book.long(body, 2)
                    } else {
                        book.short(body, 2)
                    };
                    if let (Some(id), Some(code)) = (u16_at(body, 0), code) {
                        book.formats.define(u32::from(id), &code);
                    }
                }
                0x00e0 => book
                    .formats
                    .styles
                    .push(u16_at(body, 2).map_or(0, u32::from)),
                0x00fc => book.strings = shared::read(body, &mut records)?,
                _ => {}
            }
        }
        Ok(book)
    }

    fn sheet(
        &self,
        stream: &[u8],
        start: usize,
        left: &mut usize,
        grid: &mut Grid,
    ) -> Result<(), Problem> {
        let records = Records::new(stream, start);
        // A chart within the sheet is a stream within the stream.
        let mut open = 0_u32;
        let mut waiting = None;
        for Record { kind, body } in records {
            *left = left.saturating_sub(1);
            match kind {
                _ if *left == 0 => break,
                0x0809 => open += 1,
                0x000a if open <= 1 => break,
                0x000a => open -= 1,
                _ if open != 1 => {}
                0x0207 => {
                    if let (Some((row, column)), Some(text)) = (waiting.take(), self.long(body, 0))
                    {
                        grid.put(row, column, &text, true)?;
                    }
                }
                0x00bd => self.row_of_numbers(body, grid)?,
                _ => waiting = self.cell(kind, body, grid)?.or(waiting),
            }
        }
        Ok(())
    }

    /// One cell; its place if its text comes in a record of its own.
    fn cell(&self, kind: u16, body: &[u8], grid: &mut Grid) -> Result<Option<(u32, u32)>, Problem> {
        let (Some(row), Some(column), Some(style)) =
            (u16_at(body, 0), u16_at(body, 2), u16_at(body, 4))
        else {
            return Ok(None);
        };
        let (row, column) = (u32::from(row), u32::from(column));
        let shown = |value: f64| (self.formats.shown(value, usize::from(style)), false);
        let text = match kind {
            0x00fd => u32_at(body, 6)
                .and_then(|index| self.strings.get(index as usize))
                .map(|text| (text.to_owned(), true)),
            0x0204 | 0x00d6 => self.long(body, 6).map(|text| (text, true)),
            0x0203 => f64_at(body, 6).map(shown),
            0x027e => u32_at(body, 6).map(|packed| shown(rk(packed))),
            0x0205 => constant(body.get(7), u8_at(body, 6)),
            0x0006 if u16_at(body, 12) == Some(0xffff) => match u8_at(body, 6) {
                Some(0) => return Ok(Some((row, column))),
                Some(1) => constant(Some(&0), u8_at(body, 8)),
                Some(2) => constant(Some(&1), u8_at(body, 8)),
                _ => None,
            },
            0x0006 => f64_at(body, 6).map(shown),
            _ => None,
        };
        match text {
            Some((text, words)) => grid.put(row, column, &text, words).map(|()| None),
            None => Ok(None),
        }
    }

    fn row_of_numbers(&self, body: &[u8], grid: &mut Grid) -> Result<(), Problem> {
        let (Some(row), Some(first)) = (u16_at(body, 0), u16_at(body, 2)) else {
            return Ok(());
        };
        let cells = body
            .get(4..body.len().saturating_sub(2))
            .unwrap_or_default();
        for (column, cell) in (u32::from(first)..).zip(cells.chunks_exact(6)) {
            if let (Some(style), Some(packed)) = (u16_at(cell, 0), u32_at(cell, 2)) {
                let text = self.formats.shown(rk(packed), usize::from(style));
                grid.put(u32::from(row), column, &text, false)?;
            }
        }
        Ok(())
    }

    /// A text whose length is one byte.
    fn short(&self, body: &[u8], at: usize) -> Option<String> {
        self.text(body, at + 1, usize::from(u8_at(body, at)?))
    }

    /// A text whose length is two bytes.
    fn long(&self, body: &[u8], at: usize) -> Option<String> {
        self.text(body, at + 2, usize::from(u16_at(body, at)?))
    }

    fn text(&self, body: &[u8], at: usize, length: usize) -> Option<String> {
        if !self.unicode {
            let letter = if self.cyrillic {
                windows_1251
            } else {
                windows_1252
            };
            return Some(
                slice(body, at, length)?
                    .iter()
                    .map(|byte| letter(*byte))
                    .collect(),
            );
        }
        match u8_at(body, at)? & 1 {
            0 => Some(
                slice(body, at + 1, length)?
                    .iter()
                    .map(|byte| char::from(*byte))
                    .collect(),
            ),
            _ => Some(utf16(slice(body, at + 1, length * 2)?)),
        }
    }
}

/// A truth, or an error if `is_error` says so.
fn constant(is_error: Option<&u8>, value: Option<u8>) -> Option<(String, bool)> {
    let text = match is_error? {
        0 => truth(value?),
        _ => error(value?),
    };
    Some((text.to_owned(), true))
}
