//! From the tags and texts of a page to its Markdown, in one pass and without a tree: only what
//! changes how text is put (lists, tables, what is left out) is kept in mind.

use super::blocks::Blocks;
use super::elements::{Element, element};
use super::table::Table;
use crate::entities;
use crate::outcome::{Budget, Refusal};
use crate::tokens::{Tag, Token, Tokens, same};

/// Tables in tables that are tables still.
const TABLES: usize = 24;

/// Cells that are cells still.
const CELLS: usize = 500_000;

/// What a page says.
#[derive(Debug, Default)]
pub struct Said {
    /// Its Markdown.
    pub text: String,
    /// The title in its head.
    pub title: String,
    /// Whether the text has a heading of the first level.
    pub titled: bool,
    /// Something that was left out had no end: it may have held the page.
    pub unclosed: bool,
}

/// Reads a page. `all`: navigation is not left out.
pub fn page(tokens: Tokens<'_>, all: bool, budget: &Budget) -> Result<Said, Refusal> {
    let mut page = Page {
        blocks: Blocks::default(),
        tables: Vec::new(),
        deeper: 0,
        cells: CELLS,
        skipped: None,
        all,
        title: String::new(),
        in_title: false,
        after_link: false,
        scratch: String::new(),
    };
    for token in tokens {
        page.token(&token);
        budget.allows(page.blocks.len())?;
    }
    Ok(page.finish())
}

struct Page<'a> {
    blocks: Blocks,
    tables: Vec<Table>,
    /// Tables that are open beyond [`TABLES`].
    deeper: usize,
    /// Cells that may still come.
    cells: usize,
    /// The element that is being left out, and how many of its name are open.
    skipped: Option<(&'a str, usize, Element)>,
    all: bool,
    title: String,
    in_title: bool,
    /// The last thing was the end of a link.
    after_link: bool,
    scratch: String,
}

impl<'a> Page<'a> {
    fn finish(mut self) -> Said {
        while let Some(table) = self.tables.pop() {
            self.blocks.end_code();
            self.blocks = table.finish(std::mem::take(&mut self.blocks));
        }
        self.blocks.end_code();
        self.blocks.end();
        Said {
            titled: self.blocks.titled,
            text: self.blocks.finish(),
            title: self.title.split_whitespace().collect::<Vec<_>>().join(" "),
            unclosed: self.skipped.is_some(),
        }
    }

    fn token(&mut self, token: &Token<'a>) {
        if self.skips(token) {
            return;
        }
        match *token {
            Token::Text { text, raw } => self.text(text, raw),
            Token::Start { tag, closed } => {
                let name = tag.name.to_ascii_lowercase();
                let mut element = element(&name);
                if element == Element::Block
                    && tag
                        .attribute("role")
                        .is_some_and(|role| same(&role, "navigation"))
                {
                    element = Element::Navigation;
                }
                self.start(tag, element, closed);
            }
            Token::End(name) => self.end(element(&name.to_ascii_lowercase())),
        }
    }

    /// Whether the token is part of what is left out.
    fn skips(&mut self, token: &Token<'a>) -> bool {
        let Some((name, open, element)) = &mut self.skipped else {
            return false;
        };
        match token {
            Token::Start { tag, closed } if same(tag.name, name) => *open += usize::from(!closed),
            Token::Start { tag, .. }
                if *element == Element::Navigation && same(tag.name, "main") =>
            {
                self.skipped = None;
                return false;
            }
            Token::End(end) if same(end, name) => *open -= 1,
            _ => {}
        }
        if *open == 0 {
            self.skipped = None;
        }
        true
    }

    fn text(&mut self, text: &str, raw: bool) {
        self.scratch.clear();
        if raw {
            self.scratch.push_str(text);
        } else {
            entities::decode(text, false, &mut self.scratch);
        }
        if self.in_title {
            self.title.push_str(&self.scratch);
            return;
        }
        self.after_link = false;
        self.blocks.text(&self.scratch);
    }

