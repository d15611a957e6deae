//! Parcels: a workspace with the originals of its documents, as one file to keep or to take along.
//!
//! A parcel is a plain tar file ([`format`]): a manifest, then each original under its digest. It
//! is written and read as a stream, so that neither side holds more than one original. Taking one
//! in makes a new workspace and uploads each document through the ordinary door, so that nothing
//! in a parcel is trusted that would not be trusted of an upload; what cannot be taken in whole
//! leaves nothing behind.

mod error;
mod format;
mod pipe;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};

use tokio::sync::mpsc;

use crate::auth::policy::Access;
use crate::config::{RagConfig, ServerConfig};
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::domain::principal::{Action, Principal};
use crate::domain::workspace::Workspace;
use crate::rag::{Changes, Rag, RagError, Upload};
use crate::store::{Store, StoreError, documents, users};
use crate::workspaces::{AnswersChange, OwnWorkspace, WorkspaceChange, Workspaces};

pub use error::ParcelError;
pub use pipe::{ByteStream, Bytes};

use format::{Described, Entry, Item, Limits, Manifest};

/// The room. A clone is the same room.
#[derive(Clone)]
pub struct Parcels {
    store: Store,
    workspaces: Workspaces,
    rag: Rag,
    limits: Limits,
}

/// What was taken in.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    pub workspace: OwnWorkspace,
    pub documents: u32,
}

impl Parcels {
    /// The room over those that it calls.
    pub fn new(
        store: Store,
        workspaces: Workspaces,
        rag: Rag,
        documents: &RagConfig,
        server: &ServerConfig,
    ) -> Self {
        let limits = Limits {
            documents: documents.documents,
            original_bytes: u64::from(server.upload_mib) << 20,
        };
        Self {
            store,
            workspaces,
            rag,
            limits,
        }
    }

    /// The parcel of a workspace as it is now, for one of its owners. The stream ends with an error
    /// if an original is deleted, or found changed, before its turn.
    pub async fn export(
        &self,
        who: &Principal,
        id: WorkspaceId,
    ) -> Result<ByteStream, ParcelError> {
        let access = (self.workspaces)
            .open(who, id, Action::ManageWorkspace)
            .await?;
        let workspace = self.workspaces.of(&access).await?;
        let manifest = self.manifest(&access, workspace).await?;
        tracing::info!(
            workspace = %id, by = %access.user(), documents = manifest.documents.len(),
            "workspace exported"
        );
        let store = self.store.clone();
        Ok(pipe::written(move |out| {
            let original = |digest: &str| store.blobs().read(digest);
            format::write(&manifest, original, out)
        }))
    }

    async fn manifest(
        &self,
        access: &Access,
        workspace: Workspace,
    ) -> Result<Manifest, StoreError> {
        let id = access.workspace();
        let read = self.store.read(move |tx| {
            let mut emails = HashMap::new();
            let mut entries = Vec::new();
            // The oldest first, so that they come to stand in the same order again.
            for document in documents::list(tx, id, None, usize::MAX, |_| true)?
                .into_iter()
                .rev()
            {
                let by = document.uploaded_by;
                let email = match emails.entry(by) {
                    Vacant(place) => {
                        let account = users::get(tx, by)?;
                        place.insert(account.map(|account| account.user.email))
                    }
                    Occupied(known) => known.into_mut(),
                };
                entries.push(Entry {
                    title: document.title,
                    media_type: document.media_type,
                    digest: document.digest,
                    bytes: document.bytes,
                    tags: document.tags,
                    uploaded_by: email.clone(),
                    uploaded_at_ms: document.uploaded_at.as_millis(),
                });
            }
            Ok(entries)
        });
        let described = Described {
            name: workspace.name,
            instructions: workspace.instructions,
        };
        Ok(Manifest::new(described, read.await?))
    }

