//! Where packages lie: files in `plugins/installed/`, named by their digest, for the box's user
//! alone.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::super::{PluginError, compiled};

/// Writes a package; it is whole on the disk when this returns.
pub(super) fn keep(folder: &Path, digest: &[u8; 32], bytes: &[u8]) -> Result<(), PluginError> {
    let path = folder.join(file_name(digest));
    let temporary = path.with_extension("tmp");
    let write = || {
        let mut folders = fs::DirBuilder::new();
        folders.recursive(true).mode(0o700).create(folder)?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &path)
    };
    write().map_err(|source| PluginError::File {
        what: "the package cannot be kept",
        path: path.clone(),
        source,
    })
}

/// Reads a package back; one that was changed is refused.
pub(super) fn read(folder: &Path, digest: &[u8; 32]) -> Result<Vec<u8>, PluginError> {
    let path = folder.join(file_name(digest));
    let bytes = fs::read(&path).map_err(|source| PluginError::File {
        what: "the package cannot be read",
        path,
        source,
    })?;
    if <[u8; 32]>::from(Sha256::digest(&bytes)) != *digest {
        return Err(PluginError::Package {
            why: "it was changed on the disk".to_owned(),
        });
    }
    Ok(bytes)
}

/// Deletes what is not among `named`.
pub(super) fn sweep(folder: &Path, named: &[[u8; 32]]) {
    let named: Vec<String> = named.iter().map(file_name).collect();
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if !named.iter().any(|name| entry.file_name() == name.as_str()) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

fn file_name(digest: &[u8; 32]) -> String {
    format!("{}.psp", compiled::hex(digest))
}
