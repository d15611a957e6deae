//! Tend: documents indexed under older rules, another name or with another model are indexed anew
//! when there is nothing else to do, each searchable by its old index until the new one is whole.

use crate::domain::document::{Document, Passage};
use crate::pipeline::{Extracted, Markup, PageStart};
use crate::store::{StoreError, documents, passages};

use super::steps::Work;
use super::{Ingest, Stop};
use crate::rag::chunk::RULES;
use crate::rag::embed::Embedder;
use crate::rag::extract;

impl Ingest {
    /// The version of everything that decides how documents are indexed, with the length that
    /// passages are to have.
    pub(super) fn rules(&self) -> u32 {
        RULES << 16 | (self.inner.config.passage_tokens & 0xFFFF)
    }

    /// Indexes one outdated document anew; false if there is none.
    pub(super) async fn tend(&mut self) -> Result<bool, StoreError> {
        let embedder = Embedder::of(&self.inner.engine);
        let model = embedder.digest().map(str::to_owned);
        if self.inner.board.is_outdated() || self.tended.as_ref() != Some(&model) {
            let (rules, wanted) = (self.rules(), model.clone());
            let found = self
                .inner
                .store
                .read(move |tx| passages::outdated(tx, rules, wanted.as_deref(), None, usize::MAX));
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
        match self.index_anew(&document, text, &before).await {
            Ok(passages) => tracing::info!(document = %id, passages, "indexed anew"),
            Err(Stop::Store(error)) => return Err(error),
            Err(Stop::Gone | Stop::Failed(_)) => {}
        }
        Ok(true)
    }

    async fn index_anew(
        &self,
        document: &Document,
        text: String,
        before: &[Passage],
    ) -> Result<u32, Stop> {
        let read = self.cut(as_before(document, text, before)).await?;
        let work = Work {
            document,
            is_job: false,
        };
        self.index_text(&work, read).await
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
