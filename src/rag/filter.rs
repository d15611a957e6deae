//! Filter: which documents a search or a list is to be about.

use crate::domain::document::{Document, DocumentState};
use crate::domain::id::DocumentId;
use crate::domain::time::Timestamp;

/// Conditions that a document must meet, all of them; of a list of values, any. An empty list is
/// no condition.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub documents: Vec<DocumentId>,
    pub tags: Vec<String>,
    /// ISO 639-1 codes.
    pub languages: Vec<String>,
    /// Ends of names: `pdf`.
    pub kinds: Vec<String>,
    /// Words that its title must hold, in either case.
    pub title: Option<String>,
    pub progress: Option<Progress>,
    /// Uploaded at this moment or later.
    pub from: Option<Timestamp>,
    /// Uploaded before this moment.
    pub to: Option<Timestamp>,
}

/// How far a document is, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Its job is not done.
    Working,
    Indexed,
    Failed,
}

impl Progress {
    fn of(state: &DocumentState) -> Self {
        match state {
            DocumentState::Indexed { .. } => Self::Indexed,
            DocumentState::Failed { .. } => Self::Failed,
            _ => Self::Working,
        }
    }
}

impl Filter {
    /// Whether every document meets it.
    pub(super) fn is_open(&self) -> bool {
        let Self {
            documents,
            tags,
            languages,
            kinds,
            title,
            progress,
            from,
            to,
        } = self;
        documents.is_empty()
            && tags.is_empty()
            && languages.is_empty()
            && kinds.is_empty()
            && title.is_none()
            && progress.is_none()
            && from.is_none()
            && to.is_none()
    }

    /// Whether this one meets it.
    pub(super) fn takes(&self, document: &Document) -> bool {
        any(&self.documents, |id| *id == document.id)
            && any(&self.tags, |tag| document.tags.contains(tag))
            && any(&self.languages, |code| {
                document.language.as_ref() == Some(code)
            })
            && any(&self.kinds, |kind| {
                document
                    .kind()
                    .is_some_and(|end| end.eq_ignore_ascii_case(kind))
            })
            && self.title.as_ref().is_none_or(|part| {
                let title = document.title.to_lowercase();
                part.to_lowercase()
                    .split_whitespace()
                    .all(|word| title.contains(word))
            })
            && self
                .progress
                .is_none_or(|progress| progress == Progress::of(&document.state))
            && self.from.is_none_or(|from| document.uploaded_at >= from)
            && self.to.is_none_or(|to| document.uploaded_at < to)
    }
}

fn any<T>(values: &[T], meets: impl FnMut(&T) -> bool) -> bool {
    values.is_empty() || values.iter().any(meets)
}
