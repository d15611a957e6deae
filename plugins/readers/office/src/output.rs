//! The text as it is written: Markdown blocks, one after the other, and where pages begin.

use crate::problem::Problem;
use crate::table::Table;

/// What was read out of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Markdown.
    pub text: String,
    /// The number of each page and the byte of the text it begins at; none where a file has none.
    pub pages: Vec<(u32, u32)>,
}

pub(crate) struct Output {
    text: String,
    pages: Vec<(u32, u32)>,
    limit: usize,
    /// The depth of the list item that was written last, if that was the last thing.
    item: Option<usize>,
}

impl Output {
    pub(crate) fn new(limit: usize) -> Output {
        Output {
            text: String::new(),
            pages: Vec::new(),
            limit,
            item: None,
        }
    }

    /// A heading, 1 to 6.
    pub(crate) fn heading(&mut self, level: usize, text: &str) -> Result<(), Problem> {
        let text = line(text);
        if text.is_empty() {
            return Ok(());
        }
        let marks = "#".repeat(level.clamp(1, 6));
        self.block(&format!("{marks} {text}"))
    }

    pub(crate) fn paragraph(&mut self, text: &str) -> Result<(), Problem> {
        self.block(&lines(text))
    }

    /// An item of a list, `mark` being `-` or a number with its dot.
    pub(crate) fn item(&mut self, depth: usize, mark: &str, text: &str) -> Result<(), Problem> {
        let text = line(text);
        if text.is_empty() {
            return Ok(());
        }
        // An item can be one deeper than the one before it; more would make it code.
        let depth = depth.min(self.item.map_or(0, |before| before + 1)).min(8);
        let gap = if self.item.is_some() { "\n" } else { "\n\n" };
        self.put(gap, &format!("{}{mark} {text}", "   ".repeat(depth)))?;
        self.item = Some(depth);
        Ok(())
    }

    /// Text whose lines and spaces are kept.
    pub(crate) fn code(&mut self, text: &str) -> Result<(), Problem> {
        let text = text.trim_matches(['\n', '\r']).trim_end();
        if text.is_empty() {
            return Ok(());
        }
        let fence = if text.contains("```") { "~~~~" } else { "```" };
        self.block(&format!("{fence}\n{text}\n{fence}"))
    }

    pub(crate) fn table(&mut self, table: Table) -> Result<(), Problem> {
        match table.single() {
            Some(text) => {
                let text = text.to_owned();
                self.paragraph(&text)
            }
            None => self.block(&table.markdown(self.left())?),
        }
    }

    /// Bytes that may still be written.
    pub(crate) fn left(&self) -> usize {
        self.limit.saturating_sub(self.text.len())
    }

    /// Markdown as it stands.
    pub(crate) fn block(&mut self, text: &str) -> Result<(), Problem> {
        if text.is_empty() {
            return Ok(());
        }
        self.put("\n\n", text)?;
        self.item = None;
        Ok(())
    }

    /// What is written from here on is on this page.
    pub(crate) fn page(&mut self, number: u32) -> Result<(), Problem> {
        if !self.text.is_empty() {
            self.put("\n\n", "")?;
        }
        self.item = None;
        let start = u32::try_from(self.text.len()).map_err(|_| too_long())?;
        self.pages.push((number, start));
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Document, Problem> {
        self.text.truncate(self.text.trim_end().len());
        if !self.text.chars().any(char::is_alphanumeric) {
            return Err(Problem::Empty);
        }
        self.text.push('\n');
        let length = self.text.len() as u64;
        self.pages.retain(|(_, start)| u64::from(*start) < length);
        Ok(Document {
            text: self.text,
            pages: self.pages,
        })
    }

    /// The text so far, for what is put elsewhere.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    fn put(&mut self, gap: &str, text: &str) -> Result<(), Problem> {
        let parted = self.text.is_empty() || self.text.ends_with("\n\n");
        let gap = if parted { "" } else { gap };
        if gap.len() + text.len() > self.left() {
            return Err(too_long());
        }
        self.text += gap;
        self.text += text;
        Ok(())
    }
}

pub(crate) fn too_long() -> Problem {
    Problem::unreadable("This file holds more text than can be read at once. Cut it into parts.")
}

/// The text on one line, with single spaces.
pub(crate) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(blank).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().filter(|c| shown(*c)));
    }
    out
}

/// The text with its line breaks, single spaces, and no line that Markdown takes for more.
fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in text.split('\n').map(line).filter(|part| !part.is_empty()) {
        if !out.is_empty() {
            out.push('\n');
        }
        if structural(&part) {
            out.push('\\');
        }
        out += &part;
    }
    out
}

/// Whether a line would be a heading, a fence, a row or a rule and not what it says.
fn structural(line: &str) -> bool {
    let heading = line.trim_start_matches('#');
    (heading.len() < line.len() && (heading.is_empty() || heading.starts_with(' ')))
        || ["```", "~~~", "|", "---", "===", "***", "___"]
            .iter()
            .any(|sign| line.starts_with(sign))
}

fn blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{b}'
}

fn shown(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{ad}' | '\u{2061}')
}
