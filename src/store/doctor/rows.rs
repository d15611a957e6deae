//! Rows that nothing owns, and documents whose rows are not all there.

use std::collections::{HashMap, HashSet};

use serde::de::DeserializeOwned;

use crate::domain::document::DocumentState;
use crate::domain::id::{ConversationId, DocumentId, UserId, WorkspaceId};
use crate::domain::time::Timestamp;

use super::super::blobs::digest_bytes;
use super::super::codec::Key;
use super::super::schema::{
    API_KEYS, BLOB_NAMES, CONVERSATIONS, CORPORA, DISCARDS, DOCUMENTS, ENTITIES, ENTITY_WORDS,
    GRAPHS, INDEXES, JOBS, LINKS, MEMBERS, NAMES, OWN_CONVERSATIONS, PASSAGES, PIPELINES, POSTINGS,
    RESTRICTIONS, RUNNING_TURNS, STAGED, STAGED_VECTORS, TEXTS, TURN_KEYS, TURNS, USER_WORKSPACES,
    USERS, VECTORS, WORKSPACES,
};
use super::super::table::Table;
use super::super::transaction::{ReadTx, Reads};
use super::super::{StoreError, documents};
use super::mend::Mend;
use super::notes::{Kind, Notes};

/// A document by its full name.
pub(super) type Name = (WorkspaceId, DocumentId);

/// What everything else belongs to.
#[derive(Default)]
pub(super) struct Owners {
    users: HashSet<UserId>,
    pub(super) workspaces: HashSet<WorkspaceId>,
    pub(super) documents: HashMap<Name, Paper>,
    conversations: HashSet<ConversationId>,
    pub(super) indexes: HashMap<Name, Whole>,
}

/// What the row of a document says.
pub(super) struct Paper {
    pub(super) digest: String,
    pub(super) bytes: u64,
    at: Timestamp,
    indexed: bool,
    waits: bool,
    pub(super) language: Option<String>,
}

/// What there is to be of a document that is indexed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) passages: u32,
    pub(super) words: u64,
    pub(super) terms: usize,
}