    fn start(&mut self, tag: Tag<'a>, element: Element, closed: bool) {
        let again = std::mem::take(&mut self.after_link);
        match element {
            Element::Inline => {}
            Element::Block | Element::Main => self.blocks.end(),
            Element::Navigation if self.all => self.blocks.end(),
            Element::Skipped | Element::Navigation => {
                self.blocks.gap();
                if !closed {
                    self.skipped = Some((tag.name, 1, element));
                }
            }
            Element::Heading(level) => self.blocks.heading(level),
            Element::List { numbered } => {
                let first = number(tag, "start").unwrap_or(1);
                self.blocks.list(numbered.then_some(first));
            }
            Element::Item => self.blocks.item(number(tag, "value")),
            Element::Quote => self.blocks.quote(),
            Element::Preformatted => self.blocks.code(language(tag)),
            Element::Code => self.blocks.in_code(|| language(tag)),
            Element::Table | Element::Row | Element::Cell | Element::Caption => {
                self.start_table(tag, element);
            }
            // Side by side, links are words of their own.
            Element::Link if again => self.blocks.gap(),
            Element::Link => {}
            Element::Break => self.blocks.line_break(),
            Element::Image => self.image(tag),
            Element::Title => self.in_title = !closed && self.title.is_empty(),
            Element::Cited => self.blocks.text("“"),
        }
    }

    fn end(&mut self, element: Element) {
        self.after_link = element == Element::Link;
        match element {
            Element::Inline | Element::Link | Element::Code | Element::Image => {}
            Element::Skipped | Element::Navigation | Element::Block | Element::Main => {
                self.blocks.end();
            }
            Element::Heading(_) => self.blocks.end_heading(),
            Element::List { .. } => self.blocks.end_list(),
            Element::Item => self.blocks.end_item(),
            Element::Quote => self.blocks.end_quote(),
            Element::Preformatted => self.blocks.end_code(),
            Element::Table if self.deeper > 0 => {
                self.deeper -= 1;
                self.blocks.end();
            }
            Element::Table => {
                if let Some(table) = self.tables.pop() {
                    self.blocks.end_code();
                    self.blocks = table.finish(std::mem::take(&mut self.blocks));
                }
            }
            Element::Row | Element::Cell | Element::Caption => match self.tables.last_mut() {
                Some(table) if self.deeper == 0 => table.end_cell(&mut self.blocks),
                _ => self.blocks.end(),
            },
            Element::Break => self.blocks.line_break(),
            Element::Title => self.in_title = false,
            Element::Cited => self.blocks.text("”"),
        }
    }

    fn start_table(&mut self, tag: Tag<'a>, element: Element) {
        if element == Element::Table {
            self.blocks.end();
            if self.tables.len() == TABLES {
                self.deeper += 1;
                return;
            }
            let placing = tag
                .attribute("role")
                .is_some_and(|role| same(&role, "presentation") || same(&role, "none"));
            let around = std::mem::take(&mut self.blocks);
            self.tables.push(Table::new(around, placing));
            return;
        }
        let inside = self.deeper == 0 && self.cells > 0;
        let Some(table) = self.tables.last_mut().filter(|_| inside) else {
            self.blocks.end();
            return;
        };
        match element {
            Element::Row => table.row(&mut self.blocks),
            Element::Caption => table.caption(&mut self.blocks),
            _ => {
                self.cells -= 1;
                let count = |name| number(tag, name).unwrap_or(1) as usize;
                table.cell(&mut self.blocks, count("colspan"), count("rowspan"));
            }
        }
    }

    fn image(&mut self, tag: Tag<'a>) {
        if let Some(alt) = tag.attribute("alt").filter(|alt| !alt.trim().is_empty()) {
            self.blocks.gap();
            self.blocks.text(&alt);
            self.blocks.gap();
        }
    }
}

fn number(tag: Tag<'_>, name: &str) -> Option<u32> {
    tag.attribute(name)?.trim().parse().ok()
}

/// The language of code, as highlighters name it in classes.
fn language(tag: Tag<'_>) -> String {
    let classes = tag.attribute("class").unwrap_or_default();
    let named = classes.split_ascii_whitespace().find_map(|class| {
        ["language-", "lang-", "highlight-source-", "brush:"]
            .iter()
            .find_map(|start| class.strip_prefix(start))
    });
    let plain = |name: &&str| {
        name.len() <= 20
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+#-_.".contains(&b))
    };
    named.filter(plain).unwrap_or_default().to_owned()
}
