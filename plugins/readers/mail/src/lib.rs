//! Reads mails, as EML and MSG files: who wrote to whom, what, and the texts attached to it.

mod attachments;
mod compound;
mod eml;
mod letter;
mod lzfu;
mod msg;

pub use reader_web::{Budget, Refusal, Text};
use world_extractor::{Description, Extracted, Extractor, Failure, File, Kinds, Lifecycle, Markup};

/// Attachments that are looked into, in a mail and the mails in it.
const ATTACHMENTS: usize = 50;

/// The plugin.
pub struct Mail;

#[cfg(feature = "plugin")]
world_extractor::export!(Mail);

impl Lifecycle for Mail {
    fn describe() -> Description {
        Description {
            name: "mail".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: Vec::new(),
        }
    }
}

impl Extractor for Mail {
    fn reads() -> Kinds {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Kinds {
            extensions: owned(&["eml", "msg", "mht", "mhtml"]),
            media_types: owned(&[
                "message/rfc822",
                "message/global",
                "application/vnd.ms-outlook",
                "multipart/related",
            ]),
            magic: Vec::new(),
        }
    }

    fn extract(file: File) -> Result<Extracted, Failure> {
        match read(&file.name, &file.bytes, &Budget::default()) {
            Ok(read) => Ok(Extracted {
                text: read.text,
                markup: Markup::Markdown,
                pages: Vec::new(),
            }),
            Err(Refusal::Empty) => Err(Failure::Empty),
            Err(Refusal::Unreadable(why)) => Err(Failure::Unreadable(why)),
            Err(Refusal::Encrypted) => Err(Failure::Encrypted),
        }
    }
}

/// The text of a mail.
pub fn read(_name: &str, bytes: &[u8], budget: &Budget) -> Result<Text, Refusal> {
    let letter = letter_of(bytes, budget)?;
    if letter.encrypted && letter.body.trim().is_empty() {
        return Err(Refusal::Encrypted);
    }
    let mut left = ATTACHMENTS;
    let text = letter::put(&letter, 0, &mut left, budget)?;
    Text::markdown(text, budget)
}

/// What a file says as a mail, by its first bytes.
fn letter_of<'a>(bytes: &'a [u8], budget: &Budget) -> Result<letter::Letter<'a>, Refusal> {
    if bytes.starts_with(&compound::MAGIC) {
        msg::read(bytes, budget)
    } else {
        eml::read(bytes, budget)
    }
}

#[cfg(test)]
mod tests;
