//! Uploads that nobody names, and documents whose upload is not there or not what it was.

use std::collections::BTreeMap;

use super::super::blobs::Blobs;
use super::super::transaction::ReadTx;
use super::super::{StoreError, documents};
use super::mend::Mend;
use super::notes::{Kind, Notes};
use super::rows::{Name, Owners};

const BLOBS: &str = "blobs";

pub(super) fn examine(
    tx: &ReadTx,
    blobs: &Blobs,
    owners: &Owners,
    deep: bool,
    notes: &mut Notes,
) -> Result<(), StoreError> {
    for _ in 0..blobs.halves()? {
        let what = "half an upload, from when the box was stopped";
        notes.find(Kind::Leftover, BLOBS, what, Some(Mend::Halves));
    }
    for shelf in blobs.shelves()? {
        for digest in blobs.on_shelf(&shelf)? {
            notes.looked(BLOBS);
            if !documents::names_blob(tx, &digest)? {
                let what = "an upload that no document names";
                notes.find(Kind::Leftover, BLOBS, what, Some(Mend::Blob(digest)));
            }
        }
    }
    // Each upload once, however many documents name it.
    let mut named: BTreeMap<&str, (&Name, u64)> = BTreeMap::new();
    for (name, paper) in &owners.documents {
        named.insert(&paper.digest, (name, paper.bytes));
    }
    for (digest, (name, bytes)) in named {
        match blobs.length(digest) {
            Err(StoreError::Digest(_)) => {}
            Err(error) => return Err(error),
            Ok(None) => {
                let what = format!("the upload of {}; delete it and upload it again", name.1);
                notes.find(Kind::Missing, BLOBS, what, None);
            }
            Ok(Some(length)) => {
                if length != bytes || (deep && blobs.read(digest).is_err()) {
                    let what = format!(
                        "the upload of {} is not what it was; delete it and upload it again",
                        name.1
                    );
                    notes.find(Kind::Damaged, BLOBS, what, None);
                }
            }
        }
    }
    Ok(())
}
