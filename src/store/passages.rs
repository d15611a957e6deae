//! Passages: what retrieval reads of a document. Text, passages, vectors and postings.
//!
//! All of one document comes and goes in one transaction, so a search sees a document whole or
//! not at all. Every key begins with the workspace.

use serde::{Deserialize, Serialize};

use crate::domain::document::Passage;
use crate::domain::graph::Graph;
use crate::domain::id::{DocumentId, WorkspaceId};

use super::schema::{CORPORA, INDEXES, PASSAGES, POSTINGS, TERMS, TEXTS, VECTORS};
use super::{Reads, StoreError, WriteTx, graph};

/// Sums over a workspace, kept so that a search need not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corpus {
    /// Documents in any state.
    pub documents: u32,
    /// Indexed passages, and the words in them.
    pub passages: u64,
    pub words: u64,
    /// Grows with every change of what a search can find.
    pub version: u64,
}

/// How a document was indexed: what is needed to take its rows out again, or to see that they
/// are of an older kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Version of the rules that cut and tokenise, with the length that passages were to have; 0 if
    /// it is to be indexed anew.
    pub rules: u32,
    pub passages: u32,
    pub words: u64,
    /// SHA-256 of the weights that made the vectors; none if there are none.
    pub model: Option<String>,
    /// The terms with postings of this document.
    pub terms: Vec<String>,
}

/// One passage in the list of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    pub ordinal: u32,
    /// How often the term is in it.
    pub count: u32,
    /// How many words it has.
    pub length: u32,
}

/// Vectors of up to [`VECTORS_PER_BLOCK`] passages in a row, each component as an `i8` that is
/// multiplied by its vector's scale.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VectorBlock {
    /// SHA-256 of the weights that made them.
    pub model: String,
    /// Ordinal of the first passage.
    pub first: u32,
    pub dimensions: u32,
    /// One for each vector.
    pub scales: Vec<f32>,
    /// `scales.len() × dimensions` components.
    pub components: Vec<u8>,
}

/// [`VectorBlock`] where it lies in the database.
#[derive(Debug, Deserialize)]
pub struct VectorView<'a> {
    /// SHA-256 of the weights that made them.
    pub model: &'a str,
    /// Ordinal of the first passage.
    pub first: u32,
    pub dimensions: u32,
    /// One for each vector.
    pub scales: Vec<f32>,
    /// `scales.len() × dimensions` components, each an `i8`.
    pub components: &'a [u8],
}

impl VectorView<'_> {
    /// A copy that needs no transaction.
    pub fn to_owned(&self) -> VectorBlock {
        VectorBlock {
            model: self.model.to_owned(),
            first: self.first,
            dimensions: self.dimensions,
            scales: self.scales.clone(),
            components: self.components.to_vec(),
        }
    }
}

/// Vectors in one row: 24 KiB of a model with 384 dimensions.
pub const VECTORS_PER_BLOCK: usize = 64;

/// Everything that indexing one document made.
#[derive(Clone, Debug, Default)]
pub struct Indexed {
    pub index: Index,
    pub text: String,
    pub passages: Vec<Passage>,
    pub vectors: Vec<VectorBlock>,
    /// By term, in the order of `index.terms`.
    pub postings: Vec<Vec<Posting>>,
    /// What it speaks of.
    pub graph: Graph,
}

/// The sums of a workspace.
pub fn corpus(tx: &impl Reads, workspace: WorkspaceId) -> Result<Corpus, StoreError> {
    Ok(tx.get(CORPORA, &workspace)?.unwrap_or_default())
}

pub(super) fn change_corpus(
    tx: &mut WriteTx,
    workspace: WorkspaceId,
    change: impl FnOnce(&mut Corpus),
) -> Result<(), StoreError> {
    let mut corpus = corpus(tx, workspace)?;
    change(&mut corpus);
    tx.put(CORPORA, &workspace, &corpus)
}

/// Puts what indexing made in place of what is there of this document.
pub fn put(
    tx: &mut WriteTx,
    workspace: WorkspaceId,
    document: DocumentId,
    made: &Indexed,
) -> Result<(), StoreError> {
    remove(tx, workspace, document)?;
    tx.put(INDEXES, &(workspace, document), &made.index)?;
    tx.put(TEXTS, &(workspace, document), &made.text)?;
    let passages = made.passages.iter();
    tx.put_many(
        PASSAGES,
        passages.map(|one| ((workspace, document, one.ordinal), one)),
    )?;
    put_vectors(tx, workspace, document, &made.vectors)?;
    graph::put(tx, workspace, document, &made.graph)?;
    for (term, list) in made.index.terms.iter().zip(&made.postings) {
        let more = i64::try_from(list.len()).unwrap_or(i64::MAX);
        change_frequency(tx, workspace, term, more)?;
    }
    let terms = made.index.terms.iter().zip(&made.postings);
    tx.put_many(
        POSTINGS,
        terms.map(|(term, list)| ((workspace, term.clone(), document), list)),
    )?;
    change_corpus(tx, workspace, |corpus| {
        corpus.passages += u64::from(made.index.passages);
        corpus.words += made.index.words;
        corpus.version += 1;
    })
}

