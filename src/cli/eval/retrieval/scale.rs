//! Scale: how long a search takes in a workspace of a hundred thousand passages.
//!
//! The workspace of a set is filled with copies of its documents. In each copy a part of the terms
//! and every vector are a little different, as those of other documents would be, so that lists of
//! postings grow as they do in a real workspace and no two passages tie.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::score::percentile;
use super::set::Set;
use super::yard::Yard;
use crate::auth::Access;
use crate::domain::document::{Document, DocumentState};
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::domain::time::Stopwatch;
use crate::rag::{Method, Search};
use crate::store::passages::{self, Indexed, Posting, VectorBlock};
use crate::store::{ReadTx, StoreError, documents};

/// Terms of a copy that become those of this copy alone, in a hundred.
const OWN_TERMS: u32 = 30;
/// How far a component of a vector may move, of 127.
const JITTER: i16 = 12;
/// Questions that are asked.
const QUESTIONS: usize = 200;
/// Documents written in one go.
const BATCH: usize = 64;

/// What was measured.
pub(super) struct Scaled {
    passages: u64,
    first_ms: f64,
    lines: Vec<(&'static str, f64, f64)>,
    file: u64,
}

/// A document with all that is stored of it.
struct Original {
    document: Document,
    made: Indexed,
}

pub(super) async fn measure(
    yard: &Yard,
    access: &Access,
    set: &Set,
    most: u64,
) -> anyhow::Result<Scaled> {
    fill(yard, access.workspace(), most).await?;
    let ask = async |question: &str, method| -> anyhow::Result<f64> {
        let search = Search {
            question: question.to_owned(),
            limit: 20,
            method,
            ..Search::default()
        };
        let watch = Stopwatch::start();
        yard.rag.search(access, search).await?;
        Ok(watch.elapsed().as_secs_f64() * 1e3)
    };
    let mut questions = set.questions.iter().map(|one| one.text.as_str());
    let first_ms = ask(questions.next().unwrap_or_default(), Method::Hybrid).await?;
    let mut lines = Vec::new();
    for (name, method) in super::METHODS {
        let mut times = Vec::new();
        for question in set.questions.iter().take(QUESTIONS) {
            times.push(ask(&question.text, method).await?);
        }
        lines.push((name, percentile(&times, 0.5), percentile(&times, 0.95)));
    }
    Ok(Scaled {
        passages: yard.passages(access).await?,
        first_ms,
        lines,
        file: yard.store.bytes()?,
    })
}

async fn fill(yard: &Yard, workspace: WorkspaceId, most: u64) -> anyhow::Result<()> {
    let originals = yard.store.read(move |tx| read(tx, workspace)).await?;
    let mut rng = StdRng::seed_from_u64(9);
    let mut passages: u64 = originals
        .iter()
        .map(|one| one.made.passages.len() as u64)
        .sum();
    let mut copies = Vec::new();
    for round in 1u32.. {
        for original in &originals {
            if passages >= most {
                put(yard, workspace, copies).await?;
                return Ok(());
            }
            passages += original.made.passages.len() as u64;
            copies.push(copy(original, round, &mut rng));
            if copies.len() >= BATCH {
                put(yard, workspace, std::mem::take(&mut copies)).await?;
            }
        }
        if originals.is_empty() {
            anyhow::bail!("the set has no documents to copy");
        }
    }
    Ok(())
}

fn read(tx: &ReadTx, workspace: WorkspaceId) -> Result<Vec<Original>, StoreError> {
    let mut originals = Vec::new();
    for document in documents::list(tx, workspace, None, usize::MAX, |_| true)? {
        let (index, text) = (
            passages::index(tx, workspace, document.id)?,
            passages::text(tx, workspace, document.id)?,
        );
        let (Some(index), Some(text)) = (index, text) else {
            continue;
        };
        let mut made = Indexed {
            text,
            passages: passages::of_document(tx, workspace, document.id)?,
            vectors: passages::vectors_of(tx, workspace, document.id)?,
            ..Indexed::default()
        };
        for term in &index.terms {
            let list = passages::with_term_in(tx, workspace, term, document.id)?;
            made.postings.push(list);
        }
        made.index = index;
        originals.push(Original { document, made });
    }
    Ok(originals)
}

fn copy(original: &Original, round: u32, rng: &mut StdRng) -> Original {
    let Original { document, made } = original;
    let document = Document {
        id: DocumentId::new(),
        ..document.clone()
    };
    let mut made = made.clone();
    for passage in &mut made.passages {
        passage.document = document.id;
    }
    let terms = made.index.terms.into_iter().zip(made.postings);
    let mut terms: Vec<(String, Vec<Posting>)> = terms
        .map(|(term, list)| match rng.random_ratio(OWN_TERMS, 100) {
            true => (format!("{term}{round}"), list),
            false => (term, list),
        })
        .collect();
    terms.sort_by(|a, b| a.0.cmp(&b.0));
    terms.dedup_by(|a, b| a.0 == b.0);
    (made.index.terms, made.postings) = terms.into_iter().unzip();
    for block in &mut made.vectors {
        move_a_little(block, rng);
    }
    Original { document, made }
}

fn move_a_little(block: &mut VectorBlock, rng: &mut StdRng) {
    for component in &mut block.components {
        let moved = i16::from(component.cast_signed()) + rng.random_range(-JITTER..=JITTER);
        let moved = i8::try_from(moved.clamp(-127, 127)).unwrap_or_default();
        *component = moved.cast_unsigned();
    }
}

async fn put(yard: &Yard, workspace: WorkspaceId, copies: Vec<Original>) -> anyhow::Result<()> {
    let write = yard.store.write(move |tx| {
        for Original { document, made } in &copies {
            documents::add(tx, document)?;
            passages::put(tx, workspace, document.id, made)?;
            let state = DocumentState::Indexed {
                passages: made.index.passages,
            };
            documents::change(tx, workspace, document.id, |row| row.state = state)?;
        }
        Ok::<_, StoreError>(())
    });
    Ok(write.await?)
}

impl Scaled {
    pub(super) fn text(&self) -> String {
        let per_passage = self.file as f64 / self.passages.max(1) as f64;
        let mut text = format!(
            "\n{} passages, {:.0} bytes of the database for each; the first search took {:.1} ms\n",
            self.passages, per_passage, self.first_ms
        );
        for (name, median, late) in &self.lines {
            text += &format!("{name:<8} p50 {median:>8.1} ms   p95 {late:>8.1} ms\n");
        }
        text
    }

    pub(super) fn value(&self) -> Value {
        let lines = self.lines.iter().map(|(name, median, late)| {
            let times = json!({ "p50_ms": median, "p95_ms": late });
            ((*name).to_owned(), times)
        });
        json!({
            "passages": self.passages,
            "database_bytes": self.file,
            "first_ms": self.first_ms,
            "by": lines.collect::<serde_json::Map<_, _>>(),
        })
    }
}
