//! Styles: which are headings, and which are numbered.

use std::collections::HashMap;

use crate::problem::Problem;
use crate::xml::{Event, Xml};

/// Styles that one is based on. Word itself stops at eleven.
const CHAIN: usize = 20;

/// A numbering and the level in it.
pub(super) type Numbered = (String, usize);

#[derive(Default)]
pub(super) struct Styles(HashMap<String, Style>);

#[derive(Default)]
struct Style {
    name: String,
    based_on: String,
    outline: Option<usize>,
    numbering: Option<String>,
    level: Option<usize>,
}

impl Styles {
    pub(super) fn read(source: &str) -> Result<Styles, Problem> {
        let mut styles = HashMap::new();
        let mut open: Option<(String, Style)> = None;
        let mut xml = Xml::new(source);
        while let Some(event) = xml.next()? {
            match event {
                Event::Start(tag) if tag.name == "style" => {
                    let id = tag.get("styleId").unwrap_or_default().into_owned();
                    open = Some((id, Style::default()));
                }
                Event::Start(tag) => {
                    let Some((_, style)) = &mut open else {
                        continue;
                    };
                    let value = || tag.get("val").unwrap_or_default().into_owned();
                    match tag.name {
                        "name" => style.name = value().to_lowercase(),
                        "basedOn" => style.based_on = value(),
                        "outlineLvl" => style.outline = tag.number("val"),
                        "numId" => style.numbering = Some(value()),
                        "ilvl" => style.level = tag.number("val"),
                        _ => {}
                    }
                }
                Event::End("style") => styles.extend(open.take()),
                _ => {}
            }
        }
        Ok(Styles(styles))
    }

    /// The level of a heading, from 1. The outline counts whatever language the style's name is in.
    pub(super) fn heading(&self, id: &str) -> Option<usize> {
        if !self.0.contains_key(id) {
            return named(&id.to_lowercase());
        }
        self.chain(id).find_map(|style| match style.outline {
            Some(level) => Some((level < 9).then_some(level + 1)),
            None => named(&style.name).map(Some),
        })?
    }

    /// The numbering of a style, if it has one.
    pub(super) fn numbered(&self, id: &str) -> Option<Numbered> {
        let numbering = self.chain(id).find_map(|style| style.numbering.clone())?;
        let level = self.chain(id).find_map(|style| style.level).unwrap_or(0);
        Some((numbering, level))
    }

    /// The mark of a list style that has no numbering of its own.
    pub(super) fn is_bullet(&self, id: &str) -> bool {
        match self.0.get(id) {
            Some(style) => style.name.starts_with("list bullet"),
            None => id.starts_with("ListBullet"),
        }
    }

    fn chain<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a Style> {
        std::iter::successors(self.0.get(id), |style| self.0.get(&style.based_on)).take(CHAIN)
    }
}

/// The level that a built-in name says. These names are the same in every language of Word.
fn named(name: &str) -> Option<usize> {
    if name == "title" {
        return Some(1);
    }
    let number = name.strip_prefix("heading")?.trim();
    number.parse().ok().filter(|level| (1..=9).contains(level))
}
