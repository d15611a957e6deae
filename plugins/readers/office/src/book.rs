//! EPUB: the chapters of a book in the order of its spine.

mod contents;
mod xhtml;

use std::collections::HashSet;

use crate::flow::{Flow, Set};
use crate::output::Document;
use crate::package::{Package, broken};
use crate::problem::{Budget, Problem, at_most};
use crate::relations::resolved;
use crate::xml::{Event, Tag, Xml};
use contents::Contents;

/// Chapters that are read.
const CHAPTERS: usize = 10_000;

pub(crate) fn read(package: &Package, budget: &Budget) -> Result<Document, Problem> {
    let main = rootfile(&package.needed("META-INF/container.xml")?)?.ok_or_else(broken)?;
    let folder = main.rsplit_once('/').map_or("", |(folder, _)| folder);
    let opf = Opf::read(&package.needed(&main)?)?;
    if locked(package)? {
        return Err(Problem::Encrypted);
    }
    let contents = contents(package, &opf, folder)?;
    let mut flow = Flow::new(budget.text_bytes);
    let mut spoken = false;
    for (count, part) in (1..).zip(opf.chapters(folder)) {
        at_most(CHAPTERS, count, "chapters")?;
        let Some(source) = package.text(&part)? else {
            continue;
        };
        let chapter = xhtml::read(&source, flow.out.left())?;
        if chapter.text.is_empty() {
            continue;
        }
        if !spoken {
            flow.paragraph(Set::Heading(1), &opf.title)?;
        }
        spoken = true;
        if let Some(label) = contents.label(&part).filter(|_| !chapter.headed) {
            flow.paragraph(Set::Heading(2), label)?;
        }
        flow.out.block(&chapter.text)?;
    }
    // A title alone is no text.
    if spoken {
        flow.out.finish()
    } else {
        Err(Problem::Empty)
    }
}

/// The path of the file that says what the book is made of.
fn rootfile(source: &str) -> Result<Option<String>, Problem> {
    let mut xml = Xml::new(source);
    while let Some(event) = xml.next()? {
        if let Event::Start(tag) = event
            && tag.name == "rootfile"
        {
            return Ok(tag.get("full-path").map(|path| resolved("", &path)));
        }
    }
    Ok(None)
}

/// Whether chapters are encrypted. Fonts are in many books that everybody may read.
fn locked(package: &Package) -> Result<bool, Problem> {
    let source = package.text("META-INF/encryption.xml")?.unwrap_or_default();
    let mut xml = Xml::new(&source);
    while let Some(event) = xml.next()? {
        let Event::Start(tag) = event else { continue };
        let path = tag.get("URI").unwrap_or_default().to_lowercase();
        if tag.name == "CipherReference"
            && [".xhtml", ".html", ".htm", ".xml"]
                .iter()
                .any(|end| path.ends_with(end))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn contents(package: &Package, opf: &Opf, folder: &str) -> Result<Contents, Problem> {
    let listed = opf
        .items
        .iter()
        .find(|item| item.is_contents || item.kind.contains("dtbncx"));
    let Some(item) = listed else {
        return Ok(Contents::default());
    };
    let path = resolved(folder, &item.href);
    Contents::read(&package.text(&path)?.unwrap_or_default(), &path)
}

/// What a book is made of.
#[derive(Default)]
struct Opf {
    title: String,
    items: Vec<Item>,
    spine: Vec<String>,
}

struct Item {
    id: String,
    href: String,
    kind: String,
    /// The list of the chapters itself.
    is_contents: bool,
}

impl Opf {
    fn read(source: &str) -> Result<Opf, Problem> {
        let mut opf = Opf::default();
        let mut xml = Xml::new(source);
        while let Some(event) = xml.next()? {
            let Event::Start(tag) = event else { continue };
            match tag.name {
                "title" if opf.title.is_empty() => opf.title = xml.text()?,
                "item" => {
                    opf.items.push(Item::of(&tag));
                    at_most(CHAPTERS * 10, opf.items.len(), "parts")?;
                }
                "itemref" => opf.spine.extend(tag.get("idref").map(|id| id.into_owned())),
                _ => {}
            }
        }
        Ok(opf)
    }

    /// The paths of the chapters, each once; without the list of them, which is no chapter.
    fn chapters(&self, folder: &str) -> impl Iterator<Item = String> {
        let items: std::collections::HashMap<&str, &Item> = self
            .items
            .iter()
            .rev()
            .map(|item| (item.id.as_str(), item))
            .collect();
        let mut seen = HashSet::new();
        let listed = self
            .spine
            .iter()
            .filter_map(move |id| items.get(id.as_str()).copied());
        listed
            .filter(|item| {
                !item.is_contents && (item.kind.contains("html") || item.kind.is_empty())
            })
            .map(move |item| resolved(folder, &item.href))
            .filter(move |path| seen.insert(path.clone()))
    }
}

impl Item {
    fn of(tag: &Tag) -> Item {
        let owned = |name: &str| tag.get(name).unwrap_or_default().into_owned();
        Item {
            id: owned("id"),
            href: contents::plain(&owned("href")),
            kind: owned("media-type"),
            is_contents: owned("properties")
                .split_whitespace()
                .any(|word| word == "nav"),
        }
    }
}
