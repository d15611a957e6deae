//! Where a text stands, byte for byte.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use memchr::memmem::Finder;

use super::super::StoreError;
use super::super::blobs::Blobs;
use super::super::table::Span;
use super::super::transaction::ReadTx;

/// Bytes of the file that are looked at together.
const CHUNK: usize = 1 << 20;

/// Where a text was found, and what was looked through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Rows with it, by table.
    pub rows: Vec<(String, u64)>,
    /// Uploads with it, by digest.
    pub blobs: Vec<String>,
    /// Places in the file of the database, freed pages included.
    pub in_file: u64,
    pub rows_looked_at: u64,
    pub blobs_looked_at: u64,
    pub file_bytes: u64,
}

impl Found {
    /// Whether it is in nothing that is kept; what is left of it in freed pages does not count.
    pub fn is_gone(&self) -> bool {
        self.rows.is_empty() && self.blobs.is_empty()
    }
}

pub(super) fn everywhere(
    tx: &ReadTx,
    blobs: &Blobs,
    file: &Path,
    text: &[u8],
) -> Result<Found, StoreError> {
    let finder = Finder::new(text);
    let mut found = Found::default();
    for name in tx.table_names()? {
        let mut rows = 0;
        tx.visit_named(&name, &Span::all(), &mut |key, row| {
            found.rows_looked_at += 1;
            let here = finder.find(row).is_some() || finder.find(key).is_some();
            rows += u64::from(here);
            Ok(ControlFlow::Continue(()))
        })?;
        if rows > 0 {
            found.rows.push((name, rows));
        }
    }
    for shelf in blobs.shelves()? {
        for digest in blobs.on_shelf(&shelf)? {
            found.blobs_looked_at += 1;
            if count_in(&shelf.join(&digest), &finder)?.0 > 0 {
                found.blobs.push(digest);
            }
        }
    }
    (found.in_file, found.file_bytes) = count_in(file, &finder)?;
    Ok(found)
}

/// How often it stands in a file, and how long that is.
fn count_in(path: &Path, finder: &Finder<'_>) -> Result<(u64, u64), StoreError> {
    let failed = |source| StoreError::folder(path, source);
    let mut file = File::open(path).map_err(failed)?;
    let overlap = finder.needle().len().saturating_sub(1);
    let (mut window, mut found, mut bytes) = (Vec::new(), 0, 0);
    loop {
        let before = window.len();
        let read = file
            .by_ref()
            .take(CHUNK as u64)
            .read_to_end(&mut window)
            .map_err(failed)?;
        if read == 0 {
            return Ok((found, bytes));
        }
        bytes += read as u64;
        // What ends before the new bytes was counted with the last ones.
        let old = before.saturating_sub(overlap);
        found += finder.find_iter(&window[old..]).count() as u64;
        let keep = window.len().min(overlap);
        window.drain(..window.len() - keep);
    }
}
