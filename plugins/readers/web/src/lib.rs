//! Reads web pages, feeds, notebooks, RTF, CSV and TSV files: as a plugin, and as a library for
//! readers of files that hold such files.

pub mod charset;
pub mod html;
pub mod outcome;
pub mod rtf;

mod csv;
mod entities;
mod feed;
mod kind;
mod notebook;
mod tokens;

pub use kind::can_read;
pub use outcome::{Budget, Refusal, Text};

use kind::Kind;
use world_extractor::{Description, Extracted, Extractor, Failure, File, Kinds, Lifecycle, Markup};

/// The plugin.
pub struct Web;

#[cfg(feature = "plugin")]
world_extractor::export!(Web);

impl Lifecycle for Web {
    fn describe() -> Description {
        Description {
            name: "web".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: Vec::new(),
        }
    }
}

impl Extractor for Web {
    fn reads() -> Kinds {
        kind::reads()
    }

    fn extract(file: File) -> Result<Extracted, Failure> {
        match read(&file.name, &file.bytes, &Budget::default()) {
            Ok(read) => Ok(Extracted {
                text: read.text,
                markup: if read.markdown {
                    Markup::Markdown
                } else {
                    Markup::Plain
                },
                pages: Vec::new(),
            }),
            Err(Refusal::Empty) => Err(Failure::Empty),
            Err(Refusal::Unreadable(why)) => Err(Failure::Unreadable(why)),
            Err(Refusal::Encrypted) => Err(Failure::Encrypted),
        }
    }
}

/// The text of a file, by what its name and its first bytes say that it is.
pub fn read(name: &str, bytes: &[u8], budget: &Budget) -> Result<Text, Refusal> {
    let kind = kind::of(name, bytes)?;
    let text = || charset::decode(bytes, charset::named(bytes));
    match kind {
        Kind::Html => html::read(&text(), false, budget),
        Kind::Xml => feed::read(&text(), budget),
        Kind::Notebook => notebook::read(&text(), budget),
        Kind::Rtf => rtf::read(bytes, budget),
        Kind::Table => csv::read(&charset::decode(bytes, None), budget),
    }
}
