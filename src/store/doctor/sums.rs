//! Sums that are kept so that a search need not count.

use std::collections::HashMap;

use crate::domain::id::WorkspaceId;

use super::super::StoreError;
use super::super::passages::{self, Corpus};
use super::super::schema::{CORPORA, LANGUAGES, POSTINGS, TERMS};
use super::super::transaction::{ReadTx, Reads};
use super::mend::Mend;
use super::notes::{Kind, Notes};
use super::rows::{Owners, each};

pub(super) fn examine(tx: &ReadTx, owners: &Owners, notes: &mut Notes) -> Result<(), StoreError> {
    corpora(tx, owners, notes)?;
    languages(tx, owners, notes)?;
    terms(tx, notes)
}

/// How many documents are in each language.
fn languages(tx: &ReadTx, owners: &Owners, notes: &mut Notes) -> Result<(), StoreError> {
    let mut counted: HashMap<(WorkspaceId, String), u32> = HashMap::new();
    for ((workspace, _), paper) in &owners.documents {
        if let Some(code) = &paper.language {
            *counted.entry((*workspace, code.clone())).or_default() += 1;
        }
    }
    each(tx, LANGUAGES, notes, |_, key, _| {
        counted.entry(key).or_default();
        Ok(())
    })?;
    for (key, count) in counted {
        let said = tx.get(LANGUAGES, &key)?.unwrap_or(0);
        if said != count {
            let what = format!(
                "{} says {said} documents in `{}`; there are {count}",
                key.0, key.1
            );
            let mend = Mend::Language(key.0, key.1, count);
            notes.find(Kind::Contradiction, LANGUAGES.name(), what, Some(mend));
        }
    }
    Ok(())
}

fn corpora(tx: &ReadTx, owners: &Owners, notes: &mut Notes) -> Result<(), StoreError> {
    let mut counted: HashMap<WorkspaceId, Corpus> = HashMap::new();
    for (workspace, _) in owners.documents.keys() {
        counted.entry(*workspace).or_default().documents += 1;
    }
    for ((workspace, _), whole) in &owners.indexes {
        let corpus = counted.entry(*workspace).or_default();
        corpus.passages += u64::from(whole.passages);
        corpus.words += whole.words;
    }
    for workspace in &owners.workspaces {
        let said = passages::corpus(tx, *workspace)?;
        let mut is = counted.remove(workspace).unwrap_or_default();
        is.version = said.version;
        if said != is {
            let what = format!(
                "{workspace} says {} documents, {} passages and {} words; there are {}, {} and {}",
                said.documents, said.passages, said.words, is.documents, is.passages, is.words
            );
            is.version += 1;
            let mend = Mend::Corpus(*workspace, is);
            notes.find(Kind::Contradiction, CORPORA.name(), what, Some(mend));
        }
    }
    Ok(())
}

/// How often each term is counted, against the passages that have it.
fn terms(tx: &ReadTx, notes: &mut Notes) -> Result<(), StoreError> {
    // Postings come by workspace and term, so that one sum at a time is enough.
    let mut sum: Option<((WorkspaceId, String), u32)> = None;
    let mut postings = tx.all(POSTINGS);
    loop {
        let next = match postings.next() {
            // Rows that cannot be read were noted where the rows were looked at.
            Some(Err(StoreError::Corrupt { .. })) => continue,
            Some(Err(error)) => return Err(error),
            Some(Ok(((workspace, term, _), list))) => Some((
                (workspace, term),
                u32::try_from(list.len()).unwrap_or(u32::MAX),
            )),
            None => None,
        };
        match (&mut sum, next) {
            (Some((at, count)), Some((key, more))) if *at == key => {
                *count = count.saturating_add(more);
            }
            (_, next) => {
                if let Some((key, count)) = std::mem::replace(&mut sum, next) {
                    counted(tx, notes, key, count)?;
                }
                if sum.is_none() {
                    break;
                }
            }
        }
    }
    each(tx, TERMS, notes, |notes, key, said| {
        if tx.prefix(POSTINGS, &key).next().is_none() {
            wrong(notes, key, said, 0);
        }
        Ok(())
    })
}

fn counted(
    tx: &ReadTx,
    notes: &mut Notes,
    key: (WorkspaceId, String),
    count: u32,
) -> Result<(), StoreError> {
    let said = tx.get(TERMS, &key)?.unwrap_or(0);
    if said != count {
        wrong(notes, key, said, count);
    }
    Ok(())
}

/// The term itself is a word of somebody's document and is not told.
fn wrong(notes: &mut Notes, (workspace, term): (WorkspaceId, String), said: u32, count: u32) {
    let (kind, what) = match count {
        0 => (Kind::Leftover, "terms that no passage has, in"),
        _ if said > count => (Kind::Contradiction, "terms counted too often, in"),
        _ => (Kind::Contradiction, "terms counted too seldom, in"),
    };
    let mend = Mend::Term(workspace, term, count);
    notes.find(
        kind,
        TERMS.name(),
        format!("{what} {workspace}"),
        Some(mend),
    );
}
