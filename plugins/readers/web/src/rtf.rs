//! Rich Text Format: its running text, tables and lists; without pictures, fields' codes, headers
//! and whatever else a reader does not see.

mod control;
mod words;

use crate::charset::{self, Encoding};
use crate::html::put_cell;
use crate::outcome::{Budget, Refusal, Text};
use control::{Control, Controls};
use words::Does;

/// Groups in groups that keep a state of their own; deeper ones share that of the last.
const DEPTH: usize = 512;

/// Fonts whose encoding is remembered.
const FONTS: usize = 4096;

/// Reads a document.
pub fn read(bytes: &[u8], budget: &Budget) -> Result<Text, Refusal> {
    if !bytes.trim_ascii_start().starts_with(b"{\\rt") {
        return Err(Refusal::Unreadable(
            "This file ends in .rtf but is none. Save it as RTF again.".to_owned(),
        ));
    }
    let mut reader = Reader::new();
    for control in Controls::new(bytes) {
        reader.control(control);
        budget.allows(reader.out.len() + reader.line.len())?;
    }
    Text::markdown(reader.finish(), budget)
}

/// What a group takes over from the one around it and gives back at its end.
#[derive(Clone, Copy)]
struct State {
    /// Its text is not the document's.
    hidden: bool,
    /// It defines fonts.
    fonts: bool,
    /// Signs for old programs that follow a Unicode sign.
    fallback: usize,
    encoding: &'static Encoding,
    /// The level of the heading that the paragraph is, from 1.
    outline: u8,
}

struct Reader {
    state: State,
    states: Vec<State>,
    /// Groups that are open beyond [`DEPTH`].
    deeper: usize,
    /// The encoding of the document, and those of its fonts.
    page: &'static Encoding,
    fonts: std::collections::BTreeMap<i32, &'static Encoding>,
    font: i32,
    /// The group may be one that only newer programs know (`\*`).
    optional: bool,
    /// Signs that still are to be passed over.
    skip: usize,
    /// Bytes in the encoding that are not decoded yet.
    pending: Vec<u8>,
    /// The first half of a sign beyond U+FFFF.
    surrogate: Option<u32>,
    line: String,
    out: String,
    /// The cells of the row that is read.
    row: Option<String>,
    cells: usize,
    /// Rows that stand above this one.
    rows: usize,
    in_table: bool,
    /// RTF that only says how HTML looks.
    doubled: bool,
}

impl Reader {
    fn new() -> Self {
        let page = charset::code_page(1252).unwrap_or(encoding_rs::UTF_8);
        Reader {
            state: State {
                hidden: false,
                fonts: false,
                fallback: 1,
                encoding: page,
                outline: 0,
            },
            states: Vec::new(),
            deeper: 0,
            page,
            fonts: std::collections::BTreeMap::new(),
            font: 0,
            optional: false,
            skip: 0,
            pending: Vec::new(),
            surrogate: None,
            line: String::new(),
            out: String::new(),
            row: None,
            cells: 0,
            rows: 0,
            in_table: false,
            doubled: false,
        }
    }

    fn finish(mut self) -> String {
        self.decode();
        self.end_row();
        self.end_line();
        self.out.truncate(self.out.trim_end().len());
        self.out
    }

    fn control(&mut self, control: Control<'_>) {
        if !matches!(control, Control::Byte(_) | Control::Hex(_)) {
            self.decode();
        }
        match control {
            Control::Open => self.open(),
            Control::Close => self.close(),
            Control::Optional => self.optional = true,
            Control::Word(word, number) => {
                let optional = std::mem::take(&mut self.optional);
                self.word(word, number, optional);
            }
            Control::Sign(sign) => self.sign(sign),
            Control::Byte(byte) | Control::Hex(byte) => self.byte(byte),
            Control::Binary => self.skip = self.skip.saturating_sub(1),
        }
    }

    fn open(&mut self) {
        self.skip = 0;
        self.optional = false;
        if self.states.len() < DEPTH {
            self.states.push(self.state);
        } else {
            self.deeper += 1;
        }
    }

    fn close(&mut self) {
        self.skip = 0;
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if let Some(state) = self.states.pop() {
            self.state = state;
        }
    }

    fn byte(&mut self, byte: u8) {
        self.optional = false;
        if self.skip > 0 {
            self.skip -= 1;
        } else if !self.state.hidden && !self.doubled {
            self.pending.push(byte);
        }
    }

    /// Puts the bytes that came to the line.
    fn decode(&mut self) {
        if !self.pending.is_empty() {
            let text = self
                .state
                .encoding
                .decode_without_bom_handling(&self.pending)
                .0;
            self.line
                .extend(text.chars().filter(|c| !c.is_control() || *c == '\t'));
            self.pending.clear();
            self.surrogate = None;
        }
    }

