//! The flow of a Word part: paragraphs, lists, tables, boxes.

use std::collections::HashMap;

use super::math;
use super::numbering::Numbering;
use super::styles::{Numbered, Styles};
use crate::flow::{Flow, Set};
use crate::output::{line, too_long};
use crate::problem::{Problem, at_most};
use crate::xml::{Event, Tag, Xml};

/// What is in the file and not in the text: what was deleted, what fields are made of, how
/// something was set before, the reading of a word written above it.
const UNSEEN: [&str; 15] = [
    "del",
    "moveFrom",
    "delText",
    "delInstrText",
    "instrText",
    "tabs",
    "sdtPr",
    "rt",
    "pPrChange",
    "rPrChange",
    "sectPrChange",
    "tblPrChange",
    "tcPrChange",
    "trPrChange",
    "binData",
];

/// Notes that are named in a text.
const NOTES: usize = 100_000;

/// Headers and footers of all sections.
const MARGINS: usize = 1_000;

pub(super) struct Walk<'s> {
    pub(super) flow: Flow,
    pub(super) styles: &'s Styles,
    /// The ids of the headers and footers, in the order of the sections.
    pub(super) margins: Vec<String>,
    numbering: Numbering,
    /// The paragraphs that are open: a box stands within the one it is fixed to.
    open: Vec<Paragraph>,
    /// The notes in the order they are named.
    named: Vec<(&'static str, String)>,
    in_text: bool,
    /// Whether the newer of two forms of one thing was read.
    chosen: bool,
    /// Formulas that are open, for their elements are named like others.
    formulas: usize,
    limit: usize,
}

#[derive(Default)]
struct Paragraph {
    text: String,
    style: String,
    outline: Option<usize>,
    numbering: Option<String>,
    level: Option<usize>,
}

