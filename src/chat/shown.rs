//! A turn as its asker sees it: with what they typed put back into the answer.

use std::collections::HashMap;
use std::sync::Arc;

use super::masks::Masks;
use super::restore::{Mark, Restorer};
use crate::domain::conversation::{Span, Turn};
use crate::domain::document::Citation;
use crate::domain::id::TurnId;
use crate::domain::verdict::Edit;

/// A turn as it is stored, and what of it looks otherwise to the person who asked.
#[derive(Clone, Debug)]
pub struct Shown {
    /// As stored: its answer has the placeholders that the model wrote.
    pub turn: Turn,
    /// The answer for the asker.
    pub answer: String,
    /// Where in `answer` something was put back.
    pub restored: Vec<Mark>,
    /// The citations, with places in `answer`.
    pub citations: Vec<Citation>,
    /// What of `answer` the documents do not say.
    pub unsupported: Vec<Span>,
}

impl Shown {
    /// For the asker of this turn; `masks` are those of its branch.
    pub(super) fn of(turn: Turn, masks: &Arc<Masks>) -> Self {
        let mut restorer = Restorer::new(masks.clone());
        let mut answer = restorer.push(&turn.answer);
        answer.push_str(&restorer.finish());
        let citations = moved(&turn.citations, &restorer);
        let unsupported = moved_spans(&turn.unsupported, &restorer);
        Self {
            turn,
            answer,
            restored: restorer.into_marks(),
            citations,
            unsupported,
        }
    }

    /// All turns of a conversation, oldest first, for their asker. `guards` as in
    /// `ChatConfig::restore`.
    pub(super) fn all(turns: Vec<Turn>, guards: &[String]) -> Vec<Self> {
        let mut known: HashMap<TurnId, Arc<Masks>> = HashMap::new();
        let none = Arc::new(Masks::new(guards));
        let shown = |turn: Turn| {
            let before = turn.parent.and_then(|parent| known.get(&parent));
            let mut masks = before.unwrap_or(&none).clone();
            if !turn.question.edits.is_empty() {
                Arc::make_mut(&mut masks).follow(&turn);
            }
            let shown = Self::of(turn, &masks);
            known.insert(shown.turn.id, masks);
            shown
        };
        turns.into_iter().map(shown).collect()
    }

    /// What of the question the model saw as something else, in bytes of the question.
    pub fn masked(&self) -> Vec<Mark> {
        let mark = |edit: &Edit| Mark {
            start: edit.start,
            end: edit.end,
            placeholder: edit.replacement.clone(),
        };
        self.turn.question.edits.iter().map(mark).collect()
    }
}

/// Citations of an answer as it is stored, with their places in what the asker sees.
pub(super) fn moved(citations: &[Citation], restorer: &Restorer) -> Vec<Citation> {
    let moved = |citation: &Citation| Citation {
        answer_end: citation.answer_end.map(|end| restorer.place(end)),
        ..citation.clone()
    };
    citations.iter().map(moved).collect()
}

/// Spans of an answer as it is stored, in what the asker sees.
pub(super) fn moved_spans(spans: &[Span], restorer: &Restorer) -> Vec<Span> {
    let moved = |span: &Span| Span {
        start: restorer.place(span.start),
        end: restorer.place(span.end),
    };
    spans.iter().map(moved).collect()
}
