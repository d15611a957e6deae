//! A ZIP package, its entries unpacked when they are asked for. Sizes are counted, never believed.

use std::cell::Cell;
use std::collections::HashMap;

use miniz_oxide::inflate::{DecompressError, TINFLStatus, decompress_to_vec_with_limit};

use crate::bytes::{crc32, slice, u16_at, u32_at};
use crate::problem::{Budget, Problem, at_most};

/// Entries of a package that are looked at.
const ENTRIES: usize = 20_000;

pub(crate) struct Package<'a> {
    bytes: &'a [u8],
    entries: HashMap<String, Entry>,
    /// Bytes that may still be unpacked.
    left: Cell<usize>,
}

#[derive(Clone, Copy)]
struct Entry {
    locked: bool,
    method: u16,
    /// CRC-32 of the unpacked bytes; 0 where who wrote it did not say.
    sum: u32,
    packed: usize,
    header: usize,
}

impl<'a> Package<'a> {
    /// Reads the directory of a package.
    pub(crate) fn open(bytes: &'a [u8], budget: &Budget) -> Result<Package<'a>, Problem> {
        let entries = directory(bytes).ok_or_else(broken)?;
        at_most(ENTRIES, entries.len(), "parts")?;
        Ok(Package {
            bytes,
            entries,
            left: Cell::new(budget.unpacked(bytes.len())),
        })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(&key(name))
    }

    /// The bytes of an entry; `None` if there is none of this name.
    pub(crate) fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>, Problem> {
        let Some(entry) = self.entries.get(&key(name)) else {
            return Ok(None);
        };
        if entry.locked {
            return Err(Problem::Encrypted);
        }
        let packed = self.packed(entry).ok_or_else(broken)?;
        let unpacked = self.unpack(entry.method, packed)?;
        if entry.sum != 0 && crc32(&unpacked) != entry.sum {
            return Err(broken());
        }
        self.left
            .set(self.left.get().saturating_sub(unpacked.len()));
        Ok(Some(unpacked))
    }

    /// The text of an entry, whatever Unicode it is in.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Problem> {
        Ok(self.bytes(name)?.map(decoded))
    }

    /// The text of an entry that a file of this kind must have.
    pub(crate) fn needed(&self, name: &str) -> Result<String, Problem> {
        self.text(name)?.ok_or_else(broken)
    }

    fn packed(&self, entry: &Entry) -> Option<&'a [u8]> {
        let header = slice(self.bytes, entry.header, 30)?;
        let named = usize::from(u16_at(header, 26)?) + usize::from(u16_at(header, 28)?);
        slice(
            self.bytes,
            entry.header.checked_add(30 + named)?,
            entry.packed,
        )
    }

    fn unpack(&self, method: u16, packed: &[u8]) -> Result<Vec<u8>, Problem> {
        let left = self.left.get();
        match method {
            0 if packed.len() <= left => Ok(packed.to_vec()),
            0 => Err(too_large()),
            8 => decompress_to_vec_with_limit(packed, left).map_err(reason),
            _ => Err(Problem::unreadable(
                "This file is packed in an unusual way. Open it in the program that made it and save it again.",
            )),
        }
    }
}

fn reason(error: DecompressError) -> Problem {
    match error.status {
        TINFLStatus::HasMoreOutput => too_large(),
        _ => broken(),
    }
}

fn too_large() -> Problem {
    Problem::unreadable(
        "This file unpacks to far more than its size. Save it again without large pictures or in parts.",
    )
}

pub(crate) fn broken() -> Problem {
    Problem::unreadable(
        "This file is damaged or incomplete. Open it in the program that made it and save it again.",
    )
}

/// Names are compared as Windows does: no case, no leading slash.
fn key(name: &str) -> String {
    name.trim_start_matches('/')
        .replace('\\', "/")
        .to_lowercase()
}

/// The central directory, found from the end of the file.
fn directory(bytes: &[u8]) -> Option<HashMap<String, Entry>> {
    let from = bytes.len().saturating_sub(22 + usize::from(u16::MAX));
    let tail = bytes.get(from..)?;
    let end = from + tail.windows(4).rposition(|sign| sign == b"PK\x05\x06")?;
    let count = usize::from(u16_at(bytes, end + 10)?);
    let size = u32_at(bytes, end + 12)? as usize;
    let said = u32_at(bytes, end + 16)? as usize;
    // What stands before the package moves all offsets.
    let start = end.checked_sub(size).unwrap_or(said);
    let moved = start.saturating_sub(said);
    let (mut at, moved) = match u32_at(bytes, start) {
        Some(0x0201_4b50) => (start, moved),
        _ => (said, 0),
    };
    let mut entries = HashMap::new();
    for _ in 0..count.min(ENTRIES + 1) {
        let Some((name, entry, next)) = entry(bytes, at, moved) else {
            break;
        };
        entries.entry(name).or_insert(entry);
        at = next;
    }
    (!entries.is_empty()).then_some(entries)
}

/// The entry of the directory that stands here, and where the next one does.
fn entry(bytes: &[u8], at: usize, moved: usize) -> Option<(String, Entry, usize)> {
    let head = slice(bytes, at, 46)?;
    if u32_at(head, 0)? != 0x0201_4b50 {
        return None;
    }
    let length = |field| u16_at(head, field).map(usize::from);
    let name = slice(bytes, at + 46, length(28)?)?;
    let entry = Entry {
        locked: u16_at(head, 8)? & 1 != 0,
        method: u16_at(head, 10)?,
        sum: u32_at(head, 16)?,
        packed: u32_at(head, 20)? as usize,
        header: (u32_at(head, 42)? as usize).checked_add(moved)?,
    };
    let next = at + 46 + length(28)? + length(30)? + length(32)?;
    Some((key(&String::from_utf8_lossy(name)), entry, next))
}

fn decoded(bytes: Vec<u8>) -> String {
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => crate::bytes::utf16(rest),
        [0xfe, 0xff, rest @ ..] => {
            let turned: Vec<u8> = rest
                .chunks_exact(2)
                .flat_map(|pair| [pair[1], pair[0]])
                .collect();
            crate::bytes::utf16(&turned)
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(wrong) => latin(wrong.into_bytes()),
        },
    }
}

/// What is not UTF-8 is what it says it is where that is simple, else read as well as it goes.
fn latin(bytes: Vec<u8>) -> String {
    let head = String::from_utf8_lossy(bytes.get(..100).unwrap_or(&bytes)).to_lowercase();
    if head.contains("iso-8859-1") || head.contains("windows-1252") {
        return bytes
            .iter()
            .map(|byte| crate::codepage::windows_1252(*byte))
            .collect();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
