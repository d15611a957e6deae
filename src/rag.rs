//! Rag: documents come in, passages come out.
//!
//! An upload is durable before it is acknowledged and is then indexed by one background worker:
//! text is extracted, cut into passages along its structure, turned into postings (BM25) and,
//! where there is an embedding model, into vectors. A search sees a document whole or not at all,
//! and never leaves its workspace: the workspace stands first in every key.

mod bm25;
mod chunk;
mod embed;
mod error;
mod extract;
mod index;
mod ingest;
mod lent;
mod likeness;
mod retrieve;
mod vectors;
mod words;

use std::sync::Arc;

pub use error::RagError;
pub use lent::Lent;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::auth::policy::{Access, Denied};
use crate::config::RagConfig;
use crate::domain::document::{Document, DocumentState, Passage};
use crate::domain::id::DocumentId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::principal::Action;
use crate::domain::time::Clock;
use crate::engine::Engine;
use crate::pipeline::{Candidate, Ranked, StageSet, Stages};
use crate::store::jobs::{self, Job};
use crate::store::{Store, StoreError, documents, passages, workspaces};

use embed::{Embedder, Side};
use ingest::Ingest;
use retrieve::Question;

/// Documents and what can be found in them. A clone is the same room.
#[derive(Clone)]
pub struct Rag {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    engine: Engine,
    stages: Stages,
    config: RagConfig,
    clock: Clock,
    /// Rung when there is a new job.
    wake: Notify,
}

/// The background worker. Dropping it lets it run; what it is at when the box stops is taken up
/// at the next start.
pub struct Worker {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    /// Ends the worker and waits for it.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the ingest worker ended badly");
        }
    }
}

/// One passage that was found, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Retrieved {
    pub passage: Passage,
    /// Title of its document.
    pub title: String,
    /// Higher is better; comparable within one search only.
    pub score: f32,
}

/// How passages are searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By words (BM25).
    Lexical,
    /// By meaning (vectors). Finds nothing without an embedding model.
    Semantic,
    /// Both, fused by reciprocal rank.
    Hybrid,
}

/// Passages that rerankers are given to choose from.
const CANDIDATES: usize = 30;
/// Passages of one search, at most.
const MOST: usize = 100;
/// Bytes of a file for each byte of text that it may become: UTF-16 takes two for a letter.
const FILE_PER_TEXT: u64 = 2;

impl Rag {
    /// Puts the room together; nothing runs until [`Rag::start`].
    pub fn new(
        store: Store,
        engine: Engine,
        stages: Stages,
        config: &RagConfig,
        clock: Clock,
    ) -> Self {
        let wake = Notify::new();
        Self {
            inner: Arc::new(Inner {
                store,
                engine,
                stages,
                config: config.clone(),
                clock,
                wake,
            }),
        }
    }

    /// Starts the background worker; it begins with what was left over. Call it once.
    pub fn start(&self) -> Worker {
        let stop = CancellationToken::new();
        let ingest = Ingest::new(Arc::clone(&self.inner));
        let task = tokio::spawn(ingest.run(stop.clone()));
        Worker { stop, task }
    }

