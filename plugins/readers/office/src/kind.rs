//! What a file is, from what is in it.

use crate::ole::Compound;
use crate::package::{Package, broken};
use crate::problem::Problem;
use crate::relations::Relations;
use crate::xml::{Event, Xml};

/// A kind that is read, with the path of its main part.
pub(crate) enum Kind {
    Word(String),
    Slides(String),
    Sheet(String),
    BinarySheet(String),
    /// The text of `content.xml`.
    OpenSheet(String),
    OpenText(String),
    OpenSlides(String),
    Book,
}

/// What the main part of a package is called in its list of types.
type Maker = fn(String) -> Kind;
const MAIN: [(&str, Maker); 6] = [
    ("wordprocessingml", Kind::Word),
    ("ms-word", Kind::Word),
    ("presentationml", Kind::Slides),
    ("ms-powerpoint", Kind::Slides),
    ("sheet.binary", Kind::BinarySheet),
    // Workbooks with macros are only called `ms-excel.sheet`.
    ("sheet", Kind::Sheet),
];

/// Where the main part is if a package does not say it.
const USUAL: [(&str, Maker); 4] = [
    ("word/document.xml", Kind::Word),
    ("ppt/presentation.xml", Kind::Slides),
    ("xl/workbook.bin", Kind::BinarySheet),
    ("xl/workbook.xml", Kind::Sheet),
];

pub(crate) fn of(package: &Package, name: &str) -> Result<Kind, Problem> {
    if package.has("META-INF/container.xml") {
        return Ok(Kind::Book);
    }
    if package.has("META-INF/manifest.xml") && package.has("content.xml") {
        return open_document(package, name);
    }
    let relations = Relations::of(package, "")?;
    let said = relations
        .one("officeDocument")
        .filter(|part| package.has(part));
    let usual = USUAL
        .iter()
        .map(|(part, _)| *part)
        .find(|part| package.has(part));
    let Some(main) = said.or(usual) else {
        return Err(other(name, "a ZIP archive"));
    };
    let types = package.text("[Content_Types].xml")?.unwrap_or_default();
    let said = content_type(&types, main)?.unwrap_or_default();
    let by_type = MAIN.iter().find(|(sign, _)| said.contains(sign));
    let by_path = || {
        USUAL
            .iter()
            .find(|(part, _)| part.eq_ignore_ascii_case(main))
    };
    match by_type.or_else(by_path) {
        Some((_, kind)) => Ok(kind(main.to_owned())),
        None => Err(other(name, "another kind of Office file")),
    }
}

/// An OpenDocument file, which is known by the first element of its body.
fn open_document(package: &Package, name: &str) -> Result<Kind, Problem> {
    let manifest = package.needed("META-INF/manifest.xml")?;
    let mut xml = Xml::new(&manifest);
    while let Some(event) = xml.next()? {
        if matches!(event, Event::Start(tag) if tag.name == "encryption-data") {
            return Err(Problem::Encrypted);
        }
    }
    let content = package.needed("content.xml")?;
    let mut xml = Xml::new(&content);
    let mut kind: Option<Maker> = None;
    while let Some(event) = xml.next()? {
        let Event::Start(tag) = event else { continue };
        kind = match tag.name {
            "spreadsheet" => Some(Kind::OpenSheet),
            "text" if tag.prefix == "office" => Some(Kind::OpenText),
            "presentation" | "drawing" if tag.prefix == "office" => Some(Kind::OpenSlides),
            _ => continue,
        };
        break;
    }
    match kind {
        Some(kind) => Ok(kind(content)),
        None => Err(other(name, "a kind of OpenDocument file without text")),
    }
}

/// The type that a package gives one of its parts.
fn content_type(types: &str, part: &str) -> Result<Option<String>, Problem> {
    let mut xml = Xml::new(types);
    while let Some(event) = xml.next()? {
        let Event::Start(tag) = event else { continue };
        let named = tag.get("PartName").unwrap_or_default();
        if named.trim_start_matches('/').eq_ignore_ascii_case(part) {
            return Ok(tag.get("ContentType").map(|kind| kind.to_lowercase()));
        }
    }
    Ok(None)
}

/// First bytes of what people give an Office name by mistake.
const SIGNS: [(&[u8], &str); 9] = [
    (b"%PDF", "a PDF file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "a rich text file (RTF)"),
    (b"<!DOCTYPE html", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML file"),
    (b"\x1f\x8b", "a compressed file"),
];

/// What stands in a compound file, and what it means.
const STREAMS: [(&str, &str); 3] = [
    (
        "WordDocument",
        "a document of Word 97 to 2003, which is not read. Save it as .docx.",
    ),
    (
        "PowerPoint Document",
        "slides of PowerPoint 97 to 2003, which are not read. Save them as .pptx.",
    ),
    (
        "__properties_version1.0",
        "a mail of Outlook. Upload it with its own ending, .msg.",
    ),
];

/// The stream of an old workbook.
pub(crate) fn compound(bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    let file = Compound::open(bytes).ok_or_else(broken)?;
    if file.has("EncryptedPackage") {
        return Err(Problem::Encrypted);
    }
    if let Some(stream) = file.stream("Workbook").or_else(|| file.stream("Book")) {
        return Ok(stream);
    }
    let known = STREAMS.iter().find(|(stream, _)| file.has(stream));
    Err(Problem::unreadable(match known {
        Some((_, what)) => format!("This file is {what}"),
        None => "This file has an old format of Office that is not read. Save it in a newer one."
            .to_owned(),
    }))
}

/// Why a file that is no package cannot be read.
pub(crate) fn foreign(name: &str, bytes: &[u8]) -> Problem {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Problem::Empty;
    }
    let start = bytes.trim_ascii_start();
    let fits = |sign: &[u8]| {
        start
            .get(..sign.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(sign))
    };
    match SIGNS.iter().find(|(sign, _)| fits(sign)) {
        Some((_, what)) => other(name, what),
        None => Problem::unreadable(format!(
            "This file {}is not one that Word, Excel, PowerPoint or a book reader can open. Save it again from the program that made it.",
            end(name)
        )),
    }
}

fn other(name: &str, what: &str) -> Problem {
    Problem::unreadable(format!(
        "This file {}is {what}. Save it again from the program that made it.",
        end(name)
    ))
}

/// `ends in .docx but `, if it ends in something.
fn end(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((_, end)) if (1..=5).contains(&end.len()) => {
            let end: String = end.chars().filter(|c| c.is_alphanumeric()).collect();
            format!("ends in .{} but ", end.to_lowercase())
        }
        _ => String::new(),
    }
}
