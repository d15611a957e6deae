//! Reads the text of PDF files, page by page, in the order in which a person reads it.
//!
//! [`read`] tells the story: the file is opened ([`file`]), its pages are drawn onto nothing while it
//! is noted which letter comes where ([`page`], [`font`]), what lies there becomes lines, columns
//! and blocks ([`layout`]), and those become one text ([`text`]).

mod budget;
mod failure;
mod file;
mod font;
mod layout;
mod page;
mod syntax;
#[cfg(test)]
mod tests;
mod text;

pub use budget::Limits;
pub use failure::Trouble;

use world_extractor::{
    Description, Extracted, Extractor, Failure, File, Kinds, Lifecycle, Markup, Page,
};

/// Lines and cells of one file: each costs memory, however short it is.
const LINES: usize = 1_500_000;

/// The plugin.
pub struct Pdf;

#[cfg(feature = "plugin")]
world_extractor::export!(Pdf);

impl Lifecycle for Pdf {
    fn describe() -> Description {
        Description {
            name: "pdf".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: Vec::new(),
        }
    }
}

impl Extractor for Pdf {
    fn reads() -> Kinds {
        Kinds {
            extensions: vec!["pdf".to_owned()],
            media_types: vec!["application/pdf".to_owned(), "application/x-pdf".to_owned()],
            magic: vec![b"%PDF-".to_vec()],
        }
    }

    fn extract(file: File) -> Result<Extracted, Failure> {
        let text = read(&file.name, &file.bytes, Limits::of(file.bytes.len()))?;
        let page = |(number, start): (u32, usize)| Page {
            number,
            start: u32::try_from(start).unwrap_or(u32::MAX),
        };
        Ok(Extracted {
            text: text.text,
            markup: Markup::Markdown,
            pages: text.pages.into_iter().map(page).collect(),
        })
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        match trouble {
            Trouble::Empty => Failure::Empty,
            Trouble::Unreadable(words) => Failure::Unreadable(words),
            Trouble::Encrypted => Failure::Encrypted,
        }
    }
}

/// The text of a file, in Markdown.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Paragraphs parted by empty lines.
    pub text: String,
    /// Numbers of the pages that have text, from 1, and the bytes of `text` where they begin.
    pub pages: Vec<(u32, usize)>,
}

/// Reads a file. The name is not looked at: a PDF says itself what it is.
pub fn read(_name: &str, bytes: &[u8], limits: Limits) -> Result<Text, Trouble> {
    let budget = budget::Budget::new(limits, bytes.len());
    let document = file::Document::open(bytes, &budget);
    let document = document.map_err(|broken| failure::of_opening(broken, bytes, &budget))?;
    let mut painter = page::Painter::new(&document);
    let (mut pages, mut unknown, mut known, mut pictures) = (Vec::new(), 0usize, 0usize, 0usize);
    let (mut room, mut lines) = (limits.text_bytes, LINES);
    for page in page::pages(&document) {
        let painted = painter.paint(&page);
        failure::of_budget(&budget)?;
        unknown += painted.unknown;
        known += painted.glyphs.len();
        pictures += painted.pictures;
        room = room
            .checked_sub(painted.glyphs.len())
            .ok_or_else(failure::too_long)?;
        let blocks = layout::blocks(painted.glyphs);
        let parts: usize = blocks.iter().map(layout::Block::parts).sum();
        lines = lines.checked_sub(parts).ok_or_else(failure::too_long)?;
        pages.push(blocks);
    }
    if unknown > known {
        return Err(failure::no_letters());
    }
    let composed = text::compose(pages, limits.text_bytes).ok_or_else(failure::too_long)?;
    if composed.text.trim().is_empty() {
        return Err(failure::without_text(pictures));
    }
    Ok(Text {
        text: composed.text,
        pages: composed.pages,
    })
}