    /// Takes an upload in: durable when this returns, indexed a little later. What is there
    /// already is [`RagError::Exists`]: who sends it again because no answer came learns its id.
    pub async fn upload(
        &self,
        access: &Access,
        title: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<Document, RagError> {
        access.demand(Action::WriteDocuments)?;
        let document = self.new_document(access, title, media_type, bytes.len() as u64)?;
        let blobs = self.inner.store.clone();
        let blob = blocking(move || blobs.blobs().put(&bytes)).await?;
        let document = Document {
            digest: blob.digest.clone(),
            ..document
        };
        let row = document.clone();
        let limit = self.inner.config.documents;
        let write = self.inner.store.write(move |tx| {
            // It may have been removed since access to it was given.
            if workspaces::get(tx, row.workspace)?.is_none() {
                return Err(Denied::WorkspaceNotFound.into());
            }
            // Twice the same passages would take the place of others in answers.
            let twins = documents::with_digest(tx, row.workspace, &row.digest)?;
            if let Some(twin) = twins.into_iter().find(Document::is_of_use) {
                return Err(RagError::Exists(Box::new(twin)));
            }
            if passages::corpus(tx, row.workspace)?.documents >= limit {
                return Err(RagError::Full { limit });
            }
            documents::add(tx, &row)?;
            let queued_at = row.uploaded_at;
            let job = Job {
                workspace: row.workspace,
                attempts: 0,
                queued_at,
            };
            jobs::put(tx, row.id, &job)?;
            // Until here the blob is pinned; from the commit on its row names it.
            drop(blob);
            Ok(())
        });
        write.await?;
        self.inner.wake.notify_one();
        Ok(document)
    }

    fn new_document(
        &self,
        access: &Access,
        title: &str,
        media_type: &str,
        bytes: u64,
    ) -> Result<Document, RagError> {
        let limit = (u64::from(self.inner.config.text_mib) << 20) * FILE_PER_TEXT;
        if bytes > limit {
            return Err(RagError::TooLarge { bytes, limit });
        }
        Ok(Document {
            id: DocumentId::new(),
            workspace: access.workspace(),
            title: fit_title(title),
            media_type: media_type.chars().take(100).collect(),
            bytes,
            digest: String::new(),
            state: DocumentState::Queued,
            uploaded_by: access.user(),
            uploaded_at: self.inner.clock.now(),
        })
    }

    /// The documents of the workspace, newest first.
    pub async fn list(
        &self,
        access: &Access,
        page: &PageRequest,
    ) -> Result<Page<Document>, RagError> {
        let workspace = access.workspace();
        let after = page.after.as_deref().map(str::parse).transpose();
        let after: Option<DocumentId> = after.map_err(|_| RagError::Cursor)?;
        let limit = page.limit();
        let read = self
            .inner
            .store
            .read(move |tx| documents::list(tx, workspace, after, limit + 1));
        Ok(Page::cut(read.await?, limit, |document| {
            document.id.to_string()
        }))
    }

    /// One document.
    pub async fn get(&self, access: &Access, id: DocumentId) -> Result<Document, RagError> {
        let workspace = access.workspace();
        let found = self
            .inner
            .store
            .read(move |tx| documents::get(tx, workspace, id));
        found.await?.ok_or(RagError::NotFound)
    }

    /// The stored text of a document, into which passages and citations point.
    pub async fn text(&self, access: &Access, id: DocumentId) -> Result<String, RagError> {
        let workspace = access.workspace();
        let read = self.inner.store.read(move |tx| {
            let text = passages::text(tx, workspace, id)?;
            Ok((text, documents::get(tx, workspace, id)?.is_some()))
        });
        match read.await? {
            (Some(text), _) => Ok(text),
            (None, true) => Err(RagError::NotIndexed),
            (None, false) => Err(RagError::NotFound),
        }
    }

    /// Deletes a document with everything that was made of it.
    pub async fn remove(&self, access: &Access, id: DocumentId) -> Result<(), RagError> {
        access.demand(Action::WriteDocuments)?;
        let workspace = access.workspace();
        let write = self
            .inner
            .store
            .write(move |tx| documents::remove(tx, workspace, id)?.ok_or(RagError::NotFound));
        let removed = write.await?;
        let store = self.inner.store.clone();
        // The document is gone already; a file that stays is swept at the next start.
        if let Err(error) = blocking(move || store.discard_blob(&removed.digest)).await {
            tracing::warn!(%error, document = %id, "the file of a document stays for now");
        }
        Ok(())
    }

    /// The best passages for a question, at most `limit`, best first. `earlier` is what was asked
    /// before in the conversation, the newest last.
    pub async fn retrieve(
        &self,
        access: &Access,
        question: &str,
        earlier: &[String],
        limit: usize,
    ) -> Result<Vec<Retrieved>, RagError> {
        self.retrieve_by(access, question, earlier, limit, Method::Hybrid)
            .await
    }

    /// [`Rag::retrieve`] by a method of choice, to compare them.
    pub async fn retrieve_by(
        &self,
        access: &Access,
        question: &str,
        earlier: &[String],
        limit: usize,
        method: Method,
    ) -> Result<Vec<Retrieved>, RagError> {
        let (workspace, limit) = (access.workspace(), limit.clamp(1, MOST));
        let stages = self.inner.stages.now();
        let depth = match stages.rerankers.is_empty() {
            true => limit,
            false => limit.max(CANDIDATES),
        };
        let mut questions = vec![self.question(question, method).await];
        if !stages.rewriters.is_empty() {
            let (stages, question) = (stages.clone(), question.to_owned());
            let earlier = earlier.to_vec();
            let texts = blocking(move || Ok(stages.rewrite(&question, &earlier))).await?;
            for text in texts {
                questions.push(self.question(&text, method).await);
            }
        }
        let search = self
            .inner
            .store
            .read(move |tx| retrieve::search(tx, workspace, &questions, depth, method));
        let mut found = search.await?;
        if !stages.rerankers.is_empty() {
            let question = question.to_owned();
            found = blocking(move || Ok(reranked(&stages, &question, found))).await?;
        }
        found.truncate(limit);
        Ok(found)
    }

    /// A text made ready to search by.
    async fn question(&self, text: &str, method: Method) -> Question {
        Question {
            terms: bm25::question(text),
            vector: match method {
                Method::Lexical => None,
                _ => self.vector_of(text).await,
            },
        }
    }

    /// What this room lends to plugins.
    pub fn lent(&self) -> Lent {
        Lent::new(self.inner.engine.clone())
    }

    /// The vector of a question with the digest of the model that made it. An engine that fails
    /// or is full leaves the search to the words.
    async fn vector_of(&self, question: &str) -> Option<(String, Vec<f32>)> {
        let embedder = Embedder::of(&self.inner.engine);
        let model = embedder.digest()?.to_owned();
        let made = match embedder.fit(question).await {
            Ok(part) => embedder.embed(Side::Question, vec![part.to_owned()]).await,
            Err(error) => Err(error),
        };
        match made {
            Ok(made) => Some((model, made?.pop()?)),
            Err(error) => {
                tracing::warn!(%error, "a search goes without vectors");
                None
            }
        }
    }
}

/// What was found, as rerankers order it.
fn reranked(stages: &StageSet, question: &str, found: Vec<Retrieved>) -> Vec<Retrieved> {
    let candidate = |one: &Retrieved| Candidate {
        title: one.title.clone(),
        headings: one.passage.headings.clone(),
        text: one.passage.text.clone(),
        score: one.score,
    };
    let candidates = found.iter().map(candidate).collect();
    let Some(order) = stages.rerank(question, candidates) else {
        return found;
    };
    let place = |ranked: Ranked| {
        let one = found.get(ranked.index)?;
        Some(Retrieved {
            score: ranked.score,
            ..one.clone()
        })
    };
    order.into_iter().filter_map(place).collect()
}

/// Runs what waits for the disk, or for a plugin, on the blocking pool.
async fn blocking<T: Send + 'static>(
    f: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(f)
        .await
        .unwrap_or(Err(StoreError::Lost))
}

/// A file name made fit to show: no folders, no control characters, no tricks with the direction
/// of writing, at most 200 characters.
fn fit_title(title: &str) -> String {
    let name = title.rsplit(['/', '\\']).next().unwrap_or_default();
    let tricks = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    };
    let name: String = name.chars().filter(|c| !tricks(c)).take(200).collect();
    let name = name.trim();
    if name.is_empty() {
        "document".to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests;
