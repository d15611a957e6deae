//! ODT and ODP: texts and slides of OpenDocument 1.3.

mod lists;
mod walk;

use std::collections::HashSet;

use crate::output::{Document, line};
use crate::problem::{Budget, Problem};
use lists::Styles;
use walk::Walk;

/// A text, from its `content.xml` and its `styles.xml`.
pub(crate) fn read_text(content: &str, styles: &str, budget: &Budget) -> Result<Document, Problem> {
    let known = Styles::read(&[styles, content])?;
    let mut walk = Walk::new(&known, budget.text_bytes);
    walk.read(content)?;
    walk.write_notes()?;
    let mut seen = HashSet::new();
    for text in Walk::new(&known, budget.text_bytes).margins(styles)? {
        // A page number alone says nothing.
        if text.chars().any(char::is_alphabetic) && seen.insert(line(&text)) {
            walk.out().block(&text)?;
        }
    }
    walk.finish()
}

/// Slides: each is a page.
pub(crate) fn read_slides(
    content: &str,
    styles: &str,
    budget: &Budget,
) -> Result<Document, Problem> {
    let known = Styles::read(&[styles, content])?;
    let mut walk = Walk::new(&known, budget.text_bytes);
    walk.read(content)?;
    walk.write_notes()?;
    match walk.spoken() {
        true => walk.finish(),
        false => Err(Problem::Empty),
    }
}
