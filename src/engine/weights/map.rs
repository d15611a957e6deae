//! The memory map of a model file.

use std::fs::File;
use std::ops::{Deref, Range};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use memmap2::{Mmap, UncheckedAdvice};

use super::WeightsError;

/// A file's bytes, paged in as they are read. Cloning gives another handle to the same map.
#[derive(Clone, Debug)]
pub(crate) struct FileMap {
    bytes: Bytes,
    /// None of bytes that are no file's.
    map: Option<Arc<Mmap>>,
}

/// The map as an owner of bytes.
struct Owner(Arc<Mmap>);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl FileMap {
    /// Maps the file at `path`.
    pub(crate) fn open(path: &Path) -> Result<Self, WeightsError> {
        let read = |source| WeightsError::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(read)?;
        if !file.metadata().map_err(read)?.is_file() {
            return Err(read(std::io::Error::other("not a regular file")));
        }
        // SAFETY: the map is read-only and private. Model files lie in the box's own data folder,
        // are written under another name and renamed when whole, and are never changed in place;
        // who may truncate them there may also replace the program itself.
        #[allow(unsafe_code, reason = "a memory map of a model file")]
        let map = unsafe { Mmap::map(&file) }.map_err(read)?;
        let map = Arc::new(map);
        let bytes = Bytes::from_owner(Owner(map.clone()));
        let map = Some(map);
        Ok(Self { bytes, map })
    }

    /// Bytes as if they were a file's.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        let bytes = Bytes::copy_from_slice(bytes);
        Self { bytes, map: None }
    }

    /// Gives the system back the memory of what was read so far; what is read again comes from
    /// the file again.
    pub(crate) fn release(&self) {
        let Some(map) = &self.map else { return };
        // SAFETY: the map is of a file and read-only, so its pages hold nothing that the file
        // does not: dropping them changes no byte that anybody sees.
        #[allow(unsafe_code, reason = "a memory map of a model file")]
        let released = unsafe { map.unchecked_advise(UncheckedAdvice::DontNeed) };
        if let Err(error) = released {
            tracing::debug!(%error, "a model file's pages stay in memory");
        }
    }

    /// A part of the file that keeps the map alive. Panics if it does not lie within.
    pub(crate) fn part(&self, range: Range<usize>) -> Bytes {
        self.bytes.slice(range)
    }
}

impl Deref for FileMap {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}
