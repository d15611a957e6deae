//! XLSX (and XLSM): ECMA-376 part 1, 18.

use super::format::general;
use super::grid::Grid;
use super::{Formats, Named, SHEETS, Strings};
use crate::output::{Document, Output};
use crate::package::{Package, broken};
use crate::problem::{Budget, Problem, at_most};
use crate::relations::Relations;
use crate::xml::{Event, Tag, Xml};

pub(crate) fn read(package: &Package, main: &str, budget: &Budget) -> Result<Document, Problem> {
    let relations = Relations::of(package, main)?;
    let part = |kind: &str| match relations.one(kind) {
        Some(part) => package.text(part).map(Option::unwrap_or_default),
        None => Ok(String::new()),
    };
    let mut formats = formats(&part("styles")?)?;
    let (sheets, since_1904) = workbook(&package.needed(main)?)?;
    formats.since_1904 = since_1904;
    let strings = strings(&part("sharedStrings")?)?;
    let mut out = Output::new(budget.text_bytes);
    let mut found = sheets.is_empty();
    at_most(SHEETS, sheets.len(), "sheets")?;
    for (name, id) in sheets {
        let Some(part) = relations.part(&id) else {
            continue;
        };
        let Some(source) = package.text(part)? else {
            continue;
        };
        found = true;
        let mut grid = Grid::new(budget.text_bytes);
        Sheet::new(&strings, &formats).read(&source, &mut grid)?;
        notes(package, part, &mut grid)?;
        grid.write(&name, &mut out)?;
    }
    if found { out.finish() } else { Err(broken()) }
}

fn workbook(source: &str) -> Result<(Vec<Named>, bool), Problem> {
    let (mut sheets, mut since_1904) = (Vec::new(), false);
    let mut xml = Xml::new(source);
    while let Some(event) = xml.next()? {
        match event {
            Event::Start(tag) if tag.name == "sheet" => {
                let name = tag.get("name").unwrap_or_default().into_owned();
                let id = tag.linked("id").unwrap_or_default().into_owned();
                sheets.push((name, id));
            }
            Event::Start(tag) if tag.name == "workbookPr" => {
                since_1904 = matches!(tag.get("date1904").as_deref(), Some("1" | "true"));
            }
            _ => {}
        }
    }
    Ok((sheets, since_1904))
}

fn formats(source: &str) -> Result<Formats, Problem> {
    let (mut formats, mut cells) = (Formats::default(), false);
    let mut xml = Xml::new(source);
    while let Some(event) = xml.next()? {
        match event {
            Event::Start(tag) if tag.name == "numFmt" => {
                let id = tag.number("numFmtId").unwrap_or(0);
                formats.define(id, &tag.get("formatCode").unwrap_or_default());
            }
            Event::Start(tag) if tag.name == "cellXfs" => cells = true,
            Event::End("cellXfs") => cells = false,
            Event::Start(tag) if tag.name == "xf" && cells => {
                formats.styles.push(tag.number("numFmtId").unwrap_or(0));
            }
            _ => {}
        }
    }
    Ok(formats)
}

fn strings(source: &str) -> Result<Strings, Problem> {
    let mut strings = Strings::default();
    let mut xml = Xml::new(source);
    while let Some(event) = xml.next()? {
        if let Event::Start(tag) = event
            && tag.name == "si"
        {
            strings.push(&rich(&mut xml, "si")?)?;
        }
    }
    Ok(strings)
}

/// The text of an element with runs in it, without the reading that may stand above words.
fn rich(xml: &mut Xml, element: &str) -> Result<String, Problem> {
    let mut text = String::new();
    while let Some(event) = xml.next()? {
        match event {
            Event::Start(tag) if tag.name == "rPh" => xml.skip()?,
            Event::Start(tag) if tag.name == "t" => text += &unescaped(&xml.text()?),
            Event::End(name) if name == element => break,
            _ => {}
        }
    }
    Ok(text)
}

/// `_x000D_` is how a sign is written that XML does not allow.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        out += &rest[..at];
        let code = rest
            .get(at + 2..at + 6)
            .filter(|_| rest.get(at + 6..at + 7) == Some("_"));
        let sign = code
            .and_then(|code| u32::from_str_radix(code, 16).ok())
            .and_then(char::from_u32);
        match sign {
            Some(sign) => {
                out.push(sign);
                rest = &rest[at + 7..];
            }
            None => {
                out += "_x";
                rest = &rest[at + 2..];
            }
        }
    }
    out + rest
}

