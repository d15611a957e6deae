//! Graph: what documents speak of, and how it hangs together.
//!
//! Each row is of one document, so it goes with its document, and what is counted can leave out
//! the documents that the asker may not see: every function that reads asks `sees`.

use serde::{Deserialize, Serialize};

use crate::domain::graph::{EdgeKind, EntityKey, EntityKind, Graph, Mention, Span};
use crate::domain::id::{DocumentId, WorkspaceId};

use super::codec::Stem;
use super::schema::{ENTITIES, ENTITY_WORDS, GRAPHS, LINKS};
use super::{Reads, StoreError, WriteTx};

/// What one document says of one entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The name as the document writes it most fully.
    pub label: String,
    /// How often it is named.
    pub count: u32,
    /// The first places where it is named, in order.
    pub mentions: Vec<Mention>,
    /// What defines it.
    pub definitions: Vec<Mention>,
}

/// What an entity is tied to, by one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub to: EntityKey,
    pub kind: EdgeKind,
    /// The edge begins here; false also for a co-mention, which has no direction.
    pub leads: bool,
    pub weight: u32,
    /// The first of the places that say so.
    pub spans: Vec<Span>,
}

/// Puts the graph of a document that has none.
pub fn put(
    tx: &mut WriteTx,
    workspace: WorkspaceId,
    document: DocumentId,
    graph: &Graph,
) -> Result<(), StoreError> {
    if graph.entities.is_empty() {
        return Ok(());
    }
    let keys: Vec<EntityKey> = graph.entities.iter().map(|one| one.key.clone()).collect();
    for entity in &graph.entities {
        let known = Known {
            label: entity.label.clone(),
            count: entity.count,
            mentions: entity.mentions.clone(),
            definitions: entity.definitions.clone(),
        };
        tx.put(ENTITIES, &(workspace, entity.key.clone(), document), &known)?;
        change_words(tx, workspace, &entity.key, 1)?;
    }
    let links = links_of(graph);
    let linked = keys
        .iter()
        .zip(&links)
        .filter(|(_, links)| !links.is_empty());
    tx.put_many(
        LINKS,
        linked.map(|(key, links)| ((workspace, key.clone(), document), links)),
    )?;
    tx.put(GRAPHS, &(workspace, document), &keys)
}

/// The links of each entity, in the order of the entities.
fn links_of(graph: &Graph) -> Vec<Vec<Link>> {
    let mut links = vec![Vec::new(); graph.entities.len()];
    for edge in &graph.edges {
        let (from, to) = (edge.from as usize, edge.to as usize);
        for (here, there, leads) in [(from, to, true), (to, from, false)] {
            links[here].push(Link {
                to: graph.entities[there].key.clone(),
                kind: edge.kind,
                leads: leads && edge.kind != EdgeKind::CoMention,
                weight: edge.weight,
                spans: edge.spans.clone(),
            });
        }
    }
    links
}

/// Removes the graph of a document; nothing if it has none.
pub fn remove(
    tx: &mut WriteTx,
    workspace: WorkspaceId,
    document: DocumentId,
) -> Result<(), StoreError> {
    let keys = tx.get(GRAPHS, &(workspace, document))?.unwrap_or_default();
    for key in &keys {
        change_words(tx, workspace, key, -1)?;
    }
    let rows = || keys.iter().map(|key| (workspace, key.clone(), document));
    tx.remove_many(ENTITIES, rows())?;
    tx.remove_many(LINKS, rows())?;
    tx.remove(GRAPHS, &(workspace, document)).map(drop)
}

/// Removes the graph of a workspace.
pub(super) fn remove_all(tx: &mut WriteTx, workspace: WorkspaceId) -> Result<(), StoreError> {
    tx.remove_prefix(ENTITIES, &workspace)?;
    tx.remove_prefix(LINKS, &workspace)?;
    tx.remove_prefix(ENTITY_WORDS, &workspace)?;
    tx.remove_prefix(GRAPHS, &workspace).map(drop)
}

fn change_words(
    tx: &mut WriteTx,
    workspace: WorkspaceId,
    key: &EntityKey,
    by: i64,
) -> Result<(), StoreError> {
    let mut words: Vec<&str> = key.name().split(' ').collect();
    words.sort_unstable();
    words.dedup();
    for word in words {
        let row = (workspace, word.to_owned(), key.clone());
        let now = i64::from(tx.get(ENTITY_WORDS, &row)?.unwrap_or(0)).saturating_add(by);
        match u32::try_from(now) {
            Ok(count) if count > 0 => tx.put(ENTITY_WORDS, &row, &count)?,
            _ => drop(tx.remove(ENTITY_WORDS, &row)?),
        }
    }
    Ok(())
}

/// Calls `f` with what each document says of an entity, oldest first.
pub fn each_known(
    tx: &impl Reads,
    workspace: WorkspaceId,
    key: &EntityKey,
    sees: impl Fn(DocumentId) -> bool,
    mut f: impl FnMut(DocumentId, Known),
) -> Result<(), StoreError> {
    tx.visit(
        ENTITIES,
        &(workspace, key.clone()),
        |(_, _, document), row| {
            if sees(document) {
                f(document, row.decode()?);
            }
            Ok(())
        },
    )
}

/// What one document says of an entity.
pub fn known_in(
    tx: &impl Reads,
    workspace: WorkspaceId,
    key: &EntityKey,
    document: DocumentId,
) -> Result<Option<Known>, StoreError> {
    tx.get(ENTITIES, &(workspace, key.clone(), document))
}

