//! An import under way: a folder that becomes a model's in one step, or goes.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::parcel::{Candidate, Member, Parcel, unreadable};
use super::shards::Joined;
use super::{UNDER_WAY, failed};
use crate::engine::EngineError;

const BUFFER_BYTES: usize = 1 << 20;

/// A folder of an import under way. Dropping it removes what is there.
pub(super) struct Staging {
    path: PathBuf,
}

impl Staging {
    pub(super) fn new(models: &Path) -> Result<Self, EngineError> {
        let path = models.join(format!("{UNDER_WAY}{}", uuid::Uuid::new_v4()));
        fs::create_dir(&path).map_err(|e| failed("make a folder for the import", e))?;
        Ok(Self { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Copies the candidate's files; the SHA-256 of its weights. `done` hears bytes of weights.
    pub(super) fn receive(
        &self,
        parcel: &mut Parcel,
        candidate: &Candidate,
        done: &mut dyn FnMut(u64),
    ) -> Result<String, EngineError> {
        for (member, name) in &candidate.beside {
            let bytes = parcel.read(member)?;
            self.write(name, &bytes)?;
        }
        let to = File::create_new(self.path.join(candidate.weights_name)).map_err(writing)?;
        let mut weights = Weights {
            to,
            hasher: Sha256::new(),
            copied: 0,
            done,
        };
        if let [whole] = &*candidate.weights {
            weights.copy(parcel, whole, 0)?;
        } else {
            let joined = Joined::read(parcel, candidate)?;
            weights.put(&joined.header)?;
            for (member, skip) in candidate.weights.iter().zip(joined.skip) {
                weights.copy(parcel, member, skip)?;
            }
        }
        weights.to.sync_all().map_err(writing)?;
        Ok(hex(&weights.hasher.finalize()))
    }

    /// Writes a small file and syncs it.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), EngineError> {
        let write = || -> io::Result<()> {
            let mut file = File::create_new(self.path.join(name))?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|e| failed("write a file of the model", e))
    }

    /// Makes it the model at `to`, durably.
    pub(super) fn place(self, to: &Path) -> Result<(), EngineError> {
        let place = || -> io::Result<()> {
            File::open(&self.path)?.sync_all()?;
            fs::rename(&self.path, to)?;
            let parent = to.parent().unwrap_or(Path::new("."));
            File::open(parent)?.sync_all()
        };
        place().map_err(|e| failed("put the model in its place", e))
    }
}

/// Weights on their way into a file.
struct Weights<'a> {
    to: File,
    hasher: Sha256,
    /// Bytes of the parcel's files that are through.
    copied: u64,
    done: &'a mut dyn FnMut(u64),
}

impl Weights<'_> {
    /// Copies a member but for its first `skip` bytes.
    fn copy(&mut self, parcel: &mut Parcel, member: &Member, skip: u64) -> Result<(), EngineError> {
        let mut from = parcel.reader(member)?;
        let skipped = io::copy(&mut from.by_ref().take(skip), &mut io::sink());
        let mut copied = skipped.map_err(unreadable)?;
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let count = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(error)),
            };
            self.put(&buffer[..count])?;
            copied += count as u64;
            (self.done)(self.copied + copied.min(member.bytes));
        }
        if copied != member.bytes {
            let what = "the weights are not as long as the archive says".to_owned();
            return Err(EngineError::Damaged { what });
        }
        self.copied += copied;
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        self.hasher.update(bytes);
        self.to.write_all(bytes).map_err(writing)
    }
}

fn writing(error: io::Error) -> EngineError {
    failed("write the model's weights", error)
}

impl Drop for Staging {
    fn drop(&mut self) {
        // After `place` there is nothing under this name; otherwise the next start sweeps again.
        fs::remove_dir_all(&self.path).ok();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
