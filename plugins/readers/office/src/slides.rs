//! PPTX: each slide a page with its title as the heading, its notes and comments below.

mod chart;
mod slide;

use crate::flow::{Flow, Set};
use crate::output::Document;
use crate::package::Package;
use crate::problem::{Budget, Problem, at_most};
use crate::relations::Relations;
use crate::xml::{Event, Xml};
use slide::Slide;

/// Slides that are read.
const SLIDES: usize = 5_000;

pub(crate) fn read(package: &Package, main: &str, budget: &Budget) -> Result<Document, Problem> {
    let relations = Relations::of(package, main)?;
    let mut flow = Flow::new(budget.text_bytes);
    let slides = order(&package.needed(main)?)?;
    let parts = slides.iter().map(|id| relations.part(id));
    let mut spoken = false;
    for (number, part) in (1_u32..).zip(parts) {
        let source = match part {
            Some(part) => package.text(part)?.unwrap_or_default(),
            None => continue,
        };
        let slide = Slide::read(&source, budget.text_bytes)?;
        flow.out.page(number)?;
        spoken |= write(package, part.unwrap_or_default(), slide, number, &mut flow)?;
    }
    // The numbers of slides that say nothing are no text.
    if spoken {
        flow.out.finish()
    } else {
        Err(Problem::Empty)
    }
}

/// Writes a slide and what belongs to it; whether there was anything.
fn write(
    package: &Package,
    part: &str,
    slide: Slide,
    number: u32,
    flow: &mut Flow,
) -> Result<bool, Problem> {
    let relations = Relations::of(package, part)?;
    let drawn = drawings(package, &relations, &slide, flow)?;
    let notes = notes(package, &relations, flow)?;
    let comments = comments(package, &relations)?;
    let body = slide.body;
    let named = !slide.title.trim().is_empty();
    let silent = body.is_empty() && drawn.is_empty() && notes.is_empty() && comments.is_empty();
    if silent && !named {
        return Ok(false);
    }
    let title = if named {
        slide.title
    } else {
        format!("Slide {number}")
    };
    flow.paragraph(Set::Heading(2), &title)?;
    flow.out.block(&body)?;
    for text in drawn {
        flow.out.block(&text)?;
    }
    if !notes.is_empty() {
        flow.paragraph(Set::Heading(3), "Notes")?;
        flow.out.block(&notes)?;
    }
    for comment in comments {
        flow.paragraph(Set::Plain, &format!("Comment: {comment}"))?;
    }
    Ok(true)
}

/// The ids of the slides, in their order.
fn order(source: &str) -> Result<Vec<String>, Problem> {
    let mut ids = Vec::new();
    let mut xml = Xml::new(source);
    while let Some(event) = xml.next()? {
        if let Event::Start(tag) = event
            && tag.name == "sldId"
        {
            ids.extend(tag.linked("id").map(|id| id.into_owned()));
            at_most(SLIDES, ids.len(), "slides")?;
        }
    }
    Ok(ids)
}

/// Charts and diagrams: their texts lie in parts of their own.
fn drawings(
    package: &Package,
    relations: &Relations,
    slide: &Slide,
    flow: &Flow,
) -> Result<Vec<String>, Problem> {
    let mut texts = Vec::new();
    for part in slide.drawings.iter().filter_map(|id| relations.part(id)) {
        let source = package.text(part)?.unwrap_or_default();
        let text = chart::read(&source, flow.out.left())?;
        texts.extend(Some(text).filter(|text| !text.is_empty()));
    }
    Ok(texts)
}

fn notes(package: &Package, relations: &Relations, flow: &Flow) -> Result<String, Problem> {
    let source = match relations.one("notesSlide") {
        Some(part) => package.text(part)?.unwrap_or_default(),
        None => return Ok(String::new()),
    };
    Ok(Slide::read(&source, flow.out.left())?.body)
}

/// What was said about a slide, without who said it: in the old form or in the newer one.
fn comments(package: &Package, relations: &Relations) -> Result<Vec<String>, Problem> {
    let mut texts = Vec::new();
    for part in relations.all("comments") {
        let source = package.text(part)?.unwrap_or_default();
        let mut xml = Xml::new(&source);
        while let Some(event) = xml.next()? {
            if let Event::Start(tag) = event
                && matches!(tag.name, "text" | "txBody")
            {
                texts.push(xml.text()?);
            }
        }
    }
    texts.retain(|text| !text.trim().is_empty());
    Ok(texts)
}
