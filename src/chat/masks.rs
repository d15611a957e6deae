//! What stands for what within one branch of a conversation: `[EMAIL_1]` and the words it hides.
//!
//! Guards replace what they hide by its label, `[EMAIL]`. Where the setting `chat.restore` names
//! the guard, the label gets a number, so that the model can tell two people apart and the words
//! can be put back for the person who typed them (see [`super::restore`]). The same words get the
//! same number in the whole branch, and a branch that grows keeps its numbers, so that what the
//! model has read of it stays valid.
//!
//! Nothing more is stored for it: a question's edits and its text say it all.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use crate::domain::conversation::Turn;
use crate::domain::verdict::{self, Edit, Effect, Finding, Side};

/// Placeholders of one branch; what is hidden beyond that keeps a label without a number.
const MOST: usize = 1000;
/// Longest label, as guards may give them (`pipeline::stage`).
const LABEL_BYTES: usize = 48;
/// Digits of a number that a text may already hold.
const DIGITS: usize = 6;

/// The placeholders of one branch. Never printed: it holds what is to be hidden.
#[derive(Clone, Default)]
pub(super) struct Masks {
    /// Guards whose labels get numbers.
    guards: Arc<[String]>,
    /// What was typed, by its placeholder.
    originals: BTreeMap<Arc<str>, Arc<str>>,
    /// The placeholder, by label and what was typed.
    placeholders: HashMap<(Arc<str>, Arc<str>), Arc<str>>,
    /// What looks like a placeholder and was said by somebody: such numbers are not given.
    said: HashSet<String>,
    /// The last number of each label.
    numbers: HashMap<String, u32>,
    /// Bytes of the longest placeholder.
    longest: usize,
}

/// What a text begins with.
#[derive(Debug, PartialEq)]
pub(super) enum Beginning<'a> {
    /// A placeholder of so many bytes, and what it hides.
    Placeholder(usize, &'a Arc<str>),
    /// Perhaps a placeholder: more is needed to tell.
    Open,
    Words,
}

impl Masks {
    /// No placeholders yet; these guards' labels will get numbers.
    pub(super) fn new(guards: &[String]) -> Self {
        Self {
            guards: guards.into(),
            ..Self::default()
        }
    }

    /// The placeholders of a branch, oldest turn first.
    pub(super) fn of(guards: &[String], branch: &[Turn]) -> Self {
        let mut masks = Self::new(guards);
        for turn in branch {
            masks.follow(turn);
        }
        masks
    }

    /// Takes in the next turn of the branch as it is stored.
    pub(super) fn follow(&mut self, turn: &Turn) {
        let question = &turn.question;
        self.hear(&question.text);
        for edit in &question.edits {
            let Some(original) = hidden(&question.text, edit) else {
                continue;
            };
            if is_numbered(edit) && self.is_reversible(edit, &turn.findings) {
                self.add(&edit.label, original, edit.replacement.as_str().into());
            }
        }
        self.hear(&turn.answer);
    }

    /// Numbers the labels in a text that was admitted, in the order they stand; gives the text.
    pub(super) fn number(
        &mut self,
        text: &str,
        edits: &mut [Edit],
        findings: &[Finding],
    ) -> String {
        self.hear(text);
        for edit in &*edits {
            self.hear(&edit.replacement);
        }
        for edit in edits.iter_mut() {
            let reversible = is_label(edit) && self.is_reversible(edit, findings);
            let Some(original) = hidden(text, edit).filter(|_| reversible) else {
                continue;
            };
            if let Some(placeholder) = self.placeholder(&edit.label, original) {
                edit.replacement = placeholder.as_ref().to_owned();
            }
        }
        verdict::apply(text, edits)
    }

    /// Whether nothing is hidden that could be put back.
    pub(super) fn is_empty(&self) -> bool {
        self.originals.is_empty()
    }

