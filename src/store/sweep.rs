//! Sweep: uploads whose last document is gone go too, in the background.
//!
//! What is to go is a row that is written in the transaction that deletes the document, so it is not
//! forgotten when the box stops in between. The writer thread works it off between its writes, a
//! stretch at a time: no other thread commits, so a file that no row names while it looks is named
//! by nothing. After a start it also looks through the folder, shelf by shelf, for uploads that were
//! stored and never became a document.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use redb::Database;

use crate::domain::time::Stopwatch;

use super::blobs::{Blobs, Discarded, digest_bytes};
use super::table::hex;
use super::transaction::{ReadTx, WriteTx};
use super::{StoreError, documents};

/// Files of one stretch: it keeps writes waiting for as long as the disk takes to remove them.
const STRETCH: usize = 128;
/// What could not be removed now is looked at again after so long.
const AGAIN: Duration = Duration::from_secs(10);

/// What there is to sweep.
pub(super) struct Sweep {
    database: Arc<Database>,
    blobs: Arc<Blobs>,
    /// Rows may wait.
    asked: bool,
    /// Since rows were left over: their files are pinned, or the disk would not.
    left: Option<Stopwatch>,
    /// Shelves that have not been looked through since the start; none before they were listed.
    shelves: Option<Vec<PathBuf>>,
}

impl Sweep {
    pub(super) fn new(database: Arc<Database>, blobs: Arc<Blobs>) -> Self {
        Self {
            database,
            blobs,
            asked: true,
            left: None,
            shelves: None,
        }
    }

    /// Something was queued.
    pub(super) fn ask(&mut self) {
        self.asked = true;
    }

    /// How long the writer may rest before there is something to do; none: for ever.
    pub(super) fn rest(&self) -> Option<Duration> {
        let shelves = self.shelves.as_ref().is_none_or(|left| !left.is_empty());
        if self.asked || shelves {
            return Some(Duration::ZERO);
        }
        let since = self.left.as_ref()?;
        Some(AGAIN.saturating_sub(since.elapsed()))
    }

    /// Sweeps one stretch. A failure is logged and tried again later.
    pub(super) fn step(&mut self) {
        let due = self.left.as_ref().is_some_and(|it| it.elapsed() >= AGAIN);
        if self.asked || due {
            (self.asked, self.left) = match self.rows() {
                Ok(left) => left,
                Err(error) => {
                    tracing::warn!(%error, "files of deleted documents stay for now");
                    (false, Some(Stopwatch::start()))
                }
            };
        } else if let Err(error) = self.shelf() {
            tracing::warn!(%error, "a folder of uploads could not be looked through");
        }
    }

    /// Everything that was queued, before the store is closed.
    pub(super) fn finish(&mut self) {
        while self.asked {
            self.step();
        }
    }

    /// Whether more may wait, and since when some must.
    fn rows(&self) -> Result<(bool, Option<Stopwatch>), StoreError> {
        let snapshot = ReadTx::begin(&self.database)?;
        let digests = documents::discards(&snapshot, STRETCH)?;
        let (mut done, mut pinned) = (Vec::new(), false);
        for digest in &digests {
            match self.discard(&snapshot, &hex(digest))? {
                Discarded::Pinned => pinned = true,
                _ => done.push(*digest),
            }
        }
        let more = digests.len() == STRETCH && !done.is_empty();
        if !done.is_empty() {
            let mut tx = WriteTx::begin(&self.database, false)?;
            documents::discarded(&mut tx, done)?;
            tx.keep();
            tx.commit()?;
        }
        Ok((more, pinned.then(Stopwatch::start)))
    }

    /// Looks through one shelf.
    fn shelf(&mut self) -> Result<(), StoreError> {
        let shelves = match &mut self.shelves {
            Some(shelves) => shelves,
            None => {
                // If it cannot be listed now it is not tried over and over.
                self.shelves = Some(Vec::new());
                self.shelves.insert(self.blobs.shelves()?)
            }
        };
        let Some(shelf) = shelves.pop() else {
            return Ok(());
        };
        let snapshot = ReadTx::begin(&self.database)?;
        for digest in self.blobs.on_shelf(&shelf)? {
            self.discard(&snapshot, &digest)?;
        }
        Ok(())
    }