/// Notes that a document is to be indexed anew; it stays as it is until then.
pub fn outdate(
    tx: &mut WriteTx,
    workspace: WorkspaceId,
    document: DocumentId,
) -> Result<(), StoreError> {
    let Some(mut index) = index(tx, workspace, document)? else {
        return Ok(());
    };
    index.rules = 0;
    tx.put(INDEXES, &(workspace, document), &index)
}

fn put_vectors(
    tx: &mut WriteTx,
    workspace: WorkspaceId,
    document: DocumentId,
    blocks: &[VectorBlock],
) -> Result<(), StoreError> {
    let rows = (0u32..).zip(blocks);
    tx.put_many(
        VECTORS,
        rows.map(|(number, block)| ((workspace, document, number), block)),
    )
}

/// Removes everything that indexing made of a document; nothing if it was not indexed.
pub fn remove(
    tx: &mut WriteTx,
    workspace: WorkspaceId,
    document: DocumentId,
) -> Result<(), StoreError> {
    let Some(index) = index(tx, workspace, document)? else {
        return Ok(());
    };
    for term in &index.terms {
        let list = with_term_in(tx, workspace, term, document)?;
        let fewer = i64::try_from(list.len()).unwrap_or(i64::MAX);
        change_frequency(tx, workspace, term, -fewer)?;
    }
    let keys = index
        .terms
        .into_iter()
        .map(|term| (workspace, term, document));
    tx.remove_many(POSTINGS, keys)?;
    graph::remove(tx, workspace, document)?;
    tx.remove_prefix(VECTORS, &(workspace, document))?;
    tx.remove_prefix(PASSAGES, &(workspace, document))?;
    tx.remove(TEXTS, &(workspace, document))?;
    tx.remove(INDEXES, &(workspace, document))?;
    change_corpus(tx, workspace, |corpus| {
        corpus.passages = corpus.passages.saturating_sub(u64::from(index.passages));
        corpus.words = corpus.words.saturating_sub(index.words);
        corpus.version += 1;
    })
}

fn change_frequency(
    tx: &mut WriteTx,
    workspace: WorkspaceId,
    term: &str,
    by: i64,
) -> Result<(), StoreError> {
    let key = (workspace, term.to_owned());
    let now = i64::from(tx.get(TERMS, &key)?.unwrap_or(0)).saturating_add(by);
    match u32::try_from(now.min(u32::MAX.into())) {
        Ok(count) if count > 0 => tx.put(TERMS, &key, &count),
        _ => tx.remove(TERMS, &key).map(drop),
    }
}

/// Removes everything that retrieval reads of a workspace.
pub(super) fn remove_all(tx: &mut WriteTx, workspace: WorkspaceId) -> Result<(), StoreError> {
    graph::remove_all(tx, workspace)?;
    tx.remove_prefix(POSTINGS, &workspace)?;
    tx.remove_prefix(TERMS, &workspace)?;
    tx.remove_prefix(VECTORS, &workspace)?;
    tx.remove_prefix(PASSAGES, &workspace)?;
    tx.remove_prefix(TEXTS, &workspace)?;
    tx.remove_prefix(INDEXES, &workspace)?;
    tx.remove(CORPORA, &workspace).map(drop)
}

/// How a document was indexed; none if it is not.
pub fn index(
    tx: &impl Reads,
    workspace: WorkspaceId,
    document: DocumentId,
) -> Result<Option<Index>, StoreError> {
    tx.get(INDEXES, &(workspace, document))
}

/// The stored text of a document; none until it is indexed.
pub fn text(
    tx: &impl Reads,
    workspace: WorkspaceId,
    document: DocumentId,
) -> Result<Option<String>, StoreError> {
    tx.get(TEXTS, &(workspace, document))
}

/// One passage.
pub fn get(
    tx: &impl Reads,
    workspace: WorkspaceId,
    document: DocumentId,
    ordinal: u32,
) -> Result<Option<Passage>, StoreError> {
    tx.get(PASSAGES, &(workspace, document, ordinal))
}

/// The passages of a document, in order.
pub fn of_document(
    tx: &impl Reads,
    workspace: WorkspaceId,
    document: DocumentId,
) -> Result<Vec<Passage>, StoreError> {
    tx.prefix(PASSAGES, &(workspace, document))
        .map(|row| row.map(|(_, one)| one))
        .collect()
}

/// How many passages of a workspace have the term.
pub fn frequency(tx: &impl Reads, workspace: WorkspaceId, term: &str) -> Result<u32, StoreError> {
    Ok(tx.get(TERMS, &(workspace, term.to_owned()))?.unwrap_or(0))
}