    fn sign(&mut self, sign: char) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if !self.state.hidden && !self.doubled {
            self.line.push(sign);
        }
    }

    fn word(&mut self, word: &str, number: Option<i32>, optional: bool) {
        let does = words::does(word);
        if self.skip > 0 && !matches!(does, Does::Hide | Does::Encoding | Does::Font) {
            self.skip -= 1;
            return;
        }
        match does {
            Does::Nothing if optional => self.state.hidden = true,
            Does::Nothing | Does::Shown => {}
            Does::Hide => self.state.hidden = true,
            Does::Fonts => (self.state.hidden, self.state.fonts) = (true, true),
            Does::Doubled => self.doubled = number != Some(0),
            Does::Encoding => self.set_page(word, number),
            Does::Font => self.set_font(number.unwrap_or_default()),
            Does::FontPage => self.font_page(word, number.unwrap_or_default()),
            Does::Fallback => {
                self.state.fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(1).min(64)
            }
            Does::Unicode => self.unicode(number.unwrap_or_default()),
            Does::Outline => {
                let level = number.unwrap_or_default();
                self.state.outline = u8::try_from(level + 1)
                    .ok()
                    .filter(|level| (1..=6).contains(level))
                    .unwrap_or(0);
            }
            _ if self.state.hidden || self.doubled => {}
            Does::Put(text) => self.line.push_str(text),
            Does::Paragraph => self.paragraph(),
            Does::Plain => (self.state.outline, self.in_table) = (0, false),
            Does::InTable => self.in_table = true,
            Does::Cell => self.end_cell(),
            Does::Row => self.end_row(),
        }
    }

    fn set_page(&mut self, word: &str, number: Option<i32>) {
        let number = match word {
            "mac" => 10000,
            "ansicpg" => u32::try_from(number.unwrap_or(1252)).unwrap_or(1252),
            _ => 1252,
        };
        if let Some(page) = charset::code_page(number) {
            self.page = page;
            self.state.encoding = page;
        }
    }

    /// A font begins to be defined or used: its text is in its encoding.
    fn set_font(&mut self, font: i32) {
        self.font = font;
        if !self.state.fonts {
            self.state.encoding = self.fonts.get(&font).copied().unwrap_or(self.page);
        }
    }

    fn font_page(&mut self, word: &str, number: i32) {
        let page = match word {
            "cpg" => u32::try_from(number).ok(),
            _ => words::charset_page(number),
        };
        if let Some(encoding) = page.and_then(charset::code_page)
            && self.state.fonts
            && self.fonts.len() < FONTS
        {
            self.fonts.insert(self.font, encoding);
        }
    }

    /// A sign by its number, which is signed in RTF; signs that old programs show follow it.
    fn unicode(&mut self, number: i32) {
        self.skip = self.state.fallback;
        if self.state.hidden || self.doubled {
            return;
        }
        let unit = (if number < 0 {
            number.wrapping_add(0x1_0000)
        } else {
            number
        }) as u32;
        let first = self.surrogate.take();
        match (first, unit) {
            (_, 0xd800..=0xdbff) => self.surrogate = Some(unit),
            (Some(first), 0xdc00..=0xdfff) => {
                let sign = 0x1_0000 + ((first - 0xd800) << 10) + (unit - 0xdc00);
                self.line.extend(char::from_u32(sign));
            }
            _ => {
                let sign = char::from_u32(unit).unwrap_or('\u{fffd}');
                self.line
                    .extend(Some(sign).filter(|sign| !sign.is_control()));
            }
        }
    }

    fn paragraph(&mut self) {
        if self.in_table || self.row.is_some() {
            self.line.push(' ');
        } else {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        self.rows = 0;
        if !self.out.is_empty() {
            self.out.push_str("\n\n");
        }
        if self.state.outline > 0 {
            self.out
                .extend(std::iter::repeat_n('#', usize::from(self.state.outline)));
            self.out.push(' ');
        } else if line.starts_with('#') || line.starts_with("```") {
            self.out.push('\\');
        }
        self.out.push_str(line);
    }

    fn end_cell(&mut self) {
        let text = std::mem::take(&mut self.line);
        let row = self.row.get_or_insert_with(|| "|".to_owned());
        row.push(' ');
        put_cell(&text, row);
        row.push_str(" |");
        self.cells += 1;
    }

    fn end_row(&mut self) {
        let Some(row) = self.row.take() else { return };
        let cells = std::mem::take(&mut self.cells);
        let rows = std::mem::take(&mut self.rows);
        // What stands after the last cell is no cell.
        let after = std::mem::take(&mut self.line);
        if rows == 0 && !self.out.is_empty() {
            self.out.push('\n');
        }
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out.push_str(&row);
        if rows == 0 {
            self.out.push_str("\n|");
            self.out.push_str(&" --- |".repeat(cells));
        }
        self.line = after;
        self.in_table = false;
        self.rows = rows + 1;
    }
}

#[cfg(test)]
mod tests;
