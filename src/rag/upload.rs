//! Upload: a file is durable before its sender is told so, and indexed a little later.

use crate::auth::policy::{Access, Denied};
use crate::domain::document::{Document, DocumentState};
use crate::domain::id::DocumentId;
use crate::domain::principal::Action;
use crate::store::jobs::{self, Job};
use crate::store::{Reads, documents, passages, workspaces};

use super::sight::Sight;
use super::{Rag, RagError, blocking};

/// Bytes of a file for each byte of text that it may become: UTF-16 takes two for a letter.
const FILE_PER_TEXT: u64 = 2;

/// A file that came in.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    /// The file name it came with.
    pub title: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
    /// The document whose next version this is. It stays until this one is indexed.
    pub replaces: Option<DocumentId>,
}

impl Rag {
    /// Takes an upload in: durable when this returns, indexed a little later. What is there
    /// already is [`RagError::Exists`]: who sends it again because no answer came learns its id.
    pub async fn upload(&self, access: &Access, upload: Upload) -> Result<Document, RagError> {
        access.demand(Action::WriteDocuments)?;
        let document = self.new_document(access, &upload)?;
        let (blobs, bytes) = (self.inner.store.clone(), upload.bytes);
        let blob = blocking(move || blobs.blobs().put(&bytes)).await?;
        let document = Document {
            digest: blob.digest.clone(),
            ..document
        };
        let limit = self.inner.config.documents;
        let digest = blob.digest.clone();
        let access = access.clone();
        let write = self.inner.store.write(move |tx| {
            // It may have been removed since access to it was given.
            if workspaces::get(tx, document.workspace)?.is_none() {
                return Err(Denied::WorkspaceNotFound.into());
            }
            let row = admitted(tx, &access, document)?;
            if passages::corpus(tx, row.workspace)?.documents >= limit {
                return Err(RagError::Full { limit });
            }
            documents::add(tx, &row)?;
            jobs::put(tx, row.id, &Job::of(&row))?;
            // Pinned until the commit is durable; from then on its row names it.
            Ok((row, blob))
        });
        let document = match write.await {
            Ok((document, pinned)) => {
                drop(pinned);
                document
            }
            Err(refused) => {
                self.discard(digest).await;
                return Err(refused);
            }
        };
        tracing::info!(
            document = %document.id, workspace = %document.workspace, by = %document.uploaded_by,
            bytes = document.bytes, "document uploaded"
        );
        self.inner.wake.notify_one();
        self.inner.board.changed(document.workspace, document.id);
        Ok(document)
    }

    /// Removes an upload that came to nothing, unless others have the same.
    async fn discard(&self, digest: String) {
        let store = self.inner.store.clone();
        if let Err(error) = blocking(move || store.discard_blob(&digest)).await {
            tracing::warn!(%error, "the file of a refused upload stays until the next start");
        }
    }

    fn new_document(&self, access: &Access, upload: &Upload) -> Result<Document, RagError> {
        let bytes = upload.bytes.len() as u64;
        let limit = (u64::from(self.inner.config.text_mib) << 20) * FILE_PER_TEXT;
        if bytes > limit {
            return Err(RagError::TooLarge { bytes, limit });
        }
        Ok(Document {
            id: DocumentId::new(),
            workspace: access.workspace(),
            title: fit_title(&upload.title),
            media_type: upload.media_type.chars().take(100).collect(),
            bytes,
            digest: String::new(),
            state: DocumentState::Queued,
            uploaded_by: access.user(),
            uploaded_at: self.inner.clock.now(),
            language: None,
            tags: Vec::new(),
            members: None,
            version: 1,
            replaces: upload.replaces,
            pages: None,
        })
    }
}

/// The document as it is to be kept, if it may be. A new version is filed as the one before was,
/// and seen by the same people.
fn admitted(tx: &impl Reads, access: &Access, document: Document) -> Result<Document, RagError> {
    let sight = Sight::of(tx, access)?;
    // Twice the same passages would take the place of others in answers. Of a twin that the
    // sender may not see nothing is said.
    let twins = documents::with_digest(tx, document.workspace, &document.digest)?;
    let seen = |twin: &Document| twin.is_of_use() && sight.sees(twin.id);
    if let Some(twin) = twins.into_iter().find(seen) {
        return Err(RagError::Exists(Box::new(twin)));
    }
    let Some(before) = document.replaces else {
        return Ok(document);
    };
    let before = sight.document(tx, before)?.ok_or(RagError::NotFound)?;
    Ok(Document {
        tags: before.tags,
        members: before.members,
        version: before.version.saturating_add(1),
        ..document
    })
}

/// A file name made fit to show: no folders, no control characters, no tricks with the direction
/// of writing, at most 200 characters.
pub(super) fn fit_title(title: &str) -> String {
    let name = title.rsplit(['/', '\\']).next().unwrap_or_default();
    let tricks = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    };
    let name: String = name.chars().filter(|c| !tricks(c)).take(200).collect();
    let name = name.trim();
    if name.is_empty() {
        "document".to_owned()
    } else {
        name.to_owned()
    }
}
