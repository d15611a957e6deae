//! Compound files (MS-CFB): the small file system inside old office files. Every chain of sectors
//! is followed at most as often as there are sectors.

use std::cell::Cell;

/// The first bytes of such a file.
pub const MAGIC: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// Entries that are read, at most.
const ENTRIES: usize = 20_000;

/// Bytes that are taken out of one file, all together: files in it may lie over each other.
const TAKEN: usize = 64 << 20;

/// Folders that are opened in one file, all together: folders in it may hold each other.
const FOLDERS: usize = 400;

/// Numbers from here on end a chain.
const LAST: u32 = 0xffff_fffa;

/// A file system in a file.
pub struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    small: usize,
    /// What is shorter than this lies in small sectors.
    cutoff: u64,
    next: Vec<u32>,
    small_next: Vec<u32>,
    /// The sectors that hold the small sectors.
    small_home: Vec<u8>,
    entries: Vec<Entry>,
    /// Bytes that may still be taken.
    left: Cell<usize>,
    /// Folders that may still be opened.
    folders: Cell<usize>,
}

struct Entry {
    name: String,
    storage: bool,
    left: u32,
    right: u32,
    child: u32,
    start: u32,
    size: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(
        bytes.get(at..at.checked_add(2)?)?.try_into().ok()?,
    ))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
}

impl<'a> Compound<'a> {
    /// Opens a file; `None` if it is none or too broken to be read.
    pub fn open(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(&MAGIC) {
            return None;
        }
        let (sector, small) = (u16_at(bytes, 30)?, u16_at(bytes, 32)?);
        if !(7..=16).contains(&sector) || !(3..=12).contains(&small) {
            return None;
        }
        let mut file = Compound {
            bytes,
            sector: 1 << sector,
            small: 1 << small,
            cutoff: u64::from(u32_at(bytes, 56)?),
            next: Vec::new(),
            small_next: Vec::new(),
            small_home: Vec::new(),
            entries: Vec::new(),
            left: Cell::new(TAKEN),
            folders: Cell::new(FOLDERS),
        };
        file.read_next()?;
        let small_next = file.chain(u32_at(bytes, 60)?, u64::MAX);
        file.small_next = words(&small_next).collect();
        let directory = file.chain(u32_at(bytes, 48)?, u64::MAX);
        file.entries = directory
            .chunks_exact(128)
            .take(ENTRIES)
            .filter_map(entry)
            .collect();
        let root = file.entries.first()?;
        file.small_home = file.chain(root.start, root.size);
        Some(file)
    }

    fn sectors(&self) -> usize {
        (self.bytes.len() / self.sector).saturating_add(1)
    }

