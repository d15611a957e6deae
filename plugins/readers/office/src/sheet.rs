//! Spreadsheets: each sheet a heading and its tables.

mod biff;
mod calendar;
mod format;
mod grid;
mod ods;
mod xls;
mod xlsb;
mod xlsx;

pub(crate) use ods::read as read_ods;
pub(crate) use xls::read as read_xls;
pub(crate) use xlsb::read as read_xlsb;
pub(crate) use xlsx::read as read_xlsx;

use std::collections::HashMap;

use crate::output::too_long;
use crate::problem::Problem;
use format::Format;

/// Sheets of a workbook that are read.
const SHEETS: usize = 1_024;

/// A workbook's sheet: its name, and its part.
type Named = (String, String);

/// The texts that cells share, one after the other.
#[derive(Default)]
struct Strings {
    all: String,
    ends: Vec<usize>,
}

impl Strings {
    fn push(&mut self, text: &str) -> Result<(), Problem> {
        if self.ends.len() >= 4_000_000 {
            return Err(too_long());
        }
        self.all += text;
        self.ends.push(self.all.len());
        Ok(())
    }

    fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.all.get(start..end)
    }
}

/// How cells are to be shown: the formats, and which style has which.
#[derive(Default)]
struct Formats {
    own: HashMap<u32, Format>,
    styles: Vec<u32>,
    /// Days are counted from 1904, as the first Macintosh did.
    since_1904: bool,
}

impl Formats {
    fn define(&mut self, id: u32, code: &str) {
        self.own.insert(id, Format::of(code));
    }

    fn shown(&self, value: f64, style: usize) -> String {
        let id = self.styles.get(style).copied().unwrap_or(0);
        match self.own.get(&id) {
            Some(format) => format.shown(value, self.since_1904),
            None => Format::of(format::built_in(id)).shown(value, self.since_1904),
        }
    }
}
