//! The flow of an OpenDocument part: paragraphs, lists, tables, notes, slides.

use std::collections::HashMap;

use super::lists::Styles;
use crate::flow::{Flow, Set};
use crate::output::{Document, Output, line, too_long};
use crate::problem::Problem;
use crate::xml::{Event, Tag, Xml};

/// What is in the file and not in the text: what was deleted, who wrote a note and when, the
/// number of a note, the reading of a word written above it.
const UNSEEN: [&str; 8] = [
    "tracked-changes",
    "creator",
    "creator-initials",
    "date-string",
    "note-citation",
    "ruby-text",
    "forms",
    "binary-data",
];

/// Frames that stand on every slide or its notes.
const FURNITURE: [&str; 4] = ["header", "footer", "date-time", "page-number"];

/// Texts within texts: a comment in a note on a slide.
const NESTED: usize = 20;

/// Spaces that one element may stand for.
const SPACES: usize = 10;

pub(super) struct Walk<'s> {
    styles: &'s Styles,
    /// The text, and above it the slide, note or comment that is open.
    flows: Vec<Flow>,
    open: Vec<Paragraph>,
    lists: Vec<List>,
    /// How far the lists of a style have counted.
    counts: HashMap<String, u32>,
    notes: Vec<String>,
    comments: Vec<String>,
    slide: Option<Slide>,
    slides: u32,
    spoken: bool,
    limit: usize,
}

#[derive(Default)]
struct Paragraph {
    text: String,
    heading: Option<usize>,
    item: Option<(usize, String)>,
}

struct List {
    style: String,
    count: u32,
    /// The mark of the item that is open, until its first paragraph takes it.
    mark: Option<String>,
}

#[derive(Default)]
struct Slide {
    title: String,
    notes: String,
    in_title: bool,
}