    /// Makes a workspace of a parcel; whoever takes it in owns it. All of it comes in or none.
    ///
    /// The work goes on to its end, or to taking everything back, if the caller stops waiting.
    pub async fn import(&self, who: &Principal, parcel: ByteStream) -> Result<Taken, ParcelError> {
        let (room, who) = (self.clone(), who.clone());
        let work = tokio::spawn(async move { room.take_in(&who, parcel).await });
        work.await.unwrap_or(Err(ParcelError::Abandoned))
    }

    async fn take_in(&self, who: &Principal, parcel: ByteStream) -> Result<Taken, ParcelError> {
        let (items, mut inbox) = mpsc::channel(1);
        let (limits, reader) = (self.limits, pipe::reader(parcel));
        let unpacking = tokio::task::spawn_blocking(move || {
            format::read(reader, &limits, |item| {
                (items.blocking_send(item)).map_err(|_| ParcelError::Abandoned)
            })
        });
        let first = inbox.recv().await;
        let Some(Item::Manifest(manifest)) = first else {
            drop(inbox);
            return Err(ended(unpacking.await)
                .err()
                .unwrap_or(ParcelError::Abandoned));
        };
        let workspace = self
            .workspaces
            .create(who, &manifest.workspace.name)
            .await?;
        let id = workspace.workspace.id;
        let filled = self.fill(who, id, manifest, inbox).await;
        let whole = match (filled, ended(unpacking.await)) {
            (filled, Ok(())) => filled,
            // It was given up because of what went wrong here.
            (Err(error), Err(ParcelError::Abandoned)) | (_, Err(error)) => Err(error),
        };
        match whole {
            Ok(documents) => {
                tracing::info!(workspace = %id, by = who.name(), documents, "workspace imported");
                let workspace = self.workspaces.get(who, id).await?;
                Ok(Taken {
                    workspace,
                    documents,
                })
            }
            Err(error) => {
                self.workspaces.remove(who, id).await?;
                Err(error)
            }
        }
    }

    /// Uploads what comes, and says how many documents that were.
    async fn fill(
        &self,
        who: &Principal,
        id: WorkspaceId,
        manifest: Manifest,
        mut inbox: mpsc::Receiver<Item>,
    ) -> Result<u32, ParcelError> {
        let change = WorkspaceChange {
            name: None,
            instructions: Some(manifest.workspace.instructions),
            answers: AnswersChange::default(),
        };
        self.workspaces.change(who, id, change).await?;
        let access = self
            .workspaces
            .open(who, id, Action::WriteDocuments)
            .await?;
        let mut named: HashMap<String, Vec<Entry>> = HashMap::new();
        for entry in manifest.documents {
            named.entry(entry.digest.clone()).or_default().push(entry);
        }
        let mut documents = 0;
        while let Some(Item::Original { digest, bytes }) = inbox.recv().await {
            for entry in named.remove(&digest).into_iter().flatten() {
                let upload = Upload {
                    title: entry.title,
                    media_type: entry.media_type,
                    bytes: bytes.clone(),
                    replaces: None,
                };
                match self.rag.upload(&access, upload).await {
                    Ok(document) => {
                        documents += 1;
                        self.file(&access, document.id, entry.tags).await?;
                    }
                    // Twins that could not be told apart; one is enough.
                    Err(RagError::Exists(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        match named.len() {
            0 => Ok(documents),
            missing => Err(ParcelError::Incomplete { missing }),
        }
    }

    /// Files a document under its tags.
    async fn file(
        &self,
        access: &Access,
        id: DocumentId,
        tags: Vec<String>,
    ) -> Result<(), ParcelError> {
        if !tags.is_empty() {
            let changes = Changes {
                tags: Some(tags),
                ..Changes::default()
            };
            self.rag.change(access, id, changes).await?;
        }
        Ok(())
    }
}

/// How the other thread ended.
fn ended(
    joined: Result<Result<(), ParcelError>, tokio::task::JoinError>,
) -> Result<(), ParcelError> {
    joined.unwrap_or(Err(ParcelError::Abandoned))
}
