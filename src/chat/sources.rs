//! What an answer may draw on: retrieved passages that the guards let pass.

use super::{ChatError, Inner};
use crate::auth::Access;
use crate::domain::document::Passage;
use crate::domain::verdict::Finding;
use crate::pipeline::PassageVerdict;

/// A passage as its document has it, for quotes, and as the model may see it.
pub(super) struct Source {
    pub passage: Passage,
    pub title: String,
    /// The passage's text after the guards' edits.
    pub masked: String,
}

impl Inner {
    /// Passages for a question that the guards let pass, and what they found in all of them.
    pub(super) async fn sources(
        &self,
        access: &Access,
        question: &str,
    ) -> Result<(Vec<Source>, Vec<Finding>), ChatError> {
        let limit = self.config.passages as usize;
        let found = self.rag.retrieve(access, question, limit).await?;
        let texts = found
            .iter()
            .map(|retrieved| retrieved.passage.text.clone())
            .collect();
        let verdicts = self.pipeline.admit_passages(texts).await?;
        let mut sources = Vec::new();
        let mut findings = Vec::new();
        for (retrieved, verdict) in found.into_iter().zip(verdicts) {
            let (found, masked) = match verdict {
                PassageVerdict::Kept(admitted) => (admitted.findings, Some(admitted.text)),
                PassageVerdict::Dropped(found) => (found, None),
            };
            findings.extend(
                found
                    .into_iter()
                    .map(|f| in_document(f, &retrieved.passage)),
            );
            if let Some(masked) = masked {
                let (passage, title) = (retrieved.passage, retrieved.title);
                sources.push(Source {
                    passage,
                    title,
                    masked,
                });
            }
        }
        Ok((sources, findings))
    }
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
