//! What guardrails say of a text.

use serde::{Deserialize, Serialize};

use super::id::DocumentId;

/// Which way the text is going.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// From a person to the model.
    Input,
    /// From a document to the model.
    Retrieved,
    /// From the model to a person.
    Output,
}

impl Side {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Input, Self::Retrieved, Self::Output];
}

/// One labelled thing that was found, for people: where, by whom, what was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub side: Side,
    /// The plugin that found it.
    pub guard: String,
    /// What it is, such as `EMAIL` or `PROMPT_INJECTION`; never the text itself.
    pub label: String,
    /// The document it was found in, for a retrieved passage.
    pub document: Option<DocumentId>,
    /// Byte offsets into the original text of that side; for a retrieved passage, into the
    /// stored text of its document.
    pub start: u32,
    pub end: u32,
    /// How sure the guard is, 0 to 1.
    pub score: f32,
    pub outcome: Effect,
}

/// What was done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The span was replaced.
    Redacted,
    /// A retrieved passage was left out of the prompt.
    Dropped,
    /// The text was refused as a whole.
    Blocked,
    /// Nothing: it is only shown.
    Flagged,
}

/// One replacement. Offsets are bytes, on character borders, `start < end`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    pub start: u32,
    pub end: u32,
    /// What stands there afterwards, such as `[EMAIL]`.
    pub replacement: String,
    pub label: String,
    pub score: f32,
}

/// Why a text was refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// A stable label, such as `PROMPT_INJECTION`.
    pub label: String,
    /// One sentence for the person who asked; never quotes the text.
    pub message: String,
    pub score: f32,
    pub start: u32,
    pub end: u32,
}

/// Something found that changes nothing. Offsets are bytes, on character borders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub label: String,
    pub score: f32,
    pub start: u32,
    pub end: u32,
}

/// What one guardrail says of one text.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Nothing to object to.
    Pass,
    /// May go on with these replacements, in order and without overlap; people are shown them
    /// and the notes.
    Mark { edits: Vec<Edit>, notes: Vec<Note> },
    /// May not go on.
    Block(Reason),
}

/// Applies edits that are in order, on character borders and do not overlap.
///
/// The host validates edits before they get here; an edit that is out of order is skipped rather
/// than letting text through twice.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let (start, end) = (edit.start as usize, edit.end as usize);
        let Some(kept) = text.get(at..start) else {
            continue;
        };
        out.push_str(kept);
        out.push_str(&edit.replacement);
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
