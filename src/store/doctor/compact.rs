//! Compacting: the rows that are there go into a fresh file, and the old one is overwritten.
//!
//! A database that frees a page leaves in it what stood there until the page is used again. The new
//! file has no such pages. It is written whole and synced before it takes the place of the old one,
//! which keeps another name until it is overwritten: a crash at any point leaves one good database,
//! and what is to go goes at the next start ([`clear`]). On file systems that write changed blocks
//! elsewhere (btrfs, ZFS) and on flash, overwriting reaches what the system lets it reach.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use redb::Database;

use crate::config::StoreConfig;

use super::super::blobs::sync_folder;
use super::super::table::Span;
use super::super::transaction::{ReadTx, Row, WriteTx};
use super::super::{StoreError, builder};

/// The new file, until it is whole.
const NEW: &str = "store.compact";
/// The old file, until it is overwritten.
const OLD: &str = "store.old";

/// Bytes of rows that are copied in one commit.
const BATCH_BYTES: usize = 32 << 20;

/// What compacting did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    pub rows: u64,
    /// Bytes of the file before and after.
    pub before: u64,
    pub after: u64,
}

pub(super) fn run(
    dir: &Path,
    config: &StoreConfig,
    database: Arc<Database>,
) -> Result<Compacted, StoreError> {
    let (path, new, old) = (dir.join("store.redb"), dir.join(NEW), dir.join(OLD));
    let failed = |source| StoreError::folder(&path, source);
    clear(dir)?;
    let before = fs::metadata(&path).map_err(failed)?.len();
    let rows = copy(&database, &new, config)?;
    (File::open(&new).and_then(|file| file.sync_all()))
        .and_then(|()| fs::hard_link(&path, &old))
        .and_then(|()| sync_folder(dir))
        .and_then(|()| fs::rename(&new, &path))
        .and_then(|()| sync_folder(dir))
        .map_err(failed)?;
    // Held until here, so that no box begins to write into the file that goes.
    drop(database);
    clear(dir)?;
    let after = fs::metadata(&path).map_err(failed)?.len();
    Ok(Compacted {
        rows,
        before,
        after,
    })
}

/// Overwrites and removes what compacting that was cut short has left. Nobody may be at it.
pub(in crate::store) fn clear(dir: &Path) -> Result<(), StoreError> {
    for name in [NEW, OLD] {
        let path = dir.join(name);
        if path.exists() {
            shred(&path)
                .and_then(|()| sync_folder(dir))
                .map_err(|source| StoreError::folder(&path, source))?;
        }
    }
    Ok(())
}

/// Overwrites a file with zeros and removes it.
fn shred(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let mut file = OpenOptions::new().write(true).open(path)?;
    let meta = file.metadata()?;
    // Cut short before the new file took its place, this is the database by another name.
    let in_use = fs::metadata(path.with_file_name("store.redb"))?;
    if meta.ino() != in_use.ino() {
        let zeros = vec![0; 1 << 20];
        let mut left = meta.len();
        file.seek(SeekFrom::Start(0))?;
        while left > 0 {
            let bytes = usize::try_from(left).unwrap_or(usize::MAX).min(zeros.len());
            file.write_all(&zeros[..bytes])?;
            left -= bytes as u64;
        }
        file.sync_all()?;
    }
    fs::remove_file(path)
}

/// Copies every row of every table; says how many.
fn copy(database: &Database, new: &Path, config: &StoreConfig) -> Result<u64, StoreError> {
    let fresh = builder(config)
        .create(new)
        .map_err(|error| StoreError::opening(new, error))?;
    let tx = ReadTx::begin(database)?;
    let mut copied = 0;
    for name in tx.table_names()? {
        let (mut batch, mut bytes) = (Vec::<Row>::new(), 0);
        let mut flush = |batch: &mut Vec<Row>| {
            copied += batch.len() as u64;
            let mut to = WriteTx::begin(&fresh, true)?;
            to.copy_in(&name, std::mem::take(batch))?;
            to.commit_always()
        };
        tx.visit_named(&name, &Span::all(), &mut |key, row| {
            batch.push((key.to_vec(), row.to_vec()));
            bytes += key.len() + row.len();
            if bytes > BATCH_BYTES {
                bytes = 0;
                flush(&mut batch)?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
        flush(&mut batch)?;
    }
    Ok(copied)
}
