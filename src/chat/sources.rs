//! What an answer may draw on: retrieved passages that fit the question and that the guards let
//! pass.

use std::collections::HashSet;

use super::asked::Asked;
use super::{ChatError, Inner};
use crate::auth::Access;
use crate::domain::conversation::{Author, Grounding, Message};
use crate::domain::document::Passage;
use crate::domain::verdict::{Edit, Finding};
use crate::domain::workspace::AnswerMode;
use crate::pipeline::PassageVerdict;
use crate::rag::Retrieved;

/// Passages that are looked for beyond those an answer may draw on, to take the place of those
/// that the guards leave out.
const SPARE: usize = 8;

/// Passages that quotes are taken from.
const QUOTED: usize = 8;

/// Questions of before that a search may take into account.
const EARLIER: usize = 5;

/// What is looked for.
pub(super) struct Search<'a> {
    /// The question without what was hidden in it.
    pub question: &'a str,
    pub asked: &'a Asked,
    /// What was asked before, the newest last.
    pub earlier: &'a [String],
    pub mode: AnswerMode,
    /// See `AnswerSettings::least`.
    pub least: f32,
}

/// What was found.
pub(super) struct Sources {
    /// Empty unless the answer stands on documents.
    pub passages: Vec<Source>,
    /// What the guards found in all that they saw.
    pub findings: Vec<Finding>,
    pub grounding: Grounding,
}

/// A passage as its document has it, for quotes, and as the model may see it.
pub(super) struct Source {
    pub passage: Passage,
    pub title: String,
    /// The passage's text after the guards' edits.
    pub masked: String,
    /// These edits, in bytes of the passage's text.
    pub edits: Vec<Edit>,
}

impl Inner {
    /// Passages for a question that the guards let pass: one that is left out makes room for the
    /// next best. None where no passage fits the question well enough.
    pub(super) async fn sources(
        &self,
        access: &Access,
        search: Search<'_>,
    ) -> Result<Sources, ChatError> {
        let limit = match search.mode {
            AnswerMode::Model => self.config.passages as usize,
            AnswerMode::Quotes => QUOTED,
        };
        let (question, earlier) = (search.question, search.earlier);
        let found = self
            .rag
            .retrieve(access, question, earlier, limit + SPARE)
            .await?;
        let mut sources = Sources {
            passages: Vec::new(),
            findings: Vec::new(),
            grounding: Grounding::Nothing,
        };
        if self.says_nothing(access, &search, &found).await? {
            return Ok(sources);
        }
        let mut candidates = without_twins(found).into_iter();
        let pipeline = self.pipelines.of(Some(access.workspace()));
        loop {
            let wanted = limit - sources.passages.len();
            let next: Vec<_> = candidates.by_ref().take(wanted).collect();
            if next.is_empty() {
                break;
            }
            let texts = next.iter().map(|one| one.passage.text.clone()).collect();
            let verdicts = pipeline.admit_passages(texts).await?;
            for (retrieved, verdict) in next.into_iter().zip(verdicts) {
                let (source, found) = judged(retrieved, verdict);
                sources.passages.extend(source);
                sources.findings.extend(found);
            }
        }
        sources.grounding = match sources.passages.is_empty() {
            true => Grounding::Open,
            false => Grounding::Documents,
        };
        Ok(sources)
    }

    /// Whether there are documents, and none of them fits a question that asks for something.
    async fn says_nothing(
        &self,
        access: &Access,
        search: &Search<'_>,
        found: &[Retrieved],
    ) -> Result<bool, ChatError> {
        let Search {
            question,
            asked,
            earlier,
            ..
        } = *search;
        if search.least <= 0.0 || !asked.is_about_something() {
            return Ok(false);
        }
        if self.fits(access, search, (question, asked), found).await? {
            return Ok(false);
        }
        let mut others = self.rag.rewritten(question, earlier).await?;
        // "And in winter?" goes on with the question before it.
        let before = earlier.last().filter(|_| asked.is_short());
        others.extend(before.map(|before| format!("{before} {question}")));
        for text in others {
            let asked = Asked::of(&text);
            if self.fits(access, search, (&text, &asked), found).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether some passage fits a question well enough, or there is none to look in.
    async fn fits(
        &self,
        access: &Access,
        search: &Search<'_>,
        (question, asked): (&str, &Asked),
        found: &[Retrieved],
    ) -> Result<bool, ChatError> {
        let telling = asked.telling();
        let fit = self.rag.relevance(access, question, telling, found).await?;
        Ok(fit.is_none_or(|fit| fit >= search.least))
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
        PassageVerdict::Kept(admitted) => {
            (admitted.findings, Some((admitted.text, admitted.edits)))
        }
        PassageVerdict::Dropped(found) => (found, None),
    };
    let findings = found
        .into_iter()
        .map(|f| in_document(f, &passage))
        .collect();
    let source = masked.map(|(masked, edits)| Source {
        passage,
        title,
        masked,
        edits,
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