impl<'s> Walk<'s> {
    pub(super) fn new(styles: &'s Styles, limit: usize) -> Walk<'s> {
        Walk {
            styles,
            flows: vec![Flow::new(limit)],
            open: Vec::new(),
            lists: Vec::new(),
            counts: HashMap::new(),
            notes: Vec::new(),
            comments: Vec::new(),
            slide: None,
            slides: 0,
            spoken: false,
            limit,
        }
    }

    pub(super) fn read(&mut self, source: &str) -> Result<(), Problem> {
        let mut xml = Xml::new(source);
        let mut body = false;
        while let Some(event) = xml.next()? {
            match event {
                Event::Start(tag) if tag.name == "body" => body = true,
                event if body => self.event(event, &mut xml)?,
                _ => {}
            }
        }
        while self.open.pop().is_some() {}
        while self.flows.len() > 1 {
            self.flows.pop();
        }
        self.flow().close()
    }

    /// The headers and footers of the master pages.
    pub(super) fn margins(mut self, source: &str) -> Result<Vec<String>, Problem> {
        let (mut texts, mut within) = (Vec::new(), false);
        let mut xml = Xml::new(source);
        while let Some(event) = xml.next()? {
            let margin = |name: &str| name.starts_with("header") || name.starts_with("footer");
            match event {
                Event::Start(tag) if tag.prefix == "style" && margin(tag.name) => {
                    within = !tag.name.ends_with("style");
                    self.begin()?;
                }
                Event::End(name) if margin(name) => {
                    texts.extend(self.end()?.filter(|_| within));
                    within = false;
                }
                event if within => self.event(event, &mut xml)?,
                _ => {}
            }
        }
        Ok(texts)
    }

    pub(super) fn write_notes(&mut self) -> Result<(), Problem> {
        let notes = std::mem::take(&mut self.notes);
        for (number, text) in (1..).zip(notes) {
            self.out().block(&format!("[^{number}]: {text}"))?;
        }
        let comments = std::mem::take(&mut self.comments);
        for text in comments {
            self.out().paragraph(&format!("Comment: {text}"))?;
        }
        Ok(())
    }

    /// Whether a slide had text.
    pub(super) fn spoken(&self) -> bool {
        self.spoken
    }

    pub(super) fn out(&mut self) -> &mut Output {
        &mut self.flow().out
    }

    pub(super) fn finish(mut self) -> Result<Document, Problem> {
        match self.flows.pop() {
            Some(flow) => flow.out.finish(),
            None => Err(Problem::Empty),
        }
    }

    fn flow(&mut self) -> &mut Flow {
        if self.flows.is_empty() {
            self.flows.push(Flow::new(0));
        }
        let last = self.flows.len() - 1;
        &mut self.flows[last]
    }

    /// A text of its own begins.
    fn begin(&mut self) -> Result<(), Problem> {
        if self.flows.len() > NESTED {
            return Err(Problem::unreadable(
                "The notes of this file are nested too deeply. Save it again from the program that made it.",
            ));
        }
        let limit = self.flow().out.left();
        self.flows.push(Flow::new(limit));
        Ok(())
    }

    /// The text of its own that was open, if one was.
    fn end(&mut self) -> Result<Option<String>, Problem> {
        if self.flows.len() < 2 {
            return Ok(None);
        }
        self.flow().close()?;
        let text = self.flows.pop().map(|flow| flow.out.into_text());
        Ok(text.filter(|text| !text.trim().is_empty()))
    }

    fn event(&mut self, event: Event, xml: &mut Xml) -> Result<(), Problem> {
        match event {
            Event::Start(tag) if UNSEEN.contains(&tag.name) => xml.skip(),
            Event::Start(tag) if tag.name == "date" && tag.prefix == "dc" => xml.skip(),
            Event::Start(tag) if tag.name == "frame" && furniture(&tag) => xml.skip(),
            Event::Start(tag)
                if tag.name == "desc" || tag.name == "title" && tag.prefix == "svg" =>
            {
                let text = line(&xml.text()?);
                let set = format!("[Image: {text}]");
                match (text.is_empty(), self.open.last_mut()) {
                    (true, _) => Ok(()),
                    (false, Some(paragraph)) => {
                        paragraph.text += &format!(" {set} ");
                        Ok(())
                    }
                    (false, None) => self.flow().paragraph(Set::Plain, &set),
                }
            }
            Event::Start(tag) => self.start(&tag),
            Event::End(name) => self.close(name),
            Event::Text(text) => {
                self.say(&text);
                Ok(())
            }
        }
    }

    fn start(&mut self, tag: &Tag) -> Result<(), Problem> {
        match tag.name {
            "h" | "p" => self.paragraph(tag),
            "list" => self.list(tag),
            "list-item" => self.item(tag),
            "s" => {
                let count: usize = tag.number("c").unwrap_or(1);
                self.say(&" ".repeat(count.min(SPACES)));
            }
            "tab" => self.say(" "),
            "line-break" => self.say("\n"),
            "table" => self.flow().open_table(),
            "table-row" => self.flow().open_row()?,
            "table-cell" => {
                let span = tag.number("number-columns-spanned").unwrap_or(1);
                self.flow().open_cell(span)?;
            }
            "note-body" | "annotation" | "notes" => self.begin()?,
            "page" if tag.prefix == "draw" => {
                self.slide = Some(Slide::default());
                self.begin()?;
            }
            "frame" => {
                let title = tag.get("class").as_deref() == Some("title");
                if let Some(slide) = &mut self.slide {
                    slide.in_title = title;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), Problem> {
        match name {
            "h" | "p" => {
                if let Some(paragraph) = self.open.pop() {
                    if paragraph.text.len() > self.limit {
                        return Err(too_long());
                    }
                    self.write(paragraph)?;
                }
            }
            "list" => {
                if let Some(list) = self.lists.pop() {
                    self.counts.insert(list.style, list.count);
                }
            }
            "table-cell" => self.flow().close_cell()?,
            "table" => self.flow().close_table()?,
            "note-body" => {
                if let Some(text) = self.end()? {
                    self.notes.push(line(&text));
                    let mark = format!("[^{}]", self.notes.len());
                    self.say(&mark);
                }
            }
            "annotation" => {
                let text = self.end()?;
                self.comments.extend(text.map(|text| line(&text)));
            }
            "notes" => {
                let text = self.end()?;
                if let (Some(slide), Some(text)) = (&mut self.slide, text) {
                    slide.notes = text;
                }
            }
            "page" => self.page()?,
            "frame" => {
                if let Some(slide) = &mut self.slide {
                    slide.in_title = false;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn paragraph(&mut self, tag: &Tag) {
        let style = tag.get("style-name").unwrap_or_default();
        let heading = match tag.name {
            "h" => Some(tag.number("outline-level").unwrap_or(1)),
            _ => self.styles.heading(&style),
        };
        let depth = self.lists.len().saturating_sub(1);
        let mark = self.lists.last_mut().and_then(|list| list.mark.take());
        self.open.push(Paragraph {
            text: String::new(),
            heading,
            item: mark.map(|mark| (depth, mark)),
        });
    }

    fn list(&mut self, tag: &Tag) {
        let own = tag.get("style-name").map(|style| style.into_owned());
        let style = own.or_else(|| self.lists.last().map(|list| list.style.clone()));
        let style = style.unwrap_or_default();
        let goes_on = tag.get("continue-numbering").as_deref() == Some("true")
            || tag.get("continue-list").is_some();
        let count = if goes_on {
            self.counts.get(&style).copied()
        } else {
            None
        };
        self.lists.push(List {
            style,
            count: count.unwrap_or(0),
            mark: None,
        });
    }

    fn item(&mut self, tag: &Tag) {
        let depth = self.lists.len().saturating_sub(1);
        let Some(list) = self.lists.last_mut() else {
            return;
        };
        list.count = tag
            .number("start-value")
            .unwrap_or(list.count.saturating_add(1));
        list.mark = Some(match self.styles.is_numbered(&list.style, depth) {
            true => format!("{}.", list.count),
            false => "-".to_owned(),
        });
    }

    fn write(&mut self, paragraph: Paragraph) -> Result<(), Problem> {
        let Paragraph {
            text,
            heading,
            item,
        } = paragraph;
        if text.trim().is_empty() {
            return Ok(());
        }
        if let Some(slide) = &mut self.slide
            && slide.in_title
        {
            slide.title.push(' ');
            slide.title += &text;
            return Ok(());
        }
        let set = match (heading, item) {
            (Some(level), _) => Set::Heading(level),
            (None, Some((depth, mark))) => Set::Item(depth, mark),
            (None, None) => Set::Plain,
        };
        self.flow().paragraph(set, &text)
    }

    /// A slide is at its end.
    fn page(&mut self) -> Result<(), Problem> {
        let Some(slide) = self.slide.take() else {
            return Ok(());
        };
        let body = self.end()?.unwrap_or_default();
        self.slides = self.slides.saturating_add(1);
        let number = self.slides;
        let title = line(&slide.title);
        let out = self.out();
        out.page(number)?;
        if title.is_empty() && body.is_empty() && slide.notes.is_empty() {
            return Ok(());
        }
        match title.is_empty() {
            true => out.heading(2, &format!("Slide {number}"))?,
            false => out.heading(2, &title)?,
        }
        out.block(&body)?;
        if !slide.notes.is_empty() {
            out.heading(3, "Notes")?;
            out.block(&slide.notes)?;
        }
        self.spoken = true;
        Ok(())
    }

    fn say(&mut self, text: &str) {
        let limit = self.limit;
        // What is longer is refused when the paragraph ends.
        if let Some(paragraph) = self.open.last_mut()
            && paragraph.text.len() <= limit
        {
            // Line breaks of the file are spaces; those of the text have an element.
            match text {
                "\n" => paragraph.text.push('\n'),
                _ => paragraph.text += &text.replace(['\n', '\r'], " "),
            }
        }
    }
}

fn furniture(tag: &Tag) -> bool {
    tag.get("class")
        .is_some_and(|class| FURNITURE.contains(&class.as_ref()))
}