    /// Whether `text`, which begins with a bracket, begins with a placeholder.
    pub(super) fn beginning(&self, text: &str) -> Beginning<'_> {
        let window = &text.as_bytes()[..text.len().min(self.longest)];
        if let Some(end) = window.iter().position(|byte| *byte == b']') {
            return match self.originals.get(&text[..=end]) {
                Some(original) => Beginning::Placeholder(end + 1, original),
                None => Beginning::Words,
            };
        }
        let from = (Bound::Included(text), Bound::Unbounded);
        let next = self.originals.range::<str, _>(from).next();
        match next {
            Some((placeholder, _)) if placeholder.starts_with(text) => Beginning::Open,
            _ => Beginning::Words,
        }
    }

    /// Keeps in mind what looks like a placeholder in what somebody says.
    fn hear(&mut self, text: &str) {
        for (at, _) in text.match_indices('[') {
            if let Some(found) = look(&text[at..]) {
                self.said.insert(found.to_owned());
            }
        }
    }

    fn is_reversible(&self, edit: &Edit, findings: &[Finding]) -> bool {
        let same = |found: &&Finding| {
            (found.start, found.end) == (edit.start, edit.end) && found.label == edit.label
        };
        let found = findings.iter().filter(same);
        let mut guards = found
            .filter(|found| found.outcome == Effect::Redacted && found.side == Side::Input)
            .map(|found| &found.guard)
            .peekable();
        guards.peek().is_some() && guards.all(|guard| self.guards.contains(guard))
    }

    /// The placeholder of these words: the one they have, or the next.
    fn placeholder(&mut self, label: &str, original: &str) -> Option<Arc<str>> {
        let known = self.placeholders.get(&(label.into(), original.into()));
        if known.is_some() || self.originals.len() >= MOST {
            return known.cloned();
        }
        let number = self.numbers.entry(label.to_owned()).or_default();
        let placeholder = loop {
            *number += 1;
            let placeholder = format!("[{label}_{number}]");
            if !self.said.contains(&placeholder)
                && !self.originals.contains_key(placeholder.as_str())
            {
                break Arc::<str>::from(placeholder);
            }
        };
        self.add(label, original, placeholder.clone());
        Some(placeholder)
    }

    fn add(&mut self, label: &str, original: &str, placeholder: Arc<str>) {
        if self.originals.len() >= MOST || self.originals.contains_key(&placeholder) {
            return;
        }
        let original: Arc<str> = original.into();
        self.longest = self.longest.max(placeholder.len());
        self.placeholders
            .entry((label.into(), original.clone()))
            .or_insert_with(|| placeholder.clone());
        self.originals.insert(placeholder, original);
    }
}

impl fmt::Debug for Masks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Masks({} placeholders)", self.originals.len())
    }
}

/// A question without what was hidden in it: a placeholder is no word to search documents by.
pub(super) fn searched(text: &str, masked: &str, edits: &[Edit]) -> String {
    let blank = |edit: &Edit| Edit {
        replacement: match is_label(edit) || is_numbered(edit) {
            true => String::new(),
            false => edit.replacement.clone(),
        },
        ..edit.clone()
    };
    let blanked: Vec<_> = edits.iter().map(blank).collect();
    let words = verdict::apply(text, &blanked);
    match words.chars().any(char::is_alphanumeric) {
        true => words,
        false => masked.to_owned(),
    }
}

/// What an edit hides.
fn hidden<'a>(text: &'a str, edit: &Edit) -> Option<&'a str> {
    text.get(edit.start as usize..edit.end as usize)
}

/// `[EMAIL]`, for something labelled `EMAIL`.
fn is_label(edit: &Edit) -> bool {
    inner(edit) == Some(edit.label.as_str())
}

/// `[EMAIL_1]`, for something labelled `EMAIL`.
fn is_numbered(edit: &Edit) -> bool {
    let number =
        inner(edit).and_then(|inner| inner.strip_prefix(edit.label.as_str())?.strip_prefix('_'));
    number.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn inner(edit: &Edit) -> Option<&str> {
    edit.replacement.strip_prefix('[')?.strip_suffix(']')
}

/// What `text`, which begins with a bracket, begins with, if that could be a placeholder.
fn look(text: &str) -> Option<&str> {
    let sound = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    let inner = text.as_bytes().get(1..)?;
    let end = inner
        .iter()
        .take(LABEL_BYTES + 1 + DIGITS)
        .position(|byte| !sound(byte))?;
    let found = text.get(..end + 2).filter(|found| found.ends_with(']'))?;
    let (label, number) = found[1..=end].rsplit_once('_')?;
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (numbered && !label.is_empty()).then_some(found)
}

#[cfg(test)]
pub(super) mod tests;
