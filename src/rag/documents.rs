//! Documents: what is there, what is known about it, and its life until it is deleted.

use crate::auth::policy::{Access, Denied};
use crate::domain::document::{Document, DocumentState, FailureCode, Passage};
use crate::domain::id::{DocumentId, UserId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::principal::Action;
use crate::domain::workspace::MemberRole;
use crate::store::jobs::{self, Job};
use crate::store::{ReadTx, StoreError, WriteTx, documents, passages, workspaces};

use super::board::Eta;
use super::filter::Filter;
use super::sight::Sight;
use super::upload::fit_title;
use super::{Rag, RagError, blocking};

/// Tags of a document, and characters of a tag, at most.
const TAGS: usize = 20;
const TAG_CHARS: usize = 50;

/// What is to be different about a document; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub title: Option<String>,
    pub tags: Option<Vec<String>>,
    /// The members that may see it; inside, `None` for all of them.
    pub members: Option<Option<Vec<UserId>>>,
}

impl Rag {
    /// The documents of the workspace that the asker may see and wants to, newest first.
    pub async fn list(
        &self,
        access: &Access,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page<Document>, RagError> {
        let after = page.after.as_deref().map(str::parse).transpose();
        let after: Option<DocumentId> = after.map_err(|_| RagError::Cursor)?;
        let limit = page.limit();
        let (access, filter) = (access.clone(), filter.clone());
        let read = self.inner.store.read(move |tx| {
            let sight = Sight::of(tx, &access)?.narrowed(tx, &filter)?;
            sight.documents(tx, after, limit + 1)
        });
        let found = read.await?.into_iter();
        let found = found.map(|document| self.up_to_date(document)).collect();
        Ok(Page::cut(found, limit, |document| document.id.to_string()))
    }

    /// One document.
    pub async fn get(&self, access: &Access, id: DocumentId) -> Result<Document, RagError> {
        let found = self.see(access, id, |_, document| Ok(document)).await?;
        Ok(self.up_to_date(found))
    }

    /// How long a document that is being embedded still takes.
    pub fn eta(&self, document: DocumentId) -> Option<Eta> {
        self.inner.board.eta(document)
    }

    /// The document with how far the worker is with it.
    pub(super) fn up_to_date(&self, document: Document) -> Document {
        self.inner.board.up_to_date(document)
    }

    /// The stored text of a document, into which passages and citations point.
    pub async fn text(&self, access: &Access, id: DocumentId) -> Result<String, RagError> {
        let text = self.see(access, id, move |(tx, sight), _| sight.text(tx, id));
        text.await?.ok_or(RagError::NotIndexed)
    }

    /// The file as it was uploaded.
    pub async fn file(
        &self,
        access: &Access,
        id: DocumentId,
    ) -> Result<(Document, Vec<u8>), RagError> {
        let document = self.get(access, id).await?;
        let (store, digest) = (self.inner.store.clone(), document.digest.clone());
        let bytes = blocking(move || store.blobs().read(&digest)).await?;
        Ok((document, bytes))
    }

    /// The passages of a document, in order.
    pub async fn passages(
        &self,
        access: &Access,
        id: DocumentId,
        page: &PageRequest,
    ) -> Result<Page<Passage>, RagError> {
        let first = match page.after.as_deref().map(str::parse::<u32>) {
            None => 0,
            Some(Ok(last)) => last.saturating_add(1),
            Some(Err(_)) => return Err(RagError::Cursor),
        };
        let limit = page.limit();
        let found = self.see(access, id, move |(tx, sight), _| {
            sight.passages(tx, id, first, limit + 1)
        });
        Ok(Page::cut(found.await?, limit, |one| {
            one.ordinal.to_string()
        }))
    }

    /// Reads what belongs to a document that the asker may see.
    async fn see<T: Send + 'static>(
        &self,
        access: &Access,
        id: DocumentId,
        read: impl FnOnce((&ReadTx, &Sight), Document) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, RagError> {
        let access = access.clone();
        let found = self.inner.store.read(move |tx| {
            let sight = Sight::of(tx, &access)?;
            let document = sight.document(tx, id)?;
            document
                .map(|document| read((tx, &sight), document))
                .transpose()
        });
        found.await?.ok_or(RagError::NotFound)
    }

    /// Changes what a document is called, filed under, or who may see it; the last only as its
    /// uploader or as an owner of the workspace.
    pub async fn change(
        &self,
        access: &Access,
        id: DocumentId,
        changes: Changes,
    ) -> Result<Document, RagError> {
        access.demand(Action::WriteDocuments)?;
        let proof = access.clone();
        let write = self
            .inner
            .store
            .write(move |tx| changed(tx, &proof, id, changes));
        let (document, renamed) = write.await?;
        if renamed {
            self.inner.board.outdate();
            self.inner.wake.notify_one();
        }
        self.inner.board.changed(document.workspace, id);
        Ok(self.up_to_date(document))
    }

    /// Queues a document that failed once more.
    pub async fn retry(&self, access: &Access, id: DocumentId) -> Result<Document, RagError> {
        let document = self.step(access, id, |tx, document| {
            if !matches!(document.state, DocumentState::Failed { .. }) {
                return Err(RagError::NotFailed);
            }
            jobs::put(tx, document.id, &Job::of(document))?;
            document.state = DocumentState::Queued;
            Ok(())
        });
        let document = document.await?;
        self.inner.wake.notify_one();
        Ok(document)
    }

    /// Calls off what is not indexed yet; the worker leaves it where it is.
    pub async fn cancel(&self, access: &Access, id: DocumentId) -> Result<Document, RagError> {
        let document = self.step(access, id, |tx, document| {
            if document.is_settled() {
                return Err(RagError::Settled);
            }
            jobs::remove(tx, document.id)?;
            document.state = DocumentState::Failed {
                code: FailureCode::Cancelled,
                page: None,
                hint: "It was called off. Try it again whenever you like.".to_owned(),
            };
            Ok(())
        });
        document.await
    }

    /// Changes the state of a document.
    async fn step(
        &self,
        access: &Access,
        id: DocumentId,
        step: fn(&mut WriteTx, &mut Document) -> Result<(), RagError>,
    ) -> Result<Document, RagError> {
        access.demand(Action::WriteDocuments)?;
        let access = access.clone();
        let write = self.inner.store.write(move |tx| {
            let sight = Sight::of(tx, &access)?;
            let mut document = sight.document(tx, id)?.ok_or(RagError::NotFound)?;
            step(tx, &mut document)?;
            let state = document.state.clone();
            documents::change(tx, document.workspace, id, |row| row.state = state)?;
            Ok::<_, RagError>(document)
        });
        let document = write.await?;
        self.inner.board.changed(document.workspace, id);
        Ok(document)
    }

    /// Deletes a document with everything that was made of it.
    pub async fn remove(&self, access: &Access, id: DocumentId) -> Result<(), RagError> {
        access.demand(Action::WriteDocuments)?;
        let proof = access.clone();
        let write = self.inner.store.write(move |tx| {
            let seen = Sight::of(tx, &proof)?.document(tx, id)?;
            let removed = match seen {
                Some(document) => documents::remove(tx, document.workspace, id)?,
                None => None,
            };
            removed.ok_or(RagError::NotFound)
        });
        let removed = write.await?;
        let workspace = removed.workspace;
        tracing::info!(document = %id, %workspace, by = %access.user(), "document deleted");
        self.inner.board.changed(workspace, id);
        Ok(())
    }
}

/// Makes the changes; says whether the title, which is indexed with each passage, is another.
fn changed(
    tx: &mut WriteTx,
    access: &Access,
    id: DocumentId,
    changes: Changes,
) -> Result<(Document, bool), RagError> {
    let sight = Sight::of(tx, access)?;
    let mut document = sight.document(tx, id)?.ok_or(RagError::NotFound)?;
    let mut renamed = false;
    if let Some(title) = changes.title {
        let title = fit_title(&title);
        renamed = title != document.title;
        document.title = title;
    }
    if let Some(tags) = changes.tags {
        document.tags = fit_tags(tags)?;
    }
    if let Some(members) = changes.members {
        if access.role() != MemberRole::Owner && access.user() != document.uploaded_by {
            return Err(Denied::Forbidden.into());
        }
        for member in members.iter().flatten() {
            if workspaces::membership(tx, document.workspace, *member)?.is_none() {
                return Err(RagError::NotMember);
            }
        }
        document.members = members;
    }
    let row = document.clone();
    documents::change(tx, document.workspace, id, |there| *there = row)?;
    if renamed {
        passages::outdate(tx, document.workspace, id)?;
    }
    Ok((document, renamed))
}

/// Tags as they are kept: trimmed, each once.
fn fit_tags(tags: Vec<String>) -> Result<Vec<String>, RagError> {
    let mut kept: Vec<String> = Vec::new();
    for tag in tags {
        let tag = tag.trim();
        let fits = !tag.is_empty()
            && tag.chars().count() <= TAG_CHARS
            && !tag.chars().any(char::is_control);
        if !fits {
            return Err(RagError::Tags);
        }
        if !kept.iter().any(|known| known == tag) {
            kept.push(tag.to_owned());
        }
    }
    match kept.len() <= TAGS {
        true => Ok(kept),
        false => Err(RagError::Tags),
    }
}
