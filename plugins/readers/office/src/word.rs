//! DOCX: the body, then what stands outside it, each once.

mod body;
pub(crate) mod math;
mod numbering;
mod styles;

use std::collections::HashSet;

use crate::output::{Document, line};
use crate::package::{Package, broken};
use crate::problem::{Budget, Problem};
use crate::relations::Relations;
use body::Walk;
use numbering::Numbering;
use styles::Styles;

pub(crate) fn read(package: &Package, main: &str, budget: &Budget) -> Result<Document, Problem> {
    let relations = Relations::of(package, main)?;
    let part = |kind: &str| match relations.one(kind) {
        Some(part) => package.text(part),
        None => Ok(None),
    };
    let styles = Styles::read(&part("styles")?.unwrap_or_default())?;
    let numbering = Numbering::read(&part("numbering")?.unwrap_or_default())?;
    let source = package.text(main)?.ok_or_else(broken)?;
    let mut walk = Walk::new(&styles, numbering, budget.text_bytes);
    walk.body(&source)?;

    let margins = margins(package, &relations, &walk, budget)?;
    for (kind, element) in [("footnotes", "footnote"), ("endnotes", "endnote")] {
        if let Some(source) = part(kind)? {
            let notes = Walk::new(&styles, Numbering::default(), budget.text_bytes)
                .apart(&source, element)?;
            walk.notes(element, &notes)?;
        }
    }
    if let Some(source) = part("comments")? {
        let comments = Walk::new(&styles, Numbering::default(), budget.text_bytes)
            .apart(&source, "comment")?;
        for (_, text) in comments {
            walk.flow.out.paragraph(&format!("Comment: {text}"))?;
        }
    }
    for text in margins {
        walk.flow.out.block(&text)?;
    }
    walk.flow.out.finish()
}

/// The texts of the headers and footers that the body names, each once.
fn margins(
    package: &Package,
    relations: &Relations,
    walk: &Walk,
    budget: &Budget,
) -> Result<Vec<String>, Problem> {
    let (mut parts, mut seen, mut texts) = (HashSet::new(), HashSet::new(), Vec::new());
    for part in walk.margins.iter().filter_map(|id| relations.part(id)) {
        if !parts.insert(part) {
            continue;
        }
        let Some(source) = package.text(part)? else {
            continue;
        };
        let mut margin = Walk::new(walk.styles, Numbering::default(), budget.text_bytes);
        margin.body(&source)?;
        let text = margin.flow.out.into_text();
        // A page number alone says nothing.
        if text.chars().any(char::is_alphabetic) && seen.insert(line(&text)) {
            texts.push(text);
        }
    }
    Ok(texts)
}
