//! Reads Office packages (Word, PowerPoint, Excel), OpenDocument files and EPUB books as Markdown.
//!
//! Everything is read by hand from bytes, in one pass and without recursion: what a file may cost
//! is bounded by [`Budget`], whatever the file says about itself.

mod book;
mod bytes;
mod codepage;
mod flow;
mod kind;
mod ole;
mod open;
mod output;
mod package;
mod problem;
mod relations;
mod sheet;
mod slides;
mod table;
mod word;
mod xml;

use world_extractor::{
    Description, Extracted, Extractor, Failure, File, Kinds, Lifecycle, Markup, Page,
};

use kind::Kind;
pub use output::Document;
use package::Package;
pub use problem::{Budget, Problem};

/// Ends of the names of what is read.
pub const EXTENSIONS: [&str; 22] = [
    "docx", "docm", "dotx", "dotm", "pptx", "pptm", "ppsx", "ppsm", "potx", "xlsx", "xlsm", "xltx",
    "xltm", "xlsb", "xls", "odt", "ott", "odp", "otp", "ods", "ots", "epub",
];

/// What browsers call it; not `application/vnd.ms-excel`, for that is what Windows calls a CSV file.
pub const MEDIA_TYPES: [&str; 8] = [
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.presentation",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/epub+zip",
];

/// The text of a file, whatever its name says it is; the name is used in what is said when it
/// cannot be read.
pub fn read(name: &str, bytes: &[u8], budget: Budget) -> Result<Document, Problem> {
    if bytes.starts_with(ole::SIGN) {
        return sheet::read_xls(&kind::compound(bytes)?, &budget);
    }
    if !bytes.starts_with(b"PK") {
        return Err(kind::foreign(name, bytes));
    }
    let package = Package::open(bytes, &budget)?;
    let styles = || package.text("styles.xml").map(Option::unwrap_or_default);
    match kind::of(&package, name)? {
        Kind::Word(main) => word::read(&package, &main, &budget),
        Kind::Slides(main) => slides::read(&package, &main, &budget),
        Kind::Sheet(main) => sheet::read_xlsx(&package, &main, &budget),
        Kind::BinarySheet(main) => sheet::read_xlsb(&package, &main, &budget),
        Kind::OpenText(content) => open::read_text(&content, &styles()?, &budget),
        Kind::OpenSlides(content) => open::read_slides(&content, &styles()?, &budget),
        Kind::Book => book::read(&package, &budget),
        Kind::OpenSheet(content) => sheet::read_ods(&content, &budget),
    }
}

/// The plugin.
pub struct Office;

#[cfg(feature = "plugin")]
world_extractor::export!(Office);

impl Lifecycle for Office {
    fn describe() -> Description {
        Description {
            name: "office".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: Vec::new(),
        }
    }
}

impl Extractor for Office {
    fn reads() -> Kinds {
        Kinds {
            extensions: EXTENSIONS.map(str::to_owned).to_vec(),
            media_types: MEDIA_TYPES.map(str::to_owned).to_vec(),
            // A package begins as every ZIP file does: that says too little.
            magic: Vec::new(),
        }
    }

    fn extract(file: File) -> Result<Extracted, Failure> {
        let document = read(&file.name, &file.bytes, Budget::default())?;
        let page = |(number, start)| Page { number, start };
        Ok(Extracted {
            text: document.text,
            markup: Markup::Markdown,
            pages: document.pages.into_iter().map(page).collect(),
        })
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        match problem {
            Problem::Empty => Failure::Empty,
            Problem::Unreadable(words) => Failure::Unreadable(words),
            Problem::Encrypted => Failure::Encrypted,
        }
    }
}
