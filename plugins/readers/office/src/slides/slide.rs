//! The shapes of one slide.

use std::borrow::Cow;

use crate::flow::{Flow, Set};
use crate::output::line;
use crate::problem::{Problem, at_most};
use crate::word::math;
use crate::xml::{Event, Tag, Xml};

/// Shapes that stand on every slide: its number, the date, the line below, the small picture of the
/// slide above its notes.
const FURNITURE: [&str; 5] = ["sldNum", "dt", "ftr", "hdr", "sldImg"];

/// Charts and diagrams of one slide.
const DRAWINGS: usize = 1_000;

pub(super) struct Slide {
    pub(super) title: String,
    /// Markdown.
    pub(super) body: String,
    /// The ids of its charts and diagrams.
    pub(super) drawings: Vec<String>,
}

struct Walk {
    flow: Flow,
    title: String,
    drawings: Vec<String>,
    /// What the shape that is open is there for.
    place: Place,
    paragraph: Option<Paragraph>,
    in_text: bool,
    chosen: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Title,
    Furniture,
    /// Its paragraphs have bullets unless they say otherwise.
    Outline,
    Free,
}

#[derive(Default)]
struct Paragraph {
    text: String,
    level: usize,
    bullet: Option<bool>,
}

impl Slide {
    pub(super) fn read(source: &str, limit: usize) -> Result<Slide, Problem> {
        let mut walk = Walk {
            flow: Flow::new(limit),
            title: String::new(),
            drawings: Vec::new(),
            place: Place::Free,
            paragraph: None,
            in_text: false,
            chosen: false,
        };
        let mut xml = Xml::new(source);
        while let Some(event) = xml.next()? {
            match event {
                Event::Start(tag) if tag.name == "Fallback" && walk.chosen => xml.skip()?,
                Event::Start(tag) => walk.start(&tag)?,
                Event::End(name) => walk.end(name)?,
                Event::Text(text) if walk.in_text => walk.say(&text),
                Event::Text(_) => {}
            }
        }
        walk.flow.close()?;
        Ok(Slide {
            title: line(&walk.title),
            body: walk.flow.out.into_text(),
            drawings: walk.drawings,
        })
    }
}

impl Walk {
    fn start(&mut self, tag: &Tag) -> Result<(), Problem> {
        match tag.name {
            "sp" | "pic" | "graphicFrame" | "cxnSp" => self.place = Place::Free,
            "ph" => self.place = place(tag.get("type").as_deref()),
            "p" if tag.prefix != "p" => self.paragraph = Some(Paragraph::default()),
            "pPr" => {
                if let Some(paragraph) = &mut self.paragraph {
                    paragraph.level = tag.number("lvl").unwrap_or(0);
                }
            }
            "buNone" => self.bullet(false),
            "buChar" | "buAutoNum" | "buBlip" => self.bullet(true),
            "t" => self.in_text = true,
            "br" => self.say("\n"),
            "tab" => self.say(" "),
            "tbl" => self.flow.open_table(),
            "tr" => self.flow.open_row()?,
            "tc" => self.flow.open_cell(1)?,
            "Choice" => self.chosen = true,
            "AlternateContent" => self.chosen = false,
            "cNvPr" => self.picture(tag)?,
            "chart" => self.drawn(tag.linked("id"))?,
            "relIds" => self.drawn(tag.get("dm"))?,
            name if tag.prefix == "m" => self.say(math::opens(name)),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), Problem> {
        match name {
            "p" => match self.paragraph.take() {
                Some(paragraph) => self.paragraph(paragraph),
                None => Ok(()),
            },
            "t" => {
                self.in_text = false;
                Ok(())
            }
            "tc" => self.flow.close_cell(),
            "tbl" => self.flow.close_table(),
            "sp" | "pic" | "graphicFrame" => {
                self.place = Place::Free;
                Ok(())
            }
            _ => {
                self.say(math::closes(name));
                Ok(())
            }
        }
    }

    fn paragraph(&mut self, paragraph: Paragraph) -> Result<(), Problem> {
        let Paragraph {
            text,
            level,
            bullet,
        } = paragraph;
        if text.trim().is_empty() {
            return Ok(());
        }
        match self.place {
            Place::Furniture => Ok(()),
            Place::Title => {
                self.title.push(' ');
                self.title += &text;
                Ok(())
            }
            place if bullet.unwrap_or(place == Place::Outline) => {
                self.flow.paragraph(Set::Item(level, "-".to_owned()), &text)
            }
            _ => self.flow.paragraph(Set::Plain, &text),
        }
    }

    /// A chart or a diagram, whose texts lie elsewhere.
    fn drawn(&mut self, id: Option<Cow<'_, str>>) -> Result<(), Problem> {
        self.drawings.extend(id.map(Cow::into_owned));
        at_most(DRAWINGS, self.drawings.len(), "charts on one slide")
    }

    /// What is said of a picture for those who do not see it.
    fn picture(&mut self, tag: &Tag) -> Result<(), Problem> {
        match tag.get("descr").filter(|text| !text.trim().is_empty()) {
            Some(text) => self
                .flow
                .paragraph(Set::Plain, &format!("[Image: {}]", line(&text))),
            None => Ok(()),
        }
    }

    fn bullet(&mut self, shown: bool) {
        if let Some(paragraph) = &mut self.paragraph {
            paragraph.bullet = Some(shown);
        }
    }

    fn say(&mut self, text: &str) {
        if let Some(paragraph) = &mut self.paragraph {
            paragraph.text += text;
        }
    }
}

fn place(kind: Option<&str>) -> Place {
    match kind {
        Some("title" | "ctrTitle") => Place::Title,
        Some("subTitle") => Place::Free,
        Some("body" | "obj") | None => Place::Outline,
        Some(kind) if FURNITURE.contains(&kind) => Place::Furniture,
        Some(_) => Place::Free,
    }
}
