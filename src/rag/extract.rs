//! Extract: the bytes of an upload → the text that is stored.
//!
//! The text is what citations point into, so it is changed as little as may be: decoded, line
//! ends made `\n`, nothing else. What is no text fails here, with words for the one who sent it.

use crate::domain::document::FailureCode;
use crate::pipeline::{Extracted, File, Markup, StageError, StageSet, Unreadable};

/// Why a document cannot be indexed, as its state will say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: FailureCode,
    /// What the one who sent it can do about it.
    pub hint: String,
}

impl Failure {
    pub(super) fn new(code: FailureCode, hint: impl Into<String>) -> Self {
        Self {
            code,
            hint: hint.into(),
        }
    }

    fn unreadable(hint: impl Into<String>) -> Self {
        Self::new(FailureCode::Unreadable, hint)
    }
}

/// The text of an upload, of at most `limit` bytes: read by a plugin that knows such files, or
/// decoded. Blocks.
pub fn document(stages: &StageSet, file: &File<'_>, limit: usize) -> Result<Extracted, Failure> {
    let Some(extractor) = stages.extractor(file) else {
        return Ok(Extracted {
            text: text(file.bytes, limit)?,
            markup: markup(file.name, file.media_type),
            pages: Vec::new(),
        });
    };
    let extracted = match extractor.extract(file) {
        Ok(read) => read.map_err(unreadable)?,
        Err(error) => {
            tracing::warn!(%error, "a file could not be read");
            return Err(Failure::unreadable(format!(
                "The plugin {}, which reads such files, failed on this one: {}. If you can, save it \
                 anew or as PDF.",
                extractor.name(),
                cause(&error)
            )));
        }
    };
    bounded(&extracted.text, limit)?;
    Ok(extracted)
}

/// Why a plugin failed, without its name.
fn cause(error: &StageError) -> String {
    match error {
        StageError::Failed { why, .. } => why.clone(),
        other => other.to_string(),
    }
}

fn unreadable(why: Unreadable) -> Failure {
    match why {
        Unreadable::Empty => empty(),
        Unreadable::Broken(words) => Failure::unreadable(words),
        Unreadable::Encrypted => {
            let hint = "The file is locked with a password. Save it without one first.";
            Failure::new(FailureCode::Encrypted, hint)
        }
    }
}

/// How the text is built: by the end of the title, else by the media type.
pub(super) fn markup(title: &str, media_type: &str) -> Markup {
    let extension = title
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_lowercase());
    match extension.as_deref() {
        Some("md" | "markdown" | "mdown" | "mkd") => Markup::Markdown,
        _ if media_type.starts_with("text/markdown") => Markup::Markdown,
        _ => Markup::Plain,
    }
}

/// Decodes an upload; at most `limit` bytes of text.
fn text(bytes: &[u8], limit: usize) -> Result<String, Failure> {
    let text = unify_line_ends(decode(bytes)?);
    bounded(&text, limit)?;
    Ok(text)
}

fn empty() -> Failure {
    let hint = "There is no text in this file. Is it the right one?";
    Failure::new(FailureCode::Empty, hint)
}

/// Some text, and no more than the box takes.
fn bounded(text: &str, limit: usize) -> Result<(), Failure> {
    if text.chars().all(is_blank) {
        return Err(empty());
    }
    if text.len() > limit {
        let (has, takes) = (text.len() >> 20, limit >> 20);
        let hint = format!(
            "The text is {has} MiB long and the box takes {takes} MiB (`rag.text_mib`). Split the \
             document."
        );
        return Err(Failure::new(FailureCode::TooLarge, hint));
    }
    Ok(())
}

fn is_blank(c: char) -> bool {
    // Zero-width characters and the byte order mark print nothing either.
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

fn decode(bytes: &[u8]) -> Result<String, Failure> {
    if let Some(what) = other_format(bytes) {
        let hint = format!("This is {what}, not text. Export it as .txt or .md first.");
        return Err(Failure::unreadable(hint));
    }
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => decode_bytes(rest),
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        _ => decode_bytes(bytes),
    }
}

/// The first bytes of formats that people mistake for text, or rename to it.
const MAGIC: &[(&[u8], &str)] = &[
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\xD0\xCF\x11\xE0", "an old office document"),
    (b"{\\rtf", "a rich text (RTF) file"),
    (b"\x89PNG", "a picture"),
    (b"\xFF\xD8\xFF", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1F\x8B", "a compressed file"),
    (b"\x7FELF", "a program"),
    (b"\xFF\xFE\x00\x00", "text in UTF-32"),
    (b"\x00\x00\xFE\xFF", "text in UTF-32"),
];

fn other_format(bytes: &[u8]) -> Option<&'static str> {
    MAGIC
        .iter()
        .find(|(magic, _)| bytes.starts_with(magic))
        .map(|&(_, what)| what)
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Failure> {
    let broken = || Failure::unreadable("The file says it is UTF-16 and is not. Save it as UTF-8.");
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(broken());
    }
    let text: Result<String, _> =
        char::decode_utf16(pairs.iter().map(|&pair| unit(pair))).collect();
    refuse_control(text.map_err(|_| broken())?)
}

/// UTF-8, or what the western code pages of old files make of it.
fn decode_bytes(bytes: &[u8]) -> Result<String, Failure> {
    if bytes.contains(&0) {
        return Err(Failure::unreadable(
            "The file is binary (it has NUL bytes), not text.",
        ));
    }
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return refuse_control(text.to_owned()),
        Err(error) => error,
    };
    match decode_windows_1252(bytes) {
        Some(text) if !is_broken_utf8(bytes) => refuse_control(text),
        _ => Err(Failure::unreadable(format!(
            "The text is not UTF-8 (byte {} is wrong). Save it as UTF-8.",
            error.valid_up_to()
        ))),
    }
}