    fn sector_at(&self, number: u32) -> Option<&'a [u8]> {
        let start = (number as usize).checked_add(1)?.checked_mul(self.sector)?;
        let rest = self.bytes.get(start..)?;
        // The last sector of a file may be cut short.
        Some(&rest[..rest.len().min(self.sector)])
    }

    /// Reads which sector follows which. Their list begins in the header and goes on in sectors.
    fn read_next(&mut self) -> Option<()> {
        let mut homes: Vec<u32> = words(self.bytes.get(76..512)?).collect();
        let mut more = u32_at(self.bytes, 68)?;
        for _ in 0..self.sectors() {
            if more >= LAST {
                break;
            }
            let Some(sector) = self.sector_at(more) else {
                break;
            };
            let mut list: Vec<u32> = words(sector).collect();
            more = list.pop().unwrap_or(LAST);
            homes.extend(list);
        }
        let most = self.sectors();
        for home in homes.into_iter().filter(|home| *home < LAST) {
            if self.next.len() > most {
                break;
            }
            let sector = self.sector_at(home).unwrap_or_default();
            self.next.extend(words(sector));
        }
        Some(())
    }

    /// The bytes of a chain of sectors, `size` at most.
    fn chain(&self, start: u32, size: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let mut number = start;
        for _ in 0..self.sectors() {
            if number >= LAST || out.len() as u64 >= size {
                break;
            }
            let Some(sector) = self.sector_at(number) else {
                break;
            };
            out.extend_from_slice(sector);
            number = self.next.get(number as usize).copied().unwrap_or(LAST);
        }
        out.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        out
    }

    fn small_chain(&self, start: u32, size: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let mut number = start;
        for _ in 0..=self.small_home.len() / self.small {
            if number >= LAST || out.len() as u64 >= size {
                break;
            }
            let from = (number as usize).saturating_mul(self.small);
            let Some(rest) = self.small_home.get(from..) else {
                break;
            };
            out.extend_from_slice(&rest[..rest.len().min(self.small)]);
            number = self
                .small_next
                .get(number as usize)
                .copied()
                .unwrap_or(LAST);
        }
        out.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        out
    }

    /// The folder that all is in.
    pub fn root(&self) -> usize {
        0
    }

    /// What lies in a folder, in no order that means something.
    pub fn children(&self, folder: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut seen = vec![false; self.entries.len()];
        let mut open: Vec<u32> = self
            .entries
            .get(folder)
            .map(|entry| entry.child)
            .into_iter()
            .collect();
        while let Some(number) = open.pop() {
            let index = number as usize;
            let (Some(entry), Some(seen)) = (self.entries.get(index), seen.get_mut(index)) else {
                continue;
            };
            if !std::mem::replace(seen, true) {
                found.push(index);
                open.extend([entry.left, entry.right]);
            }
        }
        found.sort_unstable();
        found
    }

    /// The name of an entry.
    pub fn name(&self, index: usize) -> &str {
        self.entries.get(index).map_or("", |entry| &entry.name)
    }

    /// The folder of this name in a folder.
    pub fn folder(&self, folder: usize, name: &str) -> Option<usize> {
        self.find(folder, name, true)
    }

    /// The folders whose names begin so; fewer if too many were opened before.
    pub fn folders(&self, folder: usize, start: &str) -> Vec<usize> {
        let mut found = self.children(folder);
        found.retain(|index| {
            self.entries
                .get(*index)
                .is_some_and(|entry| entry.storage && entry.name.starts_with(start))
        });
        found.truncate(self.folders.get());
        self.folders.set(self.folders.get() - found.len());
        found
    }

    /// The bytes of the file of this name in a folder; `None` too if more was taken than a file holds.
    pub fn file(&self, folder: usize, name: &str) -> Option<Vec<u8>> {
        let entry = self.entries.get(self.find(folder, name, false)?)?;
        let size = entry.size.min(self.left.get() as u64);
        let bytes = if entry.size < self.cutoff {
            self.small_chain(entry.start, size)
        } else {
            self.chain(entry.start, size)
        };
        self.left.set(self.left.get().saturating_sub(bytes.len()));
        Some(bytes)
    }

    fn find(&self, folder: usize, name: &str, storage: bool) -> Option<usize> {
        self.children(folder).into_iter().find(|index| {
            self.entries.get(*index).is_some_and(|entry| {
                entry.storage == storage && entry.name.eq_ignore_ascii_case(name)
            })
        })
    }
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    let length = usize::from(u16_at(bytes, 64)?).saturating_sub(2).min(62);
    let letters: Vec<u16> = bytes
        .get(..length)?
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    let size = u64::from(u32_at(bytes, 120)?) | u64::from(u32_at(bytes, 124)?) << 32;
    Some(Entry {
        name: String::from_utf16_lossy(&letters),
        storage: matches!(bytes.get(66), Some(1 | 5)),
        left: u32_at(bytes, 68)?,
        right: u32_at(bytes, 72)?,
        child: u32_at(bytes, 76)?,
        start: u32_at(bytes, 116)?,
        // Version 3 leaves the upper half undefined.
        size: if size > u64::from(u32::MAX) {
            size & u64::from(u32::MAX)
        } else {
            size
        },
    })
}
