//! Tables of pages: those of data become Markdown tables, those that only place things become what
//! is in them.

use super::blocks::Blocks;

/// Columns that a cell can be wide or be pushed to the right by cells from above.
const COLUMNS: usize = 64;

/// A table as it grows.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
    caption: String,
    open: Option<Open>,
    /// The page around the table.
    pub around: Blocks,
    /// Said to place things only.
    placing: bool,
}

#[derive(Debug)]
enum Open {
    Cell { columns: usize, rows: usize },
    Caption,
}

#[derive(Debug)]
struct Cell {
    text: String,
    columns: usize,
    rows: usize,
    structured: bool,
}

impl Table {
    /// A table in a page.
    pub fn new(around: Blocks, placing: bool) -> Self {
        Table {
            rows: Vec::new(),
            caption: String::new(),
            open: None,
            around,
            placing,
        }
    }

    /// Ends the cell that is open, with what was written since.
    pub fn end_cell(&mut self, blocks: &mut Blocks) {
        let Some(open) = self.open.take() else { return };
        let cell = std::mem::take(blocks);
        match open {
            Open::Caption => self.caption = cell.finish(),
            Open::Cell { columns, rows } => {
                let mut cell = cell;
                cell.end_code();
                cell.end();
                let structured = cell.structured;
                let cell = Cell {
                    text: cell.finish(),
                    columns,
                    rows,
                    structured,
                };
                match self.rows.last_mut() {
                    Some(row) => row.push(cell),
                    None => self.rows.push(vec![cell]),
                }
            }
        }
    }

    /// A row begins.
    pub fn row(&mut self, blocks: &mut Blocks) {
        self.end_cell(blocks);
        if self.rows.last().is_none_or(|row| !row.is_empty()) {
            self.rows.push(Vec::new());
        }
    }

    /// A cell begins. What stood between cells goes before the table, as browsers place it.
    pub fn cell(&mut self, blocks: &mut Blocks, columns: usize, rows: usize) {
        self.begin(blocks);
        self.open = Some(Open::Cell {
            columns: columns.clamp(1, COLUMNS),
            rows: rows.max(1),
        });
    }

    /// The caption begins.
    pub fn caption(&mut self, blocks: &mut Blocks) {
        self.begin(blocks);
        self.open = Some(Open::Caption);
    }

    fn begin(&mut self, blocks: &mut Blocks) {
        self.end_cell(blocks);
        if !blocks.is_empty() {
            let stray = std::mem::take(blocks).finish();
            self.around.put_ready(&stray);
        }
    }

    /// The page around the table, with the table in it.
    pub fn finish(mut self, mut blocks: Blocks) -> Blocks {
        self.begin(&mut blocks);
        self.rows
            .retain(|row| row.iter().any(|cell| !cell.text.is_empty()));
        self.around.put_ready(&self.caption);
        if self.is_data() {
            let text = self.markdown();
            self.around.put_ready(&text);
        } else {
            for cell in self.rows.iter().flatten() {
                self.around.put_ready(&cell.text);
            }
        }
        self.around
    }

    /// Whether what is in its rows belongs together.
    fn is_data(&self) -> bool {
        let wide = self.rows.iter().any(|row| row.len() > 1);
        let plain = self.rows.iter().flatten().all(|cell| !cell.structured);
        !self.placing && self.rows.len() > 1 && wide && plain
    }

    fn markdown(&self) -> String {
        let mut out = String::new();
        // For each column, the rows below that a cell of it reaches into.
        let mut reaching = [0usize; COLUMNS];
        let columns = self.rows.iter().map(|row| width(row)).max().unwrap_or(1);
        for (index, row) in self.rows.iter().enumerate() {
            out.push('|');
            let mut used = put_row(row, &mut reaching, &mut out);
            if index == 0 {
                while used < columns {
                    out.push_str("  |");
                    used += 1;
                }
                out.push_str("\n|");
                out.extend(std::iter::repeat_n(" --- |", columns));
            }
            out.push('\n');
        }
        out
    }
}

fn width(row: &[Cell]) -> usize {
    row.iter()
        .map(|cell| cell.columns)
        .sum::<usize>()
        .min(COLUMNS)
}

/// Puts one row, with empty cells where cells from above reach in or one is wide: its columns.
fn put_row(row: &[Cell], reaching: &mut [usize; COLUMNS], out: &mut String) -> usize {
    let mut column = 0;
    let pass = |column: &mut usize, reaching: &mut [usize; COLUMNS], out: &mut String| {
        while let Some(left) = reaching.get_mut(*column).filter(|left| **left > 0) {
            *left -= 1;
            *column += 1;
            out.push_str("  |");
        }
    };
    for cell in row {
        pass(&mut column, reaching, out);
        out.push(' ');
        put_cell(&cell.text, out);
        out.push_str(" |");
        for wide in 0..cell.columns {
            if let Some(left) = reaching.get_mut(column) {
                *left = cell.rows - 1;
            }
            if wide > 0 && column < COLUMNS {
                out.push_str("  |");
            }
            column += 1;
        }
    }
    pass(&mut column, reaching, out);
    column
}

/// Text of a cell on one line.
pub fn put_cell(text: &str, out: &mut String) {
    for (index, word) in text.split_whitespace().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        out.push_str(&word.replace('|', "\\|"));
    }
}
