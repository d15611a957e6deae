//! An import under way: a folder that becomes a model's in one step, or goes.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::parcel::{Candidate, Member, Parcel, unreadable};
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
        self.copy(parcel, &candidate.weights, candidate.weights_name, done)
    }

    fn copy(
        &self,
        parcel: &mut Parcel,
        member: &Member,
        name: &str,
        done: &mut dyn FnMut(u64),
    ) -> Result<String, EngineError> {
        let mut from = parcel.reader(member)?;
        let writing = |e| failed("write the model's weights", e);
        let mut to = File::create_new(self.path.join(name)).map_err(writing)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut copied = 0_u64;
        loop {
            let count = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(error)),
            };
            hasher.update(&buffer[..count]);
            to.write_all(&buffer[..count]).map_err(writing)?;
            copied += count as u64;
            done(copied.min(member.bytes));
        }
        if copied != member.bytes {
            let what = "the weights are not as long as the archive says".to_owned();
            return Err(EngineError::Damaged { what });
        }
        to.sync_all().map_err(writing)?;
        Ok(hex(&hasher.finalize()))
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

impl Drop for Staging {
    fn drop(&mut self) {
        // After `place` there is nothing under this name; otherwise the next start sweeps again.
        fs::remove_dir_all(&self.path).ok();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