/// More whole UTF-8 sequences than bytes that fit nowhere: UTF-8 that was damaged on its way.
fn is_broken_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut stray) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        stray += chunk.invalid().len();
    }
    whole >= stray
}

/// Code page 1252, of which latin-1 text is a part; `None` if that does not read as a language.
fn decode_windows_1252(bytes: &[u8]) -> Option<String> {
    let text: String = bytes
        .iter()
        .map(|&byte| windows_1252(byte))
        .collect::<Option<_>>()?;
    let high: Vec<char> = text.chars().filter(|c| !c.is_ascii()).collect();
    let words = high
        .iter()
        .filter(|c| c.is_alphabetic() || "’‘“”–—…«»°§€£ß".contains(**c))
        .count();
    let ascii = text.chars().count() - high.len();
    // In such languages most letters are ASCII, and most others are letters or quotes.
    (high.len() <= ascii && words * 10 >= high.len() * 7).then_some(text)
}

fn windows_1252(byte: u8) -> Option<char> {
    // What 0x80 to 0x9F stand for; five of them for nothing.
    const MIDDLE: [Option<char>; 32] = [
        Some('€'),
        None,
        Some('‚'),
        Some('ƒ'),
        Some('„'),
        Some('…'),
        Some('†'),
        Some('‡'),
        Some('ˆ'),
        Some('‰'),
        Some('Š'),
        Some('‹'),
        Some('Œ'),
        None,
        Some('Ž'),
        None,
        None,
        Some('‘'),
        Some('’'),
        Some('“'),
        Some('”'),
        Some('•'),
        Some('–'),
        Some('—'),
        Some('˜'),
        Some('™'),
        Some('š'),
        Some('›'),
        Some('œ'),
        None,
        Some('ž'),
        Some('Ÿ'),
    ];
    match byte {
        0x80..=0x9F => MIDDLE[usize::from(byte - 0x80)],
        other => Some(char::from(other)),
    }
}

/// Text has few control characters; program files and dumps have many.
fn refuse_control(text: String) -> Result<String, Failure> {
    let odd = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{C}' | '\u{1B}');
    let count = text.chars().filter(odd).count();
    if text.contains('\0') || count * 50 > text.len() {
        let hint = "The file is binary (it is full of control characters), not text.";
        return Err(Failure::unreadable(hint));
    }
    Ok(text)
}

fn unify_line_ends(text: String) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1 << 20;

    #[test]
    fn texts_in_the_usual_encodings_come_out_the_same() {
        let expected = "Grüße an „alle“\nZeile 2 – €5";
        let utf16 = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{FEFF}Grüße an „alle“\r\nZeile 2 – €5"
                .encode_utf16()
                .flat_map(unit)
                .collect()
        };
        let latin = b"Gr\xFC\xDFe an \x84alle\x93\rZeile 2 \x96 \x805";
        for (name, bytes) in [
            ("utf-8", expected.as_bytes().to_vec()),
            (
                "utf-8 with a mark",
                format!("\u{FEFF}{expected}").into_bytes(),
            ),
            ("utf-16, little end first", utf16(u16::to_le_bytes)),
            ("utf-16, big end first", utf16(u16::to_be_bytes)),
            ("windows-1252", latin.to_vec()),
        ] {
            assert_eq!(text(&bytes, LIMIT).as_deref(), Ok(expected), "{name}");
        }
    }

    #[test]
    fn what_is_no_text_fails_with_a_reason() {
        let noise: Vec<u8> = (0u8..=255).cycle().skip(1).step_by(7).take(4000).collect();
        let torn = &"Straße für Bücher, Grüße überall"[..].as_bytes()[..25];
        let torn = [torn, b"\xC3 und so weiter"].concat();
        for (name, bytes, code) in [
            ("nothing", &b""[..], FailureCode::Empty),
            ("blanks", b" \n\t \xC2\xA0", FailureCode::Empty),
            ("a mark alone", b"\xEF\xBB\xBF", FailureCode::Empty),
            (
                "zero width",
                "\u{200B}\u{200B}".as_bytes(),
                FailureCode::Empty,
            ),
            ("a NUL", b"text\0text", FailureCode::Unreadable),
            ("a PDF", b"%PDF-1.7 text", FailureCode::Unreadable),
            ("an archive", b"PK\x03\x04rest", FailureCode::Unreadable),
            (
                "half a UTF-16 unit",
                b"\xFF\xFEa\0b",
                FailureCode::Unreadable,
            ),
            ("half a pair", b"\xFF\xFE\x00\xD8", FailureCode::Unreadable),
            ("noise", &noise, FailureCode::Unreadable),
            ("torn UTF-8", &torn, FailureCode::Unreadable),
        ] {
            let failure = text(bytes, LIMIT).expect_err(name);
            assert_eq!(failure.code, code, "{name}");
            assert!(
                failure.hint.ends_with(['.', '?']),
                "{name}: {}",
                failure.hint
            );
        }
    }

    #[test]
    fn the_limit_is_met_from_both_sides() {
        assert!(text(&[b'a'; 64], 64).is_ok());
        assert_eq!(
            text(&[b'a'; 65], 64).map_err(|f| f.code),
            Err(FailureCode::TooLarge)
        );
    }

    #[test]
    fn the_format_goes_by_the_name_first() {
        for (title, media_type, expected) in [
            ("a.md", "text/plain", Markup::Markdown),
            ("a.MARKDOWN", "", Markup::Markdown),
            ("a.txt", "text/plain", Markup::Plain),
            ("notes", "text/markdown; charset=utf-8", Markup::Markdown),
            ("md", "text/plain", Markup::Plain),
        ] {
            assert_eq!(markup(title, media_type), expected, "{title}");
        }
    }
}
