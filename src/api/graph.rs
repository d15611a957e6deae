//! What the documents of a workspace speak of, and how it hangs together.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use super::identity::Identity;
use super::params::{PageView, page};
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use crate::domain::graph::{EdgeKind, EntityKey, EntityKind};
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::domain::principal::Action;
use crate::rag::graph::{Neighbour, Profile, Summary, Tie, Told, View, Wanted};

pub(super) struct Graph(pub Shared);

/// Entities of a view when nothing is said.
const NODES: u32 = 60;

/// What sort of thing an entity is.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "EntityKind", rename_all = "snake_case")]
enum KindView {
    Person,
    Organisation,
    Place,
    Date,
    /// The number of an invoice, a ticket, a part, a standard.
    Id,
    /// A word that a document defines or abbreviates.
    Term,
}

/// How two entities belong together.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "EdgeKind", rename_all = "snake_case")]
enum EdgeView {
    /// They are named in one sentence or one passage.
    CoMention,
    /// The second stands in what defines the first, a term.
    Definition,
    /// The first is short for the second.
    SameAs,
}

/// Something that documents speak of.
#[derive(Object)]
#[oai(rename = "Entity")]
struct EntityView {
    /// Its name everywhere in the workspace, such as `person:anna weber`.
    key: EntityKey,
    kind: KindView,
    /// Its name as it is written.
    label: String,
    /// How often it is named.
    mentions: u64,
    /// Documents that name it.
    documents: u32,
}

/// A place in a document.
#[derive(Object)]
#[oai(rename = "EntityPlace", skip_serializing_if_is_none)]
struct PlaceView {
    document_id: DocumentId,
    /// Title of the document.
    title: String,
    /// The page, if the document has pages.
    page: Option<u32>,
    /// Where it stands, in bytes of the document's text.
    start: u32,
    end: u32,
    /// The sentence around it.
    sentence: String,
    /// Where the sentence begins, in bytes of the document's text.
    sentence_start: u32,
}

/// What an entity is tied to.
#[derive(Object)]
#[oai(rename = "EntityNeighbour")]
struct NeighbourView {
    entity: EntityView,
    kind: EdgeView,
    /// The edge begins at the entity that was asked for; of a co-mention, always false.
    outgoing: bool,
    /// Grows with each place that says so.
    weight: u64,
    /// Documents that say so.
    documents: u32,
}

/// Everything about one entity.
#[derive(Object)]
#[oai(rename = "EntityProfile")]
struct ProfileView {
    entity: EntityView,
    /// What defines it.
    definitions: Vec<PlaceView>,
    /// Where the newest documents name it: a few places of each.
    mentions: Vec<PlaceView>,
    /// What it is tied to, strongest first.
    neighbours: Vec<NeighbourView>,
}

/// An edge between two entities of a view.
#[derive(Object)]
#[oai(rename = "GraphEdge")]
struct TieView {
    from: EntityKey,
    to: EntityKey,
    kind: EdgeView,
    /// Grows with each place that says so.
    weight: u64,
    /// Documents that say so.
    documents: u32,
}

/// A part of the graph.
#[derive(Object)]
#[oai(rename = "Graph")]
struct GraphView {
    /// Strongest first, those with an edge before those without; around an entity, that one first.
    nodes: Vec<EntityView>,
    /// Strongest first.
    edges: Vec<TieView>,
}

impl From<EntityKind> for KindView {
    fn from(kind: EntityKind) -> Self {
        match kind {
            EntityKind::Person => Self::Person,
            EntityKind::Organisation => Self::Organisation,
            EntityKind::Place => Self::Place,
            EntityKind::Date => Self::Date,
            EntityKind::Id => Self::Id,
            EntityKind::Term => Self::Term,
        }
    }
}

impl From<KindView> for EntityKind {
    fn from(kind: KindView) -> Self {
        match kind {
            KindView::Person => Self::Person,
            KindView::Organisation => Self::Organisation,
            KindView::Place => Self::Place,
            KindView::Date => Self::Date,
            KindView::Id => Self::Id,
            KindView::Term => Self::Term,
        }
    }
}

