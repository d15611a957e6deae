//! Steps: extract and cut, embed, put in place. What a step made is kept before the next begins.

use crate::domain::document::{Document, DocumentState, Passage};
use crate::engine::EngineError;
use crate::pipeline::{Cut, Extracted, File, Lengths, Markup, PageStart};
use crate::store::jobs::{self, Staged, StagedCut};
use crate::store::passages::{Indexed, VECTORS_PER_BLOCK, VectorBlock};
use crate::store::{documents, passages};

use super::{Ingest, Stop, blocking, count_u32};
use crate::rag::chunk::Draft;
use crate::rag::embed::{Embedder, Side};
use crate::rag::index::{self, Vectors};
use crate::rag::language::Language;
use crate::rag::{extract, vectors};

/// Cutting a text shorter than this takes less time than the commit that would announce it.
const LONG_TEXT: usize = 256 << 10;

/// A text that is read and cut.
pub(super) struct Read {
    pub(super) text: String,
    pub(super) language: Option<String>,
    pub(super) pages: Vec<PageStart>,
    pub(super) cuts: Vec<Cut>,
}

impl Read {
    /// Whether what comes next takes so little time that keeping this is not worth a commit.
    fn is_small(&self) -> bool {
        self.text.len() <= LONG_TEXT && self.cuts.len() <= VECTORS_PER_BLOCK
    }

    /// As it is kept until the job ends.
    fn staged(&self, rules: u32) -> Staged {
        let cut = |cut: &Cut| StagedCut {
            start: count_u32(cut.range.start),
            end: count_u32(cut.range.end),
            headings: cut.headings.clone(),
        };
        Staged {
            rules,
            text: self.text.clone(),
            language: self.language.clone(),
            pages: self
                .pages
                .iter()
                .map(|page| (page.number, page.start))
                .collect(),
            cuts: self.cuts.iter().map(cut).collect(),
        }
    }

    /// From what was kept; none if other rules made it.
    fn resumed(staged: Staged, rules: u32) -> Option<Self> {
        let Staged {
            text,
            language,
            pages,
            cuts,
            ..
        } = staged;
        let page = |(number, start)| PageStart { number, start };
        let cut = |cut: StagedCut| Cut {
            range: cut.start as usize..cut.end as usize,
            headings: cut.headings,
        };
        (staged.rules == rules).then(|| Self {
            text,
            language,
            pages: pages.into_iter().map(page).collect(),
            cuts: cuts.into_iter().map(cut).collect(),
        })
    }
}

/// What reading a document says about it.
struct Facts {
    language: Option<String>,
    pages: Option<u32>,
}

/// What is made of a document step by step, and where it is told.
pub(super) struct Work<'a> {
    pub(super) document: &'a Document,
    /// Whether it is a job, of which people wait to hear, or tending.
    pub(super) is_job: bool,
}

impl Ingest {
    /// From upload to index, from behind the last finished step on; says how many passages it
    /// became.
    pub(super) async fn index(&self, document: &Document) -> Result<u32, Stop> {
        let rules = self.rules();
        let id = document.id;
        let staged = self.inner.store.read(move |tx| jobs::staged(tx, id));
        let resumed = staged
            .await?
            .and_then(|staged| Read::resumed(staged, rules));
        let read = match resumed {
            Some(read) => read,
            None => self.read(document).await?,
        };
        let work = Work {
            document,
            is_job: true,
        };
        self.index_text(&work, read).await
    }

    /// Reads and cuts an upload, and keeps what came of it.
    async fn read(&self, document: &Document) -> Result<Read, Stop> {
        let extracted = self.extract(document).await?;
        if extracted.text.len() > LONG_TEXT {
            self.announce(document, DocumentState::Chunking).await?;
        }
        let read = self.cut(extracted).await?;
        if read.is_small() {
            return Ok(read);
        }
        let (staged, id) = (read.staged(self.rules()), document.id);
        let workspace = document.workspace;
        let (done, total) = (0, count_u32(read.cuts.len()));
        let write = self.inner.store.write(move |tx| {
            if jobs::get(tx, id)?.is_none() {
                return Err(Stop::Gone);
            }
            jobs::stage(tx, id, &staged)?;
            documents::change(tx, workspace, id, |document| {
                document.state = DocumentState::Embedding { done, total };
            })?;
            Ok(())
        });
        write.await?;
        self.inner.board.changed(workspace, id);
        Ok(read)
    }

    async fn extract(&self, document: &Document) -> Result<Extracted, Stop> {
        let (inner, digest) = (self.inner.clone(), document.digest.clone());
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
        extracted.await
    }

    /// Finds the passages of a text.
    pub(super) async fn cut(&self, extracted: Extracted) -> Result<Read, Stop> {
        let Extracted {
            text,
            markup,
            pages,
        } = extracted;
        let embedder = Embedder::of(&self.inner.engine).patient();
        let (text, cuts) = self.passages(text, markup, &embedder).await?;
        let cuts = index::on_pages(&text, cuts, &pages);
        Ok(Read {
            language: Language::of(&text).map(|one| one.code().to_owned()),
            text,
            pages,
            cuts,
        })
    }