    fn discard(&self, snapshot: &ReadTx, digest: &str) -> Result<Discarded, StoreError> {
        digest_bytes(digest)?;
        let done = self
            .blobs
            .discard(digest, || documents::names_blob(snapshot, digest))?;
        if done == Discarded::Removed {
            tracing::debug!(digest = &digest[..12], "an upload was removed");
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::super::documents::sample;
    use super::super::{Blob, Store, golden};
    use super::*;
    use crate::config::StoreConfig;

    fn open(dir: &tempfile::TempDir) -> Store {
        Store::open(dir.path(), &StoreConfig::default()).unwrap()
    }

    /// A document that was made from these bytes.
    fn add(store: &Store, number: u8, bytes: &[u8]) -> String {
        let blob = store.blobs().put(bytes).unwrap();
        let mut row = sample(1, number);
        row.digest = blob.digest.clone();
        store
            .write_blocking(move |tx| documents::add(tx, &row))
            .unwrap();
        blob.digest.clone()
    }

    fn remove(store: &Store, number: u8) {
        let removed = store
            .write_blocking(move |tx| documents::remove(tx, golden::id(1), golden::id(number)));
        assert!(removed.unwrap().is_some());
    }

    fn waiting(store: &Store) -> usize {
        store
            .read_blocking(|tx| documents::discards(tx, 100))
            .unwrap()
            .len()
    }

    fn until(what: impl Fn() -> bool) {
        while !what() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_last_document_of_an_upload_takes_its_file_along_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let digest = add(&store, 1, b"shared");
        add(&store, 2, b"shared");
        remove(&store, 1);
        assert_eq!(waiting(&store), 0, "another document names it");
        assert!(store.blobs().read(&digest).is_ok());
        remove(&store, 2);
        until(|| store.blobs().read(&digest).is_err() && waiting(&store) == 0);
    }

    #[test]
    fn a_box_that_stops_before_the_file_is_gone_removes_it_after_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let digest = add(&store, 1, b"secret");
        // Whoever holds it keeps the sweeper from it until the box stops.
        let held = store.blobs().put(b"secret").unwrap();
        remove(&store, 1);
        assert_eq!(waiting(&store), 1);
        drop(store);
        drop(held);
        let store = open(&dir);
        until(|| store.blobs().read(&digest).is_err() && waiting(&store) == 0);
    }

    #[test]
    fn the_same_bytes_sent_again_meanwhile_stay() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let digest = add(&store, 1, b"again");
        let again: Blob = store.blobs().put(b"again").unwrap();
        remove(&store, 1);
        let mut row = sample(1, 2);
        row.digest = digest.clone();
        store
            .write_blocking(move |tx| documents::add(tx, &row))
            .unwrap();
        drop(again);
        assert_eq!(waiting(&store), 0);
        drop(store);
        let store = open(&dir);
        // A second one that goes proves that the sweeper was here.
        let other = add(&store, 3, b"other");
        remove(&store, 3);
        until(|| store.blobs().read(&other).is_err());
        assert!(store.blobs().read(&digest).is_ok());
    }

    #[test]
    fn an_upload_that_never_became_a_document_goes_after_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let kept = add(&store, 1, b"kept");
        let lost = store.blobs().put(b"lost").unwrap().digest.clone();
        drop(store);
        std::fs::write(dir.path().join("blobs/tmp/half"), b"ha").unwrap();
        let store = open(&dir);
        assert!(!dir.path().join("blobs/tmp/half").exists());
        until(|| store.blobs().read(&lost).is_err());
        assert!(store.blobs().read(&kept).is_ok());
    }

    #[test]
    fn more_than_one_stretch_is_swept_before_the_store_is_closed() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let count = STRETCH + 7;
        let mut rows = Vec::new();
        for number in 0..count {
            let blob = store.blobs().put(format!("{number}").as_bytes()).unwrap();
            rows.push(digest_bytes(&blob.digest).unwrap());
        }
        store
            .write_blocking::<_, StoreError>(move |tx| {
                for digest in &rows {
                    tx.put(super::super::schema::DISCARDS, digest, &())?;
                }
                tx.ask_for_sweep();
                Ok(())
            })
            .unwrap();
        drop(store);
        let blobs = Blobs::open(&dir.path().join("blobs")).unwrap();
        let left = blobs.shelves().unwrap();
        let left: usize = left
            .iter()
            .map(|it| blobs.on_shelf(it).unwrap().len())
            .sum();
        assert_eq!(left, 0);
    }
}
