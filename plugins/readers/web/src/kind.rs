//! Which kind a file is.

use crate::outcome::Refusal;
use world_extractor::Kinds;

/// What is read here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Html,
    /// XHTML, RSS, Atom, and what else is XML.
    Xml,
    Notebook,
    Rtf,
    Table,
}

const EXTENSIONS: [(&str, Kind); 12] = [
    ("html", Kind::Html),
    ("htm", Kind::Html),
    ("shtml", Kind::Html),
    ("xhtml", Kind::Xml),
    ("xht", Kind::Xml),
    ("xml", Kind::Xml),
    ("rss", Kind::Xml),
    ("atom", Kind::Xml),
    ("ipynb", Kind::Notebook),
    ("rtf", Kind::Rtf),
    ("csv", Kind::Table),
    ("tsv", Kind::Table),
];

const MEDIA_TYPES: [&str; 12] = [
    "text/html",
    "application/xhtml+xml",
    "application/xml",
    "text/xml",
    "application/rss+xml",
    "application/atom+xml",
    "application/x-ipynb+json",
    "application/rtf",
    "text/rtf",
    "text/csv",
    "text/tab-separated-values",
    "application/csv",
];

const MAGIC: [(&[u8], Kind); 6] = [
    (b"{\\rtf", Kind::Rtf),
    (b"<!DOCTYPE html", Kind::Html),
    (b"<!doctype html", Kind::Html),
    (b"<!DOCTYPE HTML", Kind::Html),
    (b"<html", Kind::Html),
    (b"<HTML", Kind::Html),
];

/// First bytes of files that are none of these, whatever they are called.
const OTHERS: [(&[u8], &str); 9] = [
    (b"PK\x03\x04", "an office document or a ZIP archive"),
    (b"%PDF-", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a packed file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
];

/// What the world is told.
pub fn reads() -> Kinds {
    Kinds {
        extensions: EXTENSIONS
            .iter()
            .map(|(end, _)| (*end).to_owned())
            .collect(),
        media_types: MEDIA_TYPES.iter().map(|name| (*name).to_owned()).collect(),
        magic: MAGIC.iter().map(|(bytes, _)| bytes.to_vec()).collect(),
    }
}

fn extension(name: &str) -> Option<Kind> {
    let (_, end) = name.rsplit_once('.')?;
    let known = EXTENSIONS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(end))?;
    Some(known.1)
}

/// Whether a file of this name is read here.
pub fn can_read(name: &str) -> bool {
    extension(name).is_some()
}

/// What a file is: what its first bytes are, else what its name says, else what it looks like.
pub fn of(name: &str, bytes: &[u8]) -> Result<Kind, Refusal> {
    if let Some((_, what)) = OTHERS.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err(Refusal::Unreadable(format!(
            "This file is {what} and not what its name says. Upload it with its right name, or save it again."
        )));
    }
    let start = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start();
    if start.starts_with(b"{\\rtf") {
        return Ok(Kind::Rtf);
    }
    let named = extension(name);
    let seen = || {
        MAGIC
            .iter()
            .find(|(magic, _)| start.starts_with(magic))
            .map(|(_, kind)| *kind)
    };
    match named {
        // A web page that calls itself a table is one that a browser saved.
        Some(Kind::Table | Kind::Notebook | Kind::Rtf) => {
            Ok(seen().or(named).unwrap_or(Kind::Html))
        }
        Some(Kind::Html) if start.starts_with(b"<?xml") => Ok(Kind::Xml),
        Some(kind) => Ok(kind),
        None if start.starts_with(b"<?xml") => Ok(Kind::Xml),
        None => Ok(seen().unwrap_or(Kind::Html)),
    }
}