    /// From text to index.
    pub(super) async fn index_text(&self, work: &Work<'_>, read: Read) -> Result<u32, Stop> {
        let Read {
            text,
            pages,
            cuts,
            language,
        } = read;
        let document = work.document;
        let spoken = language.as_deref().and_then(Language::from_code);
        let facts = Facts {
            language,
            pages: pages.last().map(|page| page.number),
        };
        let embedder = Embedder::of(&self.inner.engine).patient();
        let passages = index::passages(document.id, &text, cuts, &pages);
        let searchable: Vec<String> = passages
            .iter()
            .map(|one| index::searchable(&document.title, &one.headings, &one.text))
            .collect();
        let vectors = self.embed(&embedder, work, &passages, &searchable).await?;
        let rules = self.rules();
        let made = blocking(move || {
            Ok(index::assemble(
                rules,
                spoken,
                text,
                passages,
                &searchable,
                vectors,
            ))
        });
        let made = made.await?;
        let passages = made.index.passages;
        self.put(work, made, facts).await?;
        Ok(passages)
    }

    /// Cuts a text as a plugin says, else by the embedding model's own tokens or by a rule of thumb.
    async fn passages(
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

    /// A vector for each passage, block by block; none without a model that works.
    async fn embed(
        &self,
        embedder: &Embedder,
        work: &Work<'_>,
        passages: &[Passage],
        searchable: &[String],
    ) -> Result<Option<Vectors>, Stop> {
        let Some(model) = embedder.digest() else {
            return Ok(None);
        };
        let mut blocks = match work.is_job {
            true => self.staged_blocks(work.document, model).await?,
            false => Vec::new(),
        };
        let total = count_u32(passages.len());
        let chunks = passages.chunks(VECTORS_PER_BLOCK);
        let chunks = chunks.zip(searchable.chunks(VECTORS_PER_BLOCK));
        for (passages, searchable) in chunks.skip(blocks.len()) {
            let first = count_u32(blocks.len() * VECTORS_PER_BLOCK);
            if work.is_job {
                self.inner.board.embedded(work.document, first, total);
            }
            let made = self.embed_batch(embedder, passages, searchable).await;
            let block = match made {
                Ok(Some(made)) => vectors::block(model, first, &made),
                Ok(None) => return Ok(None),
                Err(error) => {
                    tracing::warn!(%error, "a document is found by its words only");
                    return Ok(None);
                }
            };
            // The last block is kept with all the rest.
            if work.is_job && first + count_u32(passages.len()) < total {
                self.keep_block(work.document, count_u32(blocks.len()), &block)
                    .await?;
            }
            blocks.push(block);
        }
        let model = model.to_owned();
        Ok(Some(Vectors { model, blocks }))
    }

    /// The blocks that this model made before the box stopped.
    async fn staged_blocks(
        &self,
        document: &Document,
        model: &str,
    ) -> Result<Vec<VectorBlock>, Stop> {
        let id = document.id;
        let staged = self
            .inner
            .store
            .read(move |tx| jobs::staged_vectors(tx, id));
        let mut staged = staged.await?;
        if staged.iter().any(|block| block.model != model) {
            staged.clear();
        }
        Ok(staged)
    }

    async fn keep_block(
        &self,
        document: &Document,
        number: u32,
        block: &VectorBlock,
    ) -> Result<(), Stop> {
        let (id, block) = (document.id, block.clone());
        let write = self.inner.store.write(move |tx| {
            if jobs::get(tx, id)?.is_none() {
                return Err(Stop::Gone);
            }
            Ok(jobs::stage_vectors(tx, id, number, &block)?)
        });
        write.await
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

    /// Puts the index in place, looks whether it answers, and ends the job: all or nothing. The
    /// version before goes with it.
    async fn put(&self, work: &Work<'_>, made: Indexed, facts: Facts) -> Result<(), Stop> {
        let (workspace, id) = (work.document.workspace, work.document.id);
        let (is_job, replaces) = (work.is_job, work.document.replaces);
        let spoken = facts.language.as_deref().and_then(Language::from_code);
        let write = self.inner.store.write(move |tx| {
            let gone = documents::get(tx, workspace, id)?.is_none();
            if gone || (is_job && jobs::get(tx, id)?.is_none()) {
                return Err(Stop::Gone);
            }
            passages::put(tx, workspace, id, &made)?;
            if !index::is_found(tx, workspace, id, spoken, &made)? {
                tracing::error!(document = %id, "an index does not find its own document");
                return Err(Stop::internal());
            }
            let state = DocumentState::Indexed {
                passages: made.index.passages,
            };
            documents::change(tx, workspace, id, |document| {
                document.state = state;
                document.replaces = None;
                document.language = facts.language;
                document.pages = facts.pages;
            })?;
            jobs::remove(tx, id)?;
            let before = replaces.map(|before| documents::remove(tx, workspace, before));
            Ok(before.transpose()?.flatten())
        });
        if let Some(before) = write.await? {
            tracing::info!(document = %before.id, %workspace, by = %id, "document replaced");
            self.inner.board.changed(workspace, before.id);
        }
        Ok(())
    }

    async fn announce(&self, document: &Document, state: DocumentState) -> Result<(), Stop> {
        let (workspace, id) = (document.workspace, document.id);
        let write = self.inner.store.write(move |tx| {
            if jobs::get(tx, id)?.is_none() {
                return Err(Stop::Gone);
            }
            documents::change(tx, workspace, id, |document| document.state = state)?;
            Ok(())
        });
        write.await?;
        self.inner.board.changed(workspace, id);
        Ok(())
    }
}
