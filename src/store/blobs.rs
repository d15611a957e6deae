//! Blobs: uploads as files named by their SHA-256, under `blobs/ab/abcdef…`.
//!
//! A file is written under `tmp/`, synced, renamed and its folder synced, so a name that exists
//! has its whole content. Equal uploads share one file; it goes when no document names it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::StoreError;
use super::table::hex;

/// The folder of uploads. All methods block.
pub struct Blobs {
    folder: PathBuf,
    pins: Pins,
}

/// Uploads that are about to be named by a row, with how many hands hold them.
#[derive(Clone, Default)]
struct Pins(Arc<Mutex<HashMap<String, usize>>>);

impl Pins {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stored upload that is not discarded while this lives: hold it until its row is durable.
pub struct Blob {
    /// SHA-256, hexadecimal.
    pub digest: String,
    /// Size.
    pub bytes: u64,
    pins: Pins,
}

/// What became of an upload that was to be discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Discarded {
    Removed,
    /// It was gone already.
    Missing,
    /// A document names it.
    Named,
    /// It is about to be named, or not: whoever holds it knows later.
    Pinned,
}

impl Drop for Blob {
    fn drop(&mut self) {
        let mut pins = self.pins.lock();
        if let Some(hands) = pins.get_mut(&self.digest) {
            *hands -= 1;
            if *hands == 0 {
                pins.remove(&self.digest);
            }
        }
    }
}

impl Blobs {
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let tmp = folder.join("tmp");
        fs::create_dir_all(&tmp).map_err(|source| StoreError::folder(&tmp, source))?;
        Ok(Self {
            folder: folder.to_owned(),
            pins: Pins::default(),
        })
    }

    /// Stores an upload durably. It stays at least until the returned [`Blob`] is dropped.
    pub fn put(&self, bytes: &[u8]) -> Result<Blob, StoreError> {
        let digest = hex(&Sha256::digest(bytes));
        let path = self.path(&digest)?;
        *self.pins.lock().entry(digest.clone()).or_default() += 1;
        let blob = Blob {
            digest,
            bytes: bytes.len() as u64,
            pins: self.pins.clone(),
        };
        if !path.exists() {
            self.write(&path, bytes)
                .map_err(|source| StoreError::folder(&path, source))?;
        }
        Ok(blob)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let tmp = self
            .folder
            .join("tmp")
            .join(Uuid::new_v4().simple().to_string());
        let written = write_synced(&tmp, bytes).and_then(|()| self.place(&tmp, path));
        if written.is_err() {
            // What cannot be removed now goes at the next start.
            fs::remove_file(&tmp).ok();
        }
        written
    }

    fn place(&self, tmp: &Path, path: &Path) -> io::Result<()> {
        let shelf = path.parent().unwrap_or(&self.folder);
        if !shelf.exists() {
            fs::create_dir_all(shelf)?;
            sync_folder(&self.folder)?;
        }
        fs::rename(tmp, path)?;
        sync_folder(shelf)
    }

    /// The bytes of an upload, checked against their digest.
    pub fn read(&self, digest: &str) -> Result<Vec<u8>, StoreError> {
        let path = self.path(digest)?;
        let bytes = fs::read(&path).map_err(|source| StoreError::folder(&path, source))?;
        if hex(&Sha256::digest(&bytes)) == digest {
            return Ok(bytes);
        }
        let changed = io::Error::new(io::ErrorKind::InvalidData, "the file was changed on disk");
        Err(StoreError::folder(&path, changed))
    }

    /// Removes an upload unless it is pinned or `is_named`. An upload that comes in meanwhile
    /// either pinned it before, or finds it gone and writes it anew.
    pub(super) fn discard(
        &self,
        digest: &str,
        is_named: impl FnOnce() -> Result<bool, StoreError>,
    ) -> Result<Discarded, StoreError> {
        let path = self.path(digest)?;
        let pins = self.pins.lock();
        if pins.contains_key(digest) {
            return Ok(Discarded::Pinned);
        }
        if is_named()? {
            return Ok(Discarded::Named);
        }
        match fs::remove_file(&path) {
            Ok(()) => Ok(Discarded::Removed),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Discarded::Missing),
            Err(source) => Err(StoreError::folder(&path, source)),
        }
    }

    /// Removes files that were half written when the box stopped. None may be under way.
    pub(super) fn sweep_halves(&self) -> Result<(), StoreError> {
        for path in children(&self.folder.join("tmp"))? {
            fs::remove_file(&path).map_err(|source| StoreError::folder(&path, source))?;
        }
        Ok(())
    }

    /// How many files are half written.
    pub(super) fn halves(&self) -> Result<usize, StoreError> {
        Ok(children(&self.folder.join("tmp"))?.len())
    }

    /// Bytes of an upload; none if it is not there.
    pub(super) fn length(&self, digest: &str) -> Result<Option<u64>, StoreError> {
        let path = self.path(digest)?;
        match fs::metadata(&path) {
            Ok(meta) => Ok(Some(meta.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::folder(&path, source)),
        }
    }

    /// The folders that uploads lie in.
    pub(super) fn shelves(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut shelves = children(&self.folder)?;
        shelves.retain(|path| path.is_dir() && !path.ends_with("tmp"));
        Ok(shelves)
    }

    /// The digests of the uploads on a shelf; files that are not ours are left out.
    pub(super) fn on_shelf(&self, shelf: &Path) -> Result<Vec<String>, StoreError> {
        let names = children(shelf)?.into_iter().filter_map(|path| {
            let name = path.file_name()?.to_str()?.to_owned();
            digest_bytes(&name).is_ok().then_some(name)
        });
        Ok(names.collect())
    }

    fn path(&self, digest: &str) -> Result<PathBuf, StoreError> {
        digest_bytes(digest)?;
        Ok(self.folder.join(&digest[..2]).join(digest))
    }
}

