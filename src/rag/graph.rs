//! Graph: what the documents of a workspace speak of, and how it hangs together.
//!
//! Of each document it is found when the document is indexed, and goes with it. Whatever is shown
//! is counted over the documents that the asker may see, and says where it comes from.

mod extract;
mod hop;
pub(super) mod read;

use crate::auth::policy::Access;
use crate::domain::graph::{EdgeKind, EntityKey, EntityKind, Span};
use crate::domain::id::DocumentId;
use crate::domain::page::{Page, PageRequest};

use super::sight::Sight;
use super::{Rag, RagError};

pub(super) use extract::extract;
pub use hop::hop;

/// Entities of a view, at most.
pub const NODES: usize = 150;

/// An entity over all documents that the asker may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub key: EntityKey,
    /// Its name, as fully as any document writes it.
    pub label: String,
    /// How often it is named.
    pub mentions: u64,
    /// Documents that name it.
    pub documents: u32,
}

/// A place in a document, in the words that are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub document: DocumentId,
    pub title: String,
    pub page: Option<u32>,
    /// Where it is named, or defined.
    pub span: Span,
    /// The sentence around it.
    pub sentence: String,
    /// Where the sentence begins in the document's text.
    pub start: u32,
}

/// What an entity is tied to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    pub entity: Summary,
    pub kind: EdgeKind,
    /// The edge begins at the entity that was asked for.
    pub leads: bool,
    pub weight: u64,
    /// Documents that say so.
    pub documents: u32,
}

/// Everything about one entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub summary: Summary,
    pub definitions: Vec<Told>,
    /// In the newest documents that name it.
    pub mentions: Vec<Told>,
    /// The strongest.
    pub neighbours: Vec<Neighbour>,
}

/// An edge of a view, between two of its entities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// Indices into [`View::nodes`].
    pub from: usize,
    pub to: usize,
    pub kind: EdgeKind,
    pub weight: u64,
    pub documents: u32,
}

/// A part of the graph that can be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Strongest first, those with an edge before those without; around an entity, that one first.
    pub nodes: Vec<Summary>,
    pub edges: Vec<Tie>,
}

/// Which entities are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Beginnings of words of the name; empty for all.
    pub words: String,
    pub kind: Option<EntityKind>,
}

impl Rag {
    /// The entities of the workspace in the order of their keys.
    pub async fn entities(
        &self,
        access: &Access,
        wanted: Wanted,
        page: &PageRequest,
    ) -> Result<Page<Summary>, RagError> {
        let access = access.clone();
        let after = page.after.as_deref().map(str::parse).transpose();
        let after: Option<EntityKey> = after.map_err(|_| RagError::Cursor)?;
        let limit = page.limit();
        let read = self.inner.store.read(move |tx| {
            let sight = Sight::of(tx, &access)?;
            let sees = |document| sight.sees(document);
            read::list(
                tx,
                sight.workspace(),
                &wanted,
                after.as_ref(),
                limit + 1,
                sees,
            )
        });
        Ok(Page::cut(read.await?, limit, |one| one.key.to_string()))
    }

    /// One entity with the places that name it and what it is tied to.
    pub async fn entity(&self, access: &Access, key: EntityKey) -> Result<Profile, RagError> {
        let access = access.clone();
        let read = self.inner.store.read(move |tx| {
            let sight = Sight::of(tx, &access)?;
            read::profile(tx, sight.workspace(), &key, |document| sight.sees(document))
        });
        read.await?.ok_or(RagError::NoEntity)
    }

    /// The strongest entities of the workspace, or those around one, with the edges between them;
    /// `limit` entities at most, and never more than [`NODES`].
    pub async fn graph(
        &self,
        access: &Access,
        around: Option<EntityKey>,
        limit: usize,
    ) -> Result<View, RagError> {
        let access = access.clone();
        let limit = limit.clamp(1, NODES);
        let read = self.inner.store.read(move |tx| {
            let sight = Sight::of(tx, &access)?;
            let (workspace, sees) = (sight.workspace(), |document| sight.sees(document));
            match &around {
                None => read::strongest(tx, workspace, limit, sees).map(Some),
                Some(key) => read::around(tx, workspace, key, limit, sees),
            }
        });
        read.await?.ok_or(RagError::NoEntity)
    }
}