impl<'s> Walk<'s> {
    pub(super) fn new(styles: &'s Styles, numbering: Numbering, limit: usize) -> Walk<'s> {
        Walk {
            flow: Flow::new(limit),
            styles,
            margins: Vec::new(),
            numbering,
            open: Vec::new(),
            named: Vec::new(),
            in_text: false,
            chosen: false,
            formulas: 0,
            limit,
        }
    }

    pub(super) fn body(&mut self, source: &str) -> Result<(), Problem> {
        let mut xml = Xml::new(source);
        while let Some(event) = xml.next()? {
            self.event(event, &mut xml)?;
        }
        self.close()
    }

    /// The texts of a part that is made of notes, by their ids, each on one line.
    pub(super) fn apart(
        mut self,
        source: &str,
        element: &str,
    ) -> Result<Vec<(String, String)>, Problem> {
        let (mut notes, mut id) = (Vec::new(), None);
        let mut xml = Xml::new(source);
        while let Some(event) = xml.next()? {
            match event {
                // A note with a type is the line above the notes, not one of them.
                Event::Start(tag) if tag.name == element => {
                    let plain = matches!(tag.get("type").as_deref(), None | Some("normal"));
                    id = tag.get("id").filter(|_| plain);
                }
                Event::End(name) if name == element => {
                    self.close()?;
                    let flow = std::mem::replace(&mut self.flow, Flow::new(self.limit));
                    let text = line(&flow.out.into_text());
                    if let Some(id) = id.take().filter(|_| !text.is_empty()) {
                        notes.push((id.into_owned(), text));
                    }
                }
                event => self.event(event, &mut xml)?,
            }
        }
        Ok(notes)
    }

    /// Writes the notes that the text named, under the numbers they have there.
    pub(super) fn notes(
        &mut self,
        element: &str,
        notes: &[(String, String)],
    ) -> Result<(), Problem> {
        let texts: HashMap<&str, &str> = notes
            .iter()
            .map(|(id, text)| (id.as_str(), text.as_str()))
            .collect();
        for (index, (kind, id)) in self.named.iter().enumerate() {
            if let Some(text) = texts.get(id.as_str()).filter(|_| *kind == element) {
                self.flow.out.block(&format!("[^{}]: {text}", index + 1))?;
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Problem> {
        while !self.open.is_empty() {
            self.end("p")?;
        }
        self.flow.close()
    }

    fn event(&mut self, event: Event, xml: &mut Xml) -> Result<(), Problem> {
        match event {
            Event::Start(tag) if UNSEEN.contains(&tag.name) => xml.skip(),
            Event::Start(tag) if tag.name == "Fallback" && self.chosen => xml.skip(),
            Event::Start(tag) if tag.prefix == "m" => {
                self.formula(&tag);
                Ok(())
            }
            Event::Start(tag) => self.start(&tag),
            Event::End(name) => self.end(name),
            Event::Text(text) => {
                if self.in_text {
                    self.say(&text);
                }
                Ok(())
            }
        }
    }

    fn formula(&mut self, tag: &Tag) {
        match tag.name {
            "oMath" => self.formulas += 1,
            "t" => self.in_text = true,
            "chr" => self.say(&tag.get("val").unwrap_or_default()),
            name => self.say(math::opens(name)),
        }
    }

    fn start(&mut self, tag: &Tag) -> Result<(), Problem> {
        match tag.name {
            "p" => self.open.push(Paragraph::default()),
            "t" => self.in_text = true,
            "tab" | "ptab" => self.say(" "),
            "br" | "cr" => self.say("\n"),
            "noBreakHyphen" => self.say("-"),
            "sym" => self.symbol(tag),
            "Choice" => self.chosen = true,
            "AlternateContent" => self.chosen = false,
            "tbl" => self.flow.open_table(),
            "tr" => self.flow.open_row()?,
            "tc" => self.flow.open_cell(1)?,
            "gridSpan" => self.flow.span(tag.number("val").unwrap_or(1)),
            "footnoteReference" => self.note("footnote", tag)?,
            "endnoteReference" => self.note("endnote", tag)?,
            "headerReference" | "footerReference" => {
                self.margins
                    .extend(tag.linked("id").map(|id| id.into_owned()));
                at_most(MARGINS, self.margins.len(), "headers and footers")?;
            }
            "docPr" => {
                if let Some(text) = tag.get("descr").filter(|text| !text.trim().is_empty()) {
                    self.say(&format!(" [Image: {}] ", line(&text)));
                }
            }
            "textpath" => self.say(&tag.get("string").unwrap_or_default()),
            _ => self.property(tag),
        }
        Ok(())
    }

    fn property(&mut self, tag: &Tag) {
        let Some(paragraph) = self.open.last_mut() else {
            return;
        };
        let value = || tag.get("val").unwrap_or_default().into_owned();
        match tag.name {
            "pStyle" => paragraph.style = value(),
            "outlineLvl" => paragraph.outline = tag.number("val"),
            "numId" => paragraph.numbering = Some(value()),
            "ilvl" => paragraph.level = tag.number("val"),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) -> Result<(), Problem> {
        match name {
            "p" => match self.open.pop() {
                Some(paragraph) if paragraph.text.len() > self.limit => Err(too_long()),
                Some(paragraph) => self.paragraph(paragraph),
                None => Ok(()),
            },
            "t" => {
                self.in_text = false;
                Ok(())
            }
            "tc" => self.flow.close_cell(),
            "tbl" => self.flow.close_table(),
            "oMath" => {
                self.formulas = self.formulas.saturating_sub(1);
                Ok(())
            }
            _ if self.formulas > 0 => {
                self.say(math::closes(name));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn paragraph(&mut self, paragraph: Paragraph) -> Result<(), Problem> {
        let Paragraph { text, style, .. } = &paragraph;
        let level = match paragraph.outline {
            Some(level) => (level < 9).then_some(level + 1),
            None => self.styles.heading(style),
        };
        let numbered = self.numbered(&paragraph);
        let depth = numbered.as_ref().map_or(0, |(_, depth)| *depth);
        let mark = numbered.and_then(|(id, depth)| self.numbering.next(&id, depth));
        let bullet = self.styles.is_bullet(style).then(|| "-".to_owned());
        if text.trim().is_empty() {
            return Ok(());
        }
        match (level, mark.or(bullet)) {
            (Some(level), Some(mark)) if mark != "-" => self
                .flow
                .paragraph(Set::Heading(level), &format!("{mark} {text}")),
            (Some(level), _) => self.flow.paragraph(Set::Heading(level), text),
            (None, Some(mark)) if mark == "-" || counted(&mark) => {
                self.flow.paragraph(Set::Item(depth, mark), text)
            }
            // What Markdown has no mark for stays as it is shown: `§ 3.2`, `(a)`.
            (None, Some(mark)) => {
                let text = format!("{mark} {text}");
                self.flow.paragraph(Set::Item(depth, "-".to_owned()), &text)
            }
            (None, None) => self.flow.paragraph(Set::Plain, text),
        }
    }

    /// The list that a paragraph is in, by itself or by its style. The list `0` is none.
    fn numbered(&self, paragraph: &Paragraph) -> Option<Numbered> {
        let style = self.styles.numbered(&paragraph.style);
        let (id, level) = match (&paragraph.numbering, style) {
            (Some(id), style) => (id.clone(), style.map_or(0, |(_, level)| level)),
            (None, Some(style)) => style,
            (None, None) => return None,
        };
        (id != "0").then(|| (id, paragraph.level.unwrap_or(level).min(8)))
    }

    fn note(&mut self, kind: &'static str, tag: &Tag) -> Result<(), Problem> {
        let Some(id) = tag.get("id") else {
            return Ok(());
        };
        self.named.push((kind, id.into_owned()));
        at_most(NOTES, self.named.len(), "notes")?;
        let mark = format!("[^{}]", self.named.len());
        self.say(&mark);
        Ok(())
    }

    /// A sign of a symbol font. Those of the private area mean nothing outside their font.
    fn symbol(&mut self, tag: &Tag) {
        let code = tag
            .get("char")
            .and_then(|code| u32::from_str_radix(&code, 16).ok());
        let sign = code
            .and_then(char::from_u32)
            .filter(|c| !('\u{e000}'..='\u{f8ff}').contains(c));
        if let Some(sign) = sign {
            self.say(sign.encode_utf8(&mut [0; 4]));
        }
    }

    fn say(&mut self, text: &str) {
        // What is longer is refused when the paragraph ends.
        if let Some(paragraph) = self.open.last_mut()
            && paragraph.text.len() <= self.limit
        {
            paragraph.text += text;
        }
    }
}

/// Whether Markdown knows the mark: digits with a dot or a bracket.
fn counted(mark: &str) -> bool {
    let number = mark.strip_suffix(['.', ')']);
    number.is_some_and(|digits| {
        (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}