/// The 32 bytes of a digest in lower-case hexadecimal.
pub(super) fn digest_bytes(digest: &str) -> Result<[u8; 32], StoreError> {
    let error = || StoreError::Digest(digest.chars().take(80).collect());
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 32];
    if digest.len() != 64 {
        return Err(error());
    }
    for (byte, pair) in bytes.iter_mut().zip(digest.as_bytes().chunks_exact(2)) {
        *byte = nibble(pair[0])
            .zip(nibble(pair[1]))
            .map(|(h, l)| h << 4 | l)
            .ok_or_else(error)?;
    }
    Ok(bytes)
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// What is in a folder; nothing if it is not one.
fn children(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(|source| StoreError::folder(folder, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_kept_under_its_digest_until_nothing_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path()).unwrap();
        let blob = blobs.put(b"abc").unwrap();
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((blob.digest.as_str(), blob.bytes), (digest, 3));
        assert_eq!(blobs.read(digest).unwrap(), b"abc");

        let again = blobs.put(b"abc").unwrap();
        drop(blob);
        let discard = |named| blobs.discard(digest, || Ok(named)).unwrap();
        assert_eq!(discard(false), Discarded::Pinned, "by the second upload");
        drop(again);
        assert_eq!(discard(true), Discarded::Named);
        assert_eq!(discard(false), Discarded::Removed);
        assert_eq!(discard(false), Discarded::Missing);
        assert!(blobs.read(digest).is_err());
    }

    #[test]
    fn shelves_hold_uploads_and_what_is_not_ours_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path()).unwrap();
        let kept = blobs.put(b"kept").unwrap().digest.clone();
        fs::write(dir.path().join("tmp/half"), b"ha").unwrap();
        fs::write(dir.path().join("README"), b"not ours").unwrap();
        fs::write(dir.path().join(&kept[..2]).join("notes"), b"nor this").unwrap();
        let shelves = blobs.shelves().unwrap();
        assert_eq!(shelves.len(), 1);
        assert_eq!(blobs.on_shelf(&shelves[0]).unwrap(), [kept]);
        blobs.sweep_halves().unwrap();
        assert!(!dir.path().join("tmp/half").exists());
        assert!(dir.path().join("README").exists());
    }

    #[test]
    fn a_changed_file_and_a_name_that_is_no_digest_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path()).unwrap();
        let blob = blobs.put(b"abc").unwrap();
        fs::write(blobs.path(&blob.digest).unwrap(), b"abd").unwrap();
        assert!(blobs.read(&blob.digest).is_err());
        let upper = blob.digest.to_uppercase();
        for name in ["", "../../etc/passwd", &blob.digest[1..], &upper] {
            assert!(
                matches!(blobs.read(name), Err(StoreError::Digest(_))),
                "{name}"
            );
        }
    }
}
