//! ODS: the sheets of an OpenDocument file.

use super::grid::Grid;
use crate::output::{Document, Output};
use crate::problem::{Budget, Problem};
use crate::xml::{Event, Tag, Xml};

/// A cell that says it is repeated more often is no cell that anybody reads.
const COLUMNS: u32 = 256;
const ROWS: u32 = 50_000;

pub(crate) fn read(source: &str, budget: &Budget) -> Result<Document, Problem> {
    let mut out = Output::new(budget.text_bytes);
    let mut xml = Xml::new(source);
    while let Some(event) = xml.next()? {
        match event {
            Event::Start(tag) if tag.name == "table" => {
                let name = tag.get("name").unwrap_or_default().into_owned();
                let mut grid = Grid::new(budget.text_bytes);
                sheet(&mut xml, &mut grid)?;
                grid.write(&name, &mut out)?;
            }
            Event::Start(tag) if tag.name == "tracked-changes" => xml.skip()?,
            _ => {}
        }
    }
    out.finish()
}

fn sheet(xml: &mut Xml, grid: &mut Grid) -> Result<(), Problem> {
    let (mut row, mut rows) = (0_u32, 0_u32);
    let mut cells: Vec<Valued> = Vec::new();
    let mut column = 0_u32;
    while let Some(event) = xml.next()? {
        match event {
            Event::Start(tag) if tag.name == "table-row" => {
                rows = repeated(&tag, "number-rows-repeated");
                column = 0;
            }
            Event::End("table-row") => {
                for at in 0..if cells.is_empty() { 0 } else { rows.min(ROWS) } {
                    // Once for the count of what is left out.
                    let full = grid.full();
                    for cell in &cells {
                        cell.put(row.saturating_add(at), grid)?;
                    }
                    if full {
                        break;
                    }
                }
                cells.clear();
                row = row.saturating_add(rows);
            }
            Event::Start(tag) if tag.name == "table-cell" => {
                let count = repeated(&tag, "number-columns-repeated");
                let (text, note) = content(xml)?;
                grid.note(&place(column, row), &note)?;
                let valued = Valued::new(&tag, text, column, count.min(COLUMNS));
                cells.extend(Some(valued).filter(|cell| !cell.text.trim().is_empty()));
                column = column.saturating_add(count);
            }
            Event::Start(tag) if tag.name == "covered-table-cell" => {
                column = column.saturating_add(repeated(&tag, "number-columns-repeated"));
                xml.skip()?;
            }
            // Pictures and boxes that lie over the sheet have tables of their own at times.
            Event::Start(tag) if tag.name == "shapes" => {
                let (text, _) = content(xml)?;
                grid.note("the sheet", &text)?;
            }
            Event::End("table") => break,
            _ => {}
        }
    }
    Ok(())
}

fn repeated(tag: &Tag, name: &str) -> u32 {
    tag.number(name).unwrap_or(1).max(1)
}

struct Valued {
    text: String,
    words: bool,
    column: u32,
    count: u32,
}

impl Valued {
    /// The text is what is shown; dates and times are taken from their value.
    fn new(tag: &Tag, text: String, column: u32, count: u32) -> Valued {
        let kind = tag.get("value-type");
        let value = match kind.as_deref() {
            Some("date") => tag.get("date-value").map(|value| date(&value)),
            Some("time") => tag.get("time-value").and_then(|value| time(&value)),
            Some("boolean") => tag.get("boolean-value").map(|value| value.to_uppercase()),
            Some("float" | "currency" | "percentage") if text.trim().is_empty() => {
                tag.get("value").map(|value| value.into_owned())
            }
            Some("string") if text.trim().is_empty() => {
                tag.get("string-value").map(|value| value.into_owned())
            }
            _ => None,
        };
        Valued {
            text: value.unwrap_or(text),
            words: matches!(kind.as_deref(), None | Some("string" | "boolean")),
            column,
            count,
        }
    }

    fn put(&self, row: u32, grid: &mut Grid) -> Result<(), Problem> {
        (0..self.count).try_for_each(|at| {
            grid.put(row, self.column.saturating_add(at), &self.text, self.words)
        })
    }
}

/// The text of a cell, and of the note that hangs on it without its author.
fn content(xml: &mut Xml) -> Result<(String, String), Problem> {
    let (mut text, mut note, mut open, mut noted) = (String::new(), String::new(), 1, None);
    while open > 0 {
        let Some(event) = xml.next()? else { break };
        let side = if noted.is_some() {
            &mut note
        } else {
            &mut text
        };
        match event {
            Event::Start(tag) => match tag.name {
                "creator" | "date" if noted.is_some() => xml.skip()?,
                name => {
                    open += 1;
                    match name {
                        "annotation" => noted = noted.or(Some(open)),
                        "s" | "tab" | "line-break" | "p" => side.push(' '),
                        _ => {}
                    }
                }
            },
            Event::End(_) => {
                if noted == Some(open) {
                    noted = None;
                }
                open -= 1;
            }
            Event::Text(part) => side.push_str(&part),
        }
    }
    Ok((text, note))
}

/// `2024-02-29T18:00:00` as date and time, midnight as the date alone.
fn date(value: &str) -> String {
    match value.split_once('T') {
        Some((date, time))
            if time
                .trim_end_matches('Z')
                .trim_matches(['0', ':', '.'])
                .is_empty() =>
        {
            date.to_owned()
        }
        Some((date, time)) => format!("{date} {time}"),
        None => value.to_owned(),
    }
}

/// `PT06H05M00S` as `06:05:00`.
fn time(value: &str) -> Option<String> {
    let (hours, rest) = value.strip_prefix("PT")?.split_once('H')?;
    let (minutes, rest) = rest.split_once('M')?;
    let seconds = rest.strip_suffix('S')?.split(['.', ',']).next()?;
    Some(format!("{hours:0>2}:{minutes:0>2}:{seconds:0>2}"))
}

fn place(mut column: u32, row: u32) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + (column % 26) as u8));
        match (column / 26).checked_sub(1) {
            Some(more) => column = more,
            None => break,
        }
    }
    let letters: String = letters.into_iter().rev().collect();
    format!("{letters}{}", row.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_dates_and_times_are_written() {
        assert_eq!(
            (place(0, 0), place(27, 9)),
            ("A1".to_owned(), "AB10".to_owned())
        );
        assert_eq!(date("2024-02-29T00:00:00"), "2024-02-29");
        assert_eq!(date("2024-02-29T10:00:00"), "2024-02-29 10:00:00");
        assert_eq!(time("PT06H05M00S").as_deref(), Some("06:05:00"));
        assert_eq!(time("P1D"), None);
    }
}
