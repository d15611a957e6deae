//! Ingest: the background worker that indexes uploads, one at a time.
//!
//! A job's row stays until the transaction that ends it, so a box that stops in the middle takes
//! it up again from the start; everything a document was given is then put in place of the old.
//! When there is nothing to do, documents indexed under older rules or with another model are
//! indexed anew, each searchable by its old index until the new one is whole.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::domain::document::{Document, DocumentState, FailureCode, Passage};
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::engine::EngineError;
use crate::pipeline::{Cut, Extracted, File, Lengths, Markup, PageStart};
use crate::store::jobs::{self, Job};
use crate::store::passages::Indexed;
use crate::store::{StoreError, documents, passages};

use super::Inner;
use super::chunk::{Draft, RULES};
use super::embed::{BATCH, Embedder, Side};
use super::extract::{self, Failure};
use super::index::{self, Vectors};

/// A document whose indexing was cut short this often brings the box down, it seems.
const ATTEMPTS: u32 = 40;
/// From this attempt on the worker waits before it tries again.
const SUSPECT: u32 = 4;
/// Cutting a text shorter than this takes less time than the commit that would announce it.
const LONG_TEXT: usize = 256 << 10;
/// How often an idle worker looks whether there is another embedding model.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Why work on a document ends early.
#[derive(Debug)]
enum Stop {
    /// It cannot be indexed, and its state will say why.
    Failed(Failure),
    /// It was deleted meanwhile.
    Gone,
    /// The store would not; the job stays and is tried again.
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Stop {
    fn internal() -> Self {
        let hint = "Something went wrong on the box; its log has the cause.";
        Self::Failed(Failure::new(FailureCode::Internal, hint))
    }
}

/// What the worker is at.
pub(super) struct Ingest {
    inner: Arc<Inner>,
    /// The job in hand.
    current: Option<DocumentId>,
    /// The rules and model for which old documents were looked at, and those that are left.
    tended: Option<Option<String>>,
    outdated: VecDeque<(WorkspaceId, DocumentId)>,
}

impl Ingest {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        Self {
            inner,
            current: None,
            tended: None,
            outdated: VecDeque::new(),
        }
    }

