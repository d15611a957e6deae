//! What is attached to mails and can be read.

use reader_web::{Budget, charset};

use crate::letter::plain;

/// Ends of names of files that are text as they are.
const PLAIN: [&str; 10] = [
    "txt", "text", "md", "markdown", "log", "ics", "vcf", "json", "yaml", "yml",
];

/// Whether a file of this name is a mail.
pub fn is_mail(name: &str) -> bool {
    ends(name, &["eml", "msg", "mht", "mhtml"])
}

fn ends(name: &str, known: &[&str]) -> bool {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    known.iter().any(|known| known.eq_ignore_ascii_case(end))
}

/// The text of an attached file, if it is of a kind that is read.
pub fn attachment(name: &str, bytes: &[u8], budget: &Budget) -> Option<String> {
    if ends(name, &PLAIN) {
        return text(bytes);
    }
    if reader_web::can_read(name) {
        return reader_web::read(name, bytes, budget)
            .ok()
            .map(|read| read.text);
    }
    if ends(name, &reader_office::EXTENSIONS) {
        return reader_office::read(name, bytes, reader_office::Budget::default())
            .ok()
            .map(|document| document.text);
    }
    if ends(name, &["pdf"]) {
        return reader_pdf::read(name, bytes, reader_pdf::Limits::of(bytes.len()))
            .ok()
            .map(|read| read.text);
    }
    None
}

/// The text of a file that is text as it is; `None` if it holds what no text does.
pub fn text(bytes: &[u8]) -> Option<String> {
    let text = charset::decode(bytes, None);
    (!text.contains('\0')).then(|| plain(&text))
}