impl From<EdgeKind> for EdgeView {
    fn from(kind: EdgeKind) -> Self {
        match kind {
            EdgeKind::CoMention => Self::CoMention,
            EdgeKind::Definition => Self::Definition,
            EdgeKind::SameAs => Self::SameAs,
        }
    }
}

impl From<Summary> for EntityView {
    fn from(summary: Summary) -> Self {
        Self {
            kind: summary.key.kind().into(),
            key: summary.key,
            label: summary.label,
            mentions: summary.mentions,
            documents: summary.documents,
        }
    }
}

impl From<Told> for PlaceView {
    fn from(told: Told) -> Self {
        Self {
            document_id: told.document,
            title: told.title,
            page: told.page,
            start: told.span.start,
            end: told.span.end,
            sentence: told.sentence,
            sentence_start: told.start,
        }
    }
}

impl From<Neighbour> for NeighbourView {
    fn from(neighbour: Neighbour) -> Self {
        Self {
            entity: neighbour.entity.into(),
            kind: neighbour.kind.into(),
            outgoing: neighbour.leads,
            weight: neighbour.weight,
            documents: neighbour.documents,
        }
    }
}

impl From<Profile> for ProfileView {
    fn from(profile: Profile) -> Self {
        Self {
            entity: profile.summary.into(),
            definitions: profile.definitions.into_iter().map(Into::into).collect(),
            mentions: profile.mentions.into_iter().map(Into::into).collect(),
            neighbours: profile.neighbours.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<View> for GraphView {
    fn from(view: View) -> Self {
        let key = |at: usize| view.nodes[at].key.clone();
        let edge = |tie: &Tie| TieView {
            from: key(tie.from),
            to: key(tie.to),
            kind: tie.kind.into(),
            weight: tie.weight,
            documents: tie.documents,
        };
        let edges = view.edges.iter().map(edge).collect();
        let nodes = view.nodes.into_iter().map(Into::into).collect();
        Self { nodes, edges }
    }
}

#[OpenApi(tag = "Tag::Documents")]
impl Graph {
    /// Show what the documents of a workspace speak of most, and how it hangs together.
    ///
    /// With `around`, that entity and what it is tied to most strongly. Only documents that you
    /// may see are counted.
    #[oai(
        path = "/workspaces/:id/graph",
        method = "get",
        operation_id = "getGraph"
    )]
    async fn view(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        /// The key of an entity.
        around: Query<Option<EntityKey>>,
        /// Entities, at most; 60 when nothing is said, and never more than 150.
        limit: Query<Option<u32>>,
    ) -> Result<Json<GraphView>, Problem> {
        let access = self.0.open(&asker, id.0, Action::ReadWorkspace).await?;
        let limit = limit.0.unwrap_or(NODES) as usize;
        let view = self.0.rag.graph(&access, around.0, limit).await?;
        Ok(Json(view.into()))
    }

    /// List what the documents of a workspace speak of, in the order of the keys.
    #[oai(
        path = "/workspaces/:id/entities",
        method = "get",
        operation_id = "listEntities"
    )]
    async fn list(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        /// Beginnings of words of the name.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        kind: Query<Option<KindView>>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> Result<Json<PageView<EntityView>>, Problem> {
        let access = self.0.open(&asker, id.0, Action::ReadWorkspace).await?;
        let wanted = Wanted {
            words: q.0.unwrap_or_default(),
            kind: kind.0.map(Into::into),
        };
        let page = page(cursor.0, limit.0);
        let found = self.0.rag.entities(&access, wanted, &page).await?;
        Ok(PageView::of(found, EntityView::from))
    }

    /// Show one entity with the places that name it and what it is tied to.
    #[oai(
        path = "/workspaces/:id/entities/:key",
        method = "get",
        operation_id = "getEntity"
    )]
    async fn show(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        key: Path<EntityKey>,
    ) -> Result<Json<ProfileView>, Problem> {
        let access = self.0.open(&asker, id.0, Action::ReadWorkspace).await?;
        let profile = self.0.rag.entity(&access, key.0).await?;
        Ok(Json(profile.into()))
    }
}
