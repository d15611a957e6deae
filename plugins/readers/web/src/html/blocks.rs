//! Puts running text together as Markdown: paragraphs, headings, items of lists, quotes, code.

/// Lists in lists that still move to the right.
const INDENTED: usize = 10;

/// Lists in lists that are kept apart; deeper ones are one list.
const LISTS: usize = 64;

/// A text as it grows.
#[derive(Debug, Default)]
pub struct Blocks {
    out: String,
    /// The block that is not ended yet, its white space already joined.
    line: String,
    /// White space came, and matters if a word follows.
    space: bool,
    heading: Option<u8>,
    lists: Vec<List>,
    /// Lists that are open beyond [`LISTS`].
    deeper: usize,
    /// What stands before the first block of an item.
    marker: Option<String>,
    quotes: usize,
    code: Option<Code>,
    /// The last block belongs to a list.
    listed: bool,
    /// Holds headings, code or tables: more than a cell of a Markdown table can.
    pub structured: bool,
    /// Has a heading of the first level.
    pub titled: bool,
}

#[derive(Debug)]
struct List {
    /// The number of the next item; none in a list without numbers.
    number: Option<u32>,
}

#[derive(Debug, Default)]
struct Code {
    text: String,
    language: String,
}

impl Blocks {
    /// The bytes that are there.
    pub fn len(&self) -> usize {
        self.out.len() + self.line.len()
    }

