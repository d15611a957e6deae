//! A chapter of a book: XHTML as Markdown.

use crate::flow::{Flow, Set};
use crate::output::line;
use crate::problem::Problem;
use crate::xml::{Event, Tag, Xml};

/// Elements that begin and end a paragraph.
const BLOCKS: [&str; 27] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hr",
    "main",
    "nav",
    "p",
    "section",
    "summary",
    "tbody",
    "tfoot",
    "thead",
    "legend",
];

/// Elements whose text is not shown.
const UNSEEN: [&str; 7] = [
    "head",
    "rt",
    "rp",
    "annotation",
    "annotation-xml",
    "template",
    "iframe",
];

/// Lists within lists.
const LISTS: usize = 50;

pub(super) struct Chapter {
    pub(super) text: String,
    /// Whether it begins with a heading.
    pub(super) headed: bool,
}

struct Walk {
    flow: Flow,
    text: String,
    heading: Option<usize>,
    lists: Vec<List>,
    /// The mark of the item that is open, until its first paragraph takes it.
    mark: Option<String>,
    preformatted: usize,
}

struct List {
    numbered: bool,
    count: u32,
}

pub(super) fn read(source: &str, limit: usize) -> Result<Chapter, Problem> {
    let mut walk = Walk {
        flow: Flow::new(limit),
        text: String::new(),
        heading: None,
        lists: Vec::new(),
        mark: None,
        preformatted: 0,
    };
    let mut xml = Xml::html(source);
    while let Some(event) = xml.next()? {
        match event {
            Event::Start(tag) if matches!(tag.name, "script" | "style") => xml.skip_raw(tag.name),
            Event::Start(tag) if UNSEEN.contains(&tag.name) => xml.skip()?,
            Event::Start(tag) => walk.start(&tag)?,
            Event::End(name) => walk.end(name)?,
            Event::Text(text) if walk.preformatted > 0 => walk.text += &text,
            Event::Text(text) => walk.text += &text.replace(['\n', '\r'], " "),
        }
    }
    walk.flush()?;
    walk.flow.close()?;
    let text = walk.flow.out.into_text();
    Ok(Chapter {
        headed: text.starts_with('#'),
        text,
    })
}

impl Walk {
    fn start(&mut self, tag: &Tag) -> Result<(), Problem> {
        match tag.name {
            "br" => self.text.push('\n'),
            "img" | "image" => {
                let text = line(&tag.get("alt").unwrap_or_default());
                if !text.is_empty() {
                    self.text += &format!(" [Image: {text}] ");
                }
            }
            // `x²` and the numbers of notes are no part of the word before them.
            "sup" => self.text.push('^'),
            "ul" | "ol" => {
                self.flush()?;
                if self.lists.len() < LISTS {
                    let first = tag.number("start").unwrap_or(1_u32);
                    self.lists.push(List {
                        numbered: tag.name == "ol",
                        count: first.saturating_sub(1),
                    });
                }
            }
            "li" => {
                self.flush()?;
                self.mark = Some(self.next_mark());
            }
            "pre" => {
                self.flush()?;
                self.preformatted += 1;
            }
            "table" => {
                self.flush()?;
                self.flow.open_table();
            }
            "tr" => {
                self.flush()?;
                self.flow.open_row()?;
            }
            "td" | "th" => {
                self.flush()?;
                self.flow.open_cell(tag.number("colspan").unwrap_or(1))?;
            }
            name => {
                if let Some(level) = heading(name) {
                    self.flush()?;
                    self.heading = Some(level);
                } else if BLOCKS.contains(&name) {
                    self.flush()?;
                }
            }
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), Problem> {
        match name {
            "ul" | "ol" => {
                self.flush()?;
                self.lists.pop();
            }
            "li" => {
                self.flush()?;
                self.mark = None;
            }
            "pre" => {
                self.flush()?;
                self.preformatted = self.preformatted.saturating_sub(1);
            }
            "td" | "th" => {
                self.flush()?;
                self.flow.close_cell()?;
            }
            "table" => {
                self.flush()?;
                self.flow.close_table()?;
            }
            _ if heading(name).is_some() || BLOCKS.contains(&name) => self.flush()?,
            _ => {}
        }
        Ok(())
    }

    fn next_mark(&mut self) -> String {
        match self.lists.last_mut().filter(|list| list.numbered) {
            Some(list) => {
                list.count = list.count.saturating_add(1);
                format!("{}.", list.count)
            }
            None => "-".to_owned(),
        }
    }

    /// Writes the paragraph that is open.
    fn flush(&mut self) -> Result<(), Problem> {
        let text = std::mem::take(&mut self.text);
        if text.trim().is_empty() {
            return Ok(());
        }
        let set = match (self.heading.take(), self.mark.take()) {
            _ if self.preformatted > 0 => Set::Code,
            (Some(level), _) => Set::Heading(level),
            (None, Some(mark)) => Set::Item(self.lists.len().saturating_sub(1), mark),
            (None, None) => Set::Plain,
        };
        self.flow.paragraph(set, &text)
    }
}

/// The level of a heading; the first is that of the book.
fn heading(name: &str) -> Option<usize> {
    match name {
        "h1" => Some(2),
        "h2" => Some(3),
        "h3" => Some(4),
        "h4" => Some(5),
        "h5" | "h6" => Some(6),
        _ => None,
    }
}
