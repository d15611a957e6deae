//! Sight: which documents of a workspace an asker may look at, and the only way to read them.
//!
//! Membership gives access to a workspace; some of its documents are for some members only. What
//! answers draw on is read through a [`Sight`], which takes a proof of access to make, so that no
//! ranking, count or quote can hold what the asker may not see: it is left out before anything is
//! compared.

use std::collections::HashSet;
use std::sync::Arc;

use crate::auth::policy::Access;
use crate::domain::document::{Document, Passage};
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::domain::workspace::MemberRole;
use crate::store::passages::{self, Corpus, Posting, VectorBlock, VectorView};
use crate::store::{Reads, StoreError, documents};

use super::filter::Filter;
use super::kept::{self, Found, Kept};
use super::language::Language;

/// What an asker may see of one workspace, as of one snapshot.
pub(super) struct Sight {
    workspace: WorkspaceId,
    hidden: HashSet<DocumentId>,
    /// Of the rest, only these, where the asker wants no others.
    only: Option<HashSet<DocumentId>>,
    /// Where vectors are kept from one search to the next.
    kept: Option<Arc<Kept>>,
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
            kept: None,
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

    /// The same, with vectors from where they are kept.
    pub(super) fn remembering(self, kept: Arc<Kept>) -> Self {
        Self {
            kept: Some(kept),
            ..self
        }
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

    /// Calls `f` with each block of vectors: the model that made them, the ordinal of the first, and
    /// the vectors.
    pub(super) fn each_vector_block(
        &self,
        tx: &impl Reads,
        mut f: impl FnMut(DocumentId, Block<'_>),
    ) -> Result<(), StoreError> {
        let version = self.corpus(tx)?.version;
        let kept = self.kept.as_ref();
        match kept.map_or(Found::Nothing, |kept| kept.find(self.workspace, version)) {
            Found::Here(vectors) => {
                let seen = vectors.iter().filter(|(document, _)| self.sees(*document));
                seen.for_each(|(document, block)| f(*document, Block::of(block)));
                Ok(())
            }
            Found::Nothing => passages::each_vector_block(
                tx,
                self.workspace,
                |id| self.sees(id),
                |document, view| f(document, Block::at(&view)),
            ),
            Found::Worth => self.keep_vectors(tx, version, f),
        }
    }

    /// [`Sight::each_vector_block`], which keeps what it reads: all of the workspace, whoever asks.
    fn keep_vectors(
        &self,
        tx: &impl Reads,
        version: u64,
        mut f: impl FnMut(DocumentId, Block<'_>),
    ) -> Result<(), StoreError> {
        let (mut vectors, mut bytes) = (Some(Vec::new()), 0);
        let all = |_| true;
        passages::each_vector_block(tx, self.workspace, all, |document, view| {
            if self.sees(document) {
                f(document, Block::at(&view));
            }
            if let Some(list) = &mut vectors {
                let block = view.to_owned();
                bytes += kept::bytes_of(&block);
                list.push((document, block));
            }
            if !kept::fits(bytes) {
                vectors = None;
            }
        })?;
        if let Some(kept) = &self.kept {
            kept.keep(self.workspace, version, vectors);
        }
        Ok(())
    }
}

/// Some vectors of one document.
pub(super) struct Block<'a> {
    pub(super) model: &'a str,
    pub(super) first: u32,
    pub(super) dimensions: u32,
    pub(super) scales: &'a [f32],
    pub(super) components: &'a [u8],
}

impl<'a> Block<'a> {
    fn of(block: &'a VectorBlock) -> Self {
        Self {
            model: &block.model,
            first: block.first,
            dimensions: block.dimensions,
            scales: &block.scales,
            components: &block.components,
        }
    }

    fn at(view: &'a VectorView<'_>) -> Self {
        Self {
            model: view.model,
            first: view.first,
            dimensions: view.dimensions,
            scales: &view.scales,
            components: view.components,
        }
    }
}