    /// Whether no text has come yet.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty() && self.line.is_empty() && self.code.is_none()
    }

    /// The text, all blocks ended.
    pub fn finish(mut self) -> String {
        self.end_code();
        self.end();
        self.out
    }

    /// Running text.
    pub fn text(&mut self, text: &str) {
        if let Some(code) = &mut self.code {
            code.text.extend(
                text.chars()
                    .filter(|c| shown(*c) || matches!(c, '\n' | '\t')),
            );
            return;
        }
        for c in text.chars() {
            if c.is_ascii_whitespace() || c == '\u{a0}' {
                self.space = true;
            } else if shown(c) {
                if std::mem::take(&mut self.space)
                    && !self.line.is_empty()
                    && !self.line.ends_with('\n')
                {
                    self.line.push(' ');
                }
                self.line.push(c);
            }
        }
    }

    /// Lets what follows be another word.
    pub fn gap(&mut self) {
        self.space |= self.code.is_none();
    }

    /// A new line of the same block.
    pub fn line_break(&mut self) {
        match &mut self.code {
            Some(code) => code.text.push('\n'),
            None if self.heading.is_some() => self.space = true,
            None if self.line.is_empty() => {}
            None => {
                self.line.push('\n');
                self.space = false;
            }
        }
    }

    /// Ends the block that is open, if one is.
    pub fn end(&mut self) {
        self.space = false;
        if let Some(code) = &mut self.code {
            if !code.text.is_empty() && !code.text.ends_with('\n') {
                code.text.push('\n');
            }
            return;
        }
        let line = std::mem::take(&mut self.line);
        // Anchors of headings hold spaces of no width.
        let line =
            line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}'));
        if line.is_empty() {
            return;
        }
        match self.heading.take() {
            Some(level) => self.put_heading(level, line),
            None => {
                let escaped: Vec<String> = line.lines().map(escaped).collect();
                self.put(escaped.iter().map(String::as_str));
            }
        }
    }

    /// The next block is a heading.
    pub fn heading(&mut self, level: u8) {
        self.end();
        self.heading = Some(level);
    }

    /// The next block is no heading any more.
    pub fn end_heading(&mut self) {
        self.end();
        self.heading = None;
    }

    /// A list begins; `first` is its first number, if it has numbers.
    pub fn list(&mut self, first: Option<u32>) {
        self.end();
        if self.lists.len() < LISTS {
            self.lists.push(List { number: first });
        } else {
            self.deeper += 1;
        }
    }

    /// The innermost list ends.
    pub fn end_list(&mut self) {
        self.end();
        self.marker = None;
        if self.deeper > 0 {
            self.deeper -= 1;
        } else {
            self.lists.pop();
        }
    }

    /// An item begins, with a number of its own or the next.
    pub fn item(&mut self, own: Option<u32>) {
        self.end();
        let marker = match self.lists.last_mut().and_then(|list| list.number.as_mut()) {
            Some(number) => {
                let this = own.unwrap_or(*number);
                *number = this.saturating_add(1);
                format!("{this}. ")
            }
            None => "- ".to_owned(),
        };
        self.marker = Some(marker);
    }

    /// The item ends.
    pub fn end_item(&mut self) {
        self.end();
        self.marker = None;
    }

    /// A quotation begins.
    pub fn quote(&mut self) {
        self.end();
        self.quotes += 1;
    }

    /// It ends.
    pub fn end_quote(&mut self) {
        self.end();
        self.quotes = self.quotes.saturating_sub(1);
    }

    /// Text whose lines and spaces count begins.
    pub fn code(&mut self, language: String) {
        if self.code.is_none() {
            self.end();
            self.code = Some(Code {
                text: String::new(),
                language,
            });
        }
    }

    /// Whether such text is being read; says its language if it was not known yet.
    pub fn in_code(&mut self, language: impl FnOnce() -> String) {
        if let Some(code) = &mut self.code
            && code.language.is_empty()
            && code.text.trim().is_empty()
        {
            code.language = language();
        }
    }

    /// It ends.
    pub fn end_code(&mut self) {
        if let Some(code) = self.code.take() {
            self.put_code(&code.text, &code.language);
        }
    }

    fn put_code(&mut self, text: &str, language: &str) {
        let text = text.trim_end().trim_start_matches('\n');
        if text.is_empty() {
            return;
        }
        self.structured = true;
        let fence = fence(text);
        let first = format!("{fence}{language}");
        self.put(
            std::iter::once(first.as_str())
                .chain(text.lines())
                .chain(std::iter::once(fence.as_str())),
        );
    }

    fn put_heading(&mut self, level: u8, line: &str) {
        self.structured = true;
        self.titled |= level == 1;
        self.separate("\n\n");
        self.out
            .extend(std::iter::repeat_n('#', usize::from(level)));
        self.out.push(' ');
        self.out.push_str(line);
        self.listed = false;
    }

    /// A block that is Markdown already.
    pub fn put_ready(&mut self, block: &str) {
        self.end();
        let block = block.trim_matches('\n');
        if !block.is_empty() {
            self.structured = true;
            self.separate("\n\n");
            self.out.push_str(block);
            self.listed = false;
        }
    }

    fn put<'l>(&mut self, lines: impl Iterator<Item = &'l str>) {
        let marker = self.marker.take();
        let next_item = marker.is_some() && self.listed;
        self.separate(if next_item { "\n" } else { "\n\n" });
        let depth = self.lists.len().min(INDENTED);
        let outer = depth.saturating_sub(1);
        let width = |lists: &[List]| -> usize {
            lists
                .iter()
                .map(|list| if list.number.is_some() { 3 } else { 2 })
                .sum()
        };
        let (outer, inner) = (width(&self.lists[..outer]), width(&self.lists[..depth]));
        for (index, line) in lines.enumerate() {
            if index > 0 {
                self.out.push('\n');
            }
            self.out
                .extend(std::iter::repeat_n("> ", self.quotes.min(INDENTED)));
            match marker.as_deref().filter(|_| index == 0) {
                Some(marker) => {
                    self.out.extend(std::iter::repeat_n(' ', outer));
                    self.out.push_str(marker);
                }
                None => self.out.extend(std::iter::repeat_n(' ', inner)),
            }
            self.out.push_str(line);
        }
        self.listed = !self.lists.is_empty() || marker.is_some();
    }

    fn separate(&mut self, sign: &str) {
        if !self.out.is_empty() {
            self.out.push_str(sign);
        }
    }
}

/// What a reader sees something of, or what changes how it is read.
fn shown(c: char) -> bool {
    c != '\u{ad}' && (c as u32 >= 0x20) && c != '\u{7f}'
}

/// A line of a paragraph that Markdown would take for a heading or for code.
fn escaped(line: &str) -> String {
    let line = line.trim();
    let marks = line.bytes().take_while(|b| *b == b'#').count();
    let heading = (1..=6).contains(&marks) && line.as_bytes().get(marks).is_none_or(|b| *b == b' ');
    if heading || line.starts_with("```") || line.starts_with("~~~") {
        return format!("\\{line}");
    }
    line.to_owned()
}

/// A fence that does not come in the text.
pub fn fence(text: &str) -> String {
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    "`".repeat(longest.saturating_add(1).max(3))
}
