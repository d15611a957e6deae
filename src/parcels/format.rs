//! What a parcel looks like: a tar file without compression, readable by every `tar`.
//!
//! First `manifest.json`, then `originals/DIGEST` for each original, once however many documents
//! name it. Anything else in the file is refused: no folders, no links, no other names, no
//! extension headers (whose lengths a reader would have to believe), nothing twice.

use std::collections::HashSet;
use std::io::{Read, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tar::{Archive, Builder, EntryType, Header};

use super::ParcelError;
use crate::store::StoreError;

const FORMAT: &str = "privatestack-workspace";
const VERSION: u32 = 1;
const MANIFEST: &str = "manifest.json";
const ORIGINALS: &str = "originals/";
/// Bytes of a manifest: room for a hundred thousand documents.
const MANIFEST_BYTES: u64 = 64 << 20;

/// What a parcel may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) documents: u32,
    pub(super) original_bytes: u64,
}

/// What is in a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: String,
    version: u32,
    pub(super) workspace: Described,
    pub(super) documents: Vec<Entry>,
}

/// A workspace without its walls: who is in it is a matter of the box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Described {
    pub(super) name: String,
    #[serde(default)]
    pub(super) instructions: String,
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) title: String,
    pub(super) media_type: String,
    /// SHA-256 of the original, hexadecimal.
    pub(super) digest: String,
    pub(super) bytes: u64,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    /// E-mail address, for people: who takes the parcel in is who uploads.
    pub(super) uploaded_by: Option<String>,
    pub(super) uploaded_at_ms: i64,
}

/// One piece of a parcel, in the order in which they come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    Manifest(Manifest),
    Original { digest: String, bytes: Vec<u8> },
}

impl Manifest {
    pub(super) fn new(workspace: Described, documents: Vec<Entry>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            workspace,
            documents,
        }
    }
}

/// Writes a parcel; `original` gives the bytes of one.
pub(super) fn write(
    manifest: &Manifest,
    mut original: impl FnMut(&str) -> Result<Vec<u8>, StoreError>,
    out: &mut dyn Write,
) -> Result<(), ParcelError> {
    let mut tar = Builder::new(out);
    let text = serde_json::to_vec_pretty(manifest).map_err(std::io::Error::other)?;
    append(&mut tar, MANIFEST, &text)?;
    let mut written = HashSet::new();
    for document in &manifest.documents {
        if written.insert(document.digest.as_str()) {
            let bytes = original(&document.digest)?;
            append(&mut tar, &format!("{ORIGINALS}{}", document.digest), &bytes)?;
        }
    }
    Ok(tar.finish()?)
}

fn append(tar: &mut Builder<&mut dyn Write>, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o600);
    header.set_entry_type(EntryType::Regular);
    tar.append_data(&mut header, name, bytes)
}

/// Reads a parcel and gives its pieces to `take`, each checked. Blocks.
pub(super) fn read(
    input: impl Read,
    limits: &Limits,
    mut take: impl FnMut(Item) -> Result<(), ParcelError>,
) -> Result<(), ParcelError> {
    let mut archive = Archive::new(input);
    // As they are: what extends the next entry would be read into memory unmeasured.
    let mut entries = archive.entries()?.raw(true);
    let first = entries.next().ok_or(ParcelError::Foreign("it is empty"))?;
    let (name, bytes) = piece(first?, MANIFEST_BYTES)?;
    if name != MANIFEST {
        return Err(ParcelError::Foreign("it does not begin with its manifest"));
    }
    let manifest = parsed(&bytes, limits)?;
    let mut wanted: HashSet<String> = (manifest.documents.iter())
        .map(|document| document.digest.clone())
        .collect();
    take(Item::Manifest(manifest))?;
    for entry in entries {
        let (name, bytes) = piece(entry?, limits.original_bytes)?;
        let digest = name.strip_prefix(ORIGINALS).unwrap_or_default();
        if !wanted.remove(digest) {
            return Err(ParcelError::Foreign(
                "it holds something that its manifest does not name, or twice the same",
            ));
        }
        let digest = digest.to_owned();
        if hex(&Sha256::digest(&bytes)) != digest {
            return Err(ParcelError::Changed { digest });
        }
        take(Item::Original { digest, bytes })?;
    }
    match wanted.len() {
        0 => Ok(()),
        missing => Err(ParcelError::Incomplete { missing }),
    }
}

/// Name and bytes of an entry that is a plain file of at most so many bytes.
fn piece(entry: tar::Entry<'_, impl Read>, limit: u64) -> Result<(String, Vec<u8>), ParcelError> {
    if entry.header().entry_type() != EntryType::Regular {
        return Err(ParcelError::Foreign(
            "it holds something that is no plain file",
        ));
    }
    let size = entry.header().size()?;
    if size > limit {
        return Err(ParcelError::TooLarge {
            what: "a file",
            bytes: size,
            limit,
        });
    }
    let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    let mut bytes = Vec::new();
    entry.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != size {
        return Err(ParcelError::Broken(
            std::io::ErrorKind::UnexpectedEof.into(),
        ));
    }
    Ok((name, bytes))
}

fn parsed(bytes: &[u8], limits: &Limits) -> Result<Manifest, ParcelError> {
    /// What every version says.
    #[derive(Deserialize)]
    struct Front {
        format: String,
        version: u32,
    }
    let unread = |_| ParcelError::Foreign("its manifest cannot be read");
    let front: Front = serde_json::from_slice(bytes).map_err(unread)?;
    if front.format != FORMAT {
        return Err(ParcelError::Foreign("its manifest is of something else"));
    }
    if front.version != VERSION {
        let (found, known) = (front.version, VERSION);
        return Err(ParcelError::Newer { found, known });
    }
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(unread)?;
    let count = manifest.documents.len();
    if count > limits.documents as usize {
        let limit = limits.documents;
        return Err(ParcelError::TooMany { count, limit });
    }
    if !manifest.documents.iter().all(|one| is_digest(&one.digest)) {
        return Err(ParcelError::Foreign("its manifest names what is no digest"));
    }
    Ok(manifest)
}

fn is_digest(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 64 && text.bytes().all(digit)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