/// Calls `f` with each row of a table; one that cannot be read is noted.
pub(super) fn each<K: Key, V: DeserializeOwned>(
    tx: &ReadTx,
    table: Table<K, V>,
    notes: &mut Notes,
    mut f: impl FnMut(&mut Notes, K, V) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for row in tx.all(table) {
        notes.looked(table.name());
        match row {
            Ok((key, value)) => f(notes, key, value)?,
            Err(StoreError::Corrupt { reason, .. }) => {
                let what = format!("a row cannot be read: {reason}");
                notes.find(Kind::Damaged, table.name(), what, None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Owners {
    pub(super) fn read(tx: &ReadTx, notes: &mut Notes) -> Result<Self, StoreError> {
        let mut owners = Self::default();
        each(tx, USERS, notes, |_, id, _| {
            owners.users.insert(id);
            Ok(())
        })?;
        each(tx, WORKSPACES, notes, |_, id, _| {
            owners.workspaces.insert(id);
            Ok(())
        })?;
        each(tx, CONVERSATIONS, notes, |notes, id, one| {
            match owners.workspaces.contains(&one.workspace) {
                true => drop(owners.conversations.insert(id)),
                false => leftover(notes, CONVERSATIONS, &id, &one.workspace),
            }
            Ok(())
        })?;
        each(tx, DOCUMENTS, notes, |notes, name, one| {
            if !owners.workspaces.contains(&name.0) {
                let what = format!("of {}, which is not there", name.0);
                let mend = Mend::Document(name);
                notes.find(Kind::Leftover, DOCUMENTS.name(), what, Some(mend));
                return Ok(());
            }
            let indexed = matches!(one.state, DocumentState::Indexed { .. });
            let paper = Paper {
                digest: one.digest,
                bytes: one.bytes,
                at: one.uploaded_at,
                indexed,
                language: one.language,
                waits: !indexed && !matches!(one.state, DocumentState::Failed { .. }),
            };
            owners.documents.insert(name, paper);
            Ok(())
        })?;
        each(tx, INDEXES, notes, |notes, name, one| {
            if !owners.documents.contains_key(&name) {
                leftover(notes, INDEXES, &name, &name.1);
                return Ok(());
            }
            let whole = Whole {
                passages: one.passages,
                words: one.words,
                terms: one.terms.len(),
            };
            owners.indexes.insert(name, whole);
            Ok(())
        })?;
        Ok(owners)
    }
}

/// Notes a row whose owner is not there.
fn leftover<K: Key, V>(
    notes: &mut Notes,
    table: Table<K, V>,
    key: &K,
    owner: &impl std::fmt::Display,
) {
    let what = format!("of {owner}, which is not there");
    let mend = Mend::Row(table.name(), key.to_bytes());
    notes.find(Kind::Leftover, table.name(), what, Some(mend));
}

pub(super) fn examine(tx: &ReadTx, owners: &Owners, notes: &mut Notes) -> Result<(), StoreError> {
    of_workspaces(tx, owners, notes)?;
    of_conversations(tx, owners, notes)?;
    of_uploads(tx, owners, notes)?;
    of_indexes(tx, owners, notes)?;
    of_graphs(tx, owners, notes)?;
    of_jobs(tx, owners, notes)?;
    for name in tx.table_names()? {
        if tx.is_empty(&name)? {
            continue;
        }
        if !NAMES.contains(&name.as_str()) {
            let what = format!("the table {name}, which this version does not know");
            notes.find(Kind::Leftover, "tables", what, None);
        }
    }
    Ok(())
}

fn of_workspaces(tx: &ReadTx, owners: &Owners, notes: &mut Notes) -> Result<(), StoreError> {
    let (workspaces, users) = (&owners.workspaces, &owners.users);
    each(tx, MEMBERS, notes, |notes, key, _| {
        if !workspaces.contains(&key.0) {
            leftover(notes, MEMBERS, &key, &key.0);
        } else if !users.contains(&key.1) {
            leftover(notes, MEMBERS, &key, &key.1);
        }
        Ok(())
    })?;
    each(tx, USER_WORKSPACES, notes, |notes, key, ()| {
        if !tx.has(MEMBERS, &(key.1, key.0))? {
            leftover(notes, USER_WORKSPACES, &key, &key.1);
        }
        Ok(())
    })?;
    each(tx, PIPELINES, notes, |notes, key, _| {
        if !workspaces.contains(&key) {
            leftover(notes, PIPELINES, &key, &key);
        }
        Ok(())
    })?;
    each(tx, CORPORA, notes, |notes, key, _| {
        if !workspaces.contains(&key) {
            leftover(notes, CORPORA, &key, &key);
        }
        Ok(())
    })?;
    each(tx, API_KEYS, notes, |notes, key, one| {
        if let Some(workspace) = one.workspace.filter(|it| !workspaces.contains(it)) {
            // A key is never removed without the person who has it: it opens nothing any more.
            let what = format!("{key} opens {workspace}, which is not there");
            notes.find(Kind::Leftover, API_KEYS.name(), what, None);
        }
        Ok(())
    })
}

fn of_conversations(tx: &ReadTx, owners: &Owners, notes: &mut Notes) -> Result<(), StoreError> {
    let there = &owners.conversations;
    each(tx, OWN_CONVERSATIONS, notes, |notes, key, ()| {
        if !there.contains(&key.3) {
            leftover(notes, OWN_CONVERSATIONS, &key, &key.3);
        }
        Ok(())
    })?;
    each(tx, TURNS, notes, |notes, key, _| {
        if !there.contains(&key.0) {
            leftover(notes, TURNS, &key, &key.0);
        }
        Ok(())
    })?;
    each(tx, RUNNING_TURNS, notes, |notes, key, ()| {
        if !there.contains(&key.0) {
            leftover(notes, RUNNING_TURNS, &key, &key.0);
        }
        Ok(())
    })?;
    each(tx, TURN_KEYS, notes, |notes, key, _| {
        if !there.contains(&key.0) {
            leftover(notes, TURN_KEYS, &key, &key.0);
        }
        Ok(())
    })
}

/// The names of uploads, in both directions.
fn of_uploads(tx: &ReadTx, owners: &Owners, notes: &mut Notes) -> Result<(), StoreError> {
    for (name, paper) in &owners.documents {
        let Ok(digest) = digest_bytes(&paper.digest) else {
            let what = format!("{} names no upload", name.1);
            notes.find(Kind::Damaged, DOCUMENTS.name(), what, None);
            continue;
        };
        if !tx.has(BLOB_NAMES, &(digest, name.0, name.1))? {
            let what = format!("the name that {} gives its upload", name.1);
            let mend = Mend::Name(digest, *name);
            notes.find(Kind::Missing, BLOB_NAMES.name(), what, Some(mend));
        }
    }
    each(tx, BLOB_NAMES, notes, |notes, key, ()| {
        let paper = owners.documents.get(&(key.1, key.2));
        let named = paper.and_then(|paper| digest_bytes(&paper.digest).ok());
        if named != Some(key.0) {
            leftover(notes, BLOB_NAMES, &key, &key.2);
        }
        Ok(())
    })?;
    each(tx, RESTRICTIONS, notes, |notes, name, _| {
        if !owners.documents.contains_key(&name) {
            leftover(notes, RESTRICTIONS, &name, &name.1);
        }
        Ok(())
    })?;
    each(tx, DISCARDS, notes, |notes, digest, ()| {
        if documents::names_blob(tx, &super::super::table::hex(&digest))? {
            let what = "an upload is to go that a document names; it stays";
            let mend = Mend::Row(DISCARDS.name(), digest.to_bytes());
            notes.find(Kind::Contradiction, DISCARDS.name(), what, Some(mend));
        }
        Ok(())
    })
}

fn of_indexes(tx: &ReadTx, owners: &Owners, notes: &mut Notes) -> Result<(), StoreError> {
    let indexes = &owners.indexes;
    let mut seen: HashMap<Name, Whole> = HashMap::new();
    let mut texts = HashSet::new();
    each(tx, TEXTS, notes, |notes, name, _| {
        match indexes.contains_key(&name) {
            true => drop(texts.insert(name)),
            false => leftover(notes, TEXTS, &name, &name.1),
        }
        Ok(())
    })?;
    each(tx, PASSAGES, notes, |notes, key, _| {
        let name = (key.0, key.1);
        match indexes.contains_key(&name) {
            true => seen.entry(name).or_default().passages += 1,
            false => leftover(notes, PASSAGES, &key, &key.1),
        }
        Ok(())
    })?;
    each(tx, VECTORS, notes, |notes, key, _| {
        if !indexes.contains_key(&(key.0, key.1)) {
            leftover(notes, VECTORS, &key, &key.1);
        }
        Ok(())
    })?;
    each(tx, POSTINGS, notes, |notes, key, _| {
        let name = (key.0, key.2);
        match indexes.contains_key(&name) {
            true => seen.entry(name).or_default().terms += 1,
            false => leftover(notes, POSTINGS, &key, &key.2),
        }
        Ok(())
    })?;
    for (name, whole) in indexes {
        let there = seen.get(name).copied().unwrap_or_default();
        let fits = there.passages == whole.passages && there.terms == whole.terms;
        if !fits || !texts.contains(name) {
            let what = format!("not all of {} is there", name.1);
            let mend = again(owners, *name);
            notes.find(Kind::Contradiction, INDEXES.name(), what, mend);
        }
    }
    Ok(())
}

/// What documents speak of, in both directions.
fn of_graphs(tx: &ReadTx, owners: &Owners, notes: &mut Notes) -> Result<(), StoreError> {
    let indexes = &owners.indexes;
    each(tx, GRAPHS, notes, |notes, name, _| {
        if !indexes.contains_key(&name) {
            leftover(notes, GRAPHS, &name, &name.1);
        }
        Ok(())
    })?;
    each(tx, ENTITIES, notes, |notes, key, _| {
        if !indexes.contains_key(&(key.0, key.2)) {
            leftover(notes, ENTITIES, &key, &key.2);
        }
        Ok(())
    })?;
    each(tx, LINKS, notes, |notes, key, _| {
        if !indexes.contains_key(&(key.0, key.2)) {
            leftover(notes, LINKS, &key, &key.2);
        }
        Ok(())
    })?;
    each(tx, ENTITY_WORDS, notes, |notes, key, _| {
        let named = (key.0, key.2.clone());
        if tx.prefix(ENTITIES, &named).next().is_none() {
            // The word is one of somebody's document and is not told.
            let what = format!("a word for something that no document names, in {}", key.0);
            let mend = Mend::Row(ENTITY_WORDS.name(), key.to_bytes());
            notes.find(Kind::Leftover, ENTITY_WORDS.name(), what, Some(mend));
        }
        Ok(())
    })
}

fn of_jobs(tx: &ReadTx, owners: &Owners, notes: &mut Notes) -> Result<(), StoreError> {
    let mut waiting = HashSet::new();
    each(tx, JOBS, notes, |notes, id, job| {
        let name = (job.workspace, id);
        match owners.documents.contains_key(&name) {
            true => drop(waiting.insert(name)),
            false => leftover(notes, JOBS, &id, &id),
        }
        Ok(())
    })?;
    each(tx, STAGED, notes, |notes, id, _| {
        if !tx.has(JOBS, &id)? {
            leftover(notes, STAGED, &id, &id);
        }
        Ok(())
    })?;
    each(tx, STAGED_VECTORS, notes, |notes, key, _| {
        if !tx.has(JOBS, &key.0)? {
            leftover(notes, STAGED_VECTORS, &key, &key.0);
        }
        Ok(())
    })?;
    for (name, paper) in &owners.documents {
        if waiting.contains(name) {
            continue;
        }
        let missing = match (paper.waits, paper.indexed) {
            (true, _) => "work that never begins for",
            (_, true) if !owners.indexes.contains_key(name) => "the index of",
            _ => continue,
        };
        let what = format!("{missing} {}", name.1);
        let mend = again(owners, *name);
        notes.find(Kind::Missing, JOBS.name(), what, mend);
    }
    Ok(())
}

/// Has a document indexed again at the next start.
fn again(owners: &Owners, name: Name) -> Option<Mend> {
    let paper = owners.documents.get(&name)?;
    Some(Mend::Again(name, paper.at))
}