/// The passages of a document from `first` on, in order.
pub fn from(
    tx: &impl Reads,
    workspace: WorkspaceId,
    document: DocumentId,
    first: u32,
    limit: usize,
) -> Result<Vec<Passage>, StoreError> {
    let before = first.checked_sub(1).map(|last| (workspace, document, last));
    let rows = tx.prefix(PASSAGES, &(workspace, document));
    rows.after_some(before.as_ref())
        .take(limit)
        .map(|row| row.map(|(_, one)| one))
        .collect()
}

/// Calls `f` for each document with passages that have the term, of those that `takes` says yes
/// to.
pub fn with_term(
    tx: &impl Reads,
    workspace: WorkspaceId,
    term: &str,
    takes: impl Fn(DocumentId) -> bool,
    mut f: impl FnMut(DocumentId, Vec<Posting>),
) -> Result<(), StoreError> {
    let prefix = (workspace, term.to_owned());
    tx.visit(POSTINGS, &prefix, |(_, _, document), row| {
        if takes(document) {
            f(document, row.decode()?);
        }
        Ok(())
    })
}

/// The passages of one document that have the term.
pub fn with_term_in(
    tx: &impl Reads,
    workspace: WorkspaceId,
    term: &str,
    document: DocumentId,
) -> Result<Vec<Posting>, StoreError> {
    let key = (workspace, term.to_owned(), document);
    Ok(tx.get(POSTINGS, &key)?.unwrap_or_default())
}

/// One block of vectors of a document, by its number.
pub fn vector_block(
    tx: &impl Reads,
    workspace: WorkspaceId,
    document: DocumentId,
    number: u32,
) -> Result<Option<VectorBlock>, StoreError> {
    tx.get(VECTORS, &(workspace, document, number))
}

/// Calls `f` with each block of vectors of a workspace, of the documents that `takes` says yes to.
pub fn each_vector_block(
    tx: &impl Reads,
    workspace: WorkspaceId,
    takes: impl Fn(DocumentId) -> bool,
    mut f: impl FnMut(DocumentId, VectorView<'_>),
) -> Result<(), StoreError> {
    tx.visit(VECTORS, &workspace, |(_, document, _), row| {
        if takes(document) {
            f(document, row.decode()?);
        }
        Ok(())
    })
}

/// The blocks of vectors of one document, in order.
pub fn vectors_of(
    tx: &impl Reads,
    workspace: WorkspaceId,
    document: DocumentId,
) -> Result<Vec<VectorBlock>, StoreError> {
    tx.prefix(VECTORS, &(workspace, document))
        .map(|row| row.map(|(_, block)| block))
        .collect()
}

/// Documents of all workspaces, indexed under other rules or with another model than these, from
/// behind `after` on.
pub fn outdated(
    tx: &impl Reads,
    rules: u32,
    model: Option<&str>,
    after: Option<(WorkspaceId, DocumentId)>,
    limit: usize,
) -> Result<Vec<(WorkspaceId, DocumentId)>, StoreError> {
    let mut found = Vec::new();
    for row in tx.all(INDEXES).after_some(after.as_ref()) {
        let (key, index) = row?;
        let other = model.is_some_and(|model| index.model.as_deref() != Some(model));
        if index.rules != rules || other {
            found.push(key);
        }
        if found.len() >= limit {
            break;
        }
    }
    Ok(found)
}

#[cfg(test)]
pub(super) fn golden() -> Vec<super::golden::Row> {
    use super::golden::{Row, id};
    let (workspace, document) = (id(1), id(2));
    let corpus = Corpus {
        documents: 1,
        passages: 2,
        words: 300,
        version: 4,
    };
    let index = Index {
        rules: 1,
        passages: 2,
        words: 300,
        model: Some("cd".repeat(32)),
        terms: vec!["impeller".to_owned(), "über".to_owned()],
    };
    let passage = Passage {
        document,
        ordinal: 1,
        start: 10,
        end: 15,
        page: Some(1),
        headings: vec!["Pumps".to_owned()],
        text: "spare".to_owned(),
    };
    let block = VectorBlock {
        model: "cd".repeat(32),
        first: 0,
        dimensions: 2,
        scales: vec![0.5, 0.25],
        components: vec![1, 2, 255, 128],
    };
    let list = vec![Posting {
        ordinal: 1,
        count: 2,
        length: 150,
    }];
    vec![
        Row::of(CORPORA, &workspace, &corpus),
        Row::of(INDEXES, &(workspace, document), &index),
        Row::of(
            TEXTS,
            &(workspace, document),
            &"The spare impeller.".to_owned(),
        ),
        Row::of(PASSAGES, &(workspace, document, 1), &passage),
        Row::of(VECTORS, &(workspace, document, 0), &block),
        Row::of(TERMS, &(workspace, "über".to_owned()), &300),
        Row::of(POSTINGS, &(workspace, "über".to_owned(), document), &list),
    ]
}