    /// Works until told to stop.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut troubles = 0u32;
        loop {
            let step = tokio::select! {
                () = stop.cancelled() => break,
                step = self.step() => step,
            };
            let wait = match step {
                Ok(true) => {
                    troubles = 0;
                    continue;
                }
                Ok(false) => LOOK_EVERY,
                Err(error) => {
                    troubles = (troubles + 1).min(5);
                    tracing::warn!(%error, "the store keeps the ingest worker waiting");
                    Duration::from_secs(1 << troubles)
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.inner.wake.notified(), if troubles == 0 => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        self.put_down().await;
    }

    /// Does one thing; false if there was nothing to do.
    async fn step(&mut self) -> Result<bool, StoreError> {
        if let Some((id, job)) = self.inner.store.read(jobs::first).await? {
            self.current = Some(id);
            let done = self.ingest(id, job).await;
            self.current = None;
            return done.map(|()| true);
        }
        self.tend().await
    }

    /// A stop by request is not the document's fault.
    async fn put_down(&self) {
        let Some(id) = self.current else { return };
        let forgiven = self.inner.store.write(move |tx| match jobs::get(tx, id)? {
            Some(job) => {
                let attempts = job.attempts.saturating_sub(1);
                jobs::put(tx, id, &Job { attempts, ..job })
            }
            None => Ok(()),
        });
        if let Err(error) = forgiven.await {
            tracing::warn!(%error, document = %id, "a job could not be put down tidily");
        }
    }

    async fn ingest(&self, id: DocumentId, job: Job) -> Result<(), StoreError> {
        if (SUSPECT..ATTEMPTS).contains(&job.attempts) {
            tokio::time::sleep(Duration::from_secs(job.attempts.min(60).into())).await;
        }
        let Some(document) = self.begin(id, &job).await? else {
            return Ok(());
        };
        tracing::info!(document = %id, bytes = document.bytes, "indexing");
        match self.index(&document).await {
            Ok(passages) => tracing::info!(document = %id, passages, "indexed"),
            Err(Stop::Gone) => tracing::info!(document = %id, "deleted while it was indexed"),
            Err(Stop::Store(error)) => return Err(error),
            Err(Stop::Failed(failure)) => self.fail(&document, failure).await?,
        }
        Ok(())
    }

    /// Notes the attempt, durably, before anything can go wrong in it.
    async fn begin(&self, id: DocumentId, job: &Job) -> Result<Option<Document>, StoreError> {
        let workspace = job.workspace;
        let job = Job {
            attempts: job.attempts + 1,
            ..job.clone()
        };
        self.inner
            .store
            .write(move |tx| {
                let document = documents::get(tx, workspace, id)?;
                if document.is_none() || job.attempts > ATTEMPTS {
                    jobs::remove(tx, id)?;
                    documents::change(tx, workspace, id, |document| {
                        let hint = "The box stopped each time it indexed this document.";
                        document.state = DocumentState::Failed {
                            code: FailureCode::Internal,
                            page: None,
                            hint: hint.to_owned(),
                        };
                    })?;
                    return Ok(None);
                }
                jobs::put(tx, id, &job)?;
                documents::change(tx, workspace, id, |document| {
                    document.state = DocumentState::Extracting;
                })?;
                Ok(document)
            })
            .await
    }

    async fn fail(&self, document: &Document, failure: Failure) -> Result<(), StoreError> {
        let (workspace, id) = (document.workspace, document.id);
        tracing::info!(document = %id, code = ?failure.code, "could not be indexed");
        self.inner
            .store
            .write(move |tx| {
                let Failure { code, hint } = failure;
                let state = DocumentState::Failed {
                    code,
                    page: None,
                    hint,
                };
                documents::change(tx, workspace, id, |document| document.state = state)?;
                passages::remove(tx, workspace, id)?;
                jobs::remove(tx, id).map(drop)
            })
            .await
    }

    /// From upload to index; says how many passages it became.
    async fn index(&self, document: &Document) -> Result<u32, Stop> {
        let (inner, digest) = (Arc::clone(&self.inner), document.digest.clone());
        let limit = (self.inner.config.text_mib as usize) << 20;
        let (name, media_type) = (document.title.clone(), document.media_type.clone());
        let extracted = blocking(move || {
            let bytes = inner.store.blobs().read(&digest)?;
            let file = File {
                name: &name,
                media_type: &media_type,
                bytes: &bytes,
            };
            extract::document(&inner.stages.now(), &file, limit).map_err(Stop::Failed)
        });
        let extracted = extracted.await?;
        if extracted.text.len() > LONG_TEXT {
            self.announce(document, DocumentState::Chunking).await?;
        }
        self.index_text(document, extracted, true).await
    }

    /// From text to index; `announce` says so in the document's state.
    async fn index_text(
        &self,
        document: &Document,
        extracted: Extracted,
        announce: bool,
    ) -> Result<u32, Stop> {
        let embedder = Embedder::of(&self.inner.engine).patient();
        let Extracted {
            text,
            markup,
            pages,
        } = extracted;
        let (text, cuts) = self.cut(text, markup, &embedder).await?;
        let cuts = index::on_pages(&text, cuts, &pages);
        let passages = index::passages(document.id, &text, cuts, &pages);
        let searchable: Vec<String> = passages
            .iter()
            .map(|one| index::searchable(&document.title, &one.headings, &one.text))
            .collect();
        let announced = announce.then_some(document);
        let vectors = self
            .embed(&embedder, announced, &passages, &searchable)
            .await?;
        let made = blocking(move || Ok(index::assemble(text, passages, &searchable, vectors)));
        let made = made.await?;
        let passages = made.index.passages;
        self.put(document, made).await?;
        Ok(passages)
    }

    /// Cuts a text as a plugin says, else by the embedding model's own tokens or by a rule of thumb.
    async fn cut(
        &self,
        text: String,
        markup: Markup,
        embedder: &Embedder,
    ) -> Result<(String, Vec<Cut>), Stop> {
        let most = embedder.window();
        let target = (self.inner.config.passage_tokens as usize).clamp(16, most);
        let stages = self.inner.stages.now();
        let (text, draft) = blocking(move || {
            let cuts = stages.cut(&text, markup, Lengths { target, most });
            let draft = cuts.ok_or_else(|| Draft::new(&text, markup));
            Ok((text, draft))
        })
        .await?;
        let mut draft = match draft {
            Ok(cuts) => return Ok((text, cuts)),
            Err(draft) => draft,
        };
        loop {
            let tokens = self.count(embedder, &draft.pieces(&text)).await?;
            if !draft.shorten(&text, &tokens, most) {
                let spans = draft.pack(&tokens, Lengths { target, most });
                return Ok((text, spans));
            }
        }
    }

    async fn count(&self, embedder: &Embedder, texts: &[&str]) -> Result<Vec<usize>, Stop> {
        match embedder.count(texts).await {
            Ok(counts) => Ok(counts),
            Err(error) => {
                tracing::warn!(%error, "passages are cut by rule of thumb");
                Embedder::none()
                    .count(texts)
                    .await
                    .map_err(|_| Stop::internal())
            }
        }
    }

    /// A vector for each passage; none without a model that works.
    async fn embed(
        &self,
        embedder: &Embedder,
        announced: Option<&Document>,
        passages: &[Passage],
        searchable: &[String],
    ) -> Result<Option<Vectors>, Stop> {
        let Some(model) = embedder.digest() else {
            return Ok(None);
        };
        let mut vectors = Vec::with_capacity(passages.len());
        let total = count_u32(passages.len());
        for (passages, searchable) in passages.chunks(BATCH).zip(searchable.chunks(BATCH)) {
            if let Some(document) = announced {
                let done = count_u32(vectors.len());
                self.announce(document, DocumentState::Embedding { done, total })
                    .await?;
            }
            let made = self.embed_batch(embedder, passages, searchable).await;
            match made {
                Ok(Some(made)) => vectors.extend(made),
                Ok(None) => return Ok(None),
                Err(error) => {
                    tracing::warn!(%error, "a document is found by its words only");
                    return Ok(None);
                }
            }
        }
        Ok(Some(Vectors {
            model: model.to_owned(),
            vectors,
        }))
    }

    /// What does not fit the model's window with title and headings goes without them.
    async fn embed_batch(
        &self,
        embedder: &Embedder,
        passages: &[Passage],
        searchable: &[String],
    ) -> Result<Option<Vec<Vec<f32>>>, EngineError> {
        let texts: Vec<&str> = searchable.iter().map(String::as_str).collect();
        let counts = embedder.count(&texts).await?;
        let mut fitting = Vec::with_capacity(texts.len());
        for ((text, passage), tokens) in texts.into_iter().zip(passages).zip(counts) {
            let fits = tokens <= embedder.window();
            let text = if fits {
                text
            } else {
                embedder.fit(&passage.text).await?
            };
            fitting.push(text.to_owned());
        }
        embedder.embed(Side::Passage, fitting).await
    }

    /// Puts the index in place, looks whether it answers, and ends the job: all or nothing.
    async fn put(&self, document: &Document, made: Indexed) -> Result<(), Stop> {
        let (workspace, id) = (document.workspace, document.id);
        self.inner
            .store
            .write(move |tx| {
                if documents::get(tx, workspace, id)?.is_none() {
                    return Err(Stop::Gone);
                }
                passages::put(tx, workspace, id, &made)?;
                if !index::is_found(tx, workspace, id, &made)? {
                    tracing::error!(document = %id, "an index does not find its own document");
                    return Err(Stop::internal());
                }
                let state = DocumentState::Indexed {
                    passages: made.index.passages,
                };
                documents::change(tx, workspace, id, |document| document.state = state)?;
                jobs::remove(tx, id)?;
                Ok(())
            })
            .await
    }

    async fn announce(&self, document: &Document, state: DocumentState) -> Result<(), Stop> {
        let (workspace, id) = (document.workspace, document.id);
        let change = move |document: &mut Document| document.state = state;
        let write = self
            .inner
            .store
            .write(move |tx| documents::change(tx, workspace, id, change));
        if write.await? {
            Ok(())
        } else {
            Err(Stop::Gone)
        }
    }

    /// Indexes one outdated document anew; false if there is none.
    async fn tend(&mut self) -> Result<bool, StoreError> {
        let embedder = Embedder::of(&self.inner.engine);
        let model = embedder.digest().map(str::to_owned);
        if self.tended.as_ref() != Some(&model) {
            let wanted = model.clone();
            let found = self
                .inner
                .store
                .read(move |tx| passages::outdated(tx, RULES, wanted.as_deref(), None, usize::MAX));
            self.outdated = found.await?.into();
            self.tended = Some(model);
        }
        let Some((workspace, id)) = self.outdated.pop_front() else {
            return Ok(false);
        };
        let found = self.inner.store.read(move |tx| {
            let (document, text) = (
                documents::get(tx, workspace, id)?,
                passages::text(tx, workspace, id)?,
            );
            let before = passages::of_document(tx, workspace, id)?;
            Ok((document.zip(text), before))
        });
        let (Some((document, text)), before) = found.await? else {
            return Ok(true);
        };
        let extracted = as_before(&document, text, &before);
        match self.index_text(&document, extracted, false).await {
            Ok(passages) => tracing::info!(document = %id, passages, "indexed anew"),
            Err(Stop::Store(error)) => return Err(error),
            Err(Stop::Gone | Stop::Failed(_)) => {}
        }
        Ok(true)
    }
}

/// What was extracted once, as far as the text and the passages of a document tell: pages begin
/// where passages on them do, and headings are found in Markdown only.
fn as_before(document: &Document, text: String, before: &[Passage]) -> Extracted {
    let mut pages: Vec<PageStart> = Vec::new();
    for passage in before {
        if let Some(number) = passage.page
            && pages.last().is_none_or(|last| last.number != number)
        {
            let start = passage.start;
            pages.push(PageStart { number, start });
        }
    }
    let markup = match before.iter().any(|passage| !passage.headings.is_empty()) {
        true => Markup::Markdown,
        false => extract::markup(&document.title, &document.media_type),
    };
    Extracted {
        text,
        markup,
        pages,
    }
}

/// Runs what computes on the blocking pool; a panic there is the document's failure, not ours.
async fn blocking<T: Send + 'static>(
    f: impl FnOnce() -> Result<T, Stop> + Send + 'static,
) -> Result<T, Stop> {
    tokio::task::spawn_blocking(f)
        .await
        .unwrap_or_else(|error| {
            tracing::error!(%error, "indexing panicked");
            Err(Stop::internal())
        })
}

fn count_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