/// The notes that belong to a sheet, without their authors.
fn notes(package: &Package, sheet: &str, grid: &mut Grid) -> Result<(), Problem> {
    let relations = Relations::of(package, sheet)?;
    let Some(part) = relations.one("comments") else {
        return Ok(());
    };
    let source = package.text(part)?.unwrap_or_default();
    let mut xml = Xml::new(&source);
    while let Some(event) = xml.next()? {
        if let Event::Start(tag) = event
            && tag.name == "comment"
        {
            let cell = tag.get("ref").unwrap_or_default().into_owned();
            grid.note(&cell, &rich(&mut xml, "comment")?)?;
        }
    }
    Ok(())
}

/// Where the reading of a sheet stands.
struct Sheet<'s> {
    strings: &'s Strings,
    formats: &'s Formats,
    row: u32,
    column: u32,
    kind: String,
    style: usize,
}

impl<'s> Sheet<'s> {
    fn new(strings: &'s Strings, formats: &'s Formats) -> Sheet<'s> {
        Sheet {
            strings,
            formats,
            row: 0,
            column: 0,
            kind: String::new(),
            style: 0,
        }
    }

    fn read(&mut self, source: &str, grid: &mut Grid) -> Result<(), Problem> {
        let mut xml = Xml::new(source);
        let mut valued = false;
        while let Some(event) = xml.next()? {
            let Event::Start(tag) = event else { continue };
            match tag.name {
                "row" => {
                    self.row = tag.number("r").unwrap_or(self.row.saturating_add(1));
                    self.column = 0;
                }
                "c" => {
                    self.cell(&tag);
                    valued = false;
                }
                "v" => {
                    let value = xml.text()?;
                    self.value(&value, grid)?;
                    valued = !value.trim().is_empty();
                }
                "is" => {
                    let text = rich(&mut xml, "is")?;
                    if !valued {
                        grid.put(self.row, self.column, &text, true)?;
                    }
                }
                "f" | "extLst" | "conditionalFormatting" | "dataValidations" => xml.skip()?,
                _ => {}
            }
        }
        Ok(())
    }

    fn cell(&mut self, tag: &Tag) {
        let place = tag.get("r").and_then(|place| place_of(&place));
        let (column, row) = place.unwrap_or((self.column.saturating_add(1), self.row));
        (self.column, self.row) = (column, row);
        self.kind = tag.get("t").unwrap_or_default().into_owned();
        self.style = tag.number("s").unwrap_or(0);
    }

    fn value(&mut self, value: &str, grid: &mut Grid) -> Result<(), Problem> {
        let (row, column) = (self.row, self.column);
        if grid.full() {
            return grid.put(row, column, "left out", true);
        }
        match self.kind.as_str() {
            "s" => {
                let index = value.trim().parse().unwrap_or(usize::MAX);
                grid.put(
                    row,
                    column,
                    self.strings.get(index).unwrap_or_default(),
                    true,
                )
            }
            "b" => {
                let word = if value.trim() == "1" { "TRUE" } else { "FALSE" };
                grid.put(row, column, word, true)
            }
            "str" | "inlineStr" => grid.put(row, column, &unescaped(value), true),
            "e" => grid.put(row, column, value, true),
            "d" => grid.put(row, column, &value.replacen('T', " ", 1), false),
            _ => match value.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => {
                    let shown = self.formats.shown(number, self.style);
                    grid.put(row, column, &shown, false)
                }
                Ok(number) => grid.put(row, column, &general(number), false),
                Err(_) => grid.put(row, column, value, true),
            },
        }
    }
}

/// `B3` as column 2 and row 3.
fn place_of(name: &str) -> Option<(u32, u32)> {
    let name = name.replace('$', "");
    let split = name.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = name.split_at(split);
    let mut column = 0_u32;
    for letter in letters.bytes() {
        if !letter.is_ascii_alphabetic() {
            return None;
        }
        let digit = u32::from(letter.to_ascii_uppercase() - b'A') + 1;
        column = column.checked_mul(26)?.checked_add(digit)?;
    }
    (column > 0).then_some((column, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_escapes_are_read() {
        for (name, want) in [
            ("A1", Some((1, 1))),
            ("$XFD$1048576", Some((16_384, 1_048_576))),
            ("7", None),
            ("ZZZZZZZZZ1", None),
        ] {
            assert_eq!(place_of(name), want, "{name}");
        }
        for (text, want) in [
            ("a_x000D_b", "a\rb"),
            ("_x_", "_x_"),
            ("_x00", "_x00"),
            ("_xé000_", "_xé000_"),
        ] {
            assert_eq!(unescaped(text), want);
        }
    }
}
