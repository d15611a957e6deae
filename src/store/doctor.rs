//! Doctor: looks through everything that is kept, for rows and files that nothing owns and for sums that
//! do not add up, mends what can be mended, and proves that a deleted text is gone.
//!
//! It opens the data folder of a box that does not run, without the writer and its sweeper: looking
//! changes nothing. A finding names ids and counts, never a text.

mod compact;
mod files;
mod find;
mod mend;
mod notes;
mod rows;
mod sums;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::Database;

use crate::config::StoreConfig;

use super::blobs::Blobs;
use super::transaction::ReadTx;
use super::{StoreError, migrate, open_database};

pub use compact::Compacted;
pub(super) use compact::clear;
pub use find::Found;
pub use notes::{Checkup, Finding, Kind};

use mend::Mend;
use notes::Notes;
use rows::Owners;

/// Rounds of looking and mending: what one takes away can be what another goes by.
const ROUNDS: usize = 100;

/// The data folder of a box that does not run.
pub struct Doctor {
    dir: PathBuf,
    config: StoreConfig,
    database: Arc<Database>,
    blobs: Blobs,
}

impl Doctor {
    /// Opens the store in `dir`, which must be there, and brings it up to this version's layout.
    ///
    /// [`StoreError::AlreadyOpen`] if a box runs on it.
    pub fn open(dir: &Path, config: &StoreConfig) -> Result<Self, StoreError> {
        let path = dir.join("store.redb");
        // A box that was never started is not made here.
        std::fs::metadata(&path).map_err(|source| StoreError::folder(&path, source))?;
        let database = open_database(&path, config)?;
        migrate::run(&database)?;
        clear(dir)?;
        Ok(Self {
            dir: dir.to_owned(),
            config: config.clone(),
            database: Arc::new(database),
            blobs: Blobs::open(&dir.join("blobs"))?,
        })
    }

    /// Looks through everything; `deep` reads every upload and checks its digest.
    pub fn examine(&self, deep: bool) -> Result<Checkup, StoreError> {
        self.look(deep).map(|notes| notes.checkup())
    }

    fn look(&self, deep: bool) -> Result<Notes, StoreError> {
        let tx = ReadTx::begin(&self.database)?;
        let mut notes = Notes::default();
        let owners = Owners::read(&tx, &mut notes)?;
        rows::examine(&tx, &owners, &mut notes)?;
        sums::examine(&tx, &owners, &mut notes)?;
        files::examine(&tx, &self.blobs, &owners, deep, &mut notes)?;
        Ok(notes)
    }

    /// Removes what nothing owns, counts anew what does not add up, and has documents indexed again
    /// whose index is not whole. Says how many rows and files were changed.
    pub fn mend(&self) -> Result<u64, StoreError> {
        let mut changed = 0;
        for _ in 0..ROUNDS {
            let mends = self.look(false)?.into_mends();
            if mends.is_empty() {
                break;
            }
            changed += mends.len() as u64;
            mend::apply(&self.database, &self.blobs, mends)?;
        }
        Ok(changed)
    }

    /// Where these bytes stand: in rows, in uploads, and in the file of the database, freed pages
    /// included.
    pub fn find(&self, text: &[u8]) -> Result<Found, StoreError> {
        let tx = ReadTx::begin(&self.database)?;
        find::everywhere(&tx, &self.blobs, &self.dir.join("store.redb"), text)
    }

    /// Writes the database anew, without freed pages, and overwrites the old file.
    pub fn compact(self) -> Result<(Self, Compacted), StoreError> {
        let (dir, config) = (self.dir.clone(), self.config.clone());
        let done = compact::run(&dir, &config, self.database)?;
        Ok((Self::open(&dir, &config)?, done))
    }
}
