//! The cells of one sheet, and how they become tables: empty rows part one table from the next,
//! empty columns are left out.

use std::collections::BTreeSet;

use crate::output::{Output, line, too_long};
use crate::problem::Problem;

/// Rows of a sheet that are read. The next ones are counted and named.
const ROWS: usize = 50_000;
/// Cells of a sheet that are read.
const CELLS: usize = 1_000_000;
/// Columns of one table.
const COLUMNS: usize = 256;
/// Rows under one repetition of the head: a passage cut further down still says what its columns are.
const REPEAT: usize = 20;

pub(super) struct Grid {
    cells: Vec<Cell>,
    /// What is said of single cells.
    notes: Vec<(String, String)>,
    limit: usize,
    bytes: usize,
    rows: usize,
    last: Option<u32>,
    left_out: usize,
}

struct Cell {
    row: u32,
    column: u32,
    text: String,
    /// Text, not a number or a date.
    words: bool,
}

/// A row of cells with something in them.
type Row<'g> = &'g [Cell];

impl Grid {
    pub(super) fn new(limit: usize) -> Grid {
        Grid {
            cells: Vec::new(),
            notes: Vec::new(),
            limit,
            bytes: 0,
            rows: 0,
            last: None,
            left_out: 0,
        }
    }

    pub(super) fn put(
        &mut self,
        row: u32,
        column: u32,
        text: &str,
        words: bool,
    ) -> Result<(), Problem> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let new = self.last != Some(row);
        self.last = Some(row);
        self.rows += usize::from(new);
        if self.full() {
            self.left_out += usize::from(new);
            return Ok(());
        }
        self.bytes += text.len();
        if self.bytes > self.limit {
            return Err(too_long());
        }
        let text = line(text);
        self.cells.push(Cell {
            row,
            column,
            text,
            words,
        });
        Ok(())
    }

    /// Whether nothing more is read.
    pub(super) fn full(&self) -> bool {
        self.rows > ROWS || self.cells.len() >= CELLS
    }

    pub(super) fn note(&mut self, cell: &str, text: &str) -> Result<(), Problem> {
        let text = line(text);
        self.bytes += text.len() + cell.len();
        if self.bytes > self.limit {
            return Err(too_long());
        }
        if !text.is_empty() {
            self.notes.push((cell.to_owned(), text));
        }
        Ok(())
    }

    pub(super) fn write(mut self, name: &str, out: &mut Output) -> Result<(), Problem> {
        if self.cells.is_empty() && self.notes.is_empty() {
            return Ok(());
        }
        self.cells.sort_by_key(|cell| (cell.row, cell.column));
        out.heading(2, name)?;
        for block in blocks(&self.cells) {
            write(block, out)?;
        }
        if self.left_out > 0 {
            out.paragraph(&format!("({} more rows were left out.)", self.left_out))?;
        }
        for (cell, text) in &self.notes {
            out.paragraph(&format!("Note on {cell}: {text}"))?;
        }
        Ok(())
    }
}

fn rows<'g>(cells: &'g [Cell]) -> impl Iterator<Item = Row<'g>> {
    cells.chunk_by(|one, next| one.row == next.row)
}

/// The first and the last column of a row.
fn extent(row: Row) -> Option<(u32, u32)> {
    Some((row.first()?.column, row.last()?.column))
}

/// Cuts a sheet where a row is empty, unless a table of the same columns goes on there with numbers.
fn blocks(cells: &[Cell]) -> Vec<Vec<Row<'_>>> {
    let mut blocks: Vec<Vec<Row>> = Vec::new();
    for row in rows(cells) {
        let (Some(first), Some(block)) = (row.first(), blocks.last_mut()) else {
            blocks.push(vec![row]);
            continue;
        };
        let before = block.last().copied().unwrap_or_default();
        let near = before
            .first()
            .is_some_and(|cell| first.row <= cell.row.saturating_add(1));
        let goes_on =
            row.len() > 1 && extent(row) == extent(before) && row.iter().any(|cell| !cell.words);
        if near || goes_on {
            block.push(row);
        } else {
            blocks.push(vec![row]);
        }
    }
    blocks
}

fn write(mut block: Vec<Row>, out: &mut Output) -> Result<(), Problem> {
    // One cell above a table is its title.
    if let [title, next, ..] = block.as_slice()
        && title.len() == 1
        && next.len() > 1
    {
        out.paragraph(title.first().map_or("", |cell| &cell.text))?;
        block.remove(0);
    }
    let columns: BTreeSet<u32> = block
        .iter()
        .flat_map(|row| row.iter())
        .map(|cell| cell.column)
        .collect();
    let columns: Vec<u32> = columns.into_iter().collect();
    if columns.len() < 2 && block.len() < 2 {
        return out.paragraph(
            block
                .first()
                .and_then(|row| row.first())
                .map_or("", |cell| &cell.text),
        );
    }
    let shown = columns.get(..COLUMNS).unwrap_or(&columns);
    out.block(&table(&block, shown, out.left())?)?;
    match columns.len() - shown.len() {
        0 => Ok(()),
        more => out.paragraph(&format!("({more} more columns were left out.)")),
    }
}

fn table(block: &[Row], columns: &[u32], limit: usize) -> Result<String, Problem> {
    let mut head = String::new();
    if let Some(row) = block.first() {
        write_row(row, columns, true, &mut head);
    }
    head += "|";
    head += &" --- |".repeat(columns.len());
    head.push('\n');
    // Numbers are no names: that table has no head.
    let named = block
        .first()
        .is_some_and(|row| row.iter().all(|cell| cell.words));
    let mut text = head.clone();
    for (index, row) in block.iter().skip(1).enumerate() {
        if named && index > 0 && index % REPEAT == 0 {
            text.push('\n');
            text += &head;
        }
        write_row(row, columns, false, &mut text);
        if text.len() > limit {
            return Err(too_long());
        }
    }
    text.truncate(text.trim_end().len());
    Ok(text)
}

/// A row; a head has all columns, for readers drop what is beyond it.
fn write_row(row: Row, columns: &[u32], full: bool, out: &mut String) {
    out.push('|');
    let mut cells = row.iter().peekable();
    for column in columns {
        // Of two cells in one place the first is shown, as Excel does.
        while cells.next_if(|cell| cell.column < *column).is_some() {}
        match cells.next_if(|cell| cell.column == *column) {
            Some(cell) => {
                out.push(' ');
                out.push_str(&cell.text.replace('|', "\\|"));
                out.push_str(" |");
            }
            None if cells.peek().is_some() || full => out.push_str(" |"),
            None => break,
        }
    }
    out.push('\n');
}
