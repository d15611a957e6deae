//! CSV (RFC 4180) and TSV as Markdown tables, so that a passage keeps what belongs to a row
//! together.

use crate::html::put_cell;
use crate::outcome::{Budget, Refusal, Text};

/// Rows under one repetition of the head: a passage cut further down still says what its columns are.
const ROWS: usize = 20;

/// Reads a table.
pub fn read(text: &str, budget: &Budget) -> Result<Text, Refusal> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (separator, text) = separator(text);
    let mut table = Table::default();
    let mut fields = Fields {
        text,
        separator,
        quotes: true,
    };
    while let Some((field, last)) = fields.next() {
        table.field(&field, last);
        budget.allows(table.out.len() + table.row.len())?;
    }
    if table.out.is_empty() {
        table.out.clone_from(&table.head);
    }
    Text::markdown(table.out, budget)
}

/// The sign that the first line has most of, outside of quotes; `sep=;` says it, as Excel writes.
fn separator(text: &str) -> (char, &str) {
    let line = text.lines().next().unwrap_or_default();
    if let Some(sign) = line
        .strip_prefix("sep=")
        .and_then(|rest| rest.trim_end().chars().next())
    {
        let rest = text.get(line.len()..).unwrap_or_default();
        return (sign, rest.trim_start_matches(['\r', '\n']));
    }
    let count = |sign: &char| {
        let bare = line.split('"').step_by(2);
        bare.map(|part| part.matches(*sign).count()).sum::<usize>()
    };
    let signs = [',', ';', '\t'].into_iter().rev();
    (signs.max_by_key(count).unwrap_or(','), text)
}

/// The fields of a table, one after the other.
struct Fields<'a> {
    text: &'a str,
    separator: char,
    /// Quotes mean something: none was left open yet.
    quotes: bool,
}

impl Fields<'_> {
    /// The next field, and whether it is the last of its row.
    fn next(&mut self) -> Option<(String, bool)> {
        if self.text.is_empty() {
            return None;
        }
        let mut field = String::new();
        if self.quotes
            && let Some(inside) = self.text.strip_prefix('"')
        {
            match quoted(inside, &mut field) {
                Some(used) => self.text = inside.get(used..).unwrap_or_default(),
                // An open quote is a sign like others, and so are those after it.
                None => self.quotes = false,
            }
        }
        let end = self.text.find([self.separator, '\n', '\r']);
        let (rest, after) = self.text.split_at(end.unwrap_or(self.text.len()));
        field.push_str(rest);
        if let Some(next) = after.strip_prefix(self.separator) {
            self.text = next;
            // A separator at the very end has an empty field after it, which nobody misses.
            return Some((field, next.is_empty()));
        }
        let next = after.strip_prefix('\r').unwrap_or(after);
        self.text = next.strip_prefix('\n').unwrap_or(next);
        Some((field, true))
    }
}

/// The inside of a quoted field: its length with the quote that ends it.
fn quoted(inside: &str, field: &mut String) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = inside.get(from..)?;
        let Some(at) = rest.find('"') else {
            field.clear();
            return None;
        };
        field.push_str(&rest[..at]);
        if !rest[at + 1..].starts_with('"') {
            return Some(from + at + 1);
        }
        field.push('"');
        from += at + 2;
    }
}

#[derive(Default)]
struct Table {
    out: String,
    head: String,
    /// The row that is being read, and how many fields it has.
    row: String,
    fields: usize,
    said: bool,
    rows: usize,
}

impl Table {
    fn field(&mut self, field: &str, last: bool) {
        self.said |= !field.trim().is_empty();
        self.fields += 1;
        self.row.push_str(if self.fields == 1 { "| " } else { " " });
        put_cell(field, &mut self.row);
        self.row.push_str(" |");
        if last {
            self.end_row();
        }
    }

    fn end_row(&mut self) {
        let (row, fields) = (
            std::mem::take(&mut self.row),
            std::mem::take(&mut self.fields),
        );
        if !std::mem::take(&mut self.said) {
            return;
        }
        if self.head.is_empty() {
            self.head = format!("{row}\n|{}\n", " --- |".repeat(fields));
            return;
        }
        if self.rows.is_multiple_of(ROWS) {
            if self.rows > 0 {
                self.out.push('\n');
            }
            self.out.push_str(&self.head);
        }
        self.rows += 1;
        self.out.push_str(&row);
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::outcome::{Budget, Refusal};

    #[test]
    fn tables_keep_their_rows() {
        for (text, table) in [
            (
                "a,b\n\"x, y\",1\n",
                "| a | b |\n| --- | --- |\n| x, y | 1 |\n",
            ),
            (
                "a;b\r\n\"say \"\"no\"\"\";x|y",
                "| a | b |\n| --- | --- |\n| say \"no\" | x\\|y |\n",
            ),
            (
                "\"a,\"\tb\n1\t\"2\n3\"\n\n",
                "| a, | b |\n| --- | --- |\n| 1 | 2 3 |\n",
            ),
            ("sep=|\na|b\n1|2", "| a | b |\n| --- | --- |\n| 1 | 2 |\n"),
            (
                "a,b\n\"open,1\n2,3\n",
                "| a | b |\n| --- | --- |\n| \"open | 1 |\n| 2 | 3 |\n",
            ),
            ("only", "| only |\n| --- |\n"),
        ] {
            let read = read(text, &Budget::default()).map(|read| read.text);
            assert_eq!(read.as_deref(), Ok(table), "{text:?}");
        }
        assert_eq!(read(" \n,,\n\"\"", &Budget::default()), Err(Refusal::Empty));
    }

    #[test]
    fn long_tables_repeat_their_head() {
        let text = format!("part,place\n{}", "seal,1\n".repeat(41));
        let read = read(&text, &Budget::default()).expect("a table").text;
        assert_eq!(read.matches("| part | place |").count(), 3);
        assert_eq!(read.matches("| seal | 1 |").count(), 41);
    }
}
