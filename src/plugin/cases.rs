//! What a plugin must say of which text: its `cases.toml`, which it brings along and must pass
//! before it judges anything else.

mod stages;

use serde::Deserialize;

use crate::config::PluginsConfig;
use crate::domain::verdict::Side;
use crate::pipeline::{Pipeline, StageError, StageSet};

use super::role::Role;

/// Cases of one plugin.
const CASES: usize = 10_000;

/// One text and what must come of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// Which way the text goes; an answer, if nothing is said.
    #[serde(default = "output")]
    pub side: Side,
    #[serde(default)]
    pub text: String,
    /// The text with its edits made; the same text if left out and not blocked.
    #[serde(default)]
    pub becomes: Option<String>,
    /// The label of the block.
    #[serde(default)]
    pub blocked: Option<String>,
    /// A label that people are shown beside the text, which may stay as it is.
    #[serde(default)]
    pub flagged: Option<String>,
    /// It needs what only the host does, such as reading what a text hides: tests of a guard that
    /// run without one leave it out.
    #[serde(default)]
    pub host: bool,
    /// Of an extractor: the name of the file, whose contents are `text` or `base64`.
    #[serde(default)]
    pub file: Option<String>,
    #[serde(default)]
    pub base64: Option<String>,
    /// `empty`, `unreadable` or `encrypted`.
    #[serde(default)]
    pub failure: Option<String>,
    /// Of a chunker: whether the text is Markdown, and the passages it is cut into.
    #[serde(default)]
    pub markdown: bool,
    #[serde(default)]
    pub passages: Vec<String>,
    /// Of a rewriter, whose question is `text`: what was asked before, and what is searched for.
    #[serde(default)]
    pub earlier: Vec<String>,
    #[serde(default)]
    pub queries: Vec<String>,
    /// Of a reranker, whose question is `text`: what was found, and the same in its new order.
    #[serde(default)]
    pub candidates: Vec<String>,
    #[serde(default)]
    pub order: Vec<String>,
}

fn output() -> Side {
    Side::Output
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

/// Reads `cases.toml`; there must be one at least.
pub(super) fn parse(text: &str) -> Result<Vec<Case>, String> {
    let file: File =
        toml::from_str(text).map_err(|error| format!("cases.toml: {}", error.message()))?;
    let wrong = file
        .case
        .iter()
        .find(|it| it.becomes.is_some() && it.blocked.is_some());
    match (file.case.len(), wrong) {
        (0, _) => Err("cases.toml: there are no cases".to_owned()),
        (count, _) if count > CASES => Err(format!("cases.toml: more than {CASES} cases")),
        (_, Some(case)) => Err(format!("cases.toml: {}: becomes and blocked", case.name)),
        _ => Ok(file.case),
    }
}

/// A case that did not come out as it must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    pub case: String,
    /// Whole or streamed.
    pub way: &'static str,
    pub want: String,
    pub got: String,
}

/// Tries every case on a plugin by itself, as its world wants it.
pub(super) fn of_role(role: &Role, cases: &[Case], config: &PluginsConfig) -> Vec<Miss> {
    if let Some(judge) = role.judge() {
        return misses(&Pipeline::new(vec![judge], config), cases);
    }
    let mut set = StageSet::default();
    role.add_to(&mut set);
    stages::misses(&set, cases)
}

/// Judges every case by `alone`, which holds the plugin and nothing else: whole and, for answers,
/// also as a stream that comes in pieces.
pub(super) fn misses(alone: &Pipeline, cases: &[Case]) -> Vec<Miss> {
    let mut misses = Vec::new();
    for case in cases {
        let want = match (&case.becomes, &case.blocked) {
            (_, Some(label)) => blocked(label),
            (Some(text), None) => text.clone(),
            (None, None) => case.text.clone(),
        };
        let mut see = |way, got: String| {
            if got != want {
                let (case, want) = (case.name.clone(), want.clone());
                misses.push(Miss {
                    case,
                    way,
                    want,
                    got,
                });
            }
        };
        see("whole", whole(alone, case));
        if case.side == Side::Output {
            for bytes in [1, 7, 64] {
                see("streamed", streamed(alone, &case.text, bytes));
            }
        }
        if let Some(label) = &case.flagged
            && !shows(alone, case, label)
        {
            misses.push(Miss {
                case: case.name.clone(),
                way: "whole",
                want: format!("flagged as {label}"),
                got: "not flagged".to_owned(),
            });
        }
    }
    misses
}

fn whole(alone: &Pipeline, case: &Case) -> String {
    match alone.judge(case.side, &case.text) {
        Ok(admitted) => admitted.text,
        Err(error) => refused(&error),
    }
}

/// Whether a text goes on and people are shown this label.
fn shows(alone: &Pipeline, case: &Case, label: &str) -> bool {
    let judged = alone.judge(case.side, &case.text);
    judged.is_ok_and(|admitted| admitted.findings.iter().any(|found| found.label == label))
}

fn streamed(alone: &Pipeline, text: &str, bytes: usize) -> String {
    match alone.judge_stream(&pieces(text, bytes)) {
        Ok(released) => match released.stopped {
            Some(stopped) => blocked(&stopped.reason.label),
            None => released.text,
        },
        Err(error) => refused(&error),
    }
}

/// `text` in pieces of so many bytes, or a few more to the next character border.
pub(super) fn pieces(text: &str, bytes: usize) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.ceil_char_boundary(bytes.min(rest.len())));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn blocked(label: &str) -> String {
    format!("blocked as {label}")
}

fn refused(error: &StageError) -> String {
    match error {
        StageError::Blocked { reason, .. } => blocked(&reason.label),
        other => format!("failed: {other}"),
    }
}
