//! The keys of access tokens: `token.key` in the data folder, readable by its owner only.
//!
//! One key a line, as PASERK `k4.local.…`. The first one makes tokens; the second, if there is
//! one, still opens those that were made before the last rotation.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use pasetors::keys::{Generate, SymmetricKey};
use pasetors::paserk::{FormatAsPaserk, Id};
use pasetors::version4::V4;

use super::AuthError;
use crate::domain::secret::Secret;

const FILE: &str = "token.key";
/// Read and written by the owner, by nobody else.
const MODE: u32 = 0o600;
/// Keys that are good at a time: the present one and the one before.
const KEYS: usize = 2;
/// A longer file is not one of ours.
const LONGEST_FILE: u64 = 4096;

/// One key with the id that tokens name it by.
pub(super) struct NamedKey {
    pub(super) id: String,
    pub(super) key: SymmetricKey<V4>,
}

impl NamedKey {
    fn new(key: SymmetricKey<V4>) -> Result<Self, AuthError> {
        let mut id = String::new();
        Id::from(&key).fmt(&mut id).map_err(|_| AuthError::Token)?;
        Ok(Self { id, key })
    }
}

/// The keys, the present one first. Never empty.
pub(super) struct Keyring {
    path: PathBuf,
    keys: Vec<NamedKey>,
}

impl Keyring {
    /// Reads the file, or makes it with a new key.
    pub(super) fn open(data: &Path) -> Result<Self, AuthError> {
        let path = data.join(FILE);
        match File::open(&path) {
            Ok(file) => {
                tighten(&file).map_err(|reason| unusable(&path, &reason))?;
                let keys = read(&file).map_err(|reason| unusable(&path, &reason))?;
                Ok(Self { path, keys })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let mut ring = Self {
                    path,
                    keys: Vec::new(),
                };
                ring.rotate()?;
                Ok(ring)
            }
            Err(error) => Err(unusable(&path, &error.to_string())),
        }
    }

    /// The key that makes tokens.
    pub(super) fn present(&self) -> &NamedKey {
        &self.keys[0]
    }

    /// The key of this id, if it is still good.
    pub(super) fn find(&self, id: &str) -> Option<&NamedKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Puts a new key first; the one before stays good, the one before that does not.
    pub(super) fn rotate(&mut self) -> Result<(), AuthError> {
        let key = SymmetricKey::generate().map_err(|_| AuthError::Token)?;
        let mut keys = vec![NamedKey::new(key)?];
        keys.extend(self.keys.drain(..).take(KEYS - 1));
        self.keys = keys;
        self.write()
            .map_err(|error| unusable(&self.path, &error.to_string()))
    }

    /// Writes the file beside and moves it into place, so that it is there whole or not at all.
    fn write(&self) -> std::io::Result<()> {
        let mut text = String::new();
        for key in &self.keys {
            key.key.fmt(&mut text).map_err(std::io::Error::other)?;
            text.push('\n');
        }
        let text = Secret::new(text);
        let beside = self.path.with_extension("key.new");
        if let Err(error) = fs::remove_file(&beside)
            && error.kind() != ErrorKind::NotFound
        {
            return Err(error);
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(&beside)?;
        file.write_all(text.expose().as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        match self.path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

fn unusable(path: &Path, reason: &str) -> AuthError {
    AuthError::KeyFile {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

/// Takes the file away from everybody but its owner; refuses it where that does not work.
fn tighten(file: &File) -> Result<(), String> {
    let mode = || {
        file.metadata()
            .map(|data| data.permissions().mode() & 0o777)
    };
    let before = mode().map_err(|error| error.to_string())?;
    if before & 0o077 == 0 {
        return Ok(());
    }
    tracing::warn!(
        mode = format!("{before:o}"),
        "others could read the token key; not any more"
    );
    file.set_permissions(Permissions::from_mode(MODE))
        .map_err(|error| error.to_string())?;
    match mode() {
        Ok(after) if after & 0o077 == 0 => Ok(()),
        _ => Err("others can read this file".to_owned()),
    }
}

fn read(file: &File) -> Result<Vec<NamedKey>, String> {
    let mut text = String::new();
    file.take(LONGEST_FILE)
        .read_to_string(&mut text)
        .map_err(|error| error.to_string())?;
    let text = Secret::new(text);
    let parse = |line: &str| {
        let key = SymmetricKey::<V4>::try_from(line).ok()?;
        NamedKey::new(key).ok()
    };
    let keys: Option<Vec<NamedKey>> = text.expose().lines().map(parse).collect();
    match keys {
        Some(keys) if (1..=KEYS).contains(&keys.len()) => Ok(keys),
        _ => Err("this is not a file of token keys".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let data = tempfile::tempdir().expect("a folder");
        let first = Keyring::open(data.path())
            .expect("made")
            .present()
            .id
            .clone();
        let path = data.path().join(FILE);
        assert_eq!(
            fs::metadata(&path).expect("there").permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            Keyring::open(data.path()).expect("read").present().id,
            first
        );
    }

    #[test]
    fn a_file_that_others_could_read_is_tightened() {
        let data = tempfile::tempdir().expect("a folder");
        drop(Keyring::open(data.path()).expect("made"));
        let path = data.path().join(FILE);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("loosened");
        Keyring::open(data.path()).expect("read");
        assert_eq!(
            fs::metadata(&path).expect("there").permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn the_key_before_stays_good_and_the_one_before_that_does_not() {
        let data = tempfile::tempdir().expect("a folder");
        let mut ring = Keyring::open(data.path()).expect("made");
        let first = ring.present().id.clone();
        ring.rotate().expect("rotated");
        let second = ring.present().id.clone();
        let ring = Keyring::open(data.path()).expect("read again");
        assert_eq!(ring.present().id, second);
        assert!(ring.find(&first).is_some());
        let mut ring = ring;
        ring.rotate().expect("rotated");
        assert!(ring.find(&first).is_none() && ring.find(&second).is_some());
    }

    #[test]
    fn a_damaged_file_is_an_error_and_is_not_written_over() {
        let data = tempfile::tempdir().expect("a folder");
        let path = data.path().join(FILE);
        for bad in ["", "\n", "k4.local.AAAA\n", "k4.secret.AAAA\n", "hello"] {
            fs::write(&path, bad).expect("written");
            assert!(
                matches!(Keyring::open(data.path()), Err(AuthError::KeyFile { .. })),
                "{bad}"
            );
            assert_eq!(fs::read_to_string(&path).expect("still there"), bad);
        }
    }
}
