//! What an answer may draw on: retrieved passages that the guards let pass.

use std::collections::HashSet;

use super::{ChatError, Inner};
use crate::auth::Access;
use crate::domain::conversation::{Author, Message};
use crate::domain::document::Passage;
use crate::domain::verdict::Finding;
use crate::pipeline::PassageVerdict;
use crate::rag::Retrieved;

/// Passages that are looked for beyond those an answer may draw on, to take the place of those
/// that the guards leave out.
const SPARE: usize = 8;

/// Questions of before that a search may take into account.
const EARLIER: usize = 5;

/// A passage as its document has it, for quotes, and as the model may see it.
pub(super) struct Source {
    pub passage: Passage,
    pub title: String,
    /// The passage's text after the guards' edits.
    pub masked: String,
}

impl Inner {
    /// Passages for a question that the guards let pass, and what they found in all that they saw:
    /// one that is left out makes room for the next best.
    pub(super) async fn sources(
        &self,
        access: &Access,
        question: &str,
        earlier: &[String],
    ) -> Result<(Vec<Source>, Vec<Finding>), ChatError> {
        let limit = self.config.passages as usize;
        let found = self
            .rag
            .retrieve(access, question, earlier, limit + SPARE)
            .await?;
        let mut candidates = without_twins(found).into_iter();
        let (mut sources, mut findings) = (Vec::new(), Vec::new());
        let pipeline = self.pipelines.of(Some(access.workspace()));
        loop {
            let wanted = limit - sources.len();
            let next: Vec<_> = candidates.by_ref().take(wanted).collect();
            if next.is_empty() {
                return Ok((sources, findings));
            }
            let texts = next.iter().map(|one| one.passage.text.clone()).collect();
            let verdicts = pipeline.admit_passages(texts).await?;
            for (retrieved, verdict) in next.into_iter().zip(verdicts) {
                let (source, found) = judged(retrieved, verdict);
                sources.extend(source);
                findings.extend(found);
            }
        }
    }
}

/// What a person asked before in these messages, the newest last.
pub(super) fn asked(history: &[Message]) -> Vec<String> {
    let theirs = history.iter().filter(|one| one.author == Author::User);
    let texts = theirs.rev().take(EARLIER).map(|one| one.text.clone());
    let mut earlier: Vec<String> = texts.collect();
    earlier.reverse();
    earlier
}

/// Equal passages of different documents say nothing twice.
fn without_twins(mut found: Vec<Retrieved>) -> Vec<Retrieved> {
    let mut seen = HashSet::new();
    found.retain(|one| seen.insert(one.passage.text.trim().to_owned()));
    found
}

fn judged(retrieved: Retrieved, verdict: PassageVerdict) -> (Option<Source>, Vec<Finding>) {
    let Retrieved { passage, title, .. } = retrieved;
    let (found, masked) = match verdict {
        PassageVerdict::Kept(admitted) => (admitted.findings, Some(admitted.text)),
        PassageVerdict::Dropped(found) => (found, None),
    };
    let findings = found
        .into_iter()
        .map(|f| in_document(f, &passage))
        .collect();
    let source = masked.map(|masked| Source {
        passage,
        title,
        masked,
    });
    (source, findings)
}

/// A finding's offsets count within the passage; people look at the document.
fn in_document(finding: Finding, passage: &Passage) -> Finding {
    Finding {
        document: Some(passage.document),
        start: finding.start.saturating_add(passage.start),
        end: finding.end.saturating_add(passage.start),
        ..finding
    }
}
