//! Compound files ([MS-CFB]): what Office wrote before it wrote packages, and what it hides
//! encrypted packages in.

use crate::bytes::{slice, u16_at, u32_at, utf16};

pub(crate) const SIGN: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Sectors from here on mean something else: the end of a chain, none, the tables themselves.
const LAST: u32 = 0xffff_fff9;

pub(crate) struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    small: usize,
    table: Vec<u32>,
    small_table: Vec<u32>,
    small_stream: Vec<u8>,
    cutoff: u32,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    kind: u8,
    start: u32,
    size: u32,
}

impl<'a> Compound<'a> {
    /// `None` if it is damaged.
    pub(crate) fn open(bytes: &'a [u8]) -> Option<Compound<'a>> {
        let shift = u16_at(bytes, 30)?;
        let small = u16_at(bytes, 32)?;
        if !(7..=16).contains(&shift) || !(4..=shift).contains(&small) {
            return None;
        }
        let mut file = Compound {
            bytes,
            sector: 1 << shift,
            small: 1 << small,
            table: Vec::new(),
            small_table: Vec::new(),
            small_stream: Vec::new(),
            cutoff: u32_at(bytes, 56)?,
            entries: Vec::new(),
        };
        file.table = file.allocation()?;
        file.small_table = numbers(&file.chain(u32_at(bytes, 60)?));
        file.entries = file
            .chain(u32_at(bytes, 48)?)
            .chunks_exact(128)
            .filter_map(entry)
            .collect();
        let root = file.entries.iter().find(|entry| entry.kind == 5)?;
        file.small_stream = file.chain(root.start);
        Some(file)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// The stream of this name, whatever folder it is in.
    pub(crate) fn stream(&self, name: &str) -> Option<Vec<u8>> {
        let entry = self.entry(name)?;
        let mut bytes = match entry.size < self.cutoff {
            true => self.small_chain(entry.start),
            false => self.chain(entry.start),
        };
        bytes.truncate(entry.size as usize);
        Some(bytes)
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.kind == 2 && entry.name.eq_ignore_ascii_case(name))
    }

    /// The table of which sector follows which; its own sectors are listed in the header, then in
    /// a chain of lists.
    fn allocation(&self) -> Option<Vec<u32>> {
        let most = self.bytes.len() / self.sector + 1;
        let mut listed = numbers(slice(self.bytes, 76, 436)?);
        let mut next = u32_at(self.bytes, 68)?;
        for _ in 0..most {
            let Some(list) = self.at(next) else { break };
            let mut list = numbers(list);
            next = list.pop()?;
            listed.extend(list);
        }
        let sectors = listed
            .into_iter()
            .take(most)
            .filter_map(|sector| self.at(sector));
        Some(sectors.flat_map(numbers).collect())
    }

    fn at(&self, sector: u32) -> Option<&'a [u8]> {
        if sector >= LAST {
            return None;
        }
        let from = (sector as usize).checked_add(1)?.checked_mul(self.sector)?;
        let to = from.saturating_add(self.sector).min(self.bytes.len());
        self.bytes.get(from..to).filter(|sector| !sector.is_empty())
    }

    /// The bytes of a chain of sectors, no longer than the file: a chain may be a ring.
    fn chain(&self, mut sector: u32) -> Vec<u8> {
        let mut out = Vec::new();
        while let Some(part) = self.at(sector) {
            if out.len() >= self.bytes.len() {
                break;
            }
            out.extend_from_slice(part);
            match self.table.get(sector as usize) {
                Some(next) => sector = *next,
                None => break,
            }
        }
        out
    }

    fn small_chain(&self, mut sector: u32) -> Vec<u8> {
        let mut out = Vec::new();
        while sector < LAST && out.len() < self.small_stream.len() {
            let from = (sector as usize).saturating_mul(self.small);
            let to = from.saturating_add(self.small).min(self.small_stream.len());
            let Some(part) = self.small_stream.get(from..to) else {
                break;
            };
            out.extend_from_slice(part);
            match self.small_table.get(sector as usize) {
                Some(next) => sector = *next,
                None => break,
            }
        }
        out
    }
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    let length = usize::from(u16_at(bytes, 64)?).saturating_sub(2).min(62);
    Some(Entry {
        name: utf16(slice(bytes, 0, length)?),
        kind: *bytes.get(66)?,
        start: u32_at(bytes, 116)?,
        size: u32_at(bytes, 120)?,
    })
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks_exact(4)
        .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
        .collect()
}
