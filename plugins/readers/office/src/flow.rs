//! Blocks in reading order: into the text, or into the cell of a table that is open.

use crate::output::{Output, too_long};
use crate::problem::Problem;
use crate::table::Table;

/// How a paragraph is set.
pub(crate) enum Set {
    Plain,
    /// Its level, from 1.
    Heading(usize),
    /// Its depth from 0, and its mark.
    Item(usize, String),
    Code,
}

/// Tables within tables; what is deeper is text of the cell it is in. Each level copies its text.
const NESTED: usize = 16;

pub(crate) struct Flow {
    pub(crate) out: Output,
    tables: Vec<Open>,
    /// Tables that are too deep and open.
    beyond: usize,
}

#[derive(Default)]
struct Open {
    table: Table,
    /// The text of the cell that is open, and its columns.
    cell: Option<(String, usize)>,
}

impl Flow {
    pub(crate) fn new(limit: usize) -> Flow {
        Flow {
            out: Output::new(limit),
            tables: Vec::new(),
            beyond: 0,
        }
    }

    pub(crate) fn paragraph(&mut self, set: Set, text: &str) -> Result<(), Problem> {
        let left = self.out.left();
        if let Some((cell, _)) = self.tables.last_mut().and_then(|open| open.cell.as_mut()) {
            if cell.len() > left {
                return Err(too_long());
            }
            cell.push(' ');
            if let Set::Item(_, mark) = set
                && mark != "-"
            {
                cell.push_str(&mark);
                cell.push(' ');
            }
            cell.push_str(text);
            return Ok(());
        }
        match set {
            Set::Plain => self.out.paragraph(text),
            Set::Heading(level) => self.out.heading(level, text),
            Set::Item(depth, mark) => self.out.item(depth, &mark, text),
            Set::Code => self.out.code(text),
        }
    }

    pub(crate) fn open_table(&mut self) {
        match self.tables.len() < NESTED {
            true => self.tables.push(Open::default()),
            false => self.beyond += 1,
        }
    }

    pub(crate) fn open_row(&mut self) -> Result<(), Problem> {
        if self.beyond > 0 {
            return Ok(());
        }
        self.close_cell()?;
        if let Some(open) = self.tables.last_mut() {
            open.table.row();
        }
        Ok(())
    }

    pub(crate) fn open_cell(&mut self, span: usize) -> Result<(), Problem> {
        if self.beyond > 0 {
            return Ok(());
        }
        self.close_cell()?;
        if let Some(open) = self.tables.last_mut() {
            open.cell = Some((String::new(), span));
        }
        Ok(())
    }

    /// The open cell lies over so many columns.
    pub(crate) fn span(&mut self, columns: usize) {
        if let Some((_, span)) = self.tables.last_mut().and_then(|open| open.cell.as_mut()) {
            *span = columns;
        }
    }

    pub(crate) fn close_cell(&mut self) -> Result<(), Problem> {
        if self.beyond > 0 {
            return Ok(());
        }
        match self.tables.last_mut() {
            Some(open) => match open.cell.take() {
                Some((text, span)) => open.table.cell(&text, span),
                None => Ok(()),
            },
            None => Ok(()),
        }
    }

    pub(crate) fn close_table(&mut self) -> Result<(), Problem> {
        if self.beyond > 0 {
            self.beyond -= 1;
            return Ok(());
        }
        self.close_cell()?;
        let Some(Open { table, .. }) = self.tables.pop() else {
            return Ok(());
        };
        match self.tables.is_empty() {
            true => self.out.table(table),
            false => self.paragraph(Set::Plain, &table.flat()),
        }
    }

    pub(crate) fn in_table(&self) -> bool {
        !self.tables.is_empty()
    }

    /// Closes what a damaged file left open.
    pub(crate) fn close(&mut self) -> Result<(), Problem> {
        while self.in_table() {
            self.close_table()?;
        }
        Ok(())
    }
}
