//! Reads CSV (RFC 4180) and TSV files as Markdown tables, so that a passage keeps what belongs to a
//! row together.

use world_extractor::{Description, Extracted, Extractor, Failure, File, Kinds, Lifecycle, Markup};

/// Rows under one repetition of the head: a passage cut further down still says what its columns are.
const ROWS: usize = 20;

/// The plugin.
pub struct Tables;

world_extractor::export!(Tables);

impl Lifecycle for Tables {
    fn describe() -> Description {
        Description {
            name: "csv-tables".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: Vec::new(),
        }
    }
}

impl Extractor for Tables {
    fn reads() -> Kinds {
        Kinds {
            extensions: vec!["csv".to_owned(), "tsv".to_owned()],
            media_types: vec!["text/csv".to_owned()],
            magic: Vec::new(),
        }
    }

    fn extract(file: File) -> Result<Extracted, Failure> {
        let broken = |why: &str| Failure::Unreadable(why.to_owned());
        let text = String::from_utf8(file.bytes)
            .map_err(|_| broken("The table is not UTF-8. Save it as UTF-8."))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let separator = separator(text);
        let rows = rows(text, separator)
            .ok_or_else(|| broken("A quoted field of the table has no end."))?;
        let mut rows = rows.into_iter();
        let head = rows.next().ok_or(Failure::Empty)?;
        Ok(Extracted {
            text: table(&head, rows),
            markup: Markup::Markdown,
            pages: Vec::new(),
        })
    }
}

/// The sign that the first line has most of.
fn separator(text: &str) -> char {
    let line = text.lines().next().unwrap_or_default();
    let count = |sign: &char| line.matches(*sign).count();
    [',', ';', '\t']
        .into_iter()
        .rev()
        .max_by_key(count)
        .unwrap_or(',')
}

/// The fields of each row that is not blank; `None` if a quote stays open.
fn rows(text: &str, separator: char) -> Option<Vec<Vec<String>>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' if quoted || field.is_empty() => quoted = !quoted,
            _ if quoted => field.push(c),
            '\r' => {}
            '\n' => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            _ if c == separator => row.push(std::mem::take(&mut field)),
            _ => field.push(c),
        }
    }
    if quoted {
        return None;
    }
    row.push(field);
    rows.push(row);
    rows.retain(|row| row.iter().any(|field| !field.trim().is_empty()));
    Some(rows)
}

fn table(head: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let top = format!(
        "{}{}",
        line(head),
        line(&vec!["---".to_owned(); head.len()])
    );
    let mut text = String::new();
    for (index, row) in rows.enumerate() {
        if index % ROWS == 0 {
            text += if index == 0 { "" } else { "\n" };
            text += &top;
        }
        text += &line(&row);
    }
    if text.is_empty() { top } else { text }
}

fn line(fields: &[String]) -> String {
    let mut line = String::from("|");
    for field in fields {
        line += " ";
        line += &field.trim().replace('|', "\\|").replace('\n', " ");
        line += " |";
    }
    line.push('\n');
    line
}
