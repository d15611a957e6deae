//! Sight: which documents of a workspace an asker may look at, and the only way to read them.
//!
//! Membership gives access to a workspace; some of its documents are for some members only. What
//! answers draw on is read through a [`Sight`], which takes a proof of access to make, so that no
//! ranking, count or quote can hold what the asker may not see: it is left out before anything is
//! compared.

use std::collections::HashSet;

use crate::auth::policy::Access;
use crate::domain::document::{Document, Passage};
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::domain::workspace::MemberRole;
use crate::store::passages::{self, Corpus, Posting, VectorBlock, VectorView};
use crate::store::{Reads, StoreError, documents};

use super::filter::Filter;
use super::language::Language;

/// What an asker may see of one workspace, as of one snapshot.
pub(super) struct Sight {
    workspace: WorkspaceId,
    hidden: HashSet<DocumentId>,
    /// Of the rest, only these, where the asker wants no others.
    only: Option<HashSet<DocumentId>>,
}

impl Sight {
    /// What `access` lets its holder see. The owners of a workspace see all of it.
    pub(super) fn of(tx: &impl Reads, access: &Access) -> Result<Self, StoreError> {
        let workspace = access.workspace();
        let hidden = match access.role() {
            MemberRole::Owner => HashSet::new(),
            MemberRole::Member => documents::restricted(tx, workspace)?
                .into_iter()
                .filter(|(_, allowed)| !allowed.contains(&access.user()))
                .map(|(id, _)| id)
                .collect(),
        };
        Ok(Self {
            workspace,
            hidden,
            only: None,
        })
    }

    /// The same without the documents that `filter` leaves out.
    pub(super) fn narrowed(self, tx: &impl Reads, filter: &Filter) -> Result<Self, StoreError> {
        if filter.is_open() {
            return Ok(self);
        }
        let mut only = HashSet::new();
        documents::each(tx, self.workspace, |document| {
            if filter.takes(&document) {
                only.insert(document.id);
            }
        })?;
        Ok(Self {
            only: Some(only),
            ..self
        })
    }

    /// Where.
    pub(super) fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// Whether the asker may see this document and wants to.
    pub(super) fn sees(&self, document: DocumentId) -> bool {
        !self.hidden.contains(&document)
            && self
                .only
                .as_ref()
                .is_none_or(|only| only.contains(&document))
    }

    /// One document.
    pub(super) fn document(
        &self,
        tx: &impl Reads,
        id: DocumentId,
    ) -> Result<Option<Document>, StoreError> {
        match self.sees(id) {
            true => documents::get(tx, self.workspace, id),
            false => Ok(None),
        }
    }

    /// The newest documents, from behind `after` on.
    pub(super) fn documents(
        &self,
        tx: &impl Reads,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<Document>, StoreError> {
        documents::list(tx, self.workspace, after, limit, |id| self.sees(id))
    }

    /// The stored text of a document.
    pub(super) fn text(
        &self,
        tx: &impl Reads,
        id: DocumentId,
    ) -> Result<Option<String>, StoreError> {
        match self.sees(id) {
            true => passages::text(tx, self.workspace, id),
            false => Ok(None),
        }
    }

    /// One passage.
    pub(super) fn passage(
        &self,
        tx: &impl Reads,
        document: DocumentId,
        ordinal: u32,
    ) -> Result<Option<Passage>, StoreError> {
        match self.sees(document) {
            true => passages::get(tx, self.workspace, document, ordinal),
            false => Ok(None),
        }
    }

    /// The passages of one document from `first` on, in order.
    pub(super) fn passages(
        &self,
        tx: &impl Reads,
        document: DocumentId,
        first: u32,
        limit: usize,
    ) -> Result<Vec<Passage>, StoreError> {
        match self.sees(document) {
            true => passages::from(tx, self.workspace, document, first, limit),
            false => Ok(Vec::new()),
        }
    }

    /// The sums of the workspace. They weigh words and are not for telling.
    pub(super) fn corpus(&self, tx: &impl Reads) -> Result<Corpus, StoreError> {
        passages::corpus(tx, self.workspace)
    }

    /// The languages of its documents, the most frequent first; for searching, as above.
    pub(super) fn languages(&self, tx: &impl Reads) -> Result<Vec<Language>, StoreError> {
        let codes = documents::languages(tx, self.workspace)?;
        let codes = codes.iter().map(String::as_str);
        Ok(codes.filter_map(Language::from_code).collect())
    }

    /// How many passages of the workspace have the term; for weighing, as above.
    pub(super) fn frequency(&self, tx: &impl Reads, term: &str) -> Result<u32, StoreError> {
        passages::frequency(tx, self.workspace, term)
    }

    /// Calls `f` for each document with passages that have the term.
    pub(super) fn with_term(
        &self,
        tx: &impl Reads,
        term: &str,
        mut f: impl FnMut(DocumentId, Vec<Posting>),
    ) -> Result<(), StoreError> {
        passages::with_term(tx, self.workspace, term, |id| self.sees(id), &mut f)
    }

    /// One block of vectors of a document, by its number.
    pub(super) fn vector_block(
        &self,
        tx: &impl Reads,
        document: DocumentId,
        number: u32,
    ) -> Result<Option<VectorBlock>, StoreError> {
        match self.sees(document) {
            true => passages::vector_block(tx, self.workspace, document, number),
            false => Ok(None),
        }
    }

    /// Calls `f` with each block of vectors.
    pub(super) fn each_vector_block(
        &self,
        tx: &impl Reads,
        mut f: impl FnMut(DocumentId, VectorView<'_>),
    ) -> Result<(), StoreError> {
        passages::each_vector_block(tx, self.workspace, |id| self.sees(id), &mut f)
    }
}
