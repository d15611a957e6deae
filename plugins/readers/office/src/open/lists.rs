//! Styles of OpenDocument, as far as they say what a paragraph is.

use std::collections::HashMap;

use crate::problem::Problem;
use crate::xml::{Event, Xml};

const LEVELS: usize = 10;

/// Styles that one is based on.
const CHAIN: usize = 20;

#[derive(Default)]
pub(super) struct Styles {
    parents: HashMap<String, String>,
    outlines: HashMap<String, usize>,
    /// Which levels of a list are numbered.
    lists: HashMap<String, [bool; LEVELS]>,
}

impl Styles {
    /// From all parts that have styles in them.
    pub(super) fn read(sources: &[&str]) -> Result<Styles, Problem> {
        let mut styles = Styles::default();
        for source in sources {
            styles.add(source)?;
        }
        Ok(styles)
    }

    fn add(&mut self, source: &str) -> Result<(), Problem> {
        let mut list = String::new();
        let mut xml = Xml::new(source);
        while let Some(event) = xml.next()? {
            let Event::Start(tag) = event else { continue };
            match tag.name {
                "body" => break,
                "style" => {
                    let name = tag.get("name").unwrap_or_default().into_owned();
                    if let Some(level) = tag.number("default-outline-level") {
                        self.outlines.insert(name.clone(), level);
                    }
                    if let Some(parent) = tag.get("parent-style-name") {
                        self.parents.insert(name, parent.into_owned());
                    }
                }
                "list-style" => list = tag.get("name").unwrap_or_default().into_owned(),
                "list-level-style-number" => {
                    let level = tag.number("level").unwrap_or(1_usize).clamp(1, LEVELS);
                    let shown = tag
                        .get("num-format")
                        .is_some_and(|format| !format.is_empty());
                    self.lists.entry(list.clone()).or_default()[level - 1] = shown;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The level of a paragraph that is set as a title or a heading.
    pub(super) fn heading(&self, style: &str) -> Option<usize> {
        let mut style = style;
        for _ in 0..CHAIN {
            if style == "Title" {
                return Some(1);
            }
            if let Some(level) = self.outlines.get(style) {
                return Some(*level).filter(|level| *level > 0);
            }
            style = self.parents.get(style)?;
        }
        None
    }

    pub(super) fn is_numbered(&self, list: &str, depth: usize) -> bool {
        self.lists
            .get(list)
            .is_some_and(|levels| levels[depth.min(LEVELS - 1)])
    }
}
