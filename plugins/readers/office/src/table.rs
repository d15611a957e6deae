//! Tables, written so that one row is one line.

use crate::output::{line, too_long};
use crate::problem::Problem;

/// Rows under one repetition of the head: a passage cut further down still says what its columns are.
const ROWS: usize = 20;

/// In a wider table cells lie over one column each: their spans are made up.
const COLUMNS: usize = 1_024;

/// Cells of a table. More is no table that anybody reads.
const CELLS: usize = 1_000_000;

#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Vec<Cell>>,
    cells: usize,
}

struct Cell {
    text: String,
    /// Columns it lies over.
    span: u16,
}

impl Table {
    pub(crate) fn row(&mut self) {
        self.rows.push(Vec::new());
    }

    /// Puts a cell into the row that is open.
    pub(crate) fn cell(&mut self, text: &str, span: usize) -> Result<(), Problem> {
        self.cells += 1;
        if self.cells > CELLS {
            return Err(too_long());
        }
        if self.rows.is_empty() {
            self.row();
        }
        if let Some(row) = self.rows.last_mut() {
            row.push(Cell {
                text: line(text),
                span: span.clamp(1, 256) as u16,
            });
        }
        Ok(())
    }

    /// All text of it, for a table within a cell.
    pub(crate) fn flat(&self) -> String {
        let texts = self.rows.iter().flatten().map(|cell| cell.text.as_str());
        texts
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The text of a table of one cell: that is a box and no table.
    pub(crate) fn single(&self) -> Option<&str> {
        let mut cells = self
            .rows
            .iter()
            .flatten()
            .filter(|cell| !cell.text.is_empty());
        match (cells.next(), cells.next()) {
            (Some(cell), None) => Some(&cell.text),
            (None, _) => Some(""),
            _ => None,
        }
    }

    /// The table without what is empty around it, at most `limit` bytes.
    pub(crate) fn markdown(mut self, limit: usize) -> Result<String, Problem> {
        if self.columns().1 >= COLUMNS {
            self.rows
                .iter_mut()
                .flatten()
                .for_each(|cell| cell.span = 1);
        }
        let (first, last) = self.columns();
        let mut rows = self
            .rows
            .iter()
            .filter(|row| row.iter().any(|cell| !cell.text.is_empty()));
        let mut head = String::new();
        let mut named = false;
        if let Some(row) = rows.next() {
            // Numbers are no names: that table has no head.
            named = row.iter().all(|cell| cell.text.parse::<f64>().is_err());
            write(row, first, last, true, &mut head);
        }
        head += "|";
        head += &" --- |".repeat(last + 1 - first);
        head.push('\n');
        let mut text = head.clone();
        for (index, row) in rows.enumerate() {
            if named && index > 0 && index % ROWS == 0 {
                text.push('\n');
                text += &head;
            }
            write(row, first, last, false, &mut text);
            if text.len() > limit {
                return Err(too_long());
            }
        }
        text.truncate(text.trim_end().len());
        Ok(text)
    }

    /// The first and the last column with text in it.
    fn columns(&self) -> (usize, usize) {
        let (mut first, mut last) = (usize::MAX, 0);
        for row in &self.rows {
            let mut at = 0;
            for cell in row {
                if !cell.text.is_empty() {
                    first = first.min(at);
                    last = last.max(at);
                }
                at += usize::from(cell.span);
            }
        }
        (first.min(last), last)
    }
}

/// One row; a head has all columns, for readers drop what is beyond it.
fn write(row: &[Cell], first: usize, last: usize, full: bool, out: &mut String) {
    out.push('|');
    let mut at = 0;
    for cell in row {
        if at > last {
            break;
        }
        if at >= first {
            out.push(' ');
            escape(&cell.text, out);
            out.push_str(if cell.text.is_empty() { "|" } else { " |" });
        }
        let next = at + usize::from(cell.span);
        let empty = next.min(last + 1).saturating_sub((at + 1).max(first));
        out.push_str(&" |".repeat(empty));
        at = next;
    }
    if full && at <= last {
        out.push_str(&" |".repeat(last + 1 - at.max(first)));
    }
    out.push('\n');
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        if c == '|' {
            out.push('\\');
        }
        out.push(c);
    }
}