/// What the newest documents say of an entity, `limit` of them at most, newest first.
pub fn newest(
    tx: &impl Reads,
    workspace: WorkspaceId,
    key: &EntityKey,
    limit: usize,
    sees: impl Fn(DocumentId) -> bool,
) -> Result<Vec<(DocumentId, Known)>, StoreError> {
    let rows = tx
        .prefix(ENTITIES, &(workspace, key.clone()))
        .newest_first();
    let seen = rows.map(|row| row.map(|((_, _, document), known)| (document, known)));
    seen.filter(|row| row.as_ref().map_or(true, |(document, _)| sees(*document)))
        .take(limit)
        .collect()
}

/// What the newest documents tie an entity to, `limit` of them at most, newest first.
pub fn links(
    tx: &impl Reads,
    workspace: WorkspaceId,
    key: &EntityKey,
    limit: usize,
    sees: impl Fn(DocumentId) -> bool,
) -> Result<Vec<(DocumentId, Vec<Link>)>, StoreError> {
    let rows = tx.prefix(LINKS, &(workspace, key.clone())).newest_first();
    let seen = rows.map(|row| row.map(|((_, _, document), links)| (document, links)));
    seen.filter(|row| row.as_ref().map_or(true, |(document, _)| sees(*document)))
        .take(limit)
        .collect()
}

/// The keys of a workspace in order, of one kind or all, from behind `after` on; `limit` at most.
pub fn keys(
    tx: &impl Reads,
    workspace: WorkspaceId,
    kind: Option<EntityKind>,
    after: Option<&EntityKey>,
    limit: usize,
    sees: impl Fn(DocumentId) -> bool,
) -> Result<Vec<EntityKey>, StoreError> {
    let stem = kind.map_or(String::new(), |kind| format!("{}:", kind.name()));
    let mut found: Vec<EntityKey> = Vec::new();
    let mut last = after.cloned();
    while found.len() < limit {
        // Behind every document of the key before.
        let behind = last.map(|key| (workspace, key, last_document()));
        let mut rows = tx
            .prefix(ENTITIES, &(workspace, Stem(&stem)))
            .after_some(behind.as_ref());
        let Some(((_, key, document), _)) = rows.next().transpose()? else {
            break;
        };
        let mut seen = sees(document);
        for row in rows {
            if seen {
                break;
            }
            let ((_, other, document), _) = row?;
            if other != key {
                break;
            }
            seen = sees(document);
        }
        if seen {
            found.push(key.clone());
        }
        last = Some(key);
    }
    Ok(found)
}

/// The id that sorts behind all others.
fn last_document() -> DocumentId {
    DocumentId::from_bytes([0xFF; 16])
}

/// Keys with a word in their name that begins with `stem`, in the order of the words, `limit` at
/// most. They may be of documents that the asker does not see: whoever shows one asks for what is
/// known of it first.
pub fn with_word(
    tx: &impl Reads,
    workspace: WorkspaceId,
    stem: &str,
    limit: usize,
) -> Result<Vec<EntityKey>, StoreError> {
    let rows = tx.prefix(ENTITY_WORDS, &(workspace, Stem(stem)));
    rows.take(limit)
        .map(|row| row.map(|((_, _, key), _)| key))
        .collect()
}

/// The same for a whole word.
pub fn with_whole_word(
    tx: &impl Reads,
    workspace: WorkspaceId,
    word: &str,
    limit: usize,
) -> Result<Vec<EntityKey>, StoreError> {
    let rows = tx.prefix(ENTITY_WORDS, &(workspace, word.to_owned()));
    rows.take(limit)
        .map(|row| row.map(|((_, _, key), _)| key))
        .collect()
}

/// Calls `f` with the entities of each document, strongest first, where they lie.
pub fn each_document(
    tx: &impl Reads,
    workspace: WorkspaceId,
    sees: impl Fn(DocumentId) -> bool,
    mut f: impl FnMut(&[&str]),
) -> Result<(), StoreError> {
    tx.visit(GRAPHS, &workspace, |(_, document), row| {
        if sees(document) {
            let keys: Vec<&str> = row.decode()?;
            f(&keys);
        }
        Ok(())
    })
}

/// The entities of one document, strongest first.
pub fn of_document(
    tx: &impl Reads,
    workspace: WorkspaceId,
    document: DocumentId,
) -> Result<Vec<EntityKey>, StoreError> {
    Ok(tx.get(GRAPHS, &(workspace, document))?.unwrap_or_default())
}

#[cfg(test)]
pub(super) fn golden() -> Vec<super::golden::Row> {
    use super::golden::{Row, id};
    let (workspace, document) = (id(1), id(2));
    let mut rows = Vec::new();
    let mention = Mention {
        span: Span { start: 10, end: 20 },
        passage: 1,
    };
    let known = Known {
        label: "Änna Weber".to_owned(),
        count: 300,
        mentions: vec![mention],
        definitions: vec![mention],
    };
    for kind in EntityKind::ALL {
        let key = EntityKey::new(kind, "anna weber");
        rows.push(Row::of(ENTITIES, &(workspace, key, document), &known));
    }
    let key = EntityKey::new(EntityKind::Person, "anna weber");
    let link = |kind| Link {
        to: EntityKey::new(EntityKind::Term, "supplier"),
        kind,
        leads: kind != EdgeKind::CoMention,
        weight: 7,
        spans: vec![Span {
            start: 10,
            end: 200,
        }],
    };
    let links = [EdgeKind::CoMention, EdgeKind::Definition, EdgeKind::SameAs]
        .map(link)
        .to_vec();
    rows.push(Row::of(LINKS, &(workspace, key.clone(), document), &links));
    rows.push(Row::of(
        ENTITY_WORDS,
        &(workspace, "weber".to_owned(), key.clone()),
        &3,
    ));
    rows.push(Row::of(GRAPHS, &(workspace, document), &vec![key]));
    rows
}
