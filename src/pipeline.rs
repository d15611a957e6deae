//! Pipeline: the checks that every text passes on its way in and out, in their order.
//!
//! A [`Pipeline`] asks its guardrails one after the other, each about the text that the one
//! before left. What they edit and find is told in offsets of the *original* text. A guardrail
//! that fails, is late or lies stops the text: nothing goes on unjudged.

mod decode;
mod documents;
mod draft;
mod inspect;
mod release;
mod stage;
#[cfg(test)]
mod tests;
mod trial;
mod view;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::PluginsConfig;
use crate::domain::verdict::{Edit, Finding, Side};

pub use decode::{Decoded, Disguise};
pub use documents::{
    Candidate, Chunker, Cut, Extracted, Extractor, File, Lengths, Markup, PageStart, Ranked,
    Reranker, Rewriter, StageSet, Stages, Unreadable,
};
pub use release::{Release, Released, Stopped};
pub use stage::{
    GuardSession, Guardrail, Misjudged, StageError, Step, Subject, check_edits, check_notes,
    check_reason,
};
pub use trial::{Said, Trial, Tried, TriedStage};
pub use view::{Run, View};

/// Bytes of one text, at most. Longer texts are refused, never cut.
pub const TEXT_BYTES: usize = 1 << 20;

/// Texts that may wait to be judged; more are refused, so that a flood cannot pile up.
const WAITING: usize = 256;

/// A workspace's guardrails in their order. Cheap to clone.
#[derive(Clone)]
pub struct Pipeline(Arc<Shared>);

struct Shared {
    /// Exchanged as a whole; what is under way goes on with those it began with.
    guards: RwLock<Arc<[Arc<dyn Guardrail>]>>,
    hold_bytes: usize,
    /// Judging is pure computing: more at once than there are cores only makes each slower.
    slots: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

/// A text that may go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Admitted {
    /// The text as it goes on.
    pub text: String,
    /// What was replaced, in offsets of the original text, in order, without overlap:
    /// `verdict::apply(original, &edits) == text`.
    pub edits: Vec<Edit>,
    /// What was found, for people; offsets of the original text.
    pub findings: Vec<Finding>,
}

/// What became of one retrieved passage.
#[derive(Clone, Debug, PartialEq)]
pub enum PassageVerdict {
    /// It may be shown to the model.
    Kept(Admitted),
    /// It is left out.
    Dropped(Vec<Finding>),
}

impl Pipeline {
    /// Guardrails in the order they are asked.
    pub fn new(guards: Vec<Arc<dyn Guardrail>>, config: &PluginsConfig) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Shared {
            guards: RwLock::new(guards.into()),
            hold_bytes: config.hold_bytes as usize,
            slots: Arc::new(Semaphore::new(cores)),
            waiting: Arc::default(),
        }))
    }

    /// Other guardrails that share the cores and the queue with these.
    pub fn beside(&self, guards: Vec<Arc<dyn Guardrail>>) -> Self {
        Self(Arc::new(Shared {
            guards: RwLock::new(guards.into()),
            hold_bytes: self.0.hold_bytes,
            slots: self.0.slots.clone(),
            waiting: self.0.waiting.clone(),
        }))
    }

    /// Puts other guardrails in the place of these. Streams under way end with those they began
    /// with, as does a text that is being judged.
    pub fn exchange(&self, guards: Vec<Arc<dyn Guardrail>>) {
        let mut place = self
            .0
            .guards
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *place = guards.into();
    }

    /// The names of its guardrails, in order.
    pub fn guards(&self) -> Vec<String> {
        self.0
            .guards()
            .iter()
            .map(|guard| guard.name().to_owned())
            .collect()
    }

    /// Judges one whole text on the blocking pool.
    ///
    /// A block is [`StageError::Blocked`]; a guardrail that fails is [`StageError::Failed`].
    pub async fn admit(&self, side: Side, text: &str) -> Result<Admitted, StageError> {
        let text = within_limit(text.to_owned())?;
        self.run(move |shared| inspect::admit(&shared.guards(), side, text))
            .await?
    }

    /// The same on the caller's own thread, for commands that have nothing else to do.
    pub fn judge(&self, side: Side, text: &str) -> Result<Admitted, StageError> {
        let text = within_limit(text.to_owned())?;
        inspect::admit(&self.0.guards(), side, text)
    }

    /// Judges an answer that comes in these pieces, on the caller's own thread. It is joined again.
    pub fn judge_stream(&self, pieces: &[&str]) -> Result<Released, StageError> {
        release::whole(&self.0, pieces)
    }

    /// Judges retrieved passages one by one: a blocked one is dropped and reported, the others
    /// are kept with their edits. A passage that a guardrail fails on is dropped as well, so that
    /// one hostile document cannot stop every answer.
    ///
    /// Offsets are bytes of the passage, and findings name no document: whoever asks knows which
    /// one it is and where in it the passage begins.
    pub async fn admit_passages(
        &self,
        passages: Vec<String>,
    ) -> Result<Vec<PassageVerdict>, StageError> {
        let passages = passages
            .into_iter()
            .map(within_limit)
            .collect::<Result<Vec<_>, _>>()?;
        self.run(move |shared| inspect::passages(&shared.guards(), passages))
            .await
    }

    /// Starts judging one answer as it is made.
    pub fn release(&self) -> Release {
        Release::new(self.clone())
    }

    /// Runs `work` on the blocking pool when a core is free for it; too many waiters are refused.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> Result<T, StageError> {
        let place = Waiting::join(&self.0.waiting).ok_or(StageError::Busy)?;
        let permit = self.permit().await?;
        drop(place);
        self.work(permit, work).await
    }

    /// The same for an answer that is under way: it is never refused. The engine bounds how many
    /// there are.
    async fn run_stream<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> Result<T, StageError> {
        let permit = self.permit().await?;
        self.work(permit, work).await
    }

    async fn work<T: Send + 'static>(
        &self,
        permit: OwnedSemaphorePermit,
        work: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> Result<T, StageError> {
        let shared = self.0.clone();
        // The permit goes along: a caller that goes away does not free a core that still works.
        let job = tokio::task::spawn_blocking(move || {
            let done = work(&shared);
            drop(permit);
            done
        });
        job.await.map_err(|_| StageError::Stopped)
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, StageError> {
        self.0
            .slots
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| StageError::Stopped)
    }
}

impl Shared {
    /// The guardrails as they are now.
    fn guards(&self) -> Arc<[Arc<dyn Guardrail>]> {
        let place = self.guards.read().unwrap_or_else(PoisonError::into_inner);
        place.clone()
    }
}

/// A place in the queue, given back when the wait is over or given up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn join(count: &'a AtomicUsize) -> Option<Self> {
        let place = Self(count);
        (count.fetch_add(1, Ordering::Relaxed) < WAITING).then_some(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn within_limit(text: String) -> Result<String, StageError> {
    if text.len() > TEXT_BYTES {
        return Err(StageError::TooLong {
            bytes: text.len(),
            limit: TEXT_BYTES,
        });
    }
    Ok(text)
}
